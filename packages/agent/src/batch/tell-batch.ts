import type { AgentEvent } from '../agent-event.ts';
import { addUsage, NO_USAGE, type Usage, usageOfTurn } from '../usage/usage.ts';

export interface BatchProgress {
  readonly total: number;
  readonly running: number;
  /** Runs that came to an end of their own. */
  readonly done: number;
  readonly failed: number;
  /** Of all turns so far, those of failed runs included. */
  readonly usage: Usage;
}

/** Who hears of a batch, and may end it. */
interface BatchListeners {
  readonly onEvent: ((event: AgentEvent, inputIndex: number) => void) | undefined;
  readonly onProgress: ((progress: BatchProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What is told of a batch, and what ends it. */
export interface BatchTeller {
  /** Aborted when the batch is to end. */
  readonly signal: AbortSignal;
  tell(event: AgentEvent, index: number): void;
  noteStart(): void;
  noteEnd(how: 'done' | 'failed'): void;
  /** Throws what a listener has thrown. */
  throwFailure(): void;
}

/** Tells the listeners. One that throws aborts the batch, and hears no more. */
export function tellBatch(total: number, { onEvent, onProgress, signal: outer }: BatchListeners): BatchTeller {
  const stop = new AbortController();
  let progress: BatchProgress = { total, running: 0, done: 0, failed: 0, usage: NO_USAGE };
  let failure: { readonly error: unknown } | undefined;

  function listen(hear: () => void): void {
    if (failure) return;
    try {
      hear();
    } catch (error) {
      failure = { error };
      stop.abort(error);
    }
  }
  function note(change: Partial<BatchProgress>): void {
    progress = { ...progress, ...change };
    listen(() => onProgress?.(progress));
  }

  return {
    signal: outer ? AbortSignal.any([outer, stop.signal]) : stop.signal,
    tell(event, index) {
      listen(() => onEvent?.(event, index));
      if (event.type === 'turn-end') note({ usage: addUsage(progress.usage, usageOfTurn(event.turn)) });
    },
    noteStart: () => note({ running: progress.running + 1 }),
    noteEnd: (how) => note({ running: progress.running - 1, [how]: progress[how] + 1 }),
    throwFailure() {
      if (failure) throw failure.error;
    },
  };
}
