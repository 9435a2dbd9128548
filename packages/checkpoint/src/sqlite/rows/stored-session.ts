import type { LeaseState } from '../../lease.ts';
import { hashLease } from '../../row-hash.ts';
import type { SessionId, SessionRecord } from '../../session.ts';
import { corrupt, leaseFromRow, sessionFromRow } from '../../sql/rows.ts';
import type { SqliteContext } from '../context.ts';

/** A session with the places of what it points at. */
export interface StoredSession {
  readonly seq: number;
  readonly record: SessionRecord;
  readonly root: number;
  readonly tip: number;
  readonly tipTurn: number | null;
  /** The hash of the last turn, which the next one carries on. */
  readonly tipTurnHash: string | null;
  readonly turnsCommitted: number;
  readonly snapshotsKept: number;
  /** The last lease; `undefined` if nobody ever had one. */
  readonly lease: LeaseState | undefined;
}

/** A row of `selectSessions`. */
export type SessionSelectionRow = ReturnType<ReturnType<typeof selectSessions>['all']>[number];

export type LeaseColumns = NonNullable<SessionSelectionRow['lease']>;

/** The session of a row, checked. Throws `checkpoint/corrupt`. */
export function storedSession(row: SessionSelectionRow): StoredSession {
  const { seq, root, tipSeq, tipTurnSeq, tipTurnHash, turnsCommitted, snapshotsKept, tip } = row;
  if (tip === null) throw corrupt(`the tip of session '${row.id}' is missing`);
  const record = sessionFromRow({ ...row, tip });
  const lease = storedLease(row, record.id);
  return { seq, record, root, tip: tipSeq, tipTurn: tipTurnSeq, tipTurnHash, turnsCommitted, snapshotsKept, lease };
}

function storedLease({ lease }: SessionSelectionRow, sessionId: SessionId): LeaseState | undefined {
  if (lease === null) throw corrupt(`the lease of session '${sessionId}' is missing`);
  const { fence, hash } = lease;
  const state = leaseFromRow({ ...lease, sessionId, interruptRequested: lease.interruptRequested === 1 });
  if (hashLease(state) !== hash) {
    throw corrupt(`the lease of session '${sessionId}' is not what it was when it was written`);
  }
  return fence === 0 ? undefined : state;
}

/** Sessions with their leases, and the names of what they point at. */
export function selectSessions({ db, drizzle, tables }: SqliteContext) {
  const { eq } = drizzle;
  const { entries, leases, sessions, turns } = tables;
  return db
    .select({
      seq: sessions.seq,
      root: sessions.root,
      tipSeq: sessions.tip,
      tipTurnSeq: sessions.tipTurn,
      tipTurnHash: turns.hash,
      snapshotsKept: sessions.snapshotsKept,
      id: sessions.id,
      tip: entries.id,
      tipTurn: turns.id,
      forkSessionId: sessions.forkSessionId,
      forkSnapshotId: sessions.forkSnapshotId,
      createdAt: sessions.createdAt,
      updatedAt: sessions.updatedAt,
      metadata: sessions.metadata,
      turnsCommitted: sessions.turnsCommitted,
      hash: sessions.hash,
      lease: drizzle.getTableColumns(leases),
    })
    .from(sessions)
    .leftJoin(entries, eq(entries.seq, sessions.tip))
    .leftJoin(turns, eq(turns.seq, sessions.tipTurn))
    .leftJoin(leases, eq(leases.session, sessions.seq))
    .$dynamic();
}
