import { expect, test } from 'vitest';
import type { NewTurn } from '../../ledger.ts';
import type { CheckpointStore } from '../../store.ts';
import type { TurnKey, TurnRange, TurnSum } from '../../turn-sums.ts';
import { tokenColumns, turnCommit } from '../builders.ts';
import { PREFIX_CASES } from './prefix-cases.ts';
import { createSession, expectRefusal, leaving, type StoreSuite, tipOf } from './suite.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;

async function commit(store: CheckpointStore, sessionId: string, name: string, turn: Partial<NewTurn>): Promise<void> {
  const expectedTip = await tipOf(store, sessionId);
  await store.commitTurn(turnCommit({ sessionId, expectedTip }, { name, turn }));
}

const NOTHING = { sum: 0n, turns: 0 };

export function describeTurnSums({ store }: StoreSuite): void {
  const sums = (...by: TurnKey[]) => store().sumTurns({ by });
  const turnsBy = async (key: TurnKey, query: Omit<Parameters<CheckpointStore['sumTurns']>[0], 'by'> = {}) => {
    const found = await store().sumTurns({ ...query, by: [key] });
    return Object.fromEntries(found.map((sum) => [String(sum.key[key]), sum.turns]));
  };

  test('columns are added up, and what nobody reported is counted apart', async () => {
    await createSession(store(), 'a');
    await commit(store(), 'a', '1', {
      tokens: tokenColumns({ fresh: 5, cacheRead: 0, cacheWrite5m: 7, cacheWrite12h: 2, output: 1, reasoning: 1 }),
      startedAt: NOON,
      costPicoUsd: 2n ** 63n - 1n,
    });
    await commit(store(), 'a', '2', {
      tokens: tokenColumns({ fresh: 6 }),
      startedAt: NOON - 1,
      costPicoUsd: 2n ** 63n - 1n,
    });
    await commit(store(), 'a', '3', { tokens: tokenColumns(), startedAt: NOON + 1, costPicoUsd: null });
    await commit(store(), 'a', '4', { tokens: tokenColumns(), startedAt: NOON, costPicoUsd: -1_000_000_001n });
    expect(await sums()).toEqual([
      {
        key: {},
        turns: 4,
        firstStartedAt: NOON - 1,
        lastStartedAt: NOON + 1,
        tokens: {
          fresh: { sum: 11n, turns: 2 },
          cacheRead: { sum: 0n, turns: 1 },
          cacheWrite5m: { sum: 7n, turns: 1 },
          cacheWrite1h: NOTHING,
          cacheWrite30m: NOTHING,
          cacheWrite12h: { sum: 2n, turns: 1 },
          cacheWriteUnknown: NOTHING,
          output: { sum: 1n, turns: 1 },
          reasoning: { sum: 1n, turns: 1 },
        },
        cost: { sum: 2n * (2n ** 63n - 1n) - 1_000_000_001n, turns: 3 },
      } satisfies TurnSum,
    ]);
  });

  test('an empty store has no sums, whatever they are by', async () => {
    expect(await sums()).toEqual([]);
    expect(await sums('day', 'model')).toEqual([]);
  });

  test('rows are added up by what they have in common, null included', async () => {
    await createSession(store(), 'a');
    await createSession(store(), 'b');
    const flex = { serviceTier: 'flex', model: 'other', family: 'openai-chat', usageState: 'partial' } as const;
    await commit(store(), 'a', '1', { serverTools: '{"webSearch":1}', rawUsage: null });
    await commit(store(), 'a', '2', flex);
    await commit(store(), 'b', '3', flex);
    expect(await turnsBy('sessionId')).toEqual({ a: 2, b: 1 });
    expect(await turnsBy('family')).toEqual({ anthropic: 1, 'openai-chat': 2 });
    expect(await turnsBy('model')).toEqual({ 'claude-sonnet-4-5': 1, other: 2 });
    expect(await turnsBy('serviceTier')).toEqual({ null: 1, flex: 2 });
    expect(await turnsBy('usageState')).toEqual({ final: 1, partial: 2 });
    expect(await turnsBy('hasRawUsage')).toEqual({ false: 1, true: 2 });
    expect(await turnsBy('serverTools')).toEqual({ '{"webSearch":1}': 1, '{}': 2 });
    const both = await sums('model', 'sessionId', 'serviceTier');
    expect(both.map(({ key, turns }) => ({ ...key, turns }))).toEqual(
      expect.arrayContaining([
        { model: 'claude-sonnet-4-5', sessionId: 'a', serviceTier: null, turns: 1 },
        { model: 'other', sessionId: 'a', serviceTier: 'flex', turns: 1 },
        { model: 'other', sessionId: 'b', serviceTier: 'flex', turns: 1 },
      ]),
    );
  });

  test('a prompt is as large as all its parts, and a step begins behind its number', async () => {
    await createSession(store(), 'a');
    const prompts = [
      tokenColumns({ fresh: 100 }),
      tokenColumns({ fresh: 40, cacheRead: 30, cacheWrite1h: 20, cacheWriteUnknown: 11, output: 900 }),
      tokenColumns({ cacheRead: 200 }),
      tokenColumns({ fresh: 100, cacheWrite30m: 101 }),
    ];
    for (const [index, tokens] of prompts.entries()) await commit(store(), 'a', `${index}`, { tokens });
    expect(await turnsBy('promptStep', { promptSteps: [100, 200] })).toEqual({ 0: 1, 1: 2, 2: 1 });
    expect(await turnsBy('promptStep')).toEqual({ 0: 4 });
  });

  test('a day is that of the zone, changes of its clock included', async () => {
    await createSession(store(), 'a');
    // Berlin leaves summer time on 25 October 2026 at 01:00 UTC.
    const times = [
      Date.UTC(2026, 9, 24, 21, 59),
      Date.UTC(2026, 9, 24, 22),
      Date.UTC(2026, 9, 25, 22, 59),
      Date.UTC(2026, 9, 25, 23),
    ];
    for (const [index, startedAt] of times.entries()) await commit(store(), 'a', `${index}`, { startedAt });
    expect(await turnsBy('day')).toEqual({ '2026-10-24': 2, '2026-10-25': 2 });
    expect(await turnsBy('day', { timeZone: 'Europe/Berlin' })).toEqual({
      '2026-10-24': 1,
      '2026-10-25': 2,
      '2026-10-26': 1,
    });
    expect(await turnsBy('day', { timeZone: 'Asia/Kathmandu' })).toEqual({ '2026-10-25': 2, '2026-10-26': 2 });
    expect(await turnsBy('day', { timeZone: 'America/St_Johns' })).toEqual({ '2026-10-24': 2, '2026-10-25': 2 });
  });

  test('a range takes rows from its beginning up to, not including, its end, of the sessions and models that it names', async () => {
    await createSession(store(), 'a');
    await createSession(store(), 'b');
    for (const hour of [0, 1, 2]) await commit(store(), 'a', `a${hour}`, { startedAt: NOON + hour * HOUR });
    await commit(store(), 'b', 'b', { startedAt: NOON + HOUR, model: 'other' });
    const inRange = async (range: TurnRange) => {
      const rows = await Array.fromAsync(store().streamTurns(range));
      const [sum] = await store().sumTurns({ ...range, by: [] });
      expect(sum?.turns ?? 0).toBe(rows.length);
      return rows.map(({ id }) => id);
    };
    expect(await inRange({})).toEqual(['turn-a0', 'turn-a1', 'turn-a2', 'turn-b']);
    expect(await inRange({ since: NOON + HOUR, until: NOON + 2 * HOUR })).toEqual(['turn-a1', 'turn-b']);
    expect(await inRange({ since: NOON + 0.5 })).toEqual(['turn-a1', 'turn-a2', 'turn-b']);
    expect(await inRange({ sessionIds: ['a'], until: NOON + HOUR })).toEqual(['turn-a0']);
    expect(await inRange({ sessionIds: ["it's", 'b'] })).toEqual(['turn-b']);
    expect(await inRange({ models: ['other'] })).toEqual(['turn-b']);
    expect(await inRange({ sessionIds: [] })).toEqual([]);
  });

  test.each(PREFIX_CASES)('the rows of sessions whose ids begin with $prefix are in a range', async (given) => {
    for (const id of given.ids) {
      await createSession(store(), id);
      await commit(store(), id, `of ${id}`, {});
    }
    const sessionPrefix = given.prefix;
    const found = await Array.fromAsync(store().streamTurns({ sessionPrefix }));
    expect(found.map(({ sessionId }) => sessionId)).toEqual(given.ids.filter((id) => given.found.includes(id)));
    const counts = Object.fromEntries(given.found.map((id) => [id, 1]));
    expect(await turnsBy('sessionId', { sessionPrefix })).toEqual(counts);
    const [first = ''] = given.found;
    expect(await turnsBy('sessionId', { sessionPrefix, sessionIds: [first, 'nobody'] })).toEqual({ [first]: 1 });
  });

  test('rows of more than one batch are streamed in the order of writing, each once', async () => {
    await createSession(store(), 'a');
    const names = Array.from({ length: 230 }, (_, index) => `${index}`);
    for (const name of names) await commit(store(), 'a', name, {});
    const rows = await Array.fromAsync(store().streamTurns());
    expect(rows.map(({ id }) => id)).toEqual(names.map((name) => `turn-${name}`));
    expect(rows).toEqual(await store().readLedger('a'));
  });

  test('a row counts once, for the session that committed it: forks, rewinds and deletions change nothing', async () => {
    await createSession(store(), 'a');
    await commit(store(), 'a', '1', {});
    await commit(store(), 'a', '2', {});
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    await commit(store(), 'fork', '3', {});
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 2 });
    expect(await turnsBy('sessionId')).toEqual({ a: 2, fork: 1 });
    await store().deleteSession({ sessionId: 'a' });
    expect(await turnsBy('sessionId')).toEqual({ a: 1, fork: 1 });
    expect((await Array.fromAsync(store().streamTurns())).map(({ id }) => id)).toEqual(['turn-1', 'turn-3']);
  });

  test('a query that is none is refused', async () => {
    await expectRefusal(store().sumTurns({ by: ['day'], timeZone: 'Europe/Nowhere' }), 'checkpoint/invalid-write');
    await expectRefusal(store().sumTurns({ by: [], promptSteps: [2, 1] }), 'checkpoint/invalid-write');
    await expectRefusal(store().sumTurns({ by: [], since: Number.NaN }), 'checkpoint/invalid-write');
    await expectRefusal(Array.fromAsync(store().streamTurns({ sessionIds: ['\0'] })), 'checkpoint/invalid-write');
    await expectRefusal(store().sumTurns({ by: [], sessionPrefix: '\ud83d' }), 'checkpoint/invalid-write');
  });
}
