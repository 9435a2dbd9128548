import type Database from 'better-sqlite3';
import { desc, eq, getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { entries, sessions, snapshots, turns } from './tables.ts';

/**
 * Every statement of the store, prepared once per connection.
 *
 * Q1. A walk follows `parent` from the session's tip to the root, one indexed step per entry.
 * Q2. An entry is named by its content, so two sessions may share it while each has a turn of its own there. The walk carries
 *     the `owner`: the session on this branch that committed the entry. It changes where a fork began.
 */

export type Statements = ReturnType<typeof prepareStatements>;

export interface InsertStatements {
  readonly insertSession: Database.Statement<[Omit<typeof sessions.$inferInsert, 'seq'>]>;
  /** Leaves an entry of the same name as it is: it is the same entry, shared by two branches. */
  readonly insertEntry: Database.Statement<[Omit<typeof entries.$inferInsert, 'seq'>]>;
  readonly insertTurn: Database.Statement<[typeof turns.$inferInsert]>;
  readonly insertSnapshot: Database.Statement<[typeof snapshots.$inferInsert]>;
}

const { placeholder } = sql;

const ownedEntry = sql.raw('e.seq, e.id, e.parent, iif(s.fork_entry_id = e.id, s.fork_session_id, s.id)');
const hasSnapshot = sql.raw(
  'EXISTS (SELECT 1 FROM snapshots p WHERE p.entry_id = walk.id AND p.session_id = walk.owner)',
);

/** The branch of the session `sessionId` from its tip to the root. */
const branch = branchUntil(sql.raw('false'));

/** The same walk, ended by the first entry that has a snapshot. */
const branchToSnapshot = branchUntil(hasSnapshot);

export function prepareStatements(connection: Database.Database) {
  const db = drizzle({ client: connection });
  return { ...sessionStatements(db), ...branchStatements(db), ...insertStatements(connection) };
}

function sessionStatements(db: BetterSQLite3Database) {
  return {
    findSession: db
      .select()
      .from(sessions)
      .where(eq(sessions.id, placeholder('sessionId')))
      .prepare(),
    listSessions: db.select().from(sessions).orderBy(desc(sessions.createdAt), desc(sessions.seq)).prepare(),
    findSnapshot: db
      .select()
      .from(snapshots)
      .where(eq(snapshots.id, placeholder('snapshotId')))
      .prepare(),
    moveTip: db
      .update(sessions)
      .set({ tip: sql`${placeholder('tip')}` })
      .where(eq(sessions.id, placeholder('sessionId')))
      .prepare(),
  };
}

function branchStatements(db: BetterSQLite3Database) {
  const isOwnTurn = sql`branch.id = ${turns.entryId} AND branch.owner = ${turns.sessionId}`;
  const isOwnSnapshot = sql`branch.id = ${snapshots.entryId} AND branch.owner = ${snapshots.sessionId}`;
  const costPicoUsd = sql<string | null>`cast(${turns.costPicoUsd} AS TEXT)`;
  return {
    branchEntries: db
      .select(getTableColumns(entries))
      .from(entries)
      .innerJoin(branch, sql`branch.id = ${entries.id}`)
      .orderBy(entries.seq)
      .prepare(),
    branchStart: db
      .select(getTableColumns(entries))
      .from(entries)
      .innerJoin(branch, sql`branch.id = ${entries.id}`)
      .orderBy(entries.seq)
      .limit(1)
      .prepare(),
    branchTurns: db
      .select({ ...getTableColumns(turns), costPicoUsd })
      .from(turns)
      .innerJoin(branch, isOwnTurn)
      .orderBy(sql`branch.seq`)
      .prepare(),
    branchSnapshots: db
      .select(getTableColumns(snapshots))
      .from(snapshots)
      .innerJoin(branch, isOwnSnapshot)
      .orderBy(sql`branch.seq`)
      .prepare(),
    lastSnapshot: db
      .select(getTableColumns(snapshots))
      .from(snapshots)
      .innerJoin(branchToSnapshot, isOwnSnapshot)
      .prepare(),
  };
}

/** Inserts take a whole row by name. One that lacks a column throws, where a query builder would store NULL. */
function insertStatements(connection: Database.Database): InsertStatements {
  return {
    insertSession: connection.prepare(insertInto(sessions)),
    insertEntry: connection.prepare(`${insertInto(entries)} ON CONFLICT (id) DO NOTHING`),
    insertTurn: connection.prepare(insertInto(turns)),
    insertSnapshot: connection.prepare(insertInto(snapshots)),
  };
}

function insertInto(table: SQLiteTable): string {
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => key !== 'seq');
  const names = columns.map(([, column]) => column.name).join(', ');
  const values = columns.map(([key]) => `@${key}`).join(', ');
  return `INSERT INTO ${getTableName(table)} (${names}) VALUES (${values})`;
}

function branchUntil(isLast: SQL): SQL {
  return sql`(
    WITH RECURSIVE walk (seq, id, parent, owner) AS (
      SELECT ${ownedEntry} FROM sessions s JOIN entries e ON e.id = s.tip WHERE s.id = ${placeholder('sessionId')}
      UNION ALL
      SELECT ${ownedEntry} FROM walk
      JOIN entries e ON e.id = walk.parent AND e.seq < walk.seq
      JOIN sessions s ON s.id = walk.owner
      WHERE NOT ${isLast}
    )
    SELECT seq, id, owner FROM walk
  ) AS branch`;
}
