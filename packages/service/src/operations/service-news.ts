import type { EffectClass } from '@reprise/agent';
import type { RunId, SessionId } from '@reprise/checkpoint';
import type { AssistantTurn } from '@reprise/providers';
import type { RunOutcome } from '../wire/run-event.ts';

/** Something that happened in a service, for whoever looks after it: no word of a conversation, no key, no token. */
export type ServiceNews = RequestNews | StreamNews | WorkerNews | RunNews | WorkNews | TroubleNews;

export interface RequestNews {
  readonly type: 'request-end';
  /** What the answer's `X-Request-Id` is. */
  readonly requestId: string;
  /** `OTHER` for one that HTTP does not know. */
  readonly method: string;
  /** Such as `/v1/sessions/:session`, never with an id in it; `none` where there is no such path. */
  readonly route: string;
  readonly status: number;
  /** Until the answer began. */
  readonly durationMs: number;
  readonly tenant: string | undefined;
  /** The name of the token that asked. */
  readonly caller: string | undefined;
}

/** A client follows a run, and does so no longer. */
export interface StreamNews {
  readonly type: 'stream-start' | 'stream-end';
}

export interface WorkerNews {
  readonly type: 'worker-start' | 'worker-end';
  readonly holder: string;
  readonly concurrency: number;
}

/** What a run is known by. */
export interface RunNamed {
  readonly runId: RunId;
  readonly sessionId: SessionId;
}

export type RunNews =
  | (RunNamed & { readonly type: 'run-take-up'; readonly attempt: number; readonly agent: string })
  /** This process has nothing to do with the run any more; it goes on elsewhere. */
  | (RunNamed & { readonly type: 'run-leave'; readonly attempt: number })
  | (RunNamed & {
      readonly type: 'run-end';
      readonly reason: RunOutcome['reason'];
      readonly errorCode: string | undefined;
      /** Since it was asked for. */
      readonly durationMs: number;
    });

/** What a turn has used, all but what was said in it. */
export type UsedTurn = Pick<AssistantTurn, 'model' | 'stopReason' | 'timing' | 'tokens'>;

export type WorkNews =
  /** A response of a model; `costPicoUsd` is in 10⁻¹² dollars, and `undefined` where no price is known. */
  | (RunNamed & { readonly type: 'turn-end'; readonly turn: UsedTurn; readonly costPicoUsd: bigint | undefined })
  /** A conversation was compacted; the cost is that of the summary. */
  | (RunNamed & { readonly type: 'compaction-end'; readonly costPicoUsd: bigint | undefined })
  /** `unrun`: the call has its result without having run, because it was refused or is known from before a crash. */
  | (RunNamed & {
      readonly type: 'tool-end';
      readonly outcome: 'error' | 'ok' | 'unrun';
      /** What running the tool twice would do; `undefined` where there is no such tool. */
      readonly effect: EffectClass | undefined;
    })
  /** Events have become durable; `waitedMs` from the coming of the first. */
  | { readonly type: 'events-write'; readonly waitedMs: number };

export interface TroubleNews {
  readonly type: 'trouble';
  readonly error: unknown;
  /** What a client was told that it is found under. */
  readonly id?: string | undefined;
  readonly run?: RunNamed | undefined;
}

/** Hears of a service. What it throws is lost. */
export type Observer = (news: ServiceNews) => void;

/** One observer for all of these; none of them can fail what it hears of. */
export function observeAll(observers: readonly (Observer | undefined)[]): Observer {
  const there = observers.filter((observer) => observer !== undefined);
  return (news) => {
    for (const observer of there) {
      try {
        observer(news);
      } catch {
        // Who looks on does not stop the work.
      }
    }
  };
}
