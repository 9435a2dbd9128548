import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { tempStorePath } from './support/temp-folder.ts';

test('a full disk is told as such, and nothing is half written', async () => {
  const connection = openDatabase({ path: tempStorePath() });
  const store = createSqliteStore(connection);
  const { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  connection.pragma(`max_page_count = ${connection.pragma('page_count', { simple: true })}`);
  const commit = turnCommit({ sessionId: 'a', expectedTip }, { name: '1', turn: { rawUsage: 'x'.repeat(100_000) } });
  await expectRefusal(store.commitTurn(commit), 'checkpoint/unavailable');
  await expect(store.commitTurn(commit)).rejects.toThrow(/disk that holds .*sessions\.db is full/);
  expect(await store.readEntries('a')).toEqual([]);
  expect((await store.readSession('a'))?.tip).toBe(expectedTip);

  connection.pragma('max_page_count = 1000000');
  await store.commitTurn(commit);
  expect(await store.readTurns('a')).toHaveLength(1);
  await store.close();
});

test('a store that another process is writing to is told as locked after the busy timeout', async () => {
  const path = tempStorePath();
  const store = openSqliteStore({ path, busyTimeoutMs: 1 });
  const { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');
  const append = { sessionId: 'a', expectedTip, entries: [userEntry('hi')], at: 1 };
  await expectRefusal(store.appendEntries(append), 'checkpoint/unavailable');
  await expect(store.appendEntries(append)).rejects.toThrow(`${path} is locked`);
  expect(await store.readEntries('a')).toEqual([]);

  other.exec('ROLLBACK');
  other.close();
  await store.appendEntries(append);
  expect(await store.readEntries('a')).toHaveLength(1);
  await store.close();
});

test('a file that became read-only is told as such', async () => {
  const connection = openDatabase({ path: tempStorePath() });
  const store = createSqliteStore(connection);
  connection.pragma('query_only = ON');
  const refused = store.createSession({ id: 'a', createdAt: 1 });
  await expectRefusal(refused, 'checkpoint/unavailable');
  await expect(refused).rejects.toThrow('is read-only');
  await expect(refused).rejects.toHaveProperty('cause.code', 'SQLITE_READONLY');
  await store.close();
});
