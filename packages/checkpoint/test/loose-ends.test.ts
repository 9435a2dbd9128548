import { expect, test } from 'vitest';
import { type Blob, type CheckpointStore, hashBlob, openSqliteStore } from '../src/index.ts';
import { ledgerRow, turnCommit, userEntry } from '../src/testing/builders.ts';
import { expectRefusal } from '../src/testing/store-conformance.ts';
import { tempStorePath } from './support/temp-folder.ts';

function blob(text: string): Blob {
  const bytes = new TextEncoder().encode(text);
  return { hash: hashBlob(bytes), bytes };
}

/** A store with a session `a` of one turn, and `old`, whose deletion collects what nothing names. */
async function twoSessions(): Promise<CheckpointStore> {
  const store = openSqliteStore({ path: tempStorePath(), synchronous: 'normal' });
  await store.createSession({ id: 'old', createdAt: 1 });
  await store.createSession({ id: 'a', createdAt: 1 });
  await commit(store, '1');
  return store;
}

async function placeOf(store: CheckpointStore) {
  return { sessionId: 'a', expectedTip: (await store.readSession('a'))?.tip ?? '' };
}

async function commit(store: CheckpointStore, name: string, system?: Blob): Promise<void> {
  const turn = { systemHash: system?.hash ?? null };
  await store.commitTurn({ ...turnCommit(await placeOf(store), { name, turn }), ...(system && { blobs: [system] }) });
}

async function begin(store: CheckpointStore, tools: Blob): Promise<void> {
  const { responseId, tokens, costPicoUsd, ...turn } = ledgerRow('turn-pending', { toolsHash: tools.hash });
  await store.beginTurn({ ...(await placeOf(store)), turn, blobs: [tools] });
}

async function isKept(store: CheckpointStore, { hash, bytes }: Blob): Promise<boolean> {
  await store.deleteSession({ sessionId: 'old' });
  const read = store.readBlobs([hash]);
  const isThere = await read.then(
    () => true,
    () => false,
  );
  if (isThere) expect((await read).get(hash)).toEqual(bytes);
  else await expectRefusal(read, 'checkpoint/blob-missing');
  await store.close();
  return isThere;
}

const tools = blob('tools');

test('the blobs of an abandoned turn are kept until a session is deleted', async () => {
  const store = await twoSessions();
  await begin(store, tools);
  await store.abandonTurn({ sessionId: 'a' });
  // Whoever has sent it once need not send it again.
  expect((await store.readBlobs([tools.hash])).size).toBe(1);
  expect(await isKept(store, tools)).toBe(false);
});

test('the blobs of a note that was replaced, and of one whose turn came to name others, go', async () => {
  for (const next of [
    (store: CheckpointStore) => begin(store, blob('other')),
    (store: CheckpointStore) => commit(store, '2'),
  ]) {
    const store = await twoSessions();
    await begin(store, tools);
    await next(store);
    expect(await isKept(store, tools)).toBe(false);
  }
});

test('the blob of a file backup that went with its snapshot goes', async () => {
  const store = await twoSessions();
  await commit(store, '2');
  const files = [{ path: 'a.ts', blobHash: tools.hash, mode: 0o644, state: 'kept' }] as const;
  const kept = [{ path: 'a.ts', blobHash: null, mode: null, state: 'absent' }] as const;
  await store.recordFileBackups({ sessionId: 'a', snapshotId: 'snapshot-1', files: kept, blobs: [], at: 1 });
  await store.recordFileBackups({ sessionId: 'a', snapshotId: 'snapshot-2', files, blobs: [tools], at: 2 });
  await commit(store, '3');
  await store.deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-2'] });
  expect(await isKept(store, tools)).toBe(false);
});

test('a blob that anything else names stays', async () => {
  const namers: ((store: CheckpointStore) => Promise<unknown>)[] = [
    (store) => commit(store, '2', tools),
    (store) => begin(store, tools),
    async (store) =>
      store.appendEntries({ ...(await placeOf(store)), entries: [{ ...userEntry('x'), blobs: [tools.hash] }], at: 1 }),
  ];
  for (const name of namers) {
    const store = await twoSessions();
    await begin(store, tools);
    await store.abandonTurn({ sessionId: 'a' });
    await name(store);
    expect(await isKept(store, tools)).toBe(true);
  }
});

test('an entry that nothing leads to since its snapshot was deleted goes with the session, and its blobs', async () => {
  const store = await twoSessions();
  await store.forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 2 });
  const entries = [{ ...userEntry('never mind'), blobs: [tools.hash] }];
  await store.appendEntries({ ...(await placeOf(store)), entries, blobs: [tools], at: 3 });
  const { snapshot: leaving } = turnCommit(await placeOf(store), { name: 'left' });
  await store.rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving, at: 4 });
  await store.deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-left'] });
  expect((await store.readBlobs([tools.hash])).size).toBe(1);
  await store.deleteSession({ sessionId: 'a' });
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  expect(await store.readEntries('fork')).toHaveLength(1);
  expect(await isKept(store, tools)).toBe(false);
});
