import { type PostgresServer, startPostgres } from '@reprise/local-postgres';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointStore, openPostgresStore, type StoreFaultPoint } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { startProcess } from './support/child-process.ts';
import { tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** Every answer of session 'a' has its row and its snapshot, and no row or snapshot is without one. */
async function wholeTurns(store: CheckpointStore): Promise<number> {
  const entries = await store.readEntries('a');
  const answers = entries.filter(({ kind }) => kind === 'assistant-message');
  const turns = await store.readTurns('a');
  const snapshots = await store.readSnapshots('a');
  expect(turns.map(({ id }) => id)).toEqual(answers.map((_, index) => `turn-${index + 1}`));
  expect(turns.map(({ entryId }) => entryId)).toEqual(answers.map(({ id }) => id));
  expect(snapshots.map(({ entryId }) => entryId)).toEqual(answers.map(({ id }) => id));
  expect(snapshots.map(({ turnCount }) => turnCount)).toEqual(answers.map((_, index) => index + 1));
  if (entries.length > 0) expect((await store.readSession('a'))?.tip).toBe(entries.at(-1)?.id);
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  return turns.length;
}

describe('a server that crashes', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ durable: true });
  });
  afterAll(() => server.stop());

  /** Commits turns until one fails. Resolves to how many were reported. */
  const commitUntilRefused = async (store: CheckpointStore, onCommitted: (turns: number) => void) => {
    let turns = await wholeTurns(store);
    for (;;) {
      try {
        const { tip } = (await store.readSession('a')) ?? { tip: '' };
        const entries = [userEntry(`question ${turns + 1}`)];
        const appended = await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: turns });
        const place = { sessionId: 'a', expectedTip: appended.tip };
        await store.commitTurn(turnCommit(place, { name: `${turns + 1}`, turnNumber: turns + 1 }));
        turns += 1;
        onCommitted(turns);
      } catch (error) {
        expect(error).toMatchObject({ code: 'checkpoint/unavailable' });
        return turns;
      }
    }
  };

  test('I6 C3 loses nothing that was reported, leaves no turn in part, and the store goes on when it is up again', async () => {
    const store = await openPostgresStore({ connectionString: server.url });
    await store.createSession({ id: 'a', createdAt: 1 });
    for (const last of [1, 8, 20]) {
      let crashing: Promise<void> | undefined;
      const reported = await commitUntilRefused(store, (turns) => {
        if (turns >= last) crashing ??= server.crash();
      });
      await crashing;
      await server.restart();
      // The turn after the last reported one may have been committed without a report.
      expect([reported, reported + 1]).toContain(await wholeTurns(store));
    }
    await store.close();
  });
});

describe('a process that crashes', () => {
  test.each<[StoreFaultPoint, number]>([
    ['store/begun', 1],
    ['store/blobs-written', 1],
    ['store/entries-written', 1],
    ['store/turn-written', 1],
    ['store/snapshot-written', 1],
    ['store/written', 1],
    ['store/committed', 2],
  ])('I6 at %s leaves a turn in whole or not at all', async (point, turns) => {
    const { connectionString, schema } = await tempSchema();
    const store = await openPostgresStore({ connectionString, schema });
    onTestFinished(() => store.close());
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    const { tip: expectedTip } = await store.commitTurn(
      turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }),
    );
    const child = startProcess('die-in-postgres-process.ts', connectionString, schema, point);
    expect((await child.lines.next()).value).toBe('committing');
    expect(await child.ended).toEqual({ code: null, errors: '' });
    expect(await wholeTurns(store)).toBe(turns);
    // Nor does the one that died hold on to anything.
    if (turns === 1) await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '2', turnNumber: 2 }));
    expect(await wholeTurns(store)).toBe(2);
  });
});
