import type { QueuedRun, RunQueue } from '@reprise/service';

export interface HeldQueue extends RunQueue {
  readonly enqueued: readonly QueuedRun[];
}

/** A line in which runs stand, and nobody does them. */
export function heldQueue(): HeldQueue {
  const enqueued: QueuedRun[] = [];
  return {
    enqueued,
    async enqueue(run) {
      enqueued.push(run);
    },
    work: async () => ({ stop: async () => {} }),
    depth: async () => enqueued.length,
    close: async () => {},
  };
}
