import { hash } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { PgInsertValue, PgTable } from 'drizzle-orm/pg-core';
import type { PoolClient } from 'pg';
import type { Driver } from './load-driver.ts';
import type { Tables } from './tables.ts';

/** What statements are made from. */
export interface StatementSource extends Driver {
  readonly client: PoolClient;
  readonly db: NodePgDatabase;
  readonly tables: Tables;
}

export type Row = Readonly<Record<string, unknown>>;

/** Prepares a query of the query builder under a name of its own. */
export function prepared<Prepared>(query: {
  toSQL(): { readonly sql: string };
  prepare(name: string): Prepared;
}): Prepared {
  return query.prepare(nameOf(query.toSQL().sql));
}

/** Prepares a statement that the query builder has no words for; its rows are handed out as the driver reads them. */
export function preparedText(
  { client, core, orm }: StatementSource,
  statement: SQL,
): (values: Row) => Promise<readonly Row[]> {
  const { sql: text, params } = new core.PgDialect().sqlToQuery(statement);
  const name = nameOf(text);
  return async (values) => (await client.query({ name, text, values: orm.fillPlaceholders(params, values) })).rows;
}

/** How many rows are sent at a time. */
const BATCH = 500;

/** Inserts rows with their numbers, where there are none of the same key yet. */
export function preparedRows(source: StatementSource, table: PgTable): (rows: readonly object[]) => Promise<void> {
  const { orm } = source;
  const { sql } = orm;
  const columns = Object.entries(orm.getTableColumns(table));
  const names = sql.raw(columns.map(([, { name }]) => name).join(', '));
  const insert = preparedText(
    source,
    sql`INSERT INTO ${table} (${names})
      SELECT ${names} FROM json_populate_recordset(NULL::${table}, ${sql.placeholder('rows')}::json)
      ON CONFLICT DO NOTHING`,
  );
  const named = (row: object) => Object.fromEntries(columns.map(([key, { name }]) => [name, Reflect.get(row, key)]));
  return async (rows) => {
    for (let start = 0; start < rows.length; start += BATCH) {
      await insert({ rows: JSON.stringify(rows.slice(start, start + BATCH).map(named)) });
    }
  };
}

/** A value for every column but `seq`: what is given, and else what `filling` puts under the column's key when the statement runs. */
export function valuesOf<Table extends PgTable>(
  { orm }: Pick<Driver, 'orm'>,
  table: Table,
  { row, given = {} }: { readonly row: string; readonly given?: Readonly<Record<string, SQL>> },
): PgInsertValue<Table> {
  const columns = Object.keys(orm.getTableColumns(table)).filter((key) => key !== 'seq');
  const values = Object.fromEntries(columns.map((key) => [key, given[key] ?? orm.sql.placeholder(`${row}.${key}`)]));
  return values as PgInsertValue<Table>;
}

/** Every column of a row in the way of the one that is inserted, replaced by that one's. */
export function excluded({ orm }: Pick<Driver, 'orm'>, table: PgTable): Record<string, SQL> {
  const columns = Object.entries(orm.getTableColumns(table));
  return Object.fromEntries(columns.map(([key, { name }]) => [key, orm.sql.raw(`excluded.${name}`)]));
}

/** The row's columns under the names that `valuesOf` gave them. */
export function filling(row: string, columns: object): Row {
  return Object.fromEntries(Object.entries(columns).map(([key, value]) => [`${row}.${key}`, value]));
}

/** The name of the store's schema. */
export function schemaIn({ core, tables }: Pick<StatementSource, 'core' | 'tables'>): string {
  return core.getTableConfig(tables.sessions).schema ?? '';
}

/** The number of the table's next row. */
export function nextSeq({ core, orm }: Pick<Driver, 'core' | 'orm'>, table: PgTable): SQL {
  const { schema = '', name } = core.getTableConfig(table);
  const sequence = `"${schema.replaceAll('"', '""')}".${name}_seq_seq`;
  return orm.sql.raw(`nextval('${sequence.replaceAll("'", "''")}'::regclass)`);
}

/** Statements of the same text have the same name, whichever store prepares them. */
function nameOf(text: string): string {
  return `reprise_${hash('sha256', text, 'hex').slice(0, 24)}`;
}
