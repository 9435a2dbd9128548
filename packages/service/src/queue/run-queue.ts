import type { RunId, SessionId } from '@reprise/checkpoint';

/** A run that stands in line. */
export interface QueuedRun {
  readonly runId: RunId;
  readonly sessionId: SessionId;
  /**
   * Whether it is worked on beside the other runs of its session, whichever came first: it is to go into the one that is going, or to have
   * that one ended. Default false.
   */
  readonly isBeside?: boolean;
}

/**
 * The line in which runs wait for a worker.
 *
 * Q1. Runs of one session are worked on one after the other, in the order they came, but for those that say `isBeside`; those of different
 *     sessions beside each other.
 * Q2. A run stays in line until its `work` has resolved: if that rejects, or its process dies, the run comes back, here or elsewhere.
 * Q3. A run may be worked on once more than needed, and never less: `work` finds out what is left to do.
 */
export interface RunQueue {
  /** Puts a run in line. Harmless if it is there. Rejects with `service/unavailable` if the line cannot be reached. */
  enqueue(run: QueuedRun): Promise<void>;
  /** Has runs worked on, at most `concurrency` at once, until it is stopped. */
  work(terms: WorkTerms): Promise<QueueWorker>;
  /** How many wait. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

export interface WorkTerms {
  readonly concurrency: number;
  /** `signal` is aborted when the worker is to let go at once. */
  readonly work: (run: QueuedRun, signal: AbortSignal) => Promise<void>;
  /** Told of what `work` rejects with, and of trouble of the line's own. */
  readonly onError: (error: unknown, run?: QueuedRun) => void;
}

export interface QueueWorker {
  /** Takes no further run; resolves when those under way are over. After `deadlineMs` they are told to let go. */
  stop(terms: { readonly deadlineMs: number }): Promise<void>;
}
