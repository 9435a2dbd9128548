import { expect, test } from 'vitest';
import { hashBlob } from '../../blob.ts';
import type { FileState } from '../../file-backup.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, leaving, type StoreSuite } from './suite.ts';

const bytes = new Uint8Array(Buffer.from('before'));
const blob = { hash: hashBlob(bytes), bytes };
const kept: FileState = { path: 'src/é.ts', blobHash: blob.hash, mode: 0o755, state: 'kept' };
const absent: FileState = { path: 'new file', blobHash: null, mode: null, state: 'absent' };
const tooLarge: FileState = { path: 'film', blobHash: null, mode: 0o644, state: 'too-large' };

export function describeFileBackups({ store, open }: StoreSuite): void {
  const record = (snapshotId: string, files: readonly FileState[], at: number, sessionId = 'a') =>
    store().recordFileBackups({ sessionId, snapshotId, files, blobs: [blob], at });
  const since = async (snapshotId: string, sessionId = 'a') => store().readFileBackups({ sessionId, snapshotId });
  const sessionOfThreeTurns = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3']);
  };

  test('backups come back as they were, oldest first, with their bytes (B-14)', async () => {
    await sessionOfThreeTurns();
    await record('snapshot-1', [kept, absent], 5);
    await record('snapshot-1', [tooLarge], 6);
    const place = { sessionId: 'a', snapshotId: 'snapshot-1' };
    expect(await (await open()).readFileBackups(place)).toEqual([
      { ...kept, ...place, createdAt: 5 },
      { ...absent, ...place, createdAt: 5 },
      { ...tooLarge, ...place, createdAt: 6 },
    ]);
    expect((await store().readBlobs([blob.hash])).get(blob.hash)).toEqual(bytes);
  });

  test('of a path that has a backup for the snapshot the first one stays (B-14)', async () => {
    await sessionOfThreeTurns();
    await record('snapshot-1', [kept], 5);
    await record('snapshot-1', [{ ...kept, mode: 0o600 }, absent, { ...absent, state: 'too-large' }], 6);
    const backups = await since('snapshot-1');
    expect(backups.map(({ path, mode, state, createdAt }) => [path, mode, state, createdAt])).toEqual([
      [kept.path, 0o755, 'kept', 5],
      [absent.path, null, 'absent', 6],
    ]);
  });

  test('backups are read since a snapshot: those for it and for what was made after it (B-15)', async () => {
    await sessionOfThreeTurns();
    await record('snapshot-1', [kept], 5);
    await record('snapshot-2', [absent], 6);
    await record('snapshot-3', [tooLarge], 7);
    expect((await since('snapshot-1')).map(({ path }) => path)).toEqual([kept.path, absent.path, tooLarge.path]);
    expect((await since('snapshot-2')).map(({ path }) => path)).toEqual([absent.path, tooLarge.path]);
    expect((await since('snapshot-3')).map(({ path }) => path)).toEqual([tooLarge.path]);
  });

  test('backups of branches the session was rewound from, and of the rewind, are among them', async () => {
    await sessionOfThreeTurns();
    await record('snapshot-3', [kept], 5);
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 6 });
    await record('snapshot-left', [absent], 7);
    await commitTurns(store(), 'a', ['4']);
    await record('snapshot-4', [tooLarge], 8);
    expect((await since('snapshot-1')).map(({ snapshotId }) => snapshotId)).toEqual([
      'snapshot-3',
      'snapshot-left',
      'snapshot-4',
    ]);
    expect((await since('snapshot-left')).map(({ snapshotId }) => snapshotId)).toEqual(['snapshot-left', 'snapshot-4']);
  });

  test('a fork has backups of its own, which it reads since what it inherited, too', async () => {
    await sessionOfThreeTurns();
    await record('snapshot-2', [kept], 5);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await commitTurns(store(), 'fork', ['fork']);
    await record('snapshot-fork', [absent], 6, 'fork');
    expect((await since('snapshot-1', 'fork')).map(({ path }) => path)).toEqual([absent.path]);
    expect((await since('snapshot-1')).map(({ path }) => path)).toEqual([kept.path]);
  });

  test('a fork reads its backups since what it inherited, though its origin was deleted and restored', async () => {
    await sessionOfThreeTurns();
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    await commitTurns(store(), 'fork', ['fork']);
    await record('snapshot-fork', [absent], 6, 'fork');
    const dump = await store().dumpSession('a');
    await store().deleteSession({ sessionId: 'a' });
    await store().restoreSession(dump);
    expect((await since('snapshot-2', 'fork')).map(({ path }) => path)).toEqual([absent.path]);
  });

  test('what cannot be kept is refused, all of it', async () => {
    await sessionOfThreeTurns();
    await createSession(store(), 'other');
    await commitTurns(store(), 'other', ['of-other']);
    const before = await everythingIn(store(), 'a');
    await expectRefusal(record('nowhere', [kept], 1), 'checkpoint/snapshot-missing');
    await expectRefusal(record('snapshot-of-other', [kept], 1), 'checkpoint/snapshot-missing');
    await expectRefusal(record('snapshot-1', [kept, { ...absent, path: '\0' }], 1), 'checkpoint/invalid-write');
    await expectRefusal(record('snapshot-1', [kept, { ...tooLarge, mode: 0.5 }], 1), 'checkpoint/invalid-write');
    await expectRefusal(record('snapshot-1', [kept], Number.NaN), 'checkpoint/invalid-write');
    await expectRefusal(since('nowhere'), 'checkpoint/snapshot-missing');
    expect(await everythingIn(store(), 'a')).toEqual(before);
    await expectRefusal(store().readBlobs([blob.hash]), 'checkpoint/blob-missing');
  });
}
