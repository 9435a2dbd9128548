import { type LeaseState, requireRightToWrite } from '../../lease.ts';
import { sessionMissing, tipMoved } from '../../refusals.ts';
import { hashLease, hashSession } from '../../row-hash.ts';
import type { EntryId, SessionId, SessionRecord } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { Fenced } from '../../writes.ts';
import { eachLazily, isStorable, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import { type LeaseColumns, type SessionSelectionRow, type StoredSession, storedSession } from './stored-session.ts';

export type SessionRows = ReturnType<typeof sessionRows>;

/** What a new session has no say in: its number, and its lease. */
type NewStoredSession = Omit<StoredSession, 'seq' | 'lease' | 'tipTurnHash'>;

export function sessionRows(context: SqliteContext) {
  const { connection, clock } = context;
  const selects = lazily(() => prepareSelects(context));
  const inserts = lazily(() => prepareInserts(context));
  const updates = lazily(() => prepareUpdates(context));
  const isWhole = lazily(() => connection.pragma('integrity_check(sessions)', { simple: true }) === 'ok');

  const find = (sessionId: SessionId): StoredSession | undefined => {
    if (!isStorable(sessionId)) return undefined;
    const row = selects().byId.get({ sessionId });
    if (row !== undefined) return storedSession(withLease(row));
    if (selects().again.get(sessionId) !== undefined) throw corrupt(`session '${sessionId}' is missing from an index`);
    return undefined;
  };
  const require = (sessionId: SessionId): StoredSession => {
    const session = find(sessionId);
    if (session === undefined) throw sessionMissing(sessionId);
    return session;
  };
  const requireWritable = (write: { readonly sessionId: SessionId } & Fenced): StoredSession => {
    const session = require(write.sessionId);
    requireRightToWrite(session.lease, write, clock());
    return session;
  };

  return {
    find,
    require,
    /** The session, if this write to it may go ahead. */
    requireWritable,

    /** The session, if this write may go ahead and builds on its tip. */
    requireTip(write: { readonly sessionId: SessionId; readonly expectedTip: EntryId } & Fenced): StoredSession {
      const session = requireWritable(write);
      const { id, tip } = session.record;
      if (tip !== write.expectedTip) throw tipMoved(id, write.expectedTip, tip);
      return session;
    },

    /** The last turn of each session of the tree. */
    tipTurnsOf(root: number): readonly (number | null)[] {
      return selects().tipTurnsOf.all(root);
    },

    insert(session: NewStoredSession): SessionRecord {
      const { record } = session;
      const { lastInsertRowid } = inserts().insertSession.run(toColumns(session));
      const lease = { sessionId: record.id, holder: null, fence: 0, expiresAt: 0, interruptRequested: false };
      inserts().insertLease.run(leaseColumns(Number(lastInsertRowid), lease));
      return record;
    },

    update(session: StoredSession): SessionRecord {
      updates().updateSession.run({ seq: session.seq, ...toColumns(session) });
      return session.record;
    },

    updateLease({ seq }: StoredSession, lease: LeaseState): void {
      updates().updateLease.run(leaseColumns(seq, lease));
    },

    /**
     * Throws unless the table of sessions and its indexes agree, so that a list or a deletion does not take a lost session for none.
     * A connection looks once.
     */
    requireWhole(): void {
      if (!isWhole()) throw corrupt('the table of sessions and its indexes contradict each other');
    },
  };
}

type SessionColumns = ReturnType<typeof toColumns>;

function toColumns(session: NewStoredSession) {
  const { record, turnsCommitted } = session;
  return {
    id: record.id,
    root: session.root,
    tip: session.tip,
    tipTurn: session.tipTurn,
    forkSessionId: record.forkedFrom?.sessionId ?? null,
    forkSnapshotId: record.forkedFrom?.snapshotId ?? null,
    createdAt: record.createdAt,
    updatedAt: record.updatedAt,
    metadata: record.metadata,
    turnsCommitted,
    snapshotsKept: session.snapshotsKept,
    hash: hashSession(record, turnsCommitted),
  };
}

function leaseColumns(session: number, lease: LeaseState) {
  const { holder, fence, expiresAt } = lease;
  const hash = hashLease(lease);
  return { session, holder, fence, expiresAt, interruptRequested: Number(lease.interruptRequested), hash };
}

/** A session and its lease in one row; the columns of the lease are `null` if it is missing. */
type FlatSessionRow = Omit<SessionSelectionRow, 'lease'> & {
  readonly leaseSession: number | null;
  readonly leaseHash: string;
} & Pick<LeaseColumns, 'holder' | 'fence' | 'expiresAt' | 'interruptRequested'>;

function withLease({ leaseSession, leaseHash, ...row }: FlatSessionRow): SessionSelectionRow {
  const { holder, fence, expiresAt, interruptRequested } = row;
  if (leaseSession === null) return { ...row, lease: null };
  return { ...row, lease: { session: leaseSession, holder, fence, expiresAt, interruptRequested, hash: leaseHash } };
}

// The value has a `+` for the reason that `boundTo` gives.
const SESSION_BY_ID = `
  SELECT s.seq, s.root, s.tip AS tipSeq, s.tip_turn AS tipTurnSeq, t.hash AS tipTurnHash, s.snapshots_kept AS snapshotsKept, s.id,
    e.id AS tip, t.id AS tipTurn, s.fork_session_id AS forkSessionId, s.fork_snapshot_id AS forkSnapshotId, s.created_at AS createdAt,
    s.updated_at AS updatedAt, s.metadata, s.turns_committed AS turnsCommitted, s.hash, l.session AS leaseSession, l.holder, l.fence,
    l.expires_at AS expiresAt, l.interrupt_requested AS interruptRequested, l.hash AS leaseHash
  FROM sessions AS s
    LEFT JOIN entries AS e ON e.seq = s.tip
    LEFT JOIN turns AS t ON t.seq = s.tip_turn
    LEFT JOIN leases AS l ON l.session = s.seq
  WHERE s.id = +@sessionId`;

function prepareSelects({ connection }: SqliteContext) {
  return eachLazily({
    // Not by drizzle, which takes several times as long to name the columns of a row: each write reads one.
    byId: () => connection.prepare<[{ readonly sessionId: string }], FlatSessionRow>(SESSION_BY_ID),
    again: () => connection.prepare<[string]>('SELECT seq FROM sessions INDEXED BY sessions_again WHERE id = ?'),
    tipTurnsOf: () =>
      connection.prepare<[number], number | null>('SELECT tip_turn FROM sessions WHERE root = ?').pluck(),
  });
}

function prepareInserts(context: SqliteContext) {
  const { leases, sessions } = context.tables;
  return {
    insertSession: prepareInsert<SessionColumns>(context, sessions),
    insertLease: prepareInsert<ReturnType<typeof leaseColumns>>(context, leases),
  };
}

function prepareUpdates({ connection }: SqliteContext) {
  return {
    updateSession: connection.prepare<SessionColumns & { readonly seq: number }>(`
      UPDATE sessions SET tip = @tip, tip_turn = @tipTurn, updated_at = @updatedAt, metadata = @metadata,
        turns_committed = @turnsCommitted, snapshots_kept = @snapshotsKept, hash = @hash
      WHERE seq = @seq`),
    updateLease: connection.prepare<ReturnType<typeof leaseColumns>>(`
      UPDATE leases SET holder = @holder, fence = @fence, expires_at = @expiresAt,
        interrupt_requested = @interruptRequested, hash = @hash
      WHERE session = @session`),
  };
}
