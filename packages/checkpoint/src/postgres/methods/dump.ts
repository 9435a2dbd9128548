import type { BlobHash } from '../../blob.ts';
import type { RequestColumns } from '../../ledger.ts';
import { orderDump } from '../../order-dump.ts';
import type { DumpedEntry, SessionDump } from '../../session-dump.ts';
import { corrupt, toolCallFromRow } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { readBlobs } from '../rows/blobs.ts';
import { entryFromRow, selectEntries } from '../rows/entries.ts';
import { backupsSince } from '../rows/file-backups.ts';
import { findPendingTurn } from '../rows/pending-turns.ts';
import type { StoredSession } from '../rows/sessions.ts';
import { type StoredSnapshot, selectSnapshots, storedSnapshot } from '../rows/snapshots.ts';
import { type StoredTurn, selectTurns, storedTurn } from '../rows/turns.ts';
import { prepared, type StatementSource } from '../statements.ts';
import { treeOf } from '../tree.ts';

/** Everything that makes the session up, checked. */
export async function readDump(connection: Connection, session: StoredSession): Promise<SessionDump> {
  const { record, seq } = session;
  const statements = connection.use(prepareDump);
  const turns = (await statements.turns.execute({ session: seq })).map(storedTurn);
  const snapshots = (await statements.snapshots.execute({ session: seq })).map(storedSnapshot);
  const deleted = await statements.deletedSnapshots.execute({ session: seq });
  requireWholeLedger(session, turns);
  requireSnapshots(session, { turns, snapshots, deleted: new Set(deleted.map(({ turn }) => turn)) });
  const toolCalls = await statements.toolCalls.execute({ session: seq });
  const dump = {
    session: record,
    entries: await readEntries(connection, seq),
    turns: turns.map(({ row }) => row),
    snapshots: snapshots.map(({ snapshot }) => snapshot),
    toolCalls: toolCalls.map(toolCallFromRow),
    fileBackups: (await backupsSince(connection, record.id, 0)).map(({ backup }) => backup),
    pendingTurn: (await findPendingTurn(connection, session)) ?? null,
  };
  const blobs = await readBlobs(connection, [...namedBlobs(dump)]);
  return orderDump({ ...dump, blobs: [...blobs].map(([hash, bytes]) => ({ hash, bytes })) });
}

function requireWholeLedger({ record, tipTurn, turnsCommitted }: StoredSession, turns: readonly StoredTurn[]): void {
  const seqs = new Set(turns.map(({ seq }) => seq));
  const cut = turns.find(({ parent }) => parent !== null && !seqs.has(parent));
  if (cut !== undefined) throw corrupt(`turn '${cut.row.id}' has lost the turn before it`);
  if (tipTurn !== null && !seqs.has(tipTurn)) throw corrupt(`the last turn of session '${record.id}' is missing`);
  const own = turns.filter(({ row }) => row.sessionId === record.id).map(({ row }) => row.ordinal);
  const gap = own.toSorted((a, b) => a - b).findIndex((ordinal, index) => ordinal !== index + 1);
  if (gap < 0 && own.length === turnsCommitted) return;
  throw corrupt(`turn ${(gap < 0 ? own.length : gap) + 1} of the ledger of session '${record.id}' is missing`);
}

function requireSnapshots(
  { record, snapshotsKept }: StoredSession,
  {
    turns,
    snapshots,
    deleted,
  }: {
    readonly turns: readonly StoredTurn[];
    readonly snapshots: readonly StoredSnapshot[];
    readonly deleted: ReadonlySet<number>;
  },
): void {
  const made = snapshots.filter(({ snapshot }) => snapshot.sessionId === record.id).length;
  if (made !== snapshotsKept) {
    throw corrupt(`session '${record.id}' made ${snapshotsKept} snapshots that it keeps, and ${made} are left`);
  }
  const ofTurns = new Set(snapshots.filter(({ snapshot }) => snapshot.reason === 'turn').map(({ turn }) => turn));
  const lost = turns.find(({ seq }) => !ofTurns.has(seq) && !deleted.has(seq));
  if (lost !== undefined) throw corrupt(`the snapshot of turn '${lost.row.id}' is missing`);
}

async function readEntries(connection: Connection, session: number): Promise<readonly DumpedEntry[]> {
  const { entries, entryBlobs } = connection.use(prepareDump);
  const blobs = Map.groupBy(await entryBlobs.execute({ session }), ({ entry }) => entry);
  const rows = await entries.execute({ session });
  const seqs = new Set(rows.map(({ seq }) => seq));
  return rows.map((row) => {
    if (row.parent !== null && !seqs.has(row.parent)) throw corrupt(`entry ${row.id} has lost its parent`);
    const hashes = (blobs.get(row.seq) ?? []).map(({ hash }) => hash).filter((hash) => hash !== null);
    if (hashes.length !== row.blobCount) throw corrupt(`a blob that entry ${row.id} names is missing`);
    return { ...entryFromRow(row), blobs: hashes };
  });
}

function namedBlobs({ entries, turns, fileBackups, pendingTurn }: Omit<SessionDump, 'blobs'>): ReadonlySet<BlobHash> {
  const requests: readonly RequestColumns[] = pendingTurn === null ? turns : [...turns, pendingTurn];
  const named = [
    ...entries.flatMap((entry) => entry.blobs),
    ...requests.flatMap(({ systemHash, toolsHash }) => [systemHash, toolsHash]),
    ...fileBackups.map(({ blobHash }) => blobHash),
  ];
  return new Set(named.filter((hash) => hash !== null));
}

function prepareDump(source: StatementSource) {
  const { db, tables, orm } = source;
  const { blobs, deletedSnapshots, entries, entryBlobs, snapshots, toolCalls, turns } = tables;
  const { asc, eq, getTableColumns, sql } = orm;
  const tree = treeOf(source, sql`seq = ${sql.placeholder('session')}`);
  return {
    turns: prepared(selectTurns(source).where(sql`${turns.seq} IN ${tree.turns}`).orderBy(asc(turns.seq))),
    snapshots: prepared(
      selectSnapshots(source).where(sql`${snapshots.seq} IN ${tree.snapshots}`).orderBy(asc(snapshots.seq)),
    ),
    deletedSnapshots: prepared(
      db.select().from(deletedSnapshots).where(sql`${deletedSnapshots.turn} IN ${tree.turns}`),
    ),
    toolCalls: prepared(
      db
        .select({ ...getTableColumns(toolCalls), turnId: turns.id })
        .from(toolCalls)
        .innerJoin(turns, eq(turns.seq, toolCalls.turn))
        .where(sql`${toolCalls.turn} IN ${tree.turns}`),
    ),
    entries: prepared(selectEntries(source).where(sql`${entries.seq} IN ${tree.entries}`).orderBy(asc(entries.seq))),
    entryBlobs: prepared(
      db
        .select({ entry: entryBlobs.entry, hash: blobs.hash })
        .from(entryBlobs)
        .leftJoin(blobs, eq(blobs.seq, entryBlobs.blob))
        .where(sql`${entryBlobs.entry} IN ${tree.entries}`),
    ),
  };
}
