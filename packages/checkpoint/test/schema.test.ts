import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { entries, sessions, snapshots, turns } from '../src/sqlite/tables.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { tempStorePath } from './support/temp-folder.ts';

test.each([entries, sessions, snapshots, turns].map((table) => getTableConfig(table)))(
  'the migrations leave the table $name as the queries see it',
  ({ name, columns }) => {
    const connection = openDatabase({ path: tempStorePath() });
    const stored = connection
      .prepare('SELECT name, lower(type) AS type, "notnull" OR pk > 0 AS isRequired FROM pragma_table_info(?)')
      .all(name);
    expect(stored).toEqual(
      columns.map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        isRequired: column.notNull || column.primary ? 1 : 0,
      })),
    );
    connection.close();
  },
);

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

test('C4 reading writes nothing', async () => {
  const path = tempStorePath();
  const writer = openSqliteStore(path);
  const { tip } = await writer.createSession({ id: 'a', createdAt: 1 });
  await writer.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
  const connection = openDatabase({ path });
  connection.pragma('query_only = ON');
  const reader = createSqliteStore(connection);
  expect(await reader.readSession('a')).toBeDefined();
  expect(await reader.listSessions()).toHaveLength(1);
  expect(await reader.readEntries('a')).toHaveLength(1);
  expect(await reader.readTurns('a')).toHaveLength(1);
  expect(await reader.readSnapshots('a')).toHaveLength(1);
  expect(await reader.readLastSnapshot('a')).toBeDefined();
  await reader.close();
  await writer.close();
});
