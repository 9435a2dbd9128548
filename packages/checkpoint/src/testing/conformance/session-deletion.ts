import { expect, test } from 'vitest';
import { turnCommit, userEntry } from '../builders.ts';
import { toolIntent } from './every-call.ts';
import { textBlob } from './rich-session.ts';
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

export function describeSessionDeletion({ store, open }: StoreSuite): void {
  const exists = async (snapshotIds: readonly string[]) =>
    Promise.all(snapshotIds.map(async (id) => (await store().readSnapshot(`snapshot-${id}`)) !== undefined));

  test('a deleted session is gone with all it had, and its ids are free', async () => {
    await createSession(store(), 'a', { metadata: '{"old":true}' });
    await commitTurns(store(), 'a', ['1', '2']);
    await store().startToolCall(toolIntent('turn-2', 0));
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
    const { turn } = turnCommit({ sessionId: 'a', expectedTip: '' }, { name: 'pending' });
    await store().beginTurn({ sessionId: 'a', expectedTip: await tipOf(store(), 'a'), turn });
    const lease = await store().acquireLease({ sessionId: 'a', holder: 'me', ttlMs: 1000 });
    await store().releaseLease(lease);
    await store().deleteSession({ sessionId: 'a' });

    expect(await store().readSession('a')).toBeUndefined();
    expect(await (await open()).listSessions()).toEqual({ items: [], next: null });
    expect(await exists(['1', '2', 'left'])).toEqual([false, false, false]);
    expect(await store().readToolCalls('turn-2')).toEqual([]);
    await expectRefusal(store().readEntries('a'), 'checkpoint/session-missing');
    await expectRefusal(store().deleteSession({ sessionId: 'a' }), 'checkpoint/session-missing');
    await store().releaseLease(lease);

    expect(await createSession(store(), 'a')).toMatchObject({ metadata: '{}' });
    expect(await store().readPendingTurn('a')).toBeUndefined();
    expect(await store().readLease('a')).toBeUndefined();
    await commitTurns(store(), 'a', ['1']);
    expect(await store().readLedger('a')).toMatchObject([{ id: 'turn-1', ordinal: 1, parentId: null }]);
    expect(await store().readToolCalls('turn-1')).toEqual([]);
  });

  test('a session that is deleted leaves the others as they were', async () => {
    for (const id of ['a', 'b']) {
      await createSession(store(), id);
      await commitTurns(store(), id, [`${id}1`, `${id}2`]);
    }
    const before = await everythingIn(store(), 'b');
    await store().deleteSession({ sessionId: 'a' });
    expect(await everythingIn(store(), 'b')).toEqual(before);
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('C7 forks of a deleted session keep what they have, and nothing more stays', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3']);
    await store().startToolCall(toolIntent('turn-2', 0, 'effect'));
    await store().finishToolCall({ sessionId: 'a', turnId: 'turn-2', position: 0, outcome: '{}', at: 5 });
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await commitTurns(store(), 'fork', ['fork']);
    const before = await everythingIn(store(), 'fork');
    await store().deleteSession({ sessionId: 'a' });

    expect(await everythingIn(store(), 'fork')).toEqual(before);
    expect(await store().readSession('fork')).toMatchObject({
      forkedFrom: { sessionId: 'a', snapshotId: 'snapshot-2' },
    });
    expect(await store().readToolCalls('turn-2')).toMatchObject([{ sessionId: 'a', outcome: '{}' }]);
    expect(await exists(['1', '2', '3'])).toEqual([true, true, false]);
    await store().rewindSession({ sessionId: 'fork', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
    expect(await branchOf(store(), 'fork')).toMatchObject({ turns: ['turn-1'], lastSnapshot: 'snapshot-1' });
    // Turn 3 was the deleted session's alone.
    await createSession(store(), 'b');
    await commitTurns(store(), 'b', ['3']);
  });

  test('an id is taken as long as forks keep turns of the session that had it', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    await store().deleteSession({ sessionId: 'a' });
    await expectRefusal(createSession(store(), 'a'), 'checkpoint/session-exists');
    const forkOfFork = { id: 'a', snapshotId: 'snapshot-1', createdAt: 1 };
    await expectRefusal(store().forkSession(forkOfFork), 'checkpoint/session-exists');
    expect(await store().readSession('a')).toBeUndefined();
    await store().deleteSession({ sessionId: 'fork' });
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
  });

  test('a fork that is deleted leaves its origin and its own forks as they were', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    await commitTurns(store(), 'fork', ['f1', 'f2']);
    await store().forkSession({ id: 'again', snapshotId: 'snapshot-f1', createdAt: 2 });
    const before = [await everythingIn(store(), 'a'), await everythingIn(store(), 'again')];
    await store().deleteSession({ sessionId: 'fork' });
    expect([await everythingIn(store(), 'a'), await everythingIn(store(), 'again')]).toEqual(before);
    expect(await exists(['f1', 'f2'])).toEqual([true, false]);
  });

  test('C5 an entry that two sessions share stays with the one that is left', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    await commitTurns(store(), 'fork', ['same']);
    expect(await tipOf(store(), 'fork')).toBe(await tipOf(store(), 'a'));
    const before = await everythingIn(store(), 'fork');
    await store().deleteSession({ sessionId: 'a' });
    expect(await everythingIn(store(), 'fork')).toEqual(before);
  });

  test('branches that a fork was rewound from stay with it', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const entries = [userEntry('and now?')];
    await store().appendEntries({ sessionId: 'fork', expectedTip: await tipOf(store(), 'fork'), entries, at: 1 });
    const before = await branchOf(store(), 'fork');
    await store().rewindSession({ sessionId: 'fork', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
    await store().deleteSession({ sessionId: 'a' });
    await store().rewindSession({ sessionId: 'fork', snapshotId: 'snapshot-left', leaving: leaving('back'), at: 1 });
    expect(await branchOf(store(), 'fork')).toEqual(before);
  });

  test('what only a deleted snapshot stood on goes with its session, and what is before it stays for a fork', async () => {
    const image = textBlob('image');
    for (const isForked of [false, true]) {
      await createSession(store(), 'a');
      await commitTurns(store(), 'a', ['1']);
      if (isForked) await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
      const append = {
        sessionId: 'a',
        expectedTip: await tipOf(store(), 'a'),
        entries: [{ ...userEntry('look'), blobs: [image.hash] }],
        blobs: [image],
        at: 1,
      };
      await store().appendEntries(append);
      await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
      await store().deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-left'] });
      await store().deleteSession({ sessionId: 'a' });
      await expectRefusal(store().readBlobs([image.hash]), 'checkpoint/blob-missing');
    }
    expect((await branchOf(store(), 'fork')).turns).toEqual(['turn-1']);
  });

  test('blobs go with the last record that names them', async () => {
    const own = ['image', 'system', 'tools', 'pending system', 'file'].map(textBlob);
    const [image, system, tools, pendingSystem, file] = own.map(({ hash }) => hash);
    const shared = textBlob('shared');
    for (const sessionId of ['a', 'b']) {
      const { tip: expectedTip } = await createSession(store(), sessionId);
      const entries = [{ ...userEntry('look'), blobs: [shared.hash] }];
      await store().appendEntries({ sessionId, expectedTip, entries, blobs: [shared], at: 1 });
    }
    const entries = [{ ...userEntry('and this'), blobs: [image ?? ''] }];
    const expectedTip = await tipOf(store(), 'a');
    const { tip } = await store().appendEntries({ sessionId: 'a', expectedTip, entries, blobs: own, at: 1 });
    const turn = { systemHash: system ?? null, toolsHash: tools ?? null };
    await store().commitTurn({ ...turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1', turn }), blobs: own });
    const note = { sessionId: 'a', expectedTip: await tipOf(store(), 'a') };
    const pending = turnCommit(note, { name: 'n', turn: { systemHash: pendingSystem ?? null } });
    await store().beginTurn({ ...note, turn: pending.turn, blobs: own });
    const files = [{ path: 'f', blobHash: file ?? null, mode: 0o644, state: 'kept' as const }];
    await store().recordFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1', files, blobs: own, at: 1 });

    await store().deleteSession({ sessionId: 'a' });
    for (const { hash } of own) await expectRefusal(store().readBlobs([hash]), 'checkpoint/blob-missing');
    expect((await store().readBlobs([shared.hash])).get(shared.hash)).toEqual(shared.bytes);
    await store().deleteSession({ sessionId: 'b' });
    await expectRefusal(store().readBlobs([shared.hash]), 'checkpoint/blob-missing');
  });

  test('I7 a session is deleted by its holder, or while nobody holds it', async () => {
    await createSession(store(), 'a');
    const { fence } = await store().acquireLease({ sessionId: 'a', holder: 'me', ttlMs: 1000 });
    await expectRefusal(store().deleteSession({ sessionId: 'a' }), 'checkpoint/session-busy');
    await expectRefusal(store().deleteSession({ sessionId: 'a', fence: fence - 1 }), 'checkpoint/lease-lost');
    await store().deleteSession({ sessionId: 'a', fence });
    expect(await store().readSession('a')).toBeUndefined();
  });
}
