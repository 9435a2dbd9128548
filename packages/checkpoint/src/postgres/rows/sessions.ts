import { isText } from '../../checks.ts';
import { type LeaseState, requireRightToWrite } from '../../lease.ts';
import { sessionMissing, tipMoved } from '../../refusals.ts';
import { hashLease, hashSession } from '../../row-hash.ts';
import type { EntryId, SessionId, SessionRecord, SnapshotId, TurnId } from '../../session.ts';
import { corrupt, leaseFromRow, sessionFromRow } from '../../sql/rows.ts';
import type { Fenced } from '../../writes.ts';
import type { Connection } from '../database.ts';
import { filling, prepared, type StatementSource, valuesOf } from '../statements.ts';

/** A session as it is stored, with its lease. Numbers name rows. */
export interface StoredSession {
  readonly seq: number;
  readonly record: SessionRecord;
  readonly root: number;
  readonly tip: number;
  readonly tipTurn: number | null;
  readonly tipTurnHash: string | null;
  readonly turnsCommitted: number;
  readonly snapshotsKept: number;
  /** `undefined` if nobody ever had it. */
  readonly lease: LeaseState | undefined;
  /** Epoch milliseconds, by the clock that leases run by. */
  readonly now: number;
  /** Whether the ids that were asked about are taken. */
  readonly isTurnTaken: boolean;
  readonly isSnapshotTaken: boolean;
}

/** Ids that a write is about to take. */
interface NewIds {
  readonly turnId?: TurnId;
  readonly snapshotId?: SnapshotId;
}

export async function findSession(
  connection: Connection,
  sessionId: SessionId,
  { turnId, snapshotId }: NewIds = {},
): Promise<StoredSession | undefined> {
  if (!isText(sessionId)) return undefined;
  const values = { sessionId, turnId: turnId ?? null, snapshotId: snapshotId ?? null };
  const [row] = await connection.use(prepareSessionRows).find.execute(values);
  return row && storedSession(row, connection.clock);
}

export async function requireSession(connection: Connection, sessionId: SessionId): Promise<StoredSession> {
  const session = await findSession(connection, sessionId);
  if (session === undefined) throw sessionMissing(sessionId);
  return session;
}

/** The session, locked for this transaction, whoever holds its lease; `undefined` if there is none. */
export async function lockRow(
  connection: Connection,
  sessionId: SessionId,
  ids: NewIds = {},
): Promise<StoredSession | undefined> {
  // The row is read by a statement of its own, which sees what the writer that held the lock has left.
  if (isText(sessionId)) await connection.use(prepareSessionRows).lock.execute({ sessionId });
  return findSession(connection, sessionId, ids);
}

/** The session, locked for this transaction, whoever holds its lease. */
export async function lockAnyway(
  connection: Connection,
  sessionId: SessionId,
  ids: NewIds = {},
): Promise<StoredSession> {
  const session = await lockRow(connection, sessionId, ids);
  if (session === undefined) throw sessionMissing(sessionId);
  return session;
}

/** The session, locked for this transaction, if this write to it may go ahead. */
export async function lockSession(
  connection: Connection,
  write: { readonly sessionId: SessionId } & Fenced,
  ids: NewIds = {},
): Promise<StoredSession> {
  const session = await lockAnyway(connection, write.sessionId, ids);
  requireRightToWrite(session.lease, write, session.now);
  return session;
}

/** The session, locked for this transaction, if this write may go ahead and builds on its tip. */
export async function lockTip(
  connection: Connection,
  write: { readonly sessionId: SessionId; readonly expectedTip: EntryId } & Fenced,
  ids: NewIds = {},
): Promise<StoredSession> {
  const session = await lockSession(connection, write, ids);
  const { id, tip } = session.record;
  if (tip !== write.expectedTip) throw tipMoved(id, write.expectedTip, tip);
  return session;
}

/** What a new session has no say in: its number, and its lease. */
type NewStoredSession = Pick<StoredSession, 'record' | 'root' | 'tip' | 'tipTurn' | 'turnsCommitted' | 'snapshotsKept'>;

/** Keeps a new session, with a lease that nobody had yet. */
export async function keepSession(connection: Connection, session: NewStoredSession): Promise<SessionRecord> {
  const { record, root, tip, tipTurn } = session;
  const columns = {
    id: record.id,
    root,
    tip,
    tipTurn,
    forkSessionId: record.forkedFrom?.sessionId ?? null,
    forkSnapshotId: record.forkedFrom?.snapshotId ?? null,
    createdAt: record.createdAt,
    ...sessionColumns(session),
  };
  const { keep } = connection.use(prepareSessionRows);
  await keep.execute({ ...filling('session', columns), ...filling('lease', leaseColumns(noLease(record.id))) });
  return record;
}

/** Writes what became of the session's lease. */
export async function updateLease(
  connection: Connection,
  { seq }: Pick<StoredSession, 'seq'>,
  lease: LeaseState,
): Promise<void> {
  await connection.use(prepareSessionRows).updateLease.execute({ session: seq, ...leaseColumns(lease) });
}

/** Replaces what a session's row says; `tip` and `tipTurn` are the rows of `record.tip` and `record.tipTurn`. */
export async function updateSession(
  connection: Connection,
  session: Pick<StoredSession, 'seq' | 'record' | 'tip' | 'tipTurn' | 'turnsCommitted' | 'snapshotsKept'>,
): Promise<SessionRecord> {
  await connection.use(prepareSessionRows).update.execute({ ...session, ...sessionColumns(session) });
  return session.record;
}

