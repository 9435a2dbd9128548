import type { CheckpointStore } from '@reprise/checkpoint';
import type { Timers } from '../timers.ts';

/** How often runs that ended long ago are looked for, at most. */
const PRUNE_EVERY_MS = 600_000;

export interface PruneTerms extends Pick<Timers, 'clock'> {
  readonly store: Pick<CheckpointStore, 'deleteRuns'>;
  /** How long after its end a run is kept. */
  readonly keepRunsMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Deletes old runs now and then: to be called with each new one, since without new ones there are no more to delete. Nobody waits for it, and
 * no timer holds the process.
 */
export function createPruner({ store, keepRunsMs, clock, onError }: PruneTerms): () => void {
  const everyMs = Math.min(PRUNE_EVERY_MS, keepRunsMs);
  let next = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock();
    if (now < next) return;
    next = now + everyMs;
    store.deleteRuns({ endedBefore: now - keepRunsMs }).catch(onError);
  };
}
