import type { LeaseState } from '../lease.ts';
import type { SessionId } from '../session.ts';
import type { SqliteContext } from './context.ts';
import type { SessionRows } from './rows/sessions.ts';

/**
 * Who wants to hear of a lease's changes.
 *
 * Owns: the one timer of a store, which runs while somebody watches and keeps no process alive.
 *
 * W1. Another process's write changes `PRAGMA data_version`, so a look costs next to nothing while nobody writes.
 * W2. What cannot be read counts as a change: who is told looks again, and meets the error.
 */
export interface LeaseWatch {
  /** Calls `onChange` at each change from this lease on, until the signal ends it. */
  add(sessionId: SessionId, lease: LeaseState | undefined, watcher: Watcher): void;
  /** Looks at once, because this store has changed a lease. */
  look(): void;
  close(): void;
}

interface Watcher {
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

/** How often other processes' writes are looked for. */
const PERIOD_MS = 100;

export function createLeaseWatch({ connection, read }: SqliteContext, sessions: SessionRows): LeaseWatch {
  const watched = new Set<Watcher & { readonly sessionId: SessionId; seen: string }>();
  let timer: NodeJS.Timeout | undefined;
  let version: unknown;

  const stateNow = (sessionId: SessionId) =>
    read(() => stateOf(sessions.find(sessionId)?.lease)).catch((error: unknown) => `unreadable: ${error}`);
  const look = () => {
    for (const each of watched) {
      void stateNow(each.sessionId).then((state) => {
        if (!watched.has(each) || state === each.seen) return;
        each.seen = state;
        each.onChange();
      });
    }
  };
  const lookIfWritten = () => {
    const before = version;
    version = dataVersion();
    if (version !== before) look();
  };
  const dataVersion = () => {
    try {
      return connection.pragma('data_version', { simple: true });
    } catch {
      return undefined;
    }
  };
  const start = () => {
    version = dataVersion();
    timer ??= setInterval(lookIfWritten, PERIOD_MS).unref();
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    add(sessionId, lease, watcher) {
      if (watcher.signal.aborted) return;
      const each = { ...watcher, sessionId, seen: stateOf(lease) };
      watched.add(each);
      start();
      const forget = () => {
        watched.delete(each);
        if (watched.size === 0) stop();
      };
      watcher.signal.addEventListener('abort', forget, { once: true });
      // It may have changed since it was read.
      look();
    },
    look,
    close() {
      watched.clear();
      stop();
    },
  };
}

/** What a watcher is told of: not that a lease was lengthened, or ran out. */
function stateOf(lease: LeaseState | undefined): string {
  return JSON.stringify([lease?.fence ?? 0, lease?.holder ?? null, lease?.interruptRequested ?? false]);
}
