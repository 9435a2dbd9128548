import type { SQL } from 'drizzle-orm';
import type { StatementSource } from './statements.ts';

/** A row that points at the row before it on its branch. */
export interface Link {
  readonly seq: number;
  readonly parent: number | null;
}

/**
 * Whether these, the first one first, are every row on the way from a root to `tip`.
 *
 * Parents are older than their children, so a walk towards the root ends, and its rows are in the order of their numbers.
 */
export function isWholeChain(rows: readonly Link[], tip: number | null): boolean {
  const isLinked = rows.every(({ parent }, index) => parent === (rows[index - 1]?.seq ?? null));
  return isLinked && (rows.at(-1)?.seq ?? null) === tip;
}

/** The numbers of the rows on the way from the row `tip` to its root, as a list for `IN`: one indexed step a row. */
export function chainOf({ orm: { sql }, tables }: StatementSource, table: 'entries' | 'turns'): SQL {
  return sql`(
    WITH RECURSIVE chain (seq) AS (
      SELECT ${sql.placeholder('tip')}::bigint
      UNION ALL
      SELECT link.parent FROM chain JOIN ${tables[table]} AS link ON link.seq = chain.seq AND link.parent < link.seq
    )
    SELECT seq FROM chain
  )`;
}
