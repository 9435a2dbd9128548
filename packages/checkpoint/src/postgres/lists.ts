import type { SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { PageBounds } from '../page.ts';
import { prefixEnd } from '../sql/prefix-end.ts';
import type { Row, StatementSource } from './statements.ts';

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Whether a text contains the one that `pageValues` looks for, ASCII letters in either case, whatever the database's locale. */
export function says({ orm: { sql } }: StatementSource, text: SQL.Aliased | SQL | { getSQL(): SQL }): SQL {
  return sql`strpos(translate(${text}, ${sql.raw(`'${UPPER}'`)}, ${sql.raw(`'${UPPER.toLowerCase()}'`)}), ${sql.placeholder('search')}::text) > 0`;
}

/** Whether a text that is compared byte by byte begins with this, as a range of an index; of every one if it is not given. */
export function beginsWith({ orm }: StatementSource, column: PgColumn, prefix = ''): SQL | undefined {
  const { and, gte, lt } = orm;
  const end = prefixEnd(prefix);
  if (prefix === '') return undefined;
  return and(gte(column, prefix), end === undefined ? undefined : lt(column, end));
}

/** What a page of rows, newest first, is asked with: one row more than it shows. */
export function pageValues({ search, limit, after }: PageBounds): Row {
  const { createdAt, seq } = after ?? { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
  const lower = search.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return { search: lower, count: limit + 1, createdAt, seq };
}
