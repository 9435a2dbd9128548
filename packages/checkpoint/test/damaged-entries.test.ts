import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, type Entry, openSqliteStore } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { spoilPage } from './support/tamper.ts';
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

  test.each([0, 1, 2])(
    'a branch without its entry %i is refused, and the entry that hangs loose is named',
    async (index) => {
      const { path, entries } = await writtenStore(3);
      const store = tamperedStore(path, 'DELETE FROM entries WHERE id = ?', entries[index]?.id);
      await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
      await expect(store.readEntries('a')).rejects.toThrow(
        `entry ${entries[index + 1]?.id} of session 'a' has lost its parent`,
      );
      await expectRefusal(store.readTurns('a'), 'checkpoint/corrupt');
      await expect(store.readTurns('a')).rejects.toThrow(`the entry of turn 'turn-${index + 1}' is missing`);
      await expectRefusal(store.readSnapshots('a'), 'checkpoint/corrupt');
      await store.close();
    },
  );

  test('a session without the entry at its tip is refused by every read', async () => {
    const { path, entries } = await writtenStore(3);
    const store = tamperedStore(path, 'DELETE FROM entries WHERE id = ?', entries[3]?.id);
    for (const read of [store.readSession, store.readEntries, store.readTurns, store.readLastSnapshot]) {
      await expectRefusal(read('a'), 'checkpoint/corrupt');
      await expect(read('a')).rejects.toThrow("the tip of session 'a' is missing");
    }
    await expectRefusal(store.listSessions(), 'checkpoint/corrupt');
    await store.close();
  });

  test('a branch without its root is refused', async () => {
    const { path } = await writtenStore(1);
    const store = tamperedStore(path, 'DELETE FROM entries WHERE parent IS NULL');
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await store.close();
  });

  test('(N-18) a damaged entry isolates its turn: the ledger can be read', async () => {
    const { path, entries } = await writtenStore(3);
    const store = tamperedStore(path, "UPDATE entries SET payload = 'x' WHERE id = ?", entries[1]?.id);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    expect(await store.readLedger('a')).toHaveLength(3);
    expect(await store.readSnapshots('a')).toHaveLength(3);
    await store.close();
  });

  test('a branch that was bent into a ring is refused, and its walk ends', async () => {
    const { path, entries } = await writtenStore(3);
    const bend = 'UPDATE entries SET parent = (SELECT seq FROM entries WHERE id = ?) WHERE id = ?';
    const store = tamperedStore(path, bend, entries[2]?.id, entries[0]?.id);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await store.close();
  });

  test('a time that was changed is found, though the name of the entry does not cover it', async () => {
    const { path, entries } = await writtenStore(2);
    const store = tamperedStore(path, 'UPDATE entries SET created_at = 0 WHERE id = ?', entries[0]?.id);
    await expect(store.readEntries('a')).rejects.toThrow(`entry ${entries[0]?.id} is not what it was`);
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
    await expect(store.readTurns('a')).rejects.toThrow("turn 'turn-2' of entry");
    await store.close();
  });

  test('pages overwritten with noise are refused when they are read', async () => {
    const { path } = await writtenStore(100);
    spoilPage(path, 'entries');
    const store = openSqliteStore(path);
    await expectRefusal(store.readEntries('a'), 'checkpoint/corrupt');
    await store.close();
  });
});
