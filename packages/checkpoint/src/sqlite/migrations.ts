import type Database from 'better-sqlite3';
import { corrupt } from '../sql/rows.ts';
import { FORMAT_1_TABLES } from './formats/format-1.ts';
import { FORMAT_2_TABLES } from './formats/format-2.ts';
import { FORMAT_3_ADDITIONS } from './formats/format-3.ts';
import { migrateFromFormat1 } from './formats/from-format-1.ts';

/**
 * The history of the tables.
 *
 * M1. The list is append-only: a released migration never changes.
 * M2. The format version of a file is the number of migrations it has had, kept in `PRAGMA user_version`.
 * M3. `seq` grows with every insert and a parent is older than its child, so a walk towards the root always ends.
 * M4. All migrations that a file lacks are one transaction, without checks of foreign keys, and one that fails leaves no trace.
 */
export const migrations: readonly ((connection: Database.Database) => void)[] = [
  (connection) => connection.exec(FORMAT_1_TABLES),
  migrateFromFormat1,
  (connection) => connection.exec(FORMAT_3_ADDITIONS),
];

/** What the migrations come to: each statement as the schema of a file quotes it. */
const SCHEMA: readonly string[] = (FORMAT_2_TABLES + FORMAT_3_ADDITIONS)
  .replace(/^ *--.*\n/gm, '')
  .split(';')
  .map((statement) => statement.trim())
  .filter((statement) => statement !== '');

/** Tables that Litestream makes in each file that it copies (its README, seen 2026-11-22); they hold nothing of ours. */
const LITESTREAM_TABLES = ['_litestream_lock', '_litestream_seq'];

/** Throws unless the schema is as the migrations left it: another one may hide rows, or let damage in. */
export function requireSchema(connection: Database.Database): void {
  const rows = connection
    .prepare<[], SchemaRow>('SELECT type, name, sql, rootpage FROM sqlite_schema WHERE sql IS NOT NULL')
    .all();
  const ours = rows.filter(({ type, name }) => type !== 'table' || !LITESTREAM_TABLES.includes(name));
  const stored = new Set(rows.map(({ sql }) => sql));
  const lost = SCHEMA.find((statement) => !stored.has(statement));
  if (lost !== undefined || ours.length !== SCHEMA.length) {
    const what = lost === undefined ? 'there is more than it' : `it lacks ${lost.split('(')[0]?.trim()}`;
    throw corrupt(`its schema is not what this release wrote: ${what}`);
  }
  const pages = new Set(rows.map(({ rootpage }) => rootpage));
  if (pages.size !== rows.length) throw corrupt('two of its tables begin on the same page');
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
  readonly rootpage: number;
}
