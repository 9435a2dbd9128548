import type { CheckpointStore } from '@reprise/checkpoint';
import type { Agents } from '../agents.ts';
import type { Observer } from '../operations/service-news.ts';
import { createLocalQueue } from '../queue/local-queue.ts';
import { recoverRuns } from '../queue/recover-runs.ts';
import type { RunQueue } from '../queue/run-queue.ts';
import type { RunChanges } from '../runs/run-changes.ts';
import { pause, type Timers } from '../timers.ts';
import { startWorker } from '../worker.ts';

export interface OwnWorkerTerms {
  readonly agent: Agents;
  readonly store: CheckpointStore;
  readonly concurrency: number;
  readonly changes: () => Promise<RunChanges>;
  readonly onError: (error: unknown) => void;
  /** Told what the worker has told to `observe` as well. */
  readonly onWorkError: (error: unknown) => void;
  readonly timers: Timers;
  readonly observe: Observer;
}

/** A line in this process, and the worker that does what stands in it. */
export interface OwnWorker {
  readonly queue: RunQueue;
  stop(terms: { readonly deadlineMs: number }): Promise<void>;
}

/** Begins at once, with what a former process has left. What fails of that is told to `onError`. */
export function startOwnWorker({ changes, onWorkError, ...terms }: OwnWorkerTerms): OwnWorker {
  const { onError, timers } = terms;
  const queue = createLocalQueue(timers);
  const begin = async () => startWorker({ ...terms, onError: onWorkError, queue, changes: await changes() });
  const worker = begin().catch((error: unknown) => {
    onError(error);
    return undefined;
  });
  const stopped = new AbortController();
  recoverAll(terms, queue, stopped.signal).catch(onError);
  return {
    queue,
    async stop(deadline) {
      stopped.abort();
      await (await worker)?.stop(deadline);
      await queue.close();
    },
  };
}

/** How often it is looked whether another process, whose runs were left alone, has died. */
const LOOK_AGAIN_MS = 10_000;

async function recoverAll(
  { store, timers }: Pick<OwnWorkerTerms, 'store' | 'timers'>,
  queue: RunQueue,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && (await recoverRuns(store, queue, timers)) > 0) await pause(LOOK_AGAIN_MS, timers, signal);
}
