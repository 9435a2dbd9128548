import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, type Entry, openSqliteStore } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { tempStorePath } from './support/temp-folder.ts';

interface Written {
  readonly path: string;
  readonly entries: readonly Entry[];
}

/** A closed store with a session of `turns` turns and one question at the end. */
async function writtenStore(turns: number): Promise<Written> {
  const path = tempStorePath();
  const store = openSqliteStore({ path, synchronous: 'normal' });
  let { tip: expectedTip } = await store.createSession({ id: 'a', createdAt: 1 });
  for (let turnNumber = 1; turnNumber <= turns; turnNumber++) {
    const commit = turnCommit({ sessionId: 'a', expectedTip }, { name: `${turnNumber}`, turnNumber });
    expectedTip = (await store.commitTurn(commit)).tip;
  }
  await store.appendEntries({ sessionId: 'a', expectedTip, entries: [userEntry('and?')], at: 1 });
  const entries = await store.readEntries('a');
  await store.close();
  return { path, entries };
}

/** The store after somebody else has been at its file. */
function tamperedStore(path: string, sql: string, ...parameters: readonly unknown[]): CheckpointStore {
  const connection = new Database(path);
  connection.pragma('foreign_keys = OFF');
  connection.pragma('ignore_check_constraints = ON');
  connection.prepare(sql).run(...parameters);
  connection.close();
  return openSqliteStore(path);
}

describe('I9 damage inside a store', () => {
  test.each(['payload', 'kind'])('an entry whose %s was changed is named, not handed out', async (column) => {
    const { path, entries } = await writtenStore(3);
    const id = entries[1]?.id;
    const store = tamperedStore(path, `UPDATE entries SET ${column} = 'x' WHERE id = ?`, id);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await expect(store.readEntries('a')).rejects.toThrow(`entry ${id} is not what it was`);
    await store.close();
  });

  test.each([0, 1, 2, 3])(
    'a branch without its entry %i is refused by every read that would lose rows',
    async (index) => {
      const { path, entries } = await writtenStore(3);
      const store = tamperedStore(path, 'DELETE FROM entries WHERE id = ?', entries[index]?.id);
      await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
      await expectRefusal(store.readTurns('a'), 'checkpoint/corrupt');
      await expectRefusal(store.readSnapshots('a'), 'checkpoint/corrupt');
      await expect(store.readEntries('a')).rejects.toThrow(entries[index]?.id);
      await store.close();
    },
  );

  test('a branch without its root is refused', async () => {
    const { path } = await writtenStore(1);
    const store = tamperedStore(path, 'DELETE FROM entries WHERE parent IS NULL');
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await expectRefusal(store.readTurns('a'), 'checkpoint/corrupt');
    await store.close();
  });

  test('a branch that was bent into a ring is refused, and its walk ends', async () => {
    const { path, entries } = await writtenStore(3);
    const bend = 'UPDATE entries SET parent = ? WHERE id = ?';
    const store = tamperedStore(path, bend, entries[2]?.id, entries[0]?.id);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await expectRefusal(store.readTurns('a'), 'checkpoint/corrupt');
    await store.close();
  });

  test('a session without a snapshot whose branch is cut is not taken for one before its first turn', async () => {
    const { path, entries } = await writtenStore(0);
    const store = tamperedStore(path, 'DELETE FROM entries WHERE id = ?', entries[0]?.id);
    await expectRefusal(store.readLastSnapshot('a'), 'checkpoint/corrupt');
    await store.close();
  });

  test('a ledger row that cannot be read is named, not skipped', async () => {
    const { path } = await writtenStore(2);
    const store = tamperedStore(path, "UPDATE turns SET usage_state = 'maybe' WHERE id = 'turn-2'");
    await expectRefusal(store.readTurns('a'), 'checkpoint/corrupt');
    await expect(store.readTurns('a')).rejects.toThrow("Turn 'turn-2'");
    await store.close();
  });

  test('pages overwritten with noise are refused when they are read', async () => {
    const { path } = await writtenStore(100);
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 2 * 4096);
    writeFileSync(path, bytes);
    const store = openSqliteStore(path);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await store.close();
  });
});
