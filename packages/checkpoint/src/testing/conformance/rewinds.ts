import { expect, test } from 'vitest';
import { turnCommit, userEntry } from '../builders.ts';
import {
  branchOf,
  commitTurns,
  createSession,
  everythingIn,
  expectRefusal,
  leaving,
  type StoreSuite,
  tipOf,
} from './suite.ts';

export function describeRewinds({ store, open }: StoreSuite): void {
  const rewind = (snapshotId: string, left: string, sessionId = 'a') =>
    store().rewindSession({ sessionId, snapshotId, leaving: leaving(left), at: 77 });

  const sessionOfThreeTurns = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3']);
  };

  const ledgerOf = async (sessionId: string) =>
    (await store().readLedger(sessionId)).map(({ id, ordinal, parentId }) => [id, ordinal, parentId]);

  test('I2 a rewind takes tip and totals back, and not what was spent (B-16)', async () => {
    await sessionOfThreeTurns();
    const ledger = await store().readLedger('a');
    const [first] = await store().readEntries('a');
    const { session, left } = await rewind('snapshot-1', 'left');
    expect(session).toMatchObject({ id: 'a', tip: first?.id, tipTurn: 'turn-1', updatedAt: 77 });
    expect(await store().readSession('a')).toEqual(session);
    expect(await branchOf(store(), 'a')).toEqual({
      entries: ['answer 1'],
      turns: ['turn-1'],
      lastTurn: 'turn-1',
      snapshots: ['snapshot-1'],
      lastSnapshot: 'snapshot-1',
    });
    expect(await store().readLedger('a')).toEqual(ledger);
    expect(left).toMatchObject({ id: 'snapshot-left', turnCount: 9 });
  });

  test('the place a rewind leaves is a snapshot of the session, and no turn’s (B-16)', async () => {
    await sessionOfThreeTurns();
    const tip = await tipOf(store(), 'a');
    const { left } = await rewind('snapshot-1', 'left');
    const place = { sessionId: 'a', entryId: tip, turnId: 'turn-3', reason: 'rewind', createdAt: 77, label: null };
    expect(left).toEqual({ ...leaving('left'), ...place });
    expect(await store().readSnapshot('snapshot-left')).toEqual(left);
    expect((await store().listSnapshots('a')).items).toContainEqual(left);
  });

  test('rewinding to the place that was left undoes the rewind, what was appended after its last turn included', async () => {
    await sessionOfThreeTurns();
    const entries = [userEntry('and now?')];
    await store().appendEntries({ sessionId: 'a', expectedTip: await tipOf(store(), 'a'), entries, at: 5 });
    const before = [await branchOf(store(), 'a'), await tipOf(store(), 'a')];
    await rewind('snapshot-1', 'left');
    await rewind('snapshot-left', 'left-again');
    expect([await branchOf(store(), 'a'), await tipOf(store(), 'a')]).toEqual(before);
    await rewind('snapshot-left-again', 'left-once-more');
    expect(await branchOf(store(), 'a')).toMatchObject({ lastTurn: 'turn-1' });
  });

  test('a rewind to where the session is names the place and stays there', async () => {
    await sessionOfThreeTurns();
    const before = await branchOf(store(), 'a');
    const { session, left } = await rewind('snapshot-3', 'here');
    expect(left).toMatchObject({ entryId: session.tip, turnId: 'turn-3' });
    expect(await branchOf(store(), 'a')).toEqual(before);
  });

  test('a rewind to the snapshot it makes names the place and stays there, between turns, too (B-16)', async () => {
    await sessionOfThreeTurns();
    const entries = [userEntry('and now?')];
    await store().appendEntries({ sessionId: 'a', expectedTip: await tipOf(store(), 'a'), entries, at: 5 });
    const before = [await branchOf(store(), 'a'), await tipOf(store(), 'a')];
    const { session, left } = await rewind('snapshot-here', 'here');
    expect(left).toMatchObject({ id: 'snapshot-here', reason: 'rewind', entryId: session.tip, turnId: 'turn-3' });
    expect([await branchOf(store(), 'a'), await tipOf(store(), 'a')]).toEqual(before);
  });

  test('a rewind to the snapshot it makes is refused before the first turn', async () => {
    await createSession(store(), 'a');
    await expectRefusal(rewind('snapshot-here', 'here'), 'checkpoint/snapshot-missing');
  });

  test('a rewind to the snapshot it makes itself names the place beyond the last turn, and stays there', async () => {
    await sessionOfThreeTurns();
    const entries = [userEntry('and now?')];
    await store().appendEntries({ sessionId: 'a', expectedTip: await tipOf(store(), 'a'), entries, at: 5 });
    const before = [await branchOf(store(), 'a'), await tipOf(store(), 'a')];
    const { session, left } = await rewind('snapshot-here', 'here');
    expect(left).toMatchObject({ id: 'snapshot-here', entryId: session.tip, turnId: 'turn-3', reason: 'rewind' });
    expect([await branchOf(store(), 'a'), await tipOf(store(), 'a')]).toEqual(before);
    await expectRefusal(rewind('snapshot-here', 'here'), 'checkpoint/invalid-write');
    await expectRefusal(rewind('snapshot-2', '2'), 'checkpoint/invalid-write');
    await rewind('snapshot-1', 'left');
    await rewind('snapshot-here', 'back');
    expect([await branchOf(store(), 'a'), await tipOf(store(), 'a')]).toEqual(before);
    await createSession(store(), 'empty');
    await expectRefusal(rewind('snapshot-empty', 'empty', 'empty'), 'checkpoint/snapshot-missing');
  });

  test('a session goes on from where it was rewound to, and its ledger is one', async () => {
    await sessionOfThreeTurns();
    await rewind('snapshot-1', 'left');
    const commit = turnCommit({ sessionId: 'a', expectedTip: await tipOf(store(), 'a') }, { name: '4', turnNumber: 8 });
    await store().commitTurn(commit);
    expect(await branchOf(store(), 'a')).toMatchObject({
      entries: ['answer 1', 'answer 8'],
      turns: ['turn-1', 'turn-4'],
    });
    const rows = [
      ['turn-1', 1, null],
      ['turn-2', 2, 'turn-1'],
      ['turn-3', 3, 'turn-2'],
      ['turn-4', 4, 'turn-1'],
    ];
    expect(await ledgerOf('a')).toEqual(rows);
  });

  test('C5 a session that gets the same answer again after a rewind has two turns at one entry', async () => {
    await sessionOfThreeTurns();
    await rewind('snapshot-1', 'left');
    const { entryId } = (await store().readLedger('a'))[1] ?? {};
    // Turn 2 of this branch says what turn 2 of the other one said.
    const [{ tip } = { tip: '' }] = await commitTurns(store(), 'a', ['again']);
    expect(tip).toBe(entryId);
    expect(await branchOf(store(), 'a')).toMatchObject({
      turns: ['turn-1', 'turn-again'],
      lastSnapshot: 'snapshot-again',
    });
    await rewind('snapshot-2', 'left-again');
    expect(await branchOf(store(), 'a')).toMatchObject({ turns: ['turn-1', 'turn-2'], lastSnapshot: 'snapshot-2' });
    await rewind('snapshot-again', 'left-once-more');
    expect(await branchOf(store(), 'a')).toMatchObject({
      turns: ['turn-1', 'turn-again'],
      lastSnapshot: 'snapshot-again',
    });
  });

  test('a rewind goes to any snapshot the session made, on other branches, too', async () => {
    await sessionOfThreeTurns();
    await rewind('snapshot-1', 'left');
    await commitTurns(store(), 'a', ['4']);
    await rewind('snapshot-3', 'left-again');
    expect(await branchOf(store(), 'a')).toMatchObject({ turns: ['turn-1', 'turn-2', 'turn-3'] });
  });

  test('a fork is rewound to what it inherited, and finds the way back', async () => {
    await sessionOfThreeTurns();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const origin = await everythingIn(store(), 'a');
    await rewind('snapshot-1', 'left', 'fork');
    expect(await branchOf(store(), 'fork')).toMatchObject({ turns: ['turn-1'], lastSnapshot: 'snapshot-1' });
    expect(await everythingIn(store(), 'a')).toEqual(origin);
    await rewind('snapshot-left', 'left-again', 'fork');
    expect(await branchOf(store(), 'fork')).toMatchObject({ turns: ['turn-1', 'turn-2'], lastSnapshot: 'snapshot-2' });
  });

  test('a rewind to what is not on the branch and not its own is refused, and changes nothing', async () => {
    await sessionOfThreeTurns();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await commitTurns(store(), 'fork', ['of-fork']);
    await rewind('snapshot-1', 'left-fork', 'fork');
    await createSession(store(), 'other');
    await commitTurns(store(), 'other', ['of-other']);
    await rewind('snapshot-3', 'left-a');
    await store().forkSession({ id: 'same', snapshotId: 'snapshot-3', createdAt: 1 });
    const before = [await everythingIn(store(), 'a'), await everythingIn(store(), 'fork')];
    // The last ones: inherited, but on a branch the fork has left; and a place that another session was rewound from.
    const refused = [
      ['a', 'nowhere'],
      ['a', 'snapshot-of-other'],
      ['a', 'snapshot-of-fork'],
      ['fork', 'snapshot-3'],
      ['fork', 'snapshot-2'],
      ['fork', 'snapshot-left-a'],
      ['same', 'snapshot-left-a'],
    ] as const;
    for (const [sessionId, snapshotId] of refused) {
      await expectRefusal(rewind(snapshotId, 'new', sessionId), 'checkpoint/snapshot-missing');
    }
    expect([await everythingIn(store(), 'a'), await everythingIn(store(), 'fork')]).toEqual(before);
  });

  test('a rewind whose marker cannot be kept changes nothing', async () => {
    await sessionOfThreeTurns();
    const before = await everythingIn(store(), 'a');
    const change = { sessionId: 'a', snapshotId: 'snapshot-1', at: 1 };
    const broken = [
      { ...leaving('2'), id: 'snapshot-2' },
      { ...leaving('new'), promptPreview: '\0' },
      { ...leaving('new'), turnCount: 0.5 },
    ];
    for (const marker of broken) {
      await expectRefusal(store().rewindSession({ ...change, leaving: marker }), 'checkpoint/invalid-write');
    }
    const never = store().rewindSession({ ...change, leaving: leaving('new'), at: -1 });
    await expectRefusal(never, 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('a session is forked from the place that a rewind left', async () => {
    await sessionOfThreeTurns();
    const before = await branchOf(store(), 'a');
    await rewind('snapshot-1', 'left');
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-left', createdAt: 1 });
    expect(await branchOf(store(), 'fork')).toEqual(before);
  });

  test('C2 who saw the tip before a rewind writes nothing after it', async () => {
    await sessionOfThreeTurns();
    const expectedTip = await tipOf(store(), 'a');
    await rewind('snapshot-1', 'left');
    const late = turnCommit({ sessionId: 'a', expectedTip }, { name: 'late' });
    await expectRefusal((await open()).commitTurn(late), 'checkpoint/tip-moved');
  });
}
