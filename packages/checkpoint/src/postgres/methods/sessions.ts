import { requireCounts, requireText } from '../../checks.ts';
import { rootEntry } from '../../entry-hash.ts';
import { checkSession } from '../../prepare-rows.ts';
import { sessionExists, sessionIdInLedger, snapshotMissing } from '../../refusals.ts';
import type { SessionRecord, SnapshotId } from '../../session.ts';
import type { CheckpointStore } from '../../store.ts';
import type { NewSession, Rewind, RewindResult } from '../../writes.ts';
import type { Connection, Database } from '../database.ts';
import { chainEntries, keepEntries } from '../rows/entries.ts';
import {
  findSession,
  keepSession,
  lockAnyway,
  lockSession,
  type StoredSession,
  updateSession,
} from '../rows/sessions.ts';
import { keepSnapshot, lockSnapshot, newSnapshot, type StoredSnapshot } from '../rows/snapshots.ts';
import { prepared, type StatementSource } from '../statements.ts';
import { branchTurns } from './branch.ts';
import { deleteSession } from './deletion.ts';
import { createSessionLists } from './session-lists.ts';

type SessionMethods = Pick<
  CheckpointStore,
  | 'countSessions'
  | 'countStandings'
  | 'createSession'
  | 'readSession'
  | 'readStandings'
  | 'listSessions'
  | 'setMetadata'
  | 'forkSession'
  | 'rewindSession'
  | 'deleteSession'
>;

export function createSessionMethods(database: Database): SessionMethods {
  return {
    createSession: (session) => database.write((connection) => createSession(connection, session)),
    readSession: (sessionId) => database.ask(async (connection) => (await findSession(connection, sessionId))?.record),
    ...createSessionLists(database),
    setMetadata: ({ sessionId, metadata }) =>
      database.write(async (connection) => {
        const session = await lockAnyway(connection, sessionId);
        requireText(metadata, `The metadata of session '${sessionId}'`);
        return updateSession(connection, { ...session, record: { ...session.record, metadata } });
      }),
    forkSession: (fork) => database.write((connection) => forkSession(connection, fork)),
    rewindSession: (rewind) => database.write((connection) => rewindSession(connection, rewind)),
    deleteSession: (deletion) => database.write((connection) => deleteSession(connection, deletion)),
  };
}

async function createSession(connection: Connection, session: NewSession): Promise<SessionRecord> {
  await requireNewSession(connection, session);
  const [root] = chainEntries(null, [rootEntry(session.id)], session.createdAt);
  if (root === undefined) throw new Error('A session begins with one entry.');
  const row = (await keepEntries(connection, [root])).get(root.id) ?? -1;
  const record = newRecord(session, { tip: root.id, tipTurn: null, forkedFrom: null });
  return keepSession(connection, { record, root: row, tip: row, tipTurn: null, turnsCommitted: 0, snapshotsKept: 0 });
}

async function forkSession(
  connection: Connection,
  fork: NewSession & { readonly snapshotId: SnapshotId },
): Promise<SessionRecord> {
  await requireNewSession(connection, fork);
  const { snapshot, ...place } = await lockSnapshot(connection, fork.snapshotId, 'share');
  const { sessionId, entryId, turnId } = snapshot;
  const forkedFrom = { sessionId, snapshotId: fork.snapshotId };
  const record = newRecord(fork, { tip: entryId, tipTurn: turnId, forkedFrom });
  const { root, entry: tip, turn: tipTurn } = place;
  return keepSession(connection, { record, root, tip, tipTurn, turnsCommitted: 0, snapshotsKept: 0 });
}

async function rewindSession(connection: Connection, rewind: Rewind): Promise<RewindResult> {
  const { sessionId, snapshotId, leaving, at } = rewind;
  const session = await lockSession(connection, rewind, { snapshotId: leaving.id });
  const target = snapshotId === leaving.id ? undefined : await requireOwnPlace(connection, session, snapshotId);
  requireCounts({ at }, `The rewind of session '${sessionId}'`);
  const left = placeLeft(session, rewind);
  await keepSnapshot(connection, left);
  const { snapshot, entry: tip, turn: tipTurn } = target ?? left;
  const { entryId, turnId } = snapshot;
  const record = { ...session.record, tip: entryId, tipTurn: turnId, updatedAt: at };
  const snapshotsKept = session.snapshotsKept + 1;
  return {
    session: await updateSession(connection, { ...session, record, tip, tipTurn, snapshotsKept }),
    left: left.snapshot,
  };
}

/** The snapshot of the place that a rewind leaves. */
function placeLeft(session: StoredSession, { leaving, at }: Rewind): Omit<StoredSnapshot, 'seq'> {
  const { record, root, tip: entry, tipTurn: turn } = session;
  const { id: sessionId, tip: entryId, tipTurn: turnId } = record;
  // A session that has made no turn has no snapshot to go to.
  if (turn === null || turnId === null) throw snapshotMissing(leaving.id, `that session '${sessionId}' can leave`);
  const place = { sessionId, entryId, turnId, reason: 'rewind', createdAt: at } as const;
  const snapshot = newSnapshot(session, leaving, place);
  return { snapshot, root, turn, entry };
}

async function requireNewSession(connection: Connection, session: NewSession): Promise<void> {
  checkSession(session);
  if ((await findSession(connection, session.id)) !== undefined) throw sessionExists(session.id);
  const [turn] = await connection.use(prepareSessions).ledger.execute({ sessionId: session.id });
  if (turn !== undefined) throw sessionIdInLedger(session.id);
}

function newRecord(
  { id, createdAt, metadata = '{}' }: NewSession,
  place: Pick<SessionRecord, 'tip' | 'tipTurn' | 'forkedFrom'>,
): SessionRecord {
  return { id, ...place, createdAt, updatedAt: createdAt, metadata };
}

/** The snapshot, if the session made it or it is a turn's of the branch it is on. It stays until this transaction ends. */
async function requireOwnPlace(
  connection: Connection,
  session: StoredSession,
  snapshotId: SnapshotId,
): Promise<StoredSnapshot> {
  const stored = await lockSnapshot(connection, snapshotId, 'share');
  const { sessionId, reason } = stored.snapshot;
  if (sessionId === session.record.id) return stored;
  const branch = reason === 'turn' ? await branchTurns(connection, session) : [];
  if (branch.some(({ seq }) => seq === stored.turn)) return stored;
  throw snapshotMissing(snapshotId, `that session '${session.record.id}' made or has on its branch`);
}

function prepareSessions({ db, tables, orm }: StatementSource) {
  const { turns } = tables;
  return {
    ledger: prepared(
      db
        .select({ seq: turns.seq })
        .from(turns)
        .where(orm.eq(turns.sessionId, orm.sql.placeholder('sessionId')))
        .limit(1),
    ),
  };
}
