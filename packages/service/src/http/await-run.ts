import type { RunId, RunRecord } from '@reprise/checkpoint';
import type { HttpService } from './service.ts';

/** The run when it has ended, or as it is when the time is over or the client gone; `undefined` if it was deleted meanwhile. */
export async function awaitRun(
  { store, changes, timers, closing }: Pick<HttpService, 'changes' | 'closing' | 'store' | 'timers'>,
  runId: RunId,
  terms: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<RunRecord | undefined> {
  const watched = await changes();
  const read = new AbortController();
  const signal = AbortSignal.any([terms.signal, closing, read.signal]);
  const until = timers.clock() + terms.timeoutMs;
  try {
    for (;;) {
      const leftMs = until - timers.clock();
      const changed = watched.next(runId, { signal, timeoutMs: Math.max(leftMs, 0) });
      const run = await store.readRun(runId);
      if (!run || run.state === 'ended' || leftMs <= 0 || signal.aborted) return run;
      await changed;
    }
  } finally {
    read.abort();
  }
}
