import type { LeaseState } from '../lease.ts';
import type { SessionId } from '../session.ts';
import type { SqliteContext } from './context.ts';
import type { SessionRows } from './rows/sessions.ts';
import type { WriteWatch } from './write-watch.ts';

/** Who wants to hear of a lease's changes. */
export interface LeaseWatch {
  /** Calls `onChange` at each change from this lease on, until the signal ends it. */
  add(sessionId: SessionId, lease: LeaseState | undefined, watcher: Watcher): void;
  /** Looks at once, because this store has changed the session's lease. */
  look(sessionId: SessionId): void;
  close(): void;
}

interface Watcher {
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}

interface Watched extends Watcher {
  readonly sessionId: SessionId;
  seen: string;
}

export function createLeaseWatch(
  { read }: Pick<SqliteContext, 'read'>,
  sessions: SessionRows,
  writes: WriteWatch,
): LeaseWatch {
  const watched = new Set<Watched>();

  const stateNow = (sessionId: SessionId) =>
    read(() => stateOf(sessions.find(sessionId)?.lease)).catch((error: unknown) => `unreadable: ${error}`);
  const lookAt = async (each: Watched) => {
    const state = await stateNow(each.sessionId);
    if (!watched.has(each) || state === each.seen) return;
    each.seen = state;
    each.onChange();
  };
  const lookAtAll = () => {
    for (const each of watched) void lookAt(each);
  };
  const forget = (each: Watched) => {
    watched.delete(each);
    if (watched.size === 0) writes.remove(lookAtAll);
  };

  return {
    add(sessionId, lease, watcher) {
      if (watcher.signal.aborted) return;
      const each = { ...watcher, sessionId, seen: stateOf(lease) };
      watched.add(each);
      writes.add(lookAtAll);
      watcher.signal.addEventListener('abort', () => forget(each), { once: true });
      // It may have changed since it was read.
      void lookAt(each);
    },
    look(sessionId) {
      // The others' leases are as they were: many sessions that come and go would otherwise each look at all of them.
      for (const each of watched) if (each.sessionId === sessionId) void lookAt(each);
    },
    close() {
      watched.clear();
      writes.remove(lookAtAll);
    },
  };
}

/** What a watcher is told of: not that a lease was lengthened, or ran out. */
function stateOf(lease: LeaseState | undefined): string {
  return JSON.stringify([lease?.fence ?? 0, lease?.holder ?? null, lease?.interruptRequested ?? false]);
}
