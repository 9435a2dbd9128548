import type { Agent } from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { Observer } from '../operations/service-news.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import type { RunChanges } from '../runs/run-changes.ts';
import type { Timers } from '../timers.ts';
import type { Limits } from './limits.ts';
import type { OneAtATime } from './one-at-a-time.ts';

/** What every route works with. */
export interface HttpService {
  readonly store: CheckpointStore;
  /** The first is the one that sessions get unless told. */
  readonly agents: ReadonlyMap<string, Agent>;
  readonly queue: RunQueue;
  /** The one watch on the store's runs, begun when it is first asked for. */
  readonly changes: () => Promise<RunChanges>;
  readonly limitsOf: (tenant: string) => Promise<Limits>;
  /** Checks a tenant's limit and does what it limits, before the next one is checked. */
  readonly inTurn: OneAtATime;
  /** Looks after runs that ended long ago, now and then. */
  readonly pruneSoon: () => void;
  readonly timers: Timers;
  readonly createId: () => string;
  /** Aborted when the handler is closed. */
  readonly closing: AbortSignal;
  /** Told of what no client reads, with the id under which the client was told that it is there. */
  readonly onError: (error: unknown, id?: string) => void;
  /** Hears what an operator wants to know. */
  readonly observe: Observer;
}
