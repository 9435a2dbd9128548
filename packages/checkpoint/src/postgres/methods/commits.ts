import { requireCounts } from '../../checks.ts';
import { hashEntry } from '../../entry-hash.ts';
import type { PendingTurn, TurnRow } from '../../ledger.ts';
import { checkEntry, checkPendingTurn, prepareTurn } from '../../prepare-rows.ts';
import { invalidWrite } from '../../refusals.ts';
import type { Snapshot } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { CheckpointStore } from '../../store.ts';
import type { Append, AppendResult, TurnBegin, TurnCommit, TurnCommitResult } from '../../writes.ts';
import type { Connection, Database } from '../database.ts';
import { blobRow, keepBlobs, requireBlob } from '../rows/blobs.ts';
import { chainEntries, keepEntries } from '../rows/entries.ts';
import { dropPendingTurn, keepPendingTurn } from '../rows/pending-turns.ts';
import { lockSession, lockTip, type StoredSession, sessionColumns, updateSession } from '../rows/sessions.ts';
import { newSnapshot, snapshotColumns } from '../rows/snapshots.ts';
import { turnColumns } from '../rows/turns.ts';
import { filling, prepared, type StatementSource, valuesOf } from '../statements.ts';
import { keepRanCalls } from './tool-journal.ts';

/** What adds to a branch. */
export function createCommitMethods(
  database: Database,
): Pick<CheckpointStore, 'appendEntries' | 'beginTurn' | 'commitTurn' | 'abandonTurn'> {
  return {
    appendEntries: (append) => database.write((connection) => appendEntries(connection, append)),
    beginTurn: (begin) => database.write((connection) => beginTurn(connection, begin)),
    commitTurn: (commit) => database.write((connection) => commitTurn(connection, commit)),
    abandonTurn: (abandon) =>
      database.write(async (connection) => {
        await dropPendingTurn(connection, await lockSession(connection, abandon));
      }),
  };
}

async function appendEntries(connection: Connection, append: Append): Promise<AppendResult> {
  const { entries, blobs, at, turn, ranCalls = [] } = append;
  const session = await lockTip(connection, append, turn && { turnId: turn.id });
  requireCounts({ at }, `An append to session '${append.sessionId}'`);
  for (const entry of entries) checkEntry(entry, at);
  if (turn) requireNewNote(session, turn);
  await keepRanCalls(connection, ranCalls, append.sessionId);
  const chain = chainEntries(session.record.tip, entries, at);
  const last = chain.at(-1);
  const named = chain.flatMap((entry) => entry.blobs);
  await keepBlobs(connection, turn ? [...named, turn.systemHash, turn.toolsHash] : named, blobs);
  if (turn) await keepPendingTurn(connection, session, turn);
  if (last === undefined) return { tip: session.record.tip };
  const rows = await keepEntries(connection, chain);
  const record = { ...session.record, tip: last.id, updatedAt: at };
  await updateSession(connection, { ...session, record, tip: rowOf(rows, last.id) });
  return { tip: last.id };
}

async function beginTurn(connection: Connection, begin: TurnBegin): Promise<void> {
  const { turn, blobs } = begin;
  const session = await lockTip(connection, begin, { turnId: turn.id });
  requireNewNote(session, turn);
  await keepBlobs(connection, [turn.systemHash, turn.toolsHash], blobs);
  await keepPendingTurn(connection, session, turn);
}

function requireNewNote(session: StoredSession, turn: PendingTurn): void {
  checkPendingTurn(turn);
  if (session.isTurnTaken) throw turnTaken(turn.id);
}

async function commitTurn(connection: Connection, commit: TurnCommit): Promise<TurnCommitResult> {
  const { entry, blobs, at } = commit;
  const ids = { turnId: commit.turn.id, snapshotId: commit.snapshot.id };
  const session = await lockTip(connection, commit, ids);
  if (session.isTurnTaken) throw turnTaken(commit.turn.id);
  checkEntry(entry, at);
  const tip = hashEntry(session.record.tip, entry);
  const turn = nextTurn(session, commit, tip);
  const place = { sessionId: commit.sessionId, entryId: tip, turnId: turn.id, reason: 'turn', createdAt: at } as const;
  const snapshot = newSnapshot(session, commit.snapshot, place);
  await keepBlobs(connection, [...(entry.blobs ?? []), turn.systemHash, turn.toolsHash], blobs);
  const rows = await keepEntries(connection, chainEntries(session.record.tip, [entry], at));
  const kept = await keepTurn(connection, { session, turn, snapshot, entryRow: rowOf(rows, tip) });
  requireBlob(turn.systemHash, kept.systemBlob);
  requireBlob(turn.toolsHash, kept.toolsBlob);
  // One statement writes both.
  connection.reach('store/turn-written');
  connection.reach('store/snapshot-written');
  return { tip, snapshot };
}

