import { expect, test } from 'vitest';
import type { NewTurn } from '../../ledger.ts';
import { hashTurn } from '../../row-hash.ts';
import type { TurnCommit } from '../../writes.ts';
import { ledgerRow, tokenColumns, turnCommit, userEntry } from '../builders.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite, tipOf } from './suite.ts';

const fullTokens = tokenColumns({
  fresh: 0,
  cacheRead: 1,
  cacheWrite5m: 2,
  cacheWrite1h: 3,
  cacheWrite30m: 4,
  cacheWrite12h: 5,
  cacheWriteUnknown: 6,
  output: Number.MAX_SAFE_INTEGER,
  reasoning: 8,
});

/** Rows at the borders of what a column holds. */
const rows: readonly NewTurn[] = [
  ledgerRow('turn-0', {
    tokens: fullTokens,
    costPicoUsd: 2n ** 53n + 1n,
    firstTokenMs: 0.25,
    durationMs: 1.5,
    serviceTier: 'flex',
    prefixBlocks: 0,
    requestOptions: '{"think":"high"}',
    serverTools: '{"web_search":2}',
    rawUsage: '{ "n": 1e400, "é": 12345678901234567890 }',
    marks: '[{"at":"tools"}]',
  }),
  ledgerRow('turn-1', {
    responseId: null,
    firstTokenMs: null,
    usageState: 'none',
    tokens: tokenColumns(),
    rawUsage: null,
    costPicoUsd: null,
    prefixBlocks: null,
  }),
  ledgerRow('turn-2', { usageState: 'partial', costPicoUsd: 0n, durationMs: 0 }),
  ledgerRow('turn-3', { costPicoUsd: 2n ** 63n - 1n }),
  ledgerRow('turn-4', { costPicoUsd: -(2n ** 63n - 1n) }),
];