/** The columns of a session that its next state changes, but for the rows it points at. */
export function sessionColumns({
  record,
  turnsCommitted,
  snapshotsKept,
}: Pick<StoredSession, 'record' | 'turnsCommitted' | 'snapshotsKept'>) {
  const { updatedAt, metadata } = record;
  const hash = hashSession(record, turnsCommitted);
  return { updatedAt, metadata, turnsCommitted, snapshotsKept, hash };
}

/** Every column of a session, with the names of what it points at. */
export function selectSessions({ db, tables, core, orm }: StatementSource) {
  const { sessions, entries, turns, leases } = tables;
  const { getTableColumns, eq, sql } = orm;
  const tip = core.alias(entries, 'tip');
  const tipTurn = core.alias(turns, 'tip_turn');
  const now = sql`floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`.mapWith(sessions.createdAt);
  return db
    .select({
      session: getTableColumns(sessions),
      tip: tip.id,
      tipTurn: tipTurn.id,
      tipTurnHash: tipTurn.hash,
      lease: getTableColumns(leases),
      now: now.as('now'),
      isTurnTaken: exists(orm, tables.turns, 'turnId'),
      isSnapshotTaken: exists(orm, tables.snapshots, 'snapshotId'),
    })
    .from(sessions)
    .leftJoin(tip, eq(tip.seq, sessions.tip))
    .leftJoin(tipTurn, eq(tipTurn.seq, sessions.tipTurn))
    .leftJoin(leases, eq(leases.session, sessions.seq))
    .$dynamic();
}

type SessionRow = Awaited<ReturnType<typeof selectSessions>>[number];

export function storedSession(row: SessionRow, clock: (() => number) | undefined): StoredSession {
  const { session, tip, tipTurn, tipTurnHash, isTurnTaken, isSnapshotTaken } = row;
  if (tip === null) throw corrupt(`entry ${session.tip}, the tip of session '${session.id}', is missing`);
  const { seq, root, turnsCommitted, snapshotsKept } = session;
  return {
    seq,
    record: sessionFromRow({ ...session, tip, tipTurn }),
    root,
    tip: session.tip,
    tipTurn: session.tipTurn,
    tipTurnHash,
    turnsCommitted,
    snapshotsKept,
    lease: storedLease(row),
    now: clock?.() ?? row.now,
    isTurnTaken,
    isSnapshotTaken,
  };
}

function storedLease({ session, lease }: SessionRow): LeaseState | undefined {
  if (lease === null) throw corrupt(`the lease of session '${session.id}' is missing`);
  const state = leaseFromRow({ ...lease, sessionId: session.id });
  if (hashLease(state) !== lease.hash) {
    throw corrupt(`the lease of session '${session.id}' is not what it was when it was written`);
  }
  return state.fence === 0 ? undefined : state;
}

/** What the row of a lease says before anybody had it. */
function noLease(sessionId: SessionId): LeaseState {
  return { sessionId, holder: null, fence: 0, expiresAt: 0, interruptRequested: false };
}

function leaseColumns(lease: LeaseState) {
  const { holder, fence, expiresAt, interruptRequested } = lease;
  return { holder, fence, expiresAt, interruptRequested, hash: hashLease(lease) };
}

function exists({ sql }: StatementSource['orm'], table: StatementSource['tables']['turns' | 'snapshots'], id: string) {
  return sql<boolean>`EXISTS (SELECT FROM ${table} WHERE id = ${sql.placeholder(id)})`;
}

function prepareSessionRows(source: StatementSource) {
  const { db, tables, orm } = source;
  const { sessions, leases } = tables;
  const { eq, sql } = orm;
  const { placeholder } = sql;
  const isAsked = eq(sessions.id, placeholder('sessionId'));
  const given = (name: string) => sql`${placeholder(name)}`;
  return {
    lock: prepared(db.select({ seq: sessions.seq }).from(sessions).where(isAsked).for('update')),
    find: prepared(selectSessions(source).where(isAsked)),
    keep: prepared(insertSession(source)),
    update: prepared(
      db
        .update(sessions)
        .set({
          tip: given('tip'),
          tipTurn: given('tipTurn'),
          updatedAt: given('updatedAt'),
          metadata: given('metadata'),
          turnsCommitted: given('turnsCommitted'),
          snapshotsKept: given('snapshotsKept'),
          hash: given('hash'),
        })
        .where(eq(sessions.seq, placeholder('seq'))),
    ),
    updateLease: prepared(
      db
        .update(leases)
        .set({
          holder: given('holder'),
          fence: given('fence'),
          expiresAt: given('expiresAt'),
          interruptRequested: given('interruptRequested'),
          hash: given('hash'),
        })
        .where(eq(leases.session, placeholder('session'))),
    ),
  };
}

function insertSession(source: StatementSource) {
  const { db, tables, orm } = source;
  const { sessions, leases } = tables;
  const session = db.$with('session').as(
    db
      .insert(sessions)
      .values(valuesOf(source, sessions, { row: 'session' }))
      .returning(),
  );
  const given = { session: orm.sql`(SELECT seq FROM ${session})` };
  return db
    .with(session)
    .insert(leases)
    .values(valuesOf(source, leases, { row: 'lease', given }));
}
