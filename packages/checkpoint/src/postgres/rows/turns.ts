import type { TurnRow } from '../../ledger.ts';
import { corrupt, turnFromRow } from '../../sql/rows.ts';
import type { StatementSource } from '../statements.ts';

/** Every column of a turn, with the names of what it points at. */
export function selectTurns({ db, tables, core, orm }: StatementSource) {
  const { turns, entries, blobs } = tables;
  const { getTableColumns, eq } = orm;
  const before = core.alias(turns, 'before');
  const system = core.alias(blobs, 'system');
  const tools = core.alias(blobs, 'tools');
  return db
    .select({
      ...getTableColumns(turns),
      parentId: before.id,
      parentHash: before.hash,
      entryId: entries.id,
      systemHash: system.hash,
      toolsHash: tools.hash,
    })
    .from(turns)
    .leftJoin(before, eq(before.seq, turns.parent))
    .leftJoin(entries, eq(entries.seq, turns.entry))
    .leftJoin(system, eq(system.seq, turns.systemBlob))
    .leftJoin(tools, eq(tools.seq, turns.toolsBlob))
    .$dynamic();
}

/** The columns of a turn, but for the rows it points at. */
export function turnColumns({ tokens, parentId, entryId, systemHash, toolsHash, costPicoUsd, ...columns }: TurnRow) {
  return { ...columns, ...tokens, costPicoUsd: costPicoUsd?.toString() ?? null };
}

/** A ledger row with its place and that of the one before it. */
export interface StoredTurn {
  readonly seq: number;
  readonly parent: number | null;
  readonly row: TurnRow;
}

export function storedTurn(row: Awaited<ReturnType<typeof selectTurns>>[number]): StoredTurn {
  const { seq, parent, entryId } = row;
  if (entryId === null) throw corrupt(`the entry of turn '${row.id}' is missing`);
  return { seq, parent, row: turnFromRow({ ...row, entryId }) };
}
