import type { RunId, RunRecord } from '@reprise/checkpoint';
import { hasCode } from '../errors.ts';
import type { QueuedRun } from '../queue/run-queue.ts';
import { Attempt, type AttemptMeans, runLeft } from './attempt.ts';

/** What runs are done with in this process. */
export interface RunMeans extends AttemptMeans {
  /** The name under which this process takes runs up. */
  readonly holder: string;
}

/**
 * Does what is left to do of a run. Rejects if the run is to come back: with `service/run-left` where this process has to leave it, and
 * `signal` has it left at once.
 */
export async function doRun({ runId }: QueuedRun, signal: AbortSignal, means: RunMeans): Promise<void> {
  if (signal.aborted || means.draining.aborted) throw runLeft(runId);
  const run = await takeUp(runId, means);
  if (run) await new Attempt(run, means).come(signal);
}

/** `undefined` for a run that is over, or gone. */
async function takeUp(runId: RunId, { store, holder, clock }: RunMeans): Promise<RunRecord | undefined> {
  try {
    return await store.takeUpRun({ runId, holder, at: clock() });
  } catch (error) {
    if (hasCode(error, 'checkpoint/run-missing') || hasCode(error, 'checkpoint/run-ended')) return undefined;
    throw error;
  }
}
