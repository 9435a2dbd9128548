import type { CheckpointStore, RunId } from '@reprise/checkpoint';
import { pause, systemTimers, type Timers } from '../timers.ts';

/** One watch on the store's runs, for everybody in this process who waits for one of them. */
export interface RunChanges {
  /**
   * Resolves soon after something of the run has changed, in any process, or at an abort, to `changed`; after that time to `idle`. What
   * changed between this call and its end is not missed: ask first, then read.
   */
  next(runId: RunId, terms: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<'changed' | 'idle'>;
  /** Ends the watch. Who waits is told of a change; who asks after that waits for the time. */
  close(): void;
}

/** How long after a failure the store is asked to be watched again. */
const RETRY_MS = 5000;

/**
 * Resolves when it watches, or has found that it cannot yet: that is told to `onError`, and tried again until it can. Meanwhile nobody is
 * told of changes, and who waits looks when its time is over.
 */
export async function createRunChanges(
  store: Pick<CheckpointStore, 'watchRuns'>,
  { onError, ...timers }: { readonly onError: (error: unknown) => void } & Partial<Timers>,
): Promise<RunChanges> {
  const { after } = { ...systemTimers, ...timers };
  const closed = new AbortController();
  const waiting = new Map<RunId, Set<() => void>>();

  function tell(runId: RunId): void {
    const told = waiting.get(runId);
    waiting.delete(runId);
    for (const wake of told ?? []) wake();
  }

  function tellOfAny(runId: RunId | undefined): void {
    if (runId !== undefined) tell(runId);
    else for (const each of [...waiting.keys()]) tell(each);
  }

  async function watch(): Promise<boolean> {
    try {
      await store.watchRuns({ onChange: tellOfAny, signal: closed.signal });
      return true;
    } catch (error) {
      if (!closed.signal.aborted) onError(error);
      return closed.signal.aborted;
    }
  }

  async function watchAgain(): Promise<void> {
    do await pause(RETRY_MS, { after }, closed.signal);
    while (!(await watch()));
    tellOfAny(undefined);
  }

  function join(runId: RunId, wake: () => void): () => void {
    const others = waiting.get(runId) ?? new Set();
    waiting.set(runId, others.add(wake));
    return () => {
      others.delete(wake);
      if (others.size === 0 && waiting.get(runId) === others) waiting.delete(runId);
    };
  }

  if (!(await watch())) void watchAgain();

  return {
    next(runId, { signal, timeoutMs }) {
      const { promise, resolve } = Promise.withResolvers<'changed' | 'idle'>();
      const onChange = () => end('changed');
      const cancel = after(timeoutMs, () => end('idle'));
      const leave = join(runId, onChange);
      signal.addEventListener('abort', onChange, { once: true });
      if (signal.aborted) onChange();
      function end(how: 'changed' | 'idle'): void {
        cancel();
        leave();
        signal.removeEventListener('abort', onChange);
        resolve(how);
      }
      return promise;
    },
    close() {
      closed.abort();
      tellOfAny(undefined);
    },
  };
}
