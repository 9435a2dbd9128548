import type { SqliteContext } from './context.ts';

/**
 * Who wants to hear that another process, or another store of this one, has written to the file.
 *
 * Owns: the one timer of a store, which runs while somebody listens and keeps no process alive.
 *
 * W1. Another connection's write changes `PRAGMA data_version`, so a look costs next to nothing while nobody writes.
 * W2. What cannot be read counts as a write: who is told looks again, and meets the error.
 */
export interface WriteWatch {
  /** Calls `onWrite` soon after each write from now on. It must not throw. */
  add(onWrite: () => void): void;
  remove(onWrite: () => void): void;
  close(): void;
}

/** How often other processes' writes are looked for. */
const PERIOD_MS = 100;

export function createWriteWatch({ connection }: Pick<SqliteContext, 'connection'>): WriteWatch {
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let version: unknown;

  const dataVersion = () => {
    try {
      return connection.pragma('data_version', { simple: true });
    } catch {
      return undefined;
    }
  };
  const look = () => {
    const before = version;
    version = dataVersion();
    if (version === before) return;
    for (const onWrite of [...listeners]) onWrite();
  };
  const start = () => {
    version = dataVersion();
    timer = setInterval(look, PERIOD_MS).unref();
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    add(onWrite) {
      listeners.add(onWrite);
      if (timer === undefined) start();
    },
    remove(onWrite) {
      listeners.delete(onWrite);
      if (listeners.size === 0) stop();
    },
    close() {
      listeners.clear();
      stop();
    },
  };
}
