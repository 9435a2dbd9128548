import type Database from 'better-sqlite3';
import type { SQL } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { OnStoreFaultPoint } from '../fault-points.ts';
import { lazily } from '../lazily.ts';
import { storeClosed } from '../refusals.ts';
import { loadDrizzle, loadSqliteDrizzle } from '../sql/load-drizzle.ts';
import { mapErrors } from './sqlite-errors.ts';
import { defineTables, type Tables } from './tables.ts';

export { lazily };

/**
 * What every part of the store works with: one connection, its tables and its transactions.
 *
 * T1. A write is one IMMEDIATE transaction: it holds the write lock from its first read on, so what it read stays true.
 * T2. A read is one transaction, so it sees one state of the file.
 * T3. Statements are prepared once, when they are first needed.
 */
export interface SqliteContext {
  readonly connection: Database.Database;
  readonly db: BetterSQLite3Database;
  readonly drizzle: typeof import('drizzle-orm');
  readonly tables: Tables;
  /** The time that leases are held against. */
  readonly clock: () => number;
  /** Tells of a fault point. */
  readonly pass: OnStoreFaultPoint;
  /** Rejects with a `CheckpointError`, whatever `work` throws. */
  readonly read: <T>(work: () => T) => Promise<T>;
  readonly write: <T>(work: () => T) => Promise<T>;
  /** The same without the checks of foreign keys, for work that sees to them itself. */
  readonly writeUnchecked: <T>(work: () => T) => Promise<T>;
}

export interface ContextOptions {
  readonly clock?: () => number;
  readonly onFaultPoint?: OnStoreFaultPoint;
}

/** The same for every store. */
const tables = lazily(defineTables);

export function createContext(
  connection: Database.Database,
  { clock = Date.now, onFaultPoint = () => undefined }: ContextOptions,
): SqliteContext {
  const { drizzle } = loadSqliteDrizzle();
  const db = drizzle({ client: connection });
  return {
    connection,
    db,
    drizzle: loadDrizzle(),
    tables: tables(),
    clock,
    pass: onFaultPoint,
    ...transactions(connection, onFaultPoint),
  };
}

/** Whether a text can be the name of anything here: SQLite would look for another one instead. */
export function isStorable(text: string): boolean {
  return text.isWellFormed();
}

/** Values that are each made when they are first asked for: a statement takes a while to build, and few processes need them all. */
export function eachLazily<Values extends object>(
  makers: {
    readonly [Name in keyof Values]: () => Values[Name];
  },
): Readonly<Values> {
  const values = {};
  for (const [name, make] of Object.entries<() => unknown>(makers)) {
    Object.defineProperty(values, name, { get: lazily(make), enumerable: true });
  }
  // Each name of `makers` has its getter.
  return values as Values;
}

/**
 * A bound value to compare with, in a statement with a join. Without its `+` SQLite would plan the statement anew at each call, to see
 * whether the value asks for another plan, which takes ten times as long as the statement: better-sqlite3 builds it with STAT4.
 */
export function boundTo({ drizzle: { sql } }: SqliteContext, name: string): SQL {
  return sql`+${sql.placeholder(name)}`;
}

/**
 * A statement that inserts a whole row, given by the names of the columns; `conflict` is its last clause. A row that lacks a column
 * throws, where a query builder would store NULL.
 */
export function prepareInsert<Row extends object>(
  { connection, drizzle }: SqliteContext,
  table: SQLiteTable,
  conflict = '',
): Database.Statement<[Row]> {
  const columns = Object.entries(drizzle.getTableColumns(table)).filter(([key]) => key !== 'seq');
  const names = columns.map(([, column]) => column.name).join(', ');
  const values = columns.map(([key]) => `@${key}`).join(', ');
  return connection.prepare(`INSERT INTO ${drizzle.getTableName(table)} (${names}) VALUES (${values}) ${conflict}`);
}

function transactions(
  connection: Database.Database,
  pass: OnStoreFaultPoint,
): Pick<SqliteContext, 'read' | 'write' | 'writeUnchecked'> {
  const inTransaction = connection.transaction((work: () => unknown) => work());
  const whileOpen = async <T>(work: () => T): Promise<T> => {
    if (!connection.open) throw storeClosed(`The store ${connection.name}`);
    return mapErrors(connection.name, work);
  };
  // The transaction hands out what `work` returned.
  const run = <T>(mode: 'deferred' | 'immediate', work: () => T) => inTransaction[mode](work) as T;
  const commit = <T>(work: () => T): T => {
    const result = run('immediate', () => {
      pass('store/begun');
      const written = work();
      pass('store/written');
      return written;
    });
    pass('store/committed');
    return result;
  };
  return {
    read: (work) => whileOpen(() => run('deferred', work)),
    write: (work) => whileOpen(() => commit(work)),
    writeUnchecked: (work) =>
      whileOpen(() => {
        // The setting cannot be changed inside a transaction.
        connection.pragma('foreign_keys = OFF');
        try {
          return commit(work);
        } finally {
          connection.pragma('foreign_keys = ON');
        }
      }),
  };
}
