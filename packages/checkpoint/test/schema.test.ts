import Database from 'better-sqlite3';
import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { expect, test } from 'vitest';
import { CheckpointError, openSqliteStore } from '../src/index.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { defineTables } from '../src/sqlite/tables.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { tempStorePath } from './support/temp-folder.ts';

test.each(Object.values(defineTables()).map((table) => getTableConfig(table)))(
  'the migrations leave the table $name as the queries see it',
  ({ name, columns }) => {
    const connection = openDatabase({ path: tempStorePath() });
    const stored = connection
      .prepare('SELECT name, lower(type) AS type, "notnull" OR pk > 0 AS isRequired FROM pragma_table_info(?)')
      .all(name);
    const seen = columns.map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      isRequired: column.notNull || column.primary ? 1 : 0,
    }));
    expect(new Set(stored)).toEqual(new Set(seen));
    expect(stored).toHaveLength(seen.length);
    connection.close();
  },
);

test('the migrations leave no table that the queries do not see', () => {
  const connection = openDatabase({ path: tempStorePath() });
  const stored = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
  const seen = Object.values(defineTables()).map((table) => getTableConfig(table).name);
  expect(stored).toEqual(seen.toSorted());
  connection.close();
});

test.each([
  [undefined, 2],
  ['full' as const, 2],
  ['normal' as const, 1],
])('a store opened with synchronous %s has WAL, its level of syncing, and foreign keys', (synchronous, level) => {
  const path = tempStorePath();
  const connection = openDatabase({ path, ...(synchronous && { synchronous }) });
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'];
  expect(settings.map((name) => connection.pragma(name, { simple: true }))).toEqual(['wal', level, 1, 5000]);
  connection.close();
});

test('I9 a schema that is not what a migration left is refused', async () => {
  const path = tempStorePath();
  await openSqliteStore(path).close();
  const other = new Database(path);
  other.exec('DROP INDEX sessions_again');
  other.close();
  const refused = expect(() => openSqliteStore(path));
  refused.toThrow(CheckpointError);
  refused.toThrow('it lacks CREATE INDEX sessions_again');
});

test('C4 reading writes nothing', async () => {
  const path = tempStorePath();
  const writer = openSqliteStore(path);
  const { tip } = await writer.createSession({ id: 'a', createdAt: 1 });
  await writer.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
  await writer.createRun({ id: 'r', sessionId: 'a', request: '{}', at: 1 });
  await writer.appendRunEvents([{ runId: 'r', attempt: 0, after: 0, events: ['1'], at: 1 }]);
  const connection = openDatabase({ path });
  connection.pragma('query_only = ON');
  const reader = createSqliteStore(connection);
  expect(await reader.readSession('a')).toBeDefined();
  expect((await reader.listSessions()).items).toHaveLength(1);
  expect(await reader.readEntries('a')).toHaveLength(1);
  expect(await reader.readTurns('a')).toHaveLength(1);
  expect(await reader.readLedger('a')).toHaveLength(1);
  expect(await reader.readLastTurn('a')).toBeDefined();
  expect(await reader.readPendingTurn('a')).toBeUndefined();
  expect(await reader.readSnapshots('a')).toHaveLength(1);
  expect(await reader.readLastSnapshot('a')).toBeDefined();
  expect((await reader.listSnapshots('a')).items).toHaveLength(1);
  expect(await reader.readToolCalls('turn-1')).toEqual([]);
  expect(await reader.readLease('a')).toBeUndefined();
  expect(await reader.readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' })).toEqual([]);
  expect(await reader.readRun('r')).toBeDefined();
  expect((await reader.listRuns()).items).toHaveLength(1);
  expect(await reader.countRuns()).toMatchObject({ waiting: 1 });
  expect(await reader.readRunEvents('r')).toHaveLength(1);
  expect((await reader.dumpSession('a')).turns).toHaveLength(1);
  expect(await Array.fromAsync(reader.findDamage())).toEqual([]);
  await reader.close();
  await writer.close();
});
