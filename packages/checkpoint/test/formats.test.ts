import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, openSqliteStore } from '../src/index.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { plain, readEverything } from './support/read-everything.ts';
import { tempStorePath } from './support/temp-folder.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** A copy of the fixture, which opening may change. */
function copyOf(name: string): string {
  const path = tempStorePath();
  copyFileSync(join(FIXTURES, name), path);
  return path;
}

/** What format 1 kept of a session. */
interface Format1Session {
  readonly session: { readonly id: string };
  readonly entries: readonly unknown[];
  readonly turns: readonly { readonly id: string; readonly tokens: object }[];
  readonly snapshots: readonly { readonly turnCount: number; readonly tokenSnapshot: object }[];
  readonly ledger: readonly string[];
}

const format1: readonly Format1Session[] = JSON.parse(readFileSync(join(FIXTURES, 'sqlite-format-1.json'), 'utf8'));

async function readFormat1(store: CheckpointStore): Promise<readonly Format1Session[]> {
  const { items } = await store.listSessions();
  const read = items.map(async (session) => ({
    session,
    entries: await store.readEntries(session.id),
    turns: (await store.readTurns(session.id)).map(({ hash, ...turn }) => turn),
    snapshots: await store.readSnapshots(session.id),
    ledger: (await store.readLedger(session.id)).map(({ id }) => id),
  }));
  return plain(await Promise.all(read));
}

/** As it reads where the file has no columns for cache counters. */
function withoutCacheCounters(session: Format1Session): Format1Session {
  const unknown = ['cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'cacheWrite30m', 'cacheWrite12h', 'cacheWriteUnknown'];
  const nulls = Object.fromEntries(unknown.map((name) => [name, null]));
  return {
    ...session,
    turns: session.turns.map((turn) => ({ ...turn, tokens: { ...turn.tokens, ...nulls } })),
    snapshots: session.snapshots.map((snapshot) => ({
      ...snapshot,
      silentTurnCount: snapshot.turnCount,
      tokenSnapshot: { ...snapshot.tokenSnapshot, cacheRead: 0, cacheWrite: 0 },
    })),
  };
}

const fixtures = [
  { name: 'sqlite-format-1.db', expected: format1 },
  { name: 'sqlite-format-1-without-cache-columns.db', expected: format1.map(withoutCacheCounters) },
];

describe.each(fixtures)('I9 (N-18) $name', ({ name, expected }) => {
  test('reads as it was written', async () => {
    const store = openSqliteStore(copyOf(name));
    expect(await readFormat1(store)).toEqual(expected);
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
    await store.close();
  });

  test('goes on: its sessions grow, fork and are deleted', async () => {
    const path = copyOf(name);
    const store = openSqliteStore(path);
    const expectedTip = (await store.readSession('fork'))?.tip ?? '';
    await store.commitTurn(turnCommit({ sessionId: 'fork', expectedTip }, { name: 'new' }));
    expect((await store.readLedger('fork')).map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
    await store.deleteSession({ sessionId: 'origin' });
    await store.close();
    const reopened = openSqliteStore(path);
    expect((await reopened.readTurns('fork')).map(({ id }) => id)).toEqual(['turn-1', 'turn-4', 'turn-5', 'turn-new']);
    expect(await Array.fromAsync(reopened.findDamage())).toEqual([]);
    await reopened.close();
  });

  test.each([
    ['an entry', "UPDATE entries SET payload = 'x' WHERE seq = 4", /entry sha256:[0-9a-f]+ is not what it was/],
    ['a lost entry', 'DELETE FROM entries WHERE seq = 4', /entry sha256:[0-9a-f]+ has lost its parent sha256:/],
    [
      'a turn on no branch',
      "UPDATE turns SET session_id = 'empty' WHERE id = 'turn-6'",
      /turn 'turn-6' .* on no branch/,
    ],
    ['a lost snapshot', "DELETE FROM snapshots WHERE id = 'snapshot-2'", /the snapshot of turn 'turn-2' is missing/],
    [
      'a cut session',
      "UPDATE sessions SET tip = 'sha256:00' WHERE id = 'empty'",
      /sha256:00 of session 'empty' is missing/,
    ],
  ])('with damage in %s it is refused, and left as it was', (_, sql, message) => {
    const path = copyOf(name);
    const damaged = new Database(path);
    damaged.pragma('foreign_keys = OFF');
    damaged.exec(sql);
    damaged.close();
    const before = readFileSync(path);
    expect(() => openSqliteStore(path)).toThrow(message);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

test('(B-09) counts of a store from before the cache columns are not reported, and count 0 in totals', async () => {
  const store = openSqliteStore(copyOf('sqlite-format-1-without-cache-columns.db'));
  const last = await store.readLastTurn('origin');
  expect(last?.tokens).toMatchObject({ cacheRead: null, cacheWrite5m: null, cacheWriteUnknown: null });
  expect(await store.readLastSnapshot('origin')).toMatchObject({
    turnCount: 3,
    silentTurnCount: 3,
    tokenSnapshot: { input: 36, cacheRead: 0, cacheWrite: 0 },
  });
  await store.close();
});

test.each([2, 3])('I9 (N-18) sqlite-format-%i.db reads as it was written, and goes on', async (format) => {
  const expected = JSON.parse(readFileSync(join(FIXTURES, `sqlite-format-${format}.json`), 'utf8'));
  const store = openSqliteStore(copyOf(`sqlite-format-${format}.db`));
  expect(await readEverything(store)).toEqual(expected);
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);

  await store.createRun({ id: 'run-new', sessionId: 'a', request: '{}', at: 200 });
  const end = { outcome: '{}' };
  await store.appendRunEvents([{ runId: 'run-new', attempt: 0, after: 0, events: ['"1"'], end, at: 201 }]);
  expect(await store.readRunEvents('run-new')).toEqual([{ number: 1, event: '"1"' }]);
  const expectedTip = (await store.readSession('fork'))?.tip ?? '';
  await store.commitTurn(turnCommit({ sessionId: 'fork', expectedTip }, { name: 'new' }));
  await store.deleteSession({ sessionId: 'a' });
  expect(await store.readRun('run-new')).toBeUndefined();
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  await store.close();
});
