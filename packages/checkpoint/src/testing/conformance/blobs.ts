import { expect, test } from 'vitest';
import { type Blob, hashBlob } from '../../blob.ts';
import type { CheckpointStore } from '../../store.ts';
import { turnCommit, userEntry } from '../builders.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite, tipOf } from './suite.ts';

type Naming = (store: CheckpointStore, expectedTip: string, hash: string, blobs?: readonly Blob[]) => Promise<unknown>;

/** Every write that names a blob. */
const namings: Readonly<Record<string, Naming>> = {
  'an entry': (store, expectedTip, hash, blobs = []) => {
    const entries = [userEntry('hi'), { ...userEntry('look'), blobs: [hash] }];
    return store.appendEntries({ sessionId: 'a', expectedTip, entries, blobs, at: 1 });
  },
  'a turn’s entry': (store, expectedTip, hash, blobs = []) => {
    const commit = turnCommit({ sessionId: 'a', expectedTip }, { name: '2' });
    return store.commitTurn({ ...commit, entry: { ...commit.entry, blobs: [hash] }, blobs });
  },
  'a turn’s system prompt': (store, expectedTip, systemHash, blobs = []) =>
    store.commitTurn({ ...turnCommit({ sessionId: 'a', expectedTip }, { name: '2', turn: { systemHash } }), blobs }),
  'a turn’s tools': (store, expectedTip, toolsHash, blobs = []) =>
    store.commitTurn({ ...turnCommit({ sessionId: 'a', expectedTip }, { name: '2', turn: { toolsHash } }), blobs }),
  'a turn that begins': (store, expectedTip, systemHash, blobs = []) => {
    const { turn } = turnCommit({ sessionId: 'a', expectedTip }, { name: '2', turn: { systemHash } });
    return store.beginTurn({ sessionId: 'a', expectedTip, turn, blobs });
  },
  'a file backup': (store, _, blobHash, blobs = []) => {
    const files = [{ path: 'f', blobHash, mode: 0o600, state: 'kept' as const }];
    return store.recordFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1', files, blobs, at: 1 });
  },
};

const bytes = new Uint8Array([0, 255, 128, 10]);
const hash = hashBlob(bytes);

export function describeBlobs({ store, open }: StoreSuite): void {
  const createNamingSession = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    return tipOf(store(), 'a');
  };

  test.each(Object.entries(namings))('C1 bytes are written with %s that names them, or not at all', async (_, name) => {
    const tip = await createNamingSession();
    const before = await everythingIn(store(), 'a');
    await expectRefusal(name(store(), tip, hash), 'checkpoint/blob-missing');
    const others = [{ hash, bytes: new Uint8Array([1]) }];
    await expectRefusal(name(store(), tip, hash, others), 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'a')).toEqual(before);
    await expectRefusal(store().readBlobs([hash]), 'checkpoint/blob-missing');
    await name(store(), tip, hash, [{ hash, bytes }]);
    expect(await (await open()).readBlobs([hash])).toEqual(new Map([[hash, bytes]]));
  });

  test.each(Object.entries(namings))('bytes that the store has need not come again with %s', async (_, name) => {
    const tip = await createNamingSession();
    await createSession(store(), 'b');
    const entries = [{ ...userEntry('look'), blobs: [hash] }];
    await store().appendEntries({
      sessionId: 'b',
      expectedTip: await tipOf(store(), 'b'),
      entries,
      blobs: [
        { hash, bytes },
        { hash, bytes },
      ],
      at: 1,
    });
    await name(store(), tip, hash);
    // Nor do they go with the session that brought them.
    await store().deleteSession({ sessionId: 'b' });
    expect((await store().readBlobs([hash])).get(hash)).toEqual(bytes);
  });

  test('bytes come back as they were, none and many of them, and are the caller’s own', async () => {
    const tip = await createNamingSession();
    const empty = new Uint8Array();
    const large = new Uint8Array(2_000_000).map((_, index) => index);
    const view = new Uint8Array(new Uint8Array([9, 9, 1, 2, 3, 9]).buffer, 2, 3);
    const blobs = [empty, large, view].map((each) => ({ hash: hashBlob(each), bytes: each }));
    const named = blobs.map((blob) => blob.hash);
    const entries = [{ ...userEntry('look'), blobs: named }];
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries, blobs, at: 1 });
    view.fill(7);
    const read = await store().readBlobs([...named, ...named]);
    expect([...read.keys()]).toEqual(named);
    expect(named.map((each) => hashBlob(read.get(each) ?? new Uint8Array([1])))).toEqual(named);
    read.get(named[1] ?? '')?.fill(7);
    expect(hashBlob((await store().readBlobs(named)).get(named[1] ?? '') ?? empty)).toBe(named[1]);
  });

  test('many blobs are read at once, and one that is missing refuses all', async () => {
    const tip = await createNamingSession();
    const blobs = Array.from({ length: 1500 }, (_, index) => {
      const each = new Uint8Array(Buffer.from(`${index}`));
      return { hash: hashBlob(each), bytes: each };
    });
    const named = blobs.map((blob) => blob.hash);
    const entries = [{ ...userEntry('look'), blobs: named }];
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries, blobs, at: 1 });
    expect((await store().readBlobs(named)).size).toBe(1500);
    await expectRefusal(store().readBlobs([...named, hash]), 'checkpoint/blob-missing');
    expect(await store().readBlobs([])).toEqual(new Map());
  });

  test('C5 an entry that is shared lives as long as every blob it was given with', async () => {
    const tip = await createNamingSession();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    const other = new Uint8Array([7]);
    const blobs = [
      { hash, bytes },
      { hash: hashBlob(other), bytes: other },
    ];
    for (const [index, sessionId] of ['a', 'fork'].entries()) {
      const given = blobs.slice(index, index + 1);
      const entries = [{ ...userEntry('look'), blobs: given.map((blob) => blob.hash) }];
      await store().appendEntries({ sessionId, expectedTip: tip, entries, blobs: given, at: 1 });
    }
    await store().deleteSession({ sessionId: 'fork' });
    expect(await store().readBlobs(blobs.map((blob) => blob.hash))).toEqual(
      new Map([
        [hash, bytes],
        [hashBlob(other), other],
      ]),
    );
  });
}