export function describeCommits({ store, open }: StoreSuite): void {
  test('C1 I6 a turn is an entry, a ledger row and a snapshot, all at the new tip', async () => {
    const { tip: expectedTip } = await createSession(store(), 'a');
    const commit = turnCommit({ sessionId: 'a', expectedTip }, { name: '1' });
    const { tip, snapshot } = await store().commitTurn(commit);
    const place = { sessionId: 'a', entryId: tip, turnId: commit.turn.id, reason: 'turn', createdAt: commit.at };
    expect(snapshot).toEqual({ ...commit.snapshot, ...place, label: null });
    const turn = { ...commit.turn, parentId: null, entryId: tip, sessionId: 'a', ordinal: 1, hash: expect.any(String) };
    expect(await store().readTurns('a')).toEqual([turn]);
    expect(await everythingIn(store(), 'a')).toMatchObject({
      session: { tip, tipTurn: commit.turn.id, updatedAt: commit.at },
      entries: [{ ...commit.entry, id: tip, parent: expectedTip, createdAt: commit.at }],
      turns: [turn],
      lastTurn: turn,
      ledger: [turn],
      snapshots: [snapshot],
      lastSnapshot: snapshot,
      made: [snapshot],
    });
    expect(await store().readSnapshot('snapshot-1')).toEqual(snapshot);
    expect(await everythingIn(await open(), 'a')).toEqual(await everythingIn(store(), 'a'));
  });

  test('the counts and the cost of a turn come back exactly: not reported is not 0, unknown is not 0', async () => {
    await createSession(store(), 'a');
    for (const [index, turn] of rows.entries()) {
      const place = { sessionId: 'a', expectedTip: await tipOf(store(), 'a') };
      await store().commitTurn(turnCommit(place, { name: `${index}`, turnNumber: index + 1, turn }));
    }
    const stored = await store().readTurns('a');
    expect(stored.map(({ parentId, entryId, sessionId, ordinal, hash, ...turn }) => turn)).toEqual(rows);
  });

  test('each turn names the one before it, and its hash covers all of them', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3']);
    const turns = await store().readTurns('a');
    expect(turns.map(({ parentId, ordinal }) => [parentId, ordinal])).toEqual([
      [null, 1],
      ['turn-1', 2],
      ['turn-2', 3],
    ]);
    const hashes = turns.map((turn, index) => hashTurn(turn, turns[index - 1]?.hash ?? null));
    expect(turns.map(({ hash }) => hash)).toEqual(hashes);
  });

  test('C2 a turn for a tip that has moved writes nothing', async () => {
    const { tip } = await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    const before = await everythingIn(store(), 'a');
    const late = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '2' });
    await expectRefusal(store().commitTurn(late), 'checkpoint/tip-moved');
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test.each<[string, Partial<{ [Part in 'entry' | 'turn' | 'snapshot']: Partial<TurnCommit[Part]> } & { at: number }>]>(
    [
      ['whose turn id is taken', { turn: { id: 'turn-1' } }],
      ['whose snapshot id is taken', { snapshot: { id: 'snapshot-1' } }],
      ['whose turn id is another session’s', { turn: { id: 'turn-other' } }],
      ['with a fractional count', { turn: { tokens: tokenColumns({ fresh: 0.5 }) } }],
      ['with a count that is not a number', { turn: { tokens: tokenColumns({ output: Number.NaN }) } }],
      ['with a negative count', { turn: { tokens: tokenColumns({ cacheRead: -1 }) } }],
      ['with a cost beyond 64 bits', { turn: { costPicoUsd: 2n ** 63n } }],
      ['with an endless duration', { turn: { durationMs: Number.POSITIVE_INFINITY } }],
      ['with a NUL in its usage', { turn: { rawUsage: '"\0"' } }],
      ['with half a character in its options', { turn: { requestOptions: '\udc00' } }],
      ['with a NUL in its preview', { snapshot: { promptPreview: 'a\0' } }],
      ['with half a message', { snapshot: { messageCount: 0.5 } }],
      ['with half a character in its answer', { entry: { payload: '"\ud800"' } }],
      ['at no time', { at: Number.NaN }],
    ],
  )('C1 I6 a commit %s writes nothing', async (_, { entry, turn, snapshot, at }) => {
    await createSession(store(), 'other');
    await commitTurns(store(), 'other', ['other']);
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    const before = await everythingIn(store(), 'a');
    const commit = turnCommit({ sessionId: 'a', expectedTip: await tipOf(store(), 'a') }, { name: '2', turnNumber: 2 });
    const broken = {
      ...commit,
      entry: { ...commit.entry, ...entry },
      turn: { ...commit.turn, ...turn },
      snapshot: { ...commit.snapshot, ...snapshot },
      at: at ?? commit.at,
    };
    await expectRefusal(store().commitTurn(broken), 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'a')).toEqual(before);
    // Nor does anything stay behind that the branch does not show: its ids are free.
    expect(await store().commitTurn(commit)).toMatchObject({ snapshot: { id: 'snapshot-2' } });
  });

  test('the counts that are handed out and that were handed in are the caller’s own', async () => {
    const { tip: expectedTip } = await createSession(store(), 'a');
    const commit = structuredClone(turnCommit({ sessionId: 'a', expectedTip }, { name: '1' }));
    const committed = await store().commitTurn(commit);
    const before = structuredClone(await everythingIn(store(), 'a'));
    const [turn] = await store().readTurns('a');
    const change = [commit.turn.tokens, commit.snapshot.tokenSnapshot, turn?.tokens, committed.snapshot.tokenSnapshot];
    for (const counts of change) {
      try {
        Object.assign(counts ?? {}, { fresh: 99, input: 99 });
      } catch {
        // Frozen, which is as good.
      }
    }
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('the last snapshot and the last turn stay whatever is appended after them', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    const tip = await tipOf(store(), 'a');
    const entries = [userEntry('and now?'), userEntry('hello?')];
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: 1 });
    expect(await store().readLastSnapshot('a')).toMatchObject({ id: 'snapshot-2', entryId: tip, turnCount: 2 });
    expect(await store().readLastTurn('a')).toMatchObject({ id: 'turn-2', entryId: tip });
    expect((await store().readSnapshots('a')).map(({ id }) => id)).toEqual(['snapshot-1', 'snapshot-2']);
    expect(await store().readSession('a')).toMatchObject({ tipTurn: 'turn-2' });
  });

  test('C2 of two writers that saw the same tip one wins, and the other is told', async () => {
    const { tip: expectedTip } = await createSession(store(), 'a');
    const other = await open();
    const outcomes = await Promise.allSettled([
      store().commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '1' })),
      other.commitTurn(turnCommit({ sessionId: 'a', expectedTip }, { name: '2' })),
    ]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toMatchObject([{ reason: { code: 'checkpoint/tip-moved' } }]);
    const stored = await everythingIn(store(), 'a');
    expect(stored).toMatchObject({ entries: [{}], turns: [{}], snapshots: [{}] });
    expect(await everythingIn(other, 'a')).toEqual(stored);
  });
}
