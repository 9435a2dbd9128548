import { type RecordsHere, requireRestorable } from '../../check-restore.ts';
import { sessionExists } from '../../refusals.ts';
import { hashToolCall } from '../../row-hash.ts';
import type { SessionRecord, Snapshot } from '../../session.ts';
import type { SessionDump } from '../../session-dump.ts';
import { corrupt, toolCallFromRow } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { keepBlobs, requireBlobs } from '../rows/blobs.ts';
import { keepEntries } from '../rows/entries.ts';
import { keepBackups } from '../rows/file-backups.ts';
import { keepPendingTurn } from '../rows/pending-turns.ts';
import { findSession, keepSession, requireSession } from '../rows/sessions.ts';
import { selectSnapshots, snapshotColumns, storedSnapshot } from '../rows/snapshots.ts';
import { selectTurns, storedTurn, turnColumns } from '../rows/turns.ts';
import { nextSeq, prepared, preparedRows, preparedText, type StatementSource } from '../statements.ts';

/** Writes a dumped session. */
export async function restoreDump(connection: Connection, dump: SessionDump): Promise<SessionRecord> {
  const { session } = dump;
  if ((await findSession(connection, session.id)) !== undefined) throw sessionExists(session.id);
  requireRestorable(dump, await recordsHere(connection, dump));

  const blobHashes = dump.blobs.map(({ hash }) => hash);
  await keepBlobs(connection, blobHashes, dump.blobs);
  const entries = await keepEntries(connection, dump.entries);
  const turns = await restoreTurns(connection, dump, { entries, blobs: await requireBlobs(connection, blobHashes) });
  const snapshots = await restoreSnapshots(connection, dump, { entries, turns });
  await restoreToolCalls(connection, dump, turns);
  await keepBackups(connection, dump.fileBackups, snapshots);
  return restoreSession(connection, dump, { entries, turns });
}

/** Rows by the names of what they hold. */
type Rows = ReadonlyMap<string, number>;

async function recordsHere(connection: Connection, { session, turns, snapshots }: SessionDump): Promise<RecordsHere> {
  const here = connection.use(prepareRestore);
  const turnIds = turns.map(({ id }) => id);
  const owners = turns.map(({ sessionId }) => sessionId);
  const ordinals = turns.map(({ ordinal }) => ordinal);
  const sessionIds = await here.sessions.execute({ ids: [...new Set(owners)] });
  const sameTurns = await here.turns.execute({ ids: turnIds, owners, ordinals, sessionId: session.id });
  const sameSnapshots = await here.snapshots.execute({ ids: snapshots.map(({ id }) => id) });
  const toolCalls = await here.toolCalls.execute({ ids: turnIds });
  return {
    sessionIds: new Set(sessionIds.map(({ id }) => id)),
    turns: sameTurns.map((row) => storedTurn(row).row),
    snapshots: sameSnapshots.map((row) => storedSnapshot(row).snapshot),
    toolCalls: toolCalls.map(toolCallFromRow),
  };
}

async function restoreTurns(
  connection: Connection,
  { turns, snapshots }: SessionDump,
  { entries, blobs }: { readonly entries: Rows; readonly blobs: Rows },
): Promise<Rows> {
  const { turnRows, turnSeqs, keepTurns, noteDeleted } = connection.use(prepareRestore);
  const here = await turnRows.execute({ ids: turns.map(({ id }) => id) });
  const rows = new Map(here.map(({ id, seq }) => [id, seq]));
  const arriving = turns.filter(({ id }) => !rows.has(id));
  const seqs = await turnSeqs({ count: arriving.length });
  for (const [index, { id }] of arriving.entries()) rows.set(id, Number(seqs[index]?.['seq']));
  const rowOrNull = (kept: Rows, name: string | null) => (name === null ? null : rowIn(kept, name));
  await keepTurns(
    arriving.map((turn) => ({
      ...turnColumns(turn),
      seq: rowIn(rows, turn.id),
      parent: rowOrNull(rows, turn.parentId),
      entry: rowIn(entries, turn.entryId),
      systemBlob: rowOrNull(blobs, turn.systemHash),
      toolsBlob: rowOrNull(blobs, turn.toolsHash),
    })),
  );
  const withSnapshot = new Set(snapshots.filter(({ reason }) => reason === 'turn').map(({ turnId }) => turnId));
  await noteDeleted(arriving.filter(({ id }) => !withSnapshot.has(id)).map(({ id }) => ({ turn: rowIn(rows, id) })));
  connection.reach('store/turn-written');
  return rows;
}

