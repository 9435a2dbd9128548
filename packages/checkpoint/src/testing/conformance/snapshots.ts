import { expect, test } from 'vitest';
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

export function describeSnapshots({ store, open }: StoreSuite): void {
  const remove = (snapshotIds: readonly string[], sessionId = 'a') =>
    store().deleteSnapshots({ sessionId, snapshotIds });
  const rewind = (snapshotId: string, left: string, sessionId = 'a') =>
    store().rewindSession({ sessionId, snapshotId, leaving: leaving(left), at: 77 });
  const sessionOfFourTurns = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3', '4']);
  };

  test('a label is given, changed and taken away, and nothing else changes', async () => {
    await sessionOfFourTurns();
    const before = await store().readSnapshot('snapshot-2');
    const label = (text: string | null) => store().labelSnapshot({ snapshotId: 'snapshot-2', label: text });
    expect(await label('before the "refactoring" \u{1F600}')).toEqual({
      ...before,
      label: 'before the "refactoring" \u{1F600}',
    });
    const changed = await label('better');
    expect(await (await open()).readSnapshot('snapshot-2')).toEqual(changed);
    expect((await store().readSnapshots('a'))[1]).toEqual(changed);
    expect(await label(null)).toEqual(before);
    expect((await store().listSnapshots('a')).items.map(({ id }) => id)).toEqual(
      ['4', '3', '2', '1'].map((name) => `snapshot-${name}`),
    );
  });

  test('the entries up to a snapshot are read, also after the session has left it', async () => {
    await sessionOfFourTurns();
    const entries = await store().readEntries('a');
    expect(await store().readEntriesTo('snapshot-4')).toEqual(entries);
    await rewind('snapshot-1', 'left');
    expect(await store().readEntriesTo('snapshot-3')).toEqual(entries.slice(0, 3));
    expect(await store().readEntriesTo('snapshot-left')).toEqual(entries);
    expect(await store().readEntries('a')).toEqual(entries.slice(0, 1));
    await expectRefusal(store().readEntriesTo('nowhere'), 'checkpoint/snapshot-missing');
  });

  test('a snapshot is labelled while somebody holds its session', async () => {
    await sessionOfFourTurns();
    await store().acquireLease({ sessionId: 'a', holder: 'me', ttlMs: 1000 });
    expect(await store().labelSnapshot({ snapshotId: 'snapshot-4', label: 'x' })).toMatchObject({ label: 'x' });
  });

  test('a label that cannot be kept is refused, and so is one of no snapshot', async () => {
    await sessionOfFourTurns();
    const before = await store().readSnapshot('snapshot-2');
    for (const label of ['\0', '\ud800']) {
      await expectRefusal(store().labelSnapshot({ snapshotId: 'snapshot-2', label }), 'checkpoint/invalid-write');
    }
    await expectRefusal(store().labelSnapshot({ snapshotId: 'nowhere', label: 'x' }), 'checkpoint/snapshot-missing');
    expect(await store().readSnapshot('snapshot-2')).toEqual(before);
  });

  test('C7 deleted snapshots are gone, and the turns and entries they named stay (B-13)', async () => {
    await sessionOfFourTurns();
    const before = await branchOf(store(), 'a');
    await remove(['snapshot-2', 'snapshot-1', 'snapshot-2']);
    expect(await branchOf(store(), 'a')).toEqual({ ...before, snapshots: ['snapshot-3', 'snapshot-4'] });
    expect(await (await open()).readSnapshot('snapshot-1')).toBeUndefined();
    expect((await store().listSnapshots('a')).items.map(({ id }) => id)).toEqual(['snapshot-4', 'snapshot-3']);
    await expectRefusal(rewind('snapshot-1', 'left'), 'checkpoint/snapshot-missing');
    const fork = store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await expectRefusal(fork, 'checkpoint/snapshot-missing');
    expect(await store().readLedger('a')).toHaveLength(4);
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('to delete no snapshot changes nothing', async () => {
    await sessionOfFourTurns();
    const before = await everythingIn(store(), 'a');
    await remove([]);
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('snapshots are deleted all or none: not one that the session did not make, nor one at a tip', async () => {
    await sessionOfFourTurns();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const before = [await everythingIn(store(), 'a'), await everythingIn(store(), 'fork')];
    await expectRefusal(remove(['snapshot-1', 'nowhere']), 'checkpoint/snapshot-missing');
    await expectRefusal(remove(['snapshot-1'], 'fork'), 'checkpoint/snapshot-missing');
    await expectRefusal(remove(['snapshot-1', 'snapshot-4']), 'checkpoint/invalid-write');
    await expectRefusal(remove(['snapshot-1', 'snapshot-2']), 'checkpoint/invalid-write');
    expect([await everythingIn(store(), 'a'), await everythingIn(store(), 'fork')]).toEqual(before);
    await remove(['snapshot-1', 'snapshot-3']);
  });

  test('the counters of a place that a rewind left stay as long as one can return to it', async () => {
    await sessionOfFourTurns();
    await rewind('snapshot-2', 'left');
    await expectRefusal(remove(['snapshot-4']), 'checkpoint/invalid-write');
    await remove(['snapshot-3']);
    await rewind('snapshot-left', 'back');
    expect(await store().readLastSnapshot('a')).toMatchObject({ id: 'snapshot-4' });
    await rewind('snapshot-2', 'left-again');
    await remove(['snapshot-left', 'snapshot-left-again', 'snapshot-4']);
    const left = (await store().listSnapshots('a')).items.map(({ id }) => id);
    expect(left.sort()).toEqual(['snapshot-1', 'snapshot-2', 'snapshot-back']);
  });

  test('a snapshot id is free again once it is deleted', async () => {
    await sessionOfFourTurns();
    await remove(['snapshot-1']);
    const expectedTip = await tipOf(store(), 'a');
    const [commit] = await commitTurns(store(), 'a', ['5']);
    expect(commit?.tip).not.toBe(expectedTip);
    await rewind('snapshot-2', '1');
    expect(await store().readSnapshot('snapshot-1')).toMatchObject({ reason: 'rewind', turnId: 'turn-5' });
    expect((await store().readSnapshots('a')).map(({ id }) => id)).toEqual(['snapshot-2']);
  });

  test('file backups of a deleted snapshot go to the one made before it, unless that has an older one', async () => {
    await sessionOfFourTurns();
    const record = (snapshotId: string, paths: readonly string[], at: number) => {
      const files = paths.map((path) => ({ path, blobHash: null, mode: null, state: 'absent' as const }));
      return store().recordFileBackups({ sessionId: 'a', snapshotId, files, blobs: [], at });
    };
    await record('snapshot-1', ['x'], 1);
    await record('snapshot-2', ['x', 'y'], 2);
    await record('snapshot-3', ['y', 'z'], 3);
    await record('snapshot-4', ['z'], 4);
    await remove(['snapshot-3', 'snapshot-2']);
    const backups = await store().readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' });
    expect(backups.map(({ snapshotId, path, createdAt }) => [snapshotId, path, createdAt])).toEqual([
      ['snapshot-1', 'x', 1],
      ['snapshot-1', 'y', 2],
      ['snapshot-1', 'z', 3],
      ['snapshot-4', 'z', 4],
    ]);
    await remove(['snapshot-1']);
    const rest = await store().readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-4' });
    expect(rest.map(({ path }) => path)).toEqual(['z']);
  });
}
