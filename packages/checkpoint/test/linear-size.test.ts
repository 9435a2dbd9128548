import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { CheckpointStore } from '../src/index.ts';
import { openDatabase } from '../src/sqlite/open-database.ts';
import { createSqliteStore } from '../src/sqlite/sqlite-store.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { tempStorePath } from './support/temp-folder.ts';

interface LongSession {
  readonly path: string;
  readonly connection: Database.Database;
  readonly store: CheckpointStore;
  /** Commits turns up to this number. */
  growTo(turnNumber: number): Promise<void>;
}

async function longSession(): Promise<LongSession> {
  const path = tempStorePath();
  const connection = openDatabase({ path, synchronous: 'normal' });
  const store = createSqliteStore(connection);
  let { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  let turns = 0;
  const growTo = async (turnNumber: number) => {
    while (turns < turnNumber) {
      turns++;
      const entries = [userEntry(`question ${turns}`)];
      const { tip } = await store.appendEntries({ sessionId: 'a', expectedTip, entries, at: turns });
      const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: `${turns}`, turnNumber: turns });
      expectedTip = (await store.commitTurn(commit)).tip;
    }
  };
  return { path, connection, store, growTo };
}

const count = (connection: Database.Database, sql: string) => Number(connection.prepare(sql).pluck().get());

test('I8 the bytes a turn adds to the file do not grow with the session (N-09)', async () => {
  const { connection, store, growTo } = await longSession();
  const bytesOf = async (from: number, to: number) => {
    const size = () => count(connection, 'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
    await growTo(from);
    const before = size();
    await growTo(to);
    return (size() - before) / (to - from);
  };
  const early = await bytesOf(50, 150);
  const late = await bytesOf(500, 600);
  // Pages split in bursts, so a window of turns may get a few more of them than another.
  expect(late).toBeLessThan(early * 1.15);
  await store.close();
});

test('I8 the bytes a turn writes to the log do not grow with the session (X-12)', async () => {
  const { path, connection, store, growTo } = await longSession();
  const bytesWrittenBy = async (from: number, to: number) => {
    await growTo(from);
    let bytes = 0;
    for (let turn = from + 1; turn <= to; turn++) {
      connection.pragma('wal_checkpoint(TRUNCATE)');
      await growTo(turn);
      bytes += statSync(`${path}-wal`).size;
    }
    return bytes / (to - from);
  };
  // Both windows are past the depth at which the indexes still fit into a page or two.
  const early = await bytesWrittenBy(300, 330);
  const late = await bytesWrittenBy(1500, 1530);
  expect(late).toBeLessThan(early * 1.15);
  await store.close();
});

test('I8 a turn adds two entries, one ledger row and one snapshot, however long the session is', async () => {
  const { connection, store, growTo } = await longSession();
  const rows = () =>
    ['entries', 'turns', 'snapshots', 'sessions'].map((table) => count(connection, `SELECT count(*) FROM ${table}`));
  await growTo(50);
  expect(rows()).toEqual([101, 50, 50, 1]);
  await growTo(200);
  expect(rows()).toEqual([401, 200, 200, 1]);
  await store.close();
});

test('the last snapshot is found without a walk to the root', async () => {
  const { path, store, growTo } = await longSession();
  await growTo(200);
  const connection = openDatabase({ path });
  const watched = createSqliteStore(connection);
  let visited = 0;
  connection.function('visit', () => {
    visited++;
    return 1;
  });
  // A temporary view hides the table of the same name from the statements of this connection.
  connection.exec('CREATE TEMP VIEW entries AS SELECT * FROM main.entries WHERE visit()');
  expect((await watched.readLastSnapshot('a'))?.id).toBe('snapshot-200');
  expect(visited).toBeLessThan(5);
  expect(await watched.readEntries('a')).toHaveLength(400);
  expect(visited).toBeGreaterThan(400);
  await watched.close();
  await store.close();
});