/** Snapshots of the session that its forks have kept get new numbers, so that it has them in the order it made them. */
async function restoreSnapshots(
  connection: Connection,
  { session, entries: dumped, snapshots }: SessionDump,
  { entries, turns }: { readonly entries: Rows; readonly turns: Rows },
): Promise<Rows> {
  const statements = connection.use(prepareRestore);
  const found = await statements.snapshots.execute({ ids: snapshots.map(({ id }) => id) });
  const here = new Map(found.map(({ id, seq }) => [id, seq]));
  const seqs = await statements.snapshotSeqs({ count: snapshots.length });
  const root = rowIn(entries, dumped[0]?.id ?? '');
  const isLeft = ({ id, sessionId }: Snapshot) => here.has(id) && sessionId !== session.id;
  const numbered = snapshots.map((snapshot, index) => {
    const seq = isLeft(snapshot) ? rowIn(here, snapshot.id) : Number(seqs[index]?.['seq']);
    return { snapshot, seq, from: here.get(snapshot.id) };
  });
  const renumbered = numbered.filter(({ seq, from }) => from !== undefined && from !== seq);
  await statements.renumber({ from: renumbered.map(({ from }) => from), to: renumbered.map(({ seq }) => seq) });
  const arriving = numbered.filter(({ from }) => from === undefined);
  await statements.keepSnapshots(
    arriving.map(({ snapshot, seq }) => ({
      ...snapshotColumns(snapshot),
      seq,
      root,
      turn: rowIn(turns, snapshot.turnId),
      entry: rowIn(entries, snapshot.entryId),
    })),
  );
  connection.reach('store/snapshot-written');
  return new Map(numbered.map(({ snapshot, seq }) => [snapshot.id, seq]));
}

async function restoreToolCalls(connection: Connection, { toolCalls }: SessionDump, turns: Rows): Promise<void> {
  const rows = toolCalls.map((call) => ({ ...call, turn: rowIn(turns, call.turnId), hash: hashToolCall(call) }));
  await connection.use(prepareRestore).keepToolCalls(rows);
}

async function restoreSession(
  connection: Connection,
  { session: record, entries: dumped, turns: rows, pendingTurn }: SessionDump,
  { entries, turns }: { readonly entries: Rows; readonly turns: Rows },
): Promise<SessionRecord> {
  const [made] = await connection.use(prepareRestore).snapshotsKept.execute({ sessionId: record.id });
  const restored = await keepSession(connection, {
    record,
    root: rowIn(entries, dumped[0]?.id ?? ''),
    tip: rowIn(entries, record.tip),
    tipTurn: record.tipTurn === null ? null : rowIn(turns, record.tipTurn),
    turnsCommitted: rows.filter(({ sessionId }) => sessionId === record.id).length,
    snapshotsKept: made?.count ?? 0,
  });
  if (pendingTurn !== null) {
    await keepPendingTurn(connection, await requireSession(connection, record.id), pendingTurn);
  }
  return restored;
}

function rowIn(rows: Rows, name: string): number {
  const row = rows.get(name);
  if (row === undefined) throw corrupt(`'${name}' was written and is missing`);
  return row;
}

function prepareRestore(source: StatementSource) {
  return { ...prepareHere(source), ...prepareWrites(source) };
}

function prepareHere(source: StatementSource) {
  const { db, tables, orm } = source;
  const { sessions, snapshots, toolCalls, turns } = tables;
  const { eq, getTableColumns, sql } = orm;
  const { placeholder } = sql;
  const among = sql`= ANY(${placeholder('ids')}::text[])`;
  const sameTurns = sql`(
    SELECT seq FROM ${turns} WHERE id ${among}
    UNION SELECT seq FROM ${turns} WHERE session_id = ${placeholder('sessionId')}
    UNION SELECT t.seq FROM unnest(${placeholder('owners')}::text[], ${placeholder('ordinals')}::bigint[]) AS g (owner, ordinal)
      JOIN ${turns} t ON t.session_id = g.owner AND t.ordinal = g.ordinal
  )`;
  return {
    sessions: prepared(db.select({ id: sessions.id }).from(sessions).where(sql`${sessions.id} ${among}`)),
    turns: prepared(selectTurns(source).where(sql`${turns.seq} IN ${sameTurns}`)),
    turnRows: prepared(db.select({ id: turns.id, seq: turns.seq }).from(turns).where(sql`${turns.id} ${among}`)),
    snapshots: prepared(selectSnapshots(source).where(sql`${snapshots.id} ${among}`)),
    toolCalls: prepared(
      db
        .select({ ...getTableColumns(toolCalls), turnId: turns.id })
        .from(toolCalls)
        .innerJoin(turns, eq(turns.seq, toolCalls.turn))
        .where(sql`${turns.id} ${among}`),
    ),
    snapshotsKept: prepared(
      db
        .select({ count: sql`count(*)`.mapWith(snapshots.seq) })
        .from(snapshots)
        .where(eq(snapshots.sessionId, placeholder('sessionId'))),
    ),
  };
}

function prepareWrites(source: StatementSource) {
  const { tables, orm } = source;
  const { deletedSnapshots, snapshots, toolCalls, turns } = tables;
  const { sql } = orm;
  const { placeholder } = sql;
  const numbers = (table: typeof turns | typeof snapshots) =>
    preparedText(
      source,
      sql`SELECT ${nextSeq(source, table)} AS seq FROM generate_series(1, ${placeholder('count')}::bigint)`,
    );
  return {
    turnSeqs: numbers(turns),
    snapshotSeqs: numbers(snapshots),
    keepTurns: preparedRows(source, turns),
    keepSnapshots: preparedRows(source, snapshots),
    keepToolCalls: preparedRows(source, toolCalls),
    noteDeleted: preparedRows(source, deletedSnapshots),
    renumber: preparedText(
      source,
      sql`UPDATE ${snapshots} s SET seq = g.later
        FROM unnest(${placeholder('from')}::bigint[], ${placeholder('to')}::bigint[]) AS g (seq, later)
        WHERE s.seq = g.seq`,
    ),
  };
}
