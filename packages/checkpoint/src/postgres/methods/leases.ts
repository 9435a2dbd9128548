import { grantLease, isLive, renewedLease } from '../../lease.ts';
import type { CheckpointStore } from '../../store.ts';
import type { Database } from '../database.ts';
import { tellWatchers, watchLease } from '../lease-watch.ts';
import type { Listening } from '../listening.ts';
import { lockAnyway, lockRow, requireSession, updateLease } from '../rows/sessions.ts';

type LeaseMethods = Pick<
  CheckpointStore,
  'acquireLease' | 'renewLease' | 'releaseLease' | 'readLease' | 'requestInterrupt' | 'watchLease'
>;

export function createLeaseMethods(database: Database, listening: Listening): LeaseMethods {
  return {
    acquireLease: (request) =>
      database.write(async (connection) => {
        const session = await lockAnyway(connection, request.sessionId);
        const lease = grantLease(session.lease, request, session.now);
        await updateLease(connection, session, lease);
        const isTakenOver = session.lease !== undefined && session.lease.holder !== null;
        if (isTakenOver) await tellWatchers(connection, request.sessionId);
        return lease;
      }),

    renewLease: (held, ttlMs) =>
      database.write(async (connection) => {
        const session = await lockAnyway(connection, held.sessionId);
        const lease = renewedLease(session.lease, held, ttlMs, session.now);
        await updateLease(connection, session, lease);
        return lease;
      }),

    releaseLease: ({ sessionId, fence }) =>
      database.write(async (connection) => {
        const session = await lockRow(connection, sessionId);
        const lease = session?.lease;
        if (session === undefined || lease?.fence !== fence || lease.holder === null) return;
        await updateLease(connection, session, { ...lease, holder: null, interruptRequested: false });
        await tellWatchers(connection, sessionId);
      }),

    readLease: (sessionId) => database.ask(async (connection) => (await requireSession(connection, sessionId)).lease),

    requestInterrupt: (sessionId) =>
      database.write(async (connection) => {
        const session = await lockAnyway(connection, sessionId);
        const { lease, now } = session;
        if (lease === undefined || !isLive(lease, now)) return false;
        await updateLease(connection, session, { ...lease, interruptRequested: true });
        await tellWatchers(connection, sessionId);
        return true;
      }),

    watchLease: async (watch) => {
      await database.ask((connection) => requireSession(connection, watch.sessionId));
      await watchLease(listening, watch);
    },
  };
}
