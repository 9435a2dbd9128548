import { setImmediate } from 'node:timers/promises';
import type { Steps } from '@reprise/audit';

/** How long others wait at most, but for the longest of the steps, in milliseconds. */
const SLICE_MS = 20;

/** Does work that is in steps, and lets others be served between them. Rejects with the reason of the signal when that is aborted. */
export async function takeSteps<Result>(steps: Steps<Result>, signal: AbortSignal): Promise<Result> {
  for (;;) {
    signal.throwIfAborted();
    for (const until = performance.now() + SLICE_MS; performance.now() < until; ) {
      const step = steps.next();
      if (step.done) return step.value;
    }
    await setImmediate();
  }
}
