import { expect, test } from 'vitest';
import { turnCommit } from '../builders.ts';
import { branchOf, commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite } from './suite.ts';

export function describeForks({ store }: StoreSuite): void {
  /** A session with two turns, and a fork of it at the first. */
  const forkedSession = async () => {
    await createSession(store(), 'origin');
    await commitTurns(store(), 'origin', ['1', '2']);
    return store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 7, metadata: '{"of":"origin"}' });
  };

  test('a fork begins with what its origin had at the snapshot, turns included', async () => {
    const fork = await forkedSession();
    const [first] = await store().readEntries('origin');
    expect(fork).toEqual({
      id: 'fork',
      tip: first?.id,
      tipTurn: 'turn-1',
      forkedFrom: { sessionId: 'origin', snapshotId: 'snapshot-1' },
      createdAt: 7,
      updatedAt: 7,
      metadata: '{"of":"origin"}',
    });
    expect(await store().readSession('fork')).toEqual(fork);
    expect(await store().readEntries('fork')).toEqual([first]);
    expect(await store().readTurns('fork')).toEqual((await store().readTurns('origin')).slice(0, 1));
    expect(await store().readLastTurn('fork')).toMatchObject({ id: 'turn-1', sessionId: 'origin' });
    expect(await store().readLastSnapshot('fork')).toMatchObject({ id: 'snapshot-1', sessionId: 'origin' });
  });

  test('a fork has spent nothing yet, and made no snapshot', async () => {
    await forkedSession();
    expect(await store().readLedger('fork')).toEqual([]);
    expect(await store().listSnapshots('fork')).toEqual({ items: [], next: null });
  });

  test('a fork and its origin go on without seeing each other', async () => {
    const { tip } = await forkedSession();
    const before = await everythingIn(store(), 'origin');
    await store().commitTurn(turnCommit({ sessionId: 'fork', expectedTip: tip }, { name: 'fork', turnNumber: 3 }));
    expect(await everythingIn(store(), 'origin')).toEqual(before);
    expect(await branchOf(store(), 'fork')).toEqual({
      entries: ['answer 1', 'answer 3'],
      turns: ['turn-1', 'turn-fork'],
      lastTurn: 'turn-fork',
      snapshots: ['snapshot-1', 'snapshot-fork'],
      lastSnapshot: 'snapshot-fork',
    });
    expect((await store().readLedger('fork')).map(({ id, ordinal, parentId }) => [id, ordinal, parentId])).toEqual([
      ['turn-fork', 1, 'turn-1'],
    ]);
  });

  test('C5 two branches that got the same answer share its entry, and each has its own turn', async () => {
    const { tip } = await forkedSession();
    const commit = turnCommit({ sessionId: 'fork', expectedTip: tip }, { name: 'fork', turnNumber: 2 });
    const { tip: forkTip } = await store().commitTurn(commit);
    expect(forkTip).toBe((await store().readSession('origin'))?.tip);
    expect(await branchOf(store(), 'origin')).toMatchObject({
      turns: ['turn-1', 'turn-2'],
      lastSnapshot: 'snapshot-2',
    });
    expect(await branchOf(store(), 'fork')).toMatchObject({
      turns: ['turn-1', 'turn-fork'],
      lastSnapshot: 'snapshot-fork',
    });
    await store().forkSession({ id: 'of-origin', snapshotId: 'snapshot-2', createdAt: 8 });
    await store().forkSession({ id: 'of-fork', snapshotId: 'snapshot-fork', createdAt: 9 });
    expect(await branchOf(store(), 'of-origin')).toMatchObject({ turns: ['turn-1', 'turn-2'] });
    expect(await branchOf(store(), 'of-fork')).toMatchObject({ turns: ['turn-1', 'turn-fork'] });
  });

  test('a fork of a fork has the turns of both', async () => {
    await forkedSession();
    await commitTurns(store(), 'fork', ['fork']);
    const again = await store().forkSession({ id: 'again', snapshotId: 'snapshot-fork', createdAt: 8 });
    expect(again.forkedFrom).toEqual({ sessionId: 'fork', snapshotId: 'snapshot-fork' });
    await commitTurns(store(), 'again', ['again']);
    const turns = await store().readTurns('again');
    expect(turns.map(({ id, sessionId }) => [id, sessionId])).toEqual([
      ['turn-1', 'origin'],
      ['turn-fork', 'fork'],
      ['turn-again', 'again'],
    ]);
  });

  test('I7 a session is forked while somebody holds it, and its fork is free', async () => {
    await createSession(store(), 'origin');
    await commitTurns(store(), 'origin', ['1']);
    await store().acquireLease({ sessionId: 'origin', holder: 'me', ttlMs: 1000 });
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 7 });
    expect(await store().readLease('fork')).toBeUndefined();
    await commitTurns(store(), 'fork', ['fork']);
  });

  test('a fork needs a snapshot, a free id and words that can be kept', async () => {
    await forkedSession();
    const before = await everythingIn(store(), 'fork');
    const fork = (id: string, snapshotId: string, metadata = '{}') =>
      store().forkSession({ id, snapshotId, metadata, createdAt: 1 });
    await expectRefusal(fork('new', 'nowhere'), 'checkpoint/snapshot-missing');
    await expectRefusal(fork('new', 'nowhere\0'), 'checkpoint/snapshot-missing');
    await expectRefusal(fork('fork', 'snapshot-2'), 'checkpoint/session-exists');
    await expectRefusal(fork('origin', 'snapshot-2'), 'checkpoint/session-exists');
    await expectRefusal(fork('new\0', 'snapshot-2'), 'checkpoint/invalid-write');
    await expectRefusal(fork('new', 'snapshot-2', '\0'), 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'fork')).toEqual(before);
    expect(await store().readSession('new')).toBeUndefined();
  });
}
