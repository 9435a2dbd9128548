import { grantLease, isLive, renewedLease } from '../../lease.ts';
import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { LeaseWatch } from '../lease-watch.ts';
import type { Rows } from '../rows/rows.ts';

type LeaseMethods = Pick<
  CheckpointStore,
  'acquireLease' | 'renewLease' | 'releaseLease' | 'readLease' | 'requestInterrupt' | 'watchLease'
>;

export function leaseMethods(
  { clock, read, write }: SqliteContext,
  { sessions }: Rows,
  watch: LeaseWatch,
): LeaseMethods {
  return {
    acquireLease: async (request) => {
      const lease = await write(() => {
        const session = sessions.require(request.sessionId);
        const granted = grantLease(session.lease, request, clock());
        sessions.updateLease(session, granted);
        return granted;
      });
      watch.look(request.sessionId);
      return lease;
    },

    renewLease: (held, ttlMs) =>
      write(() => {
        const session = sessions.require(held.sessionId);
        const lease = renewedLease(session.lease, held, ttlMs, clock());
        sessions.updateLease(session, lease);
        return lease;
      }),

    releaseLease: async ({ sessionId, fence }) => {
      await write(() => {
        const session = sessions.find(sessionId);
        const lease = session?.lease;
        if (session === undefined || lease?.fence !== fence || lease.holder === null) return;
        sessions.updateLease(session, { ...lease, holder: null, interruptRequested: false });
      });
      watch.look(sessionId);
    },

    readLease: (sessionId) => read(() => sessions.require(sessionId).lease),

    requestInterrupt: async (sessionId) => {
      const isHeld = await write(() => {
        const session = sessions.require(sessionId);
        if (session.lease === undefined || !isLive(session.lease, clock())) return false;
        sessions.updateLease(session, { ...session.lease, interruptRequested: true });
        return true;
      });
      watch.look(sessionId);
      return isHeld;
    },

    watchLease: async ({ sessionId, ...watcher }) => {
      const lease = await read(() => sessions.require(sessionId).lease);
      watch.add(sessionId, lease, watcher);
    },
  };
}
