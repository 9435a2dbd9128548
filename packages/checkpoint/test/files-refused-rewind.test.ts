import { lstatSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckpointError, type CheckpointStore, hashBlob, openMemoryStore } from '../src/index.ts';
import { startProcess } from './support/child-process.ts';
import { fileSession, folderContent, makePipe, writeFile } from './support/file-session.ts';
import { tempFolder } from './support/temp-folder.ts';

type Session = Awaited<ReturnType<typeof fileSession>>;

/** A session that has changed `a`, `deep/b` and `c` since the snapshot. */
async function changedSession(given: Parameters<typeof fileSession>[0] = {}) {
  const session = await fileSession(given);
  for (const path of ['a', 'deep/b', 'c']) session.write(path, `old ${path}`, 0o644);
  const snapshotId = await session.turn();
  await session.beforeChange('a', 'deep/b', 'c');
  for (const path of ['a', 'deep/b', 'c']) session.write(path, `new ${path}`);
  return { session, snapshotId };
}

async function expectRefused(session: Session, snapshotId: string, ...words: readonly string[]): Promise<void> {
  const before = folderContent(session.root);
  const { items } = await session.store.listSnapshots(session.sessionId);
  const rewind = session.rewind(snapshotId);
  await expect(rewind).rejects.toMatchObject({ code: 'checkpoint/files-unavailable' });
  for (const word of words) await expect(rewind).rejects.toThrow(word);
  expect(folderContent(session.root)).toEqual(before);
  expect((await session.store.listSnapshots(session.sessionId)).items).toEqual(items);
}

/** A store that has lost the bytes of some blobs. */
function storeWithout(...texts: readonly string[]): CheckpointStore {
  const store = openMemoryStore();
  const lost = texts.map((text) => hashBlob(Buffer.from(text)));
  return {
    ...store,
    async readBlobs(hashes) {
      const missing = hashes.find((hash) => lost.includes(hash));
      if (missing) throw new CheckpointError('checkpoint/blob-missing', `The store does not have ${missing}.`);
      return store.readBlobs(hashes);
    },
  };
}

describe('a rewind of files is refused as a whole, and nothing is changed', () => {
  it('when a folder has taken the place of one', async () => {
    const { session, snapshotId } = await changedSession();
    rmSync(join(session.root, 'c'));
    mkdirSync(join(session.root, 'c'));
    await expectRefused(session, snapshotId, "'c': it is a folder");
  });

  it('when a file has taken the place of the folder around one', async () => {
    const { session, snapshotId } = await changedSession();
    rmSync(join(session.root, 'deep'), { recursive: true });
    session.write('deep', 'in the way');
    await expectRefused(session, snapshotId, "'deep/b'");
  });

  it('when a link has taken the place of one, and what it leads to stays as it is', async () => {
    const { session, snapshotId } = await changedSession();
    const outside = join(tempFolder(), 'outside');
    writeFileSync(outside, 'not ours');
    rmSync(join(session.root, 'a'));
    symlinkSync(outside, join(session.root, 'a'));
    await expectRefused(session, snapshotId, "'a': it is a link");
    expect(statSync(outside).size).toBe('not ours'.length);
  });

  it('when a link has taken the place of the folder around one', async () => {
    const { session, snapshotId } = await changedSession();
    const outside = tempFolder();
    writeFile(outside, 'b', 'not ours', 0o600);
    rmSync(join(session.root, 'deep'), { recursive: true });
    symlinkSync(outside, join(session.root, 'deep'));
    await expectRefused(session, snapshotId, "'deep/b': 'deep' is a link");
    expect(folderContent(outside)).toEqual({ b: ['not ours', 0o600] });
  });

  it('when a pipe has taken the place of one, without waiting for it', async () => {
    const { session, snapshotId } = await changedSession();
    rmSync(join(session.root, 'a'));
    makePipe(join(session.root, 'a'));
    await expectRefused(session, snapshotId, "'a': it is a device, a pipe or a socket");
  });

  it('when the store has lost the bytes of some, naming each', async () => {
    const { session, snapshotId } = await changedSession({ store: storeWithout('old a', 'old c') });
    await expectRefused(session, snapshotId, "'a'", "'c'");
  });

  it('when one was too large to keep', async () => {
    const session = await fileSession({ maxFileBytes: 8 });
    session.write('small', 'small', 0o644);
    session.write('large', 'more than eight', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('small', 'large');
    session.write('small', 'new');
    session.write('large', 'new');
    await expectRefused(session, snapshotId, "'large': it was too large to keep");
  });

  it('when what is there now is too large to keep, and would be lost', async () => {
    const session = await fileSession({ maxFileBytes: 8 });
    session.write('a', 'small', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'more than eight');
    await expectRefused(session, snapshotId, "'a': what is there now is too large to keep");
  });

  it('when a folder cannot be written to', async () => {
    const root = tempFolder();
    const child = startProcess('rewind-without-rights-process.ts', root);
    const [printed, { code, errors }] = await Promise.all([child.lines.next(), child.ended]);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(printed.value ?? '')).toMatchObject({
      code: 'checkpoint/files-unavailable',
      message: expect.stringMatching(/'locked\/a': .*'sealed\/made': /),
    });
    expect(folderContent(root)).toEqual({
      'locked/a': ['new', 0o644],
      'open/b': ['new', 0o644],
      'sealed/made': ['new', 0o644],
    });
  });

  it('when one becomes something else between the check and the change', async () => {
    const { session, snapshotId } = await changedSession();
    const { sessionId, store, files, root } = session;
    const prepared = await files.prepareRewind(store, { sessionId, snapshotId });
    renameSync(join(root, 'c'), join(root, 'elsewhere'));
    symlinkSync('elsewhere', join(root, 'c'));
    await expect(prepared.apply({ snapshotId, at: 9 })).rejects.toMatchObject({ code: 'checkpoint/files-unavailable' });
    expect(folderContent(root)).toMatchObject({ a: ['new a', 0o644], elsewhere: ['new c', 0o644] });
    expect(Object.keys(folderContent(root))).toEqual(['a', 'deep/b', 'elsewhere']);
    expect(lstatSync(join(root, 'c')).isSymbolicLink()).toBe(true);
  });
});

