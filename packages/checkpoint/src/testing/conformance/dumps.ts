import { expect, test } from 'vitest';
import { findContradictions } from '../../check-dump.ts';
import { rootEntry } from '../../entry-hash.ts';
import { createRichSession, textBlob } from './rich-session.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, leaving, type StoreSuite, tipOf } from './suite.ts';

export function describeDumps({ store, open, elsewhere }: StoreSuite): void {
  test('a dump is everything that makes a session up, on every branch it has been on', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('a');
    expect(dump.session).toEqual(await store().readSession('a'));
    const texts = dump.entries.map(({ payload }) => JSON.parse(payload).text ?? 'root');
    expect(texts).toEqual([
      'root',
      'look',
      'answer 1',
      'answer 2',
      'rather this',
      'answer 2',
      'and now?',
      'still there?',
    ]);
    expect(dump.entries[0]).toMatchObject({ ...rootEntry('a'), parent: null, blobs: [] });
    expect(dump.turns).toEqual(await store().readLedger('a'));
    expect(dump.snapshots.map(({ id }) => id)).toEqual(['snapshot-1', 'snapshot-2', 'snapshot-left', 'snapshot-3']);
    expect(dump.toolCalls).toEqual(await store().readToolCalls('turn-2'));
    expect(dump.fileBackups).toEqual(await store().readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1' }));
    expect(dump.pendingTurn).toEqual(await store().readPendingTurn('a'));
    const contents = ['image one', 'image two', 'system', 'tools', 'before', 'between', 'pending tools'].map(textBlob);
    expect(dump.blobs).toEqual(contents.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)));
    expect([...findContradictions(dump)]).toEqual([]);
  });

  test('the dump of a fork has what it inherited, and nothing its origin did after that', async () => {
    await createRichSession(store());
    await store().rewindSession({ sessionId: 'fork', snapshotId: 'snapshot-1', leaving: leaving('fork-left'), at: 60 });
    await commitTurns(store(), 'fork', ['fork-2']);
    const dump = await store().dumpSession('fork');
    expect(dump.turns.map(({ id }) => id)).toEqual(['turn-1', 'turn-2', 'turn-fork', 'turn-fork-2']);
    expect(dump.snapshots.map(({ id }) => id)).toEqual(
      ['1', '2', 'fork', 'fork-left', 'fork-2'].map((name) => `snapshot-${name}`),
    );
    expect(dump.toolCalls).toEqual(await store().readToolCalls('turn-2'));
    expect(dump).toMatchObject({ fileBackups: [], pendingTurn: null });
    expect(dump.blobs).toHaveLength(4);
    expect([...findContradictions(dump)]).toEqual([]);
  });

  test('the dump of an empty session is its root', async () => {
    const session = await createSession(store(), 'a');
    const dump = await store().dumpSession('a');
    expect(dump).toMatchObject({ session, entries: [{ id: session.tip, parent: null }], turns: [], blobs: [] });
    const other = await elsewhere();
    expect(await other.restoreSession(dump)).toEqual(session);
    expect(await other.dumpSession('a')).toEqual(dump);
  });

  test.each(['a', 'fork', 'late'])('session %s restored in another place is the same', async (sessionId) => {
    await createRichSession(store());
    const other = await elsewhere();
    const restored = await other.restoreSession(await store().dumpSession(sessionId));
    expect(restored).toEqual(await store().readSession(sessionId));
    expect(await everythingIn(other, sessionId)).toEqual(await everythingIn(store(), sessionId));
    expect(await other.readLease(sessionId)).toBeUndefined();
    expect(await Array.fromAsync(other.findDamage())).toEqual([]);
  });

  test('a restored session goes on: with its ledger, its branches and its journal', async () => {
    await createRichSession(store());
    const other = await elsewhere();
    await other.restoreSession(await store().dumpSession('a'));
    await commitTurns(other, 'a', ['4']);
    expect((await other.readLedger('a')).map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4]);
    await other.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-left', leaving: leaving('away'), at: 1 });
    expect((await other.readTurns('a')).map(({ id }) => id)).toEqual(['turn-1', 'turn-2']);
    expect((await other.readEntries('a')).at(-1)?.payload).toContain('and now?');
    expect(await other.readToolCalls('turn-2')).toEqual(await store().readToolCalls('turn-2'));
  });

  test('a fork is restored where its origin is, and an origin where its forks are', async () => {
    await createRichSession(store());
    const ids = ['a', 'fork', 'late'] as const;
    const all = async () => Promise.all(ids.map((id) => everythingIn(store(), id)));
    const before = await all();
    for (const id of ids) {
      const dump = await store().dumpSession(id);
      await store().deleteSession({ sessionId: id });
      expect(await store().readSession(id)).toBeUndefined();
      await store().restoreSession(dump);
      expect(await all()).toEqual(before);
    }
    expect(await everythingIn(await open(), 'a')).toEqual(before[0]);
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('sessions that share turns are restored one after the other, in any order', async () => {
    await createRichSession(store());
    const other = await elsewhere();
    for (const id of ['late', 'a', 'fork']) await other.restoreSession(await store().dumpSession(id));
    for (const id of ['late', 'a', 'fork']) {
      expect(await everythingIn(other, id)).toEqual(await everythingIn(store(), id));
    }
  });

  test('snapshots that are restored are in the order in which they were made, whatever forks had kept', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('a');
    await store().deleteSession({ sessionId: 'a' });
    await store().restoreSession(dump);
    const backups = await store().readFileBackups({ sessionId: 'a', snapshotId: 'snapshot-left' });
    expect(backups.map(({ snapshotId }) => snapshotId)).toEqual(['snapshot-left', 'snapshot-left']);
    expect((await store().dumpSession('a')).snapshots).toEqual(dump.snapshots);
  });

  test('a record that is here already is left as it is', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('fork');
    await store().deleteSession({ sessionId: 'fork' });
    const labelled = await store().labelSnapshot({ snapshotId: 'snapshot-2', label: 'since then' });
    const finish = { sessionId: 'a', turnId: 'turn-2', position: 1, outcome: '"since then"', at: 99 };
    await store().finishToolCall(finish);
    const before = await everythingIn(store(), 'a');
    await store().restoreSession(dump);
    expect(await everythingIn(store(), 'a')).toEqual(before);
    expect((await store().readSnapshots('fork'))[1]).toEqual(labelled);
    expect((await store().readToolCalls('turn-2'))[1]).toMatchObject({ outcome: '"since then"' });
  });

  test('what forks have kept of a session is left as it is, too', async () => {
    await createRichSession(store());
    const dump = await store().dumpSession('a');
    await store().deleteSession({ sessionId: 'a' });
    const labelled = await store().labelSnapshot({ snapshotId: 'snapshot-2', label: 'since then' });
    await store().restoreSession(dump);
    expect(await store().readSnapshot('snapshot-2')).toEqual(labelled);
  });

  test('a session that is here is not restored over', async () => {
    await createRichSession(store());
    const before = await everythingIn(store(), 'a');
    const dump = await store().dumpSession('a');
    await expectRefusal(store().restoreSession(dump), 'checkpoint/session-exists');
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('a dump says the same in the store that made it and in one that restored it, branch by branch', async () => {
    await createRichSession(store());
    const other = await elsewhere();
    await other.restoreSession(await store().dumpSession('a'));
    const third = await elsewhere();
    await third.restoreSession(await other.dumpSession('a'));
    expect(await third.dumpSession('a')).toEqual(await store().dumpSession('a'));
    expect(await tipOf(third, 'a')).toBe(await tipOf(store(), 'a'));
  });
}
