import type { SQL } from 'drizzle-orm';
import { corrupt } from '../sql/rows.ts';
import type { SqliteContext } from './context.ts';

/** A row that points at the row before it on its branch. */
export interface Link {
  readonly seq: number;
  readonly parent: number | null;
}

/**
 * The rows on the way to `tip`, the first one first; `rows` are in any order. `lost` is the row that the first of them points at where
 * that is not among them, so that the way does not begin at a root.
 */
export function followChain<Row extends Link>(
  rows: readonly Row[],
  tip: number | null,
): { readonly chain: readonly Row[]; readonly lost: number | null } {
  const bySeq = new Map(rows.map((row) => [row.seq, row]));
  const chain: Row[] = [];
  let next = tip;
  for (let row = bySeq.get(next ?? -1); row !== undefined; row = bySeq.get(next ?? -1)) {
    chain.push(row);
    bySeq.delete(row.seq);
    next = row.parent;
  }
  return { chain: chain.reverse(), lost: next };
}

/** Each of the rows once. An index that was damaged may lead to one of them twice, and to another one never. */
export function distinct<Row extends Pick<Link, 'seq'>>(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [row.seq, row])).values()];
}

/** Throws unless each row comes after `from` and after the row before it. A damaged table may lead back, and who follows it never ends. */
export function requireOrder(table: string, rows: readonly Pick<Link, 'seq'>[], from: number): void {
  const isInOrder = rows.every(({ seq }, index) => seq > (rows[index - 1]?.seq ?? from));
  if (!isInOrder) throw corrupt(`the rows of ${table} are not in their order`);
}

/** The places of the rows on the way from the place `tip` to the root, as a list for `IN`. Parents are older, so it ends. */
export function chainOf({ drizzle: { sql } }: SqliteContext, table: 'entries' | 'turns'): SQL {
  const [before, after] = aroundTip(table);
  return sql`${sql.raw(before)}${sql.placeholder('tip')}${sql.raw(after)}`;
}

/** The same in the text of a statement that binds `@tip`. */
export function chainText(table: 'entries' | 'turns'): string {
  return aroundTip(table).join('@tip');
}

function aroundTip(table: string): readonly [string, string] {
  return [
    '(WITH RECURSIVE chain (seq) AS (SELECT ',
    ` UNION ALL
      SELECT link.parent FROM chain JOIN ${table} AS link ON link.seq = chain.seq AND link.parent < link.seq)
      SELECT seq FROM chain)`,
  ];
}
