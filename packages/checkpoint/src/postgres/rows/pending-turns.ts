import type { PendingTurn } from '../../ledger.ts';
import { hashPendingTurn } from '../../row-hash.ts';
import { corrupt, pendingTurnFromRow } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { excluded, filling, prepared, type StatementSource, valuesOf } from '../statements.ts';
import { blobRow, requireBlob } from './blobs.ts';
import type { StoredSession } from './sessions.ts';

/** The note of a turn that was begun. */
export async function findPendingTurn(
  connection: Connection,
  { seq, record }: StoredSession,
): Promise<PendingTurn | undefined> {
  const [row] = await connection.use(preparePendingTurns).find.execute({ session: seq });
  if (row === undefined) return undefined;
  const turn = pendingTurnFromRow(row);
  if (hashPendingTurn(turn, record.id) === row.hash) return turn;
  throw corrupt(`the pending turn of session '${record.id}' is not what it was when it was written`);
}

/** Keeps the note in the place of any other. Throws `checkpoint/blob-missing`. */
export async function keepPendingTurn(
  connection: Connection,
  { seq, record }: Pick<StoredSession, 'seq' | 'record'>,
  turn: PendingTurn,
): Promise<void> {
  const note = { ...turn, session: seq, hash: hashPendingTurn(turn, record.id) };
  const [kept] = await connection.use(preparePendingTurns).keep.execute(filling('note', note));
  requireBlob(turn.systemHash, kept?.systemBlob ?? null);
  requireBlob(turn.toolsHash, kept?.toolsBlob ?? null);
}

export async function dropPendingTurn(connection: Connection, { seq }: Pick<StoredSession, 'seq'>): Promise<void> {
  await connection.use(preparePendingTurns).drop.execute({ session: seq });
}

function preparePendingTurns(source: StatementSource) {
  const { db, tables, core, orm } = source;
  const { blobs, pendingTurns } = tables;
  const { eq, getTableColumns, sql } = orm;
  const system = core.alias(blobs, 'system');
  const tools = core.alias(blobs, 'tools');
  const given = { systemBlob: blobRow(source, 'note.systemHash'), toolsBlob: blobRow(source, 'note.toolsHash') };
  const { systemBlob, toolsBlob } = pendingTurns;
  const isAsked = eq(pendingTurns.session, sql.placeholder('session'));
  return {
    find: prepared(
      db
        .select({ ...getTableColumns(pendingTurns), systemHash: system.hash, toolsHash: tools.hash })
        .from(pendingTurns)
        .leftJoin(system, eq(system.seq, systemBlob))
        .leftJoin(tools, eq(tools.seq, toolsBlob))
        .where(isAsked),
    ),
    keep: prepared(
      db
        .insert(pendingTurns)
        .values(valuesOf(source, pendingTurns, { row: 'note', given }))
        .onConflictDoUpdate({ target: pendingTurns.session, set: excluded(source, pendingTurns) })
        .returning({ systemBlob, toolsBlob }),
    ),
    drop: prepared(db.delete(pendingTurns).where(isAsked)),
  };
}
