import type { RunId } from '../run.ts';
import type { WriteWatch } from './write-watch.ts';

/** Who wants to hear of what becomes of runs: of this store's writes at once, of another's soon, and then of any run. */
export interface RunWatch {
  /** Calls `onChange` at each change from now on, until the signal ends it. */
  add(watcher: Watcher): void;
  /** Tells of runs that this store has changed. */
  tell(runIds: Iterable<RunId>): void;
  close(): void;
}

interface Watcher {
  readonly onChange: (runId: RunId | undefined) => void;
  readonly signal: AbortSignal;
}

export function createRunWatch(writes: WriteWatch): RunWatch {
  const watchers = new Set<Watcher>();
  const tellOf = (runId: RunId | undefined) => {
    for (const watcher of watchers) {
      // What a watcher throws is not the writer's.
      queueMicrotask(() => {
        if (watchers.has(watcher)) watcher.onChange(runId);
      });
    }
  };
  const tellOfAny = () => tellOf(undefined);

  return {
    add(watcher) {
      if (watcher.signal.aborted) return;
      // Somebody may watch twice with the same functions.
      const own = { ...watcher };
      watchers.add(own);
      writes.add(tellOfAny);
      const forget = () => {
        watchers.delete(own);
        if (watchers.size === 0) writes.remove(tellOfAny);
      };
      watcher.signal.addEventListener('abort', forget, { once: true });
    },
    tell(runIds) {
      for (const runId of runIds) tellOf(runId);
    },
    close() {
      watchers.clear();
      writes.remove(tellOfAny);
    },
  };
}