describe('a rewind of files that fails in the middle', () => {
  it('puts every file back: the same file, with the same content', async () => {
    let swapped = 0;
    const failure = new Error('the disk is gone');
    const { session, snapshotId } = await changedSession({
      onFaultPoint(point) {
        if (point !== 'files/swapped') return;
        swapped += 1;
        if (swapped === 2) throw failure;
      },
    });
    await session.beforeChange('made');
    session.write('made', 'new', 0o600);
    const before = folderContent(session.root);
    const { ino } = statSync(join(session.root, 'a'));
    const rewind = session.rewind(snapshotId);
    await expect(rewind).rejects.toMatchObject({ code: 'checkpoint/files-unavailable', cause: failure });
    await expect(rewind).rejects.toThrow('all were put back: the disk is gone');
    expect(folderContent(session.root)).toEqual(before);
    expect(statSync(join(session.root, 'a')).ino).toBe(ino);
  });

  it('leaves nothing beside the file at which it failed', async () => {
    const { session, snapshotId } = await changedSession({
      onFaultPoint(point) {
        if (point === 'files/set-aside') throw new Error('now');
      },
    });
    const before = folderContent(session.root);
    await expect(session.rewind(snapshotId)).rejects.toThrow('all were put back: now');
    expect(folderContent(session.root)).toEqual(before);
  });

  it('brings removed files back and takes restored ones away again', async () => {
    const session = await fileSession({
      onFaultPoint(point) {
        if (point === 'files/swapped' && folderContent(session.root)['z'] !== undefined) throw new Error('late');
      },
    });
    session.write('folder/deleted', 'old', 0o644);
    session.write('z', 'old', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('created', 'folder/deleted', 'z');
    session.write('created', 'new', 0o644);
    rmSync(join(session.root, 'folder'), { recursive: true });
    rmSync(join(session.root, 'z'));
    await expect(session.rewind(snapshotId)).rejects.toMatchObject({ code: 'checkpoint/files-unavailable' });
    expect(folderContent(session.root)).toEqual({ created: ['new', 0o644] });
    expect(() => statSync(join(session.root, 'folder'))).toThrow('ENOENT');
  });
});

describe('with skipUnavailable', () => {
  it('the other files go back, and each that does not is reported with the reason', async () => {
    const { session, snapshotId } = await changedSession({ store: storeWithout('old a') });
    rmSync(join(session.root, 'c'));
    mkdirSync(join(session.root, 'c'));
    const { reports } = await session.rewind(snapshotId, { skipUnavailable: true });
    expect(reports).toEqual([
      { path: 'a', result: 'failed', reason: expect.stringContaining('does not have') },
      { path: 'c', result: 'failed', reason: 'it is a folder' },
      { path: 'deep/b', result: 'restored' },
    ]);
    expect(folderContent(session.root)).toEqual({ a: ['new a', 0o644], 'deep/b': ['old deep/b', 0o644] });
  });

  it('an error of the whole store is still an error', async () => {
    const { session, snapshotId } = await changedSession();
    const closed = { ...session.store, readBlobs: () => Promise.reject(new CheckpointError('checkpoint/closed', 'x')) };
    const rewind = { sessionId: session.sessionId, snapshotId, skipUnavailable: true };
    const before = folderContent(session.root);
    await expect(session.files.prepareRewind(closed, rewind)).rejects.toMatchObject({ code: 'checkpoint/closed' });
    expect(folderContent(session.root)).toEqual(before);
  });
});