function nextTurn(session: StoredSession, { turn }: TurnCommit, entryId: string): TurnRow {
  const { record, turnsCommitted, tipTurnHash } = session;
  if (record.tipTurn !== null && tipTurnHash === null) throw corrupt(`turn '${record.tipTurn}' is missing`);
  const place = { parentId: record.tipTurn, entryId, sessionId: record.id, ordinal: turnsCommitted + 1 };
  return prepareTurn(turn, place, tipTurnHash);
}

/** Writes the ledger row and the snapshot, moves the tip and takes the note away, in one statement. */
async function keepTurn(
  connection: Connection,
  {
    session,
    turn,
    snapshot,
    entryRow,
  }: {
    readonly session: StoredSession;
    readonly turn: TurnRow;
    readonly snapshot: Snapshot;
    readonly entryRow: number;
  },
) {
  const record = { ...session.record, tip: turn.entryId, tipTurn: turn.id, updatedAt: snapshot.createdAt };
  const turnsCommitted = session.turnsCommitted + 1;
  const snapshotsKept = session.snapshotsKept + 1;
  const [kept] = await connection.use(prepareKeepTurn).execute({
    session: session.seq,
    root: session.root,
    entry: entryRow,
    tipTurn: session.tipTurn,
    systemHash: turn.systemHash,
    toolsHash: turn.toolsHash,
    ...filling('turn', turnColumns(turn)),
    ...filling('snapshot', snapshotColumns(snapshot)),
    ...filling('session', sessionColumns({ record, turnsCommitted, snapshotsKept })),
  });
  if (kept === undefined) throw new Error(`The row of session '${session.record.id}' is gone while it is locked.`);
  return kept;
}

function turnTaken(id: string): Error {
  return invalidWrite(`There is a turn '${id}' already`);
}

function rowOf(rows: ReadonlyMap<string, number>, id: string): number {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`Entry ${id} was written and has no row.`);
  return row;
}

function prepareKeepTurn(source: StatementSource) {
  const { db, tables, orm } = source;
  const { turns, snapshots, sessions, pendingTurns } = tables;
  const { eq, sql } = orm;
  const given = (name: string) => sql`${sql.placeholder(name)}`;
  const turnGiven = {
    parent: given('tipTurn'),
    entry: given('entry'),
    systemBlob: blobRow(source, 'systemHash'),
    toolsBlob: blobRow(source, 'toolsHash'),
  };
  const turn = db.$with('turn').as(
    db
      .insert(turns)
      .values(valuesOf(source, turns, { row: 'turn', given: turnGiven }))
      .returning(),
  );
  const turnRow = sql`(SELECT seq FROM ${turn})`;
  const snapshotGiven = { root: given('root'), turn: turnRow, entry: given('entry') };
  const snapshot = db.$with('snapshot').as(
    db
      .insert(snapshots)
      .values(valuesOf(source, snapshots, { row: 'snapshot', given: snapshotGiven }))
      .returning(),
  );
  const note = db.$with('note').as(
    db
      .delete(pendingTurns)
      .where(eq(pendingTurns.session, given('session')))
      .returning(),
  );
  const statement = db
    .with(turn, snapshot, note)
    .update(sessions)
    .set({
      tip: given('entry'),
      tipTurn: turnRow,
      updatedAt: given('session.updatedAt'),
      turnsCommitted: given('session.turnsCommitted'),
      snapshotsKept: given('session.snapshotsKept'),
      hash: given('session.hash'),
    })
    .where(eq(sessions.seq, given('session')))
    .returning({
      systemBlob: sql`(SELECT system_blob FROM ${turn})`.mapWith(turns.systemBlob),
      toolsBlob: sql`(SELECT tools_blob FROM ${turn})`.mapWith(turns.toolsBlob),
    });
  return prepared(statement);
}
