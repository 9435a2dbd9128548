import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { tempStorePath } from './support/temp-folder.ts';

test('a file that Litestream copies opens, is written to and is found whole', async () => {
  const path = await fileWith(
    'CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); CREATE TABLE _litestream_lock (id INTEGER)',
  );
  const store = openSqliteStore(path);
  await store.createSession({ id: 'second', createdAt: 2 });
  expect(await store.countSessions()).toBe(2);
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  await store.close();
});

test.each([
  ['another table', 'CREATE TABLE litestream_lock (id INTEGER)'],
  ['a view by that name', 'CREATE VIEW _litestream_lock AS SELECT * FROM sessions'],
  ['a trigger by that name', 'CREATE TRIGGER _litestream_lock DELETE ON sessions BEGIN SELECT 1; END'],
])('a file with %s is still refused', async (_what, statement) => {
  const path = await fileWith(statement);
  expect(() => openSqliteStore(path)).toThrow('there is more than it');
});

/** A store with one session, and what the statements add to its schema. */
async function fileWith(statements: string): Promise<string> {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  await store.createSession({ id: 'first', createdAt: 1 });
  await store.close();
  const connection = new Database(path);
  connection.exec(statements);
  connection.close();
  return path;
}
