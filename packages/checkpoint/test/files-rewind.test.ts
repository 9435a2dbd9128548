import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileSession, folderContent } from './support/file-session.ts';

describe('a rewind of files gives back', () => {
  it('the content a file had before the very first change (X-13, B-15)', async () => {
    const session = await fileSession();
    session.write('a', 'before the first edit', 0o644);
    const first = await session.turn();
    for (const text of ['one', 'two', 'three']) {
      await session.beforeChange('a');
      session.write('a', text);
      await session.turn();
    }
    expect((await session.rewind(first)).reports).toEqual([{ path: 'a', result: 'restored' }]);
    expect(folderContent(session.root)).toEqual({ a: ['before the first edit', 0o644] });
  });

  it('what files were in between', async () => {
    const session = await fileSession();
    await session.turn();
    await session.beforeChange('a');
    session.write('a', 'one', 0o600);
    const second = await session.turn();
    await session.beforeChange('a', 'b');
    session.write('a', 'two');
    session.write('b', 'new');
    await session.turn();
    await session.rewind(second);
    expect(folderContent(session.root)).toEqual({ a: ['one', 0o600] });
  });

  it('bytes that are no text, empty files, and names in any script', async () => {
    const binary = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
    const session = await fileSession();
    session.write('binary', binary, 0o644);
    session.write('empty', '', 0o644);
    session.write('Ordner ü/文件 🎈.txt', 'named', 0o644);
    const before = folderContent(session.root);
    const snapshotId = await session.turn();
    await session.beforeChange('binary', 'empty', 'Ordner ü/文件 🎈.txt');
    for (const path of Object.keys(before)) session.write(path, 'changed');
    await session.rewind(snapshotId);
    expect(folderContent(session.root)).toEqual(before);
  });

  it('permissions, also where the content has not changed', async () => {
    const session = await fileSession();
    session.write('script', 'same', 0o755);
    const snapshotId = await session.turn();
    await session.beforeChange('script');
    session.write('script', 'same', 0o600);
    expect((await session.rewind(snapshotId)).reports).toEqual([{ path: 'script', result: 'restored' }]);
    expect(folderContent(session.root)).toEqual({ script: ['same', 0o755] });
  });

  it('deleted files, with the folders around them', async () => {
    const session = await fileSession();
    session.write('a/b/c', 'text', 0o640);
    const snapshotId = await session.turn();
    await session.beforeChange('a/b/c');
    rmSync(join(session.root, 'a'), { recursive: true });
    expect((await session.rewind(snapshotId)).reports).toEqual([{ path: 'a/b/c', result: 'restored' }]);
    expect(folderContent(session.root)).toEqual({ 'a/b/c': ['text', 0o640] });
  });

  it('the absence of new files; folders made for them stay', async () => {
    const session = await fileSession();
    const snapshotId = await session.turn();
    await session.beforeChange('new', 'folder/new');
    session.write('new', 'text');
    session.write('folder/new', 'text');
    expect((await session.rewind(snapshotId)).reports).toEqual([
      { path: 'folder/new', result: 'removed' },
      { path: 'new', result: 'removed' },
    ]);
    expect(folderContent(session.root)).toEqual({});
    expect(statSync(join(session.root, 'folder')).isDirectory()).toBe(true);
  });

  it('nothing to files that are what they were, and says so', async () => {
    const session = await fileSession();
    session.write('a', 'text');
    const snapshotId = await session.turn();
    await session.beforeChange('a', 'never made');
    const { ino } = statSync(join(session.root, 'a'));
    expect((await session.rewind(snapshotId)).reports).toEqual([
      { path: 'a', result: 'unchanged' },
      { path: 'never made', result: 'unchanged' },
    ]);
    expect(statSync(join(session.root, 'a')).ino).toBe(ino);
  });

  it('nothing to new files that are gone with their folder', async () => {
    const session = await fileSession();
    const snapshotId = await session.turn();
    await session.beforeChange('folder/new');
    session.write('folder/new', 'text');
    rmSync(join(session.root, 'folder'), { recursive: true });
    session.write('folder', 'a file now', 0o644);
    expect((await session.rewind(snapshotId)).reports).toEqual([{ path: 'folder/new', result: 'unchanged' }]);
    expect(folderContent(session.root)).toEqual({ folder: ['a file now', 0o644] });
  });

  it('nothing to files that no tool declared', async () => {
    const session = await fileSession();
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'declared');
    session.write('b', 'not declared', 0o644);
    await session.rewind(snapshotId);
    expect(folderContent(session.root)).toEqual({ b: ['not declared', 0o644] });
  });
});

describe('a rewind of files', () => {
  it('is undone by a rewind to the snapshot it made', async () => {
    const session = await fileSession();
    session.write('kept', 'old', 0o644);
    session.write('gone', 'old', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('kept', 'gone', 'new');
    session.write('kept', 'changed', 0o700);
    rmSync(join(session.root, 'gone'));
    session.write('new', 'made', 0o600);
    const after = folderContent(session.root);
    const { left } = await session.rewind(snapshotId);
    expect(folderContent(session.root)).toEqual({ gone: ['old', 0o644], kept: ['old', 0o644] });
    const undo = await session.rewind(left);
    expect(folderContent(session.root)).toEqual(after);
    await session.rewind(undo.left);
    expect(folderContent(session.root)).toEqual({ gone: ['old', 0o644], kept: ['old', 0o644] });
  });

  it('finds its way over earlier rewinds', async () => {
    const session = await fileSession();
    session.write('a', '0', 0o644);
    const snapshots = [await session.turn()];
    for (const text of ['1', '2', '3']) {
      await session.beforeChange('a');
      session.write('a', text);
      snapshots.push(await session.turn());
    }
    for (const target of [1, 3, 0, 2]) {
      await session.rewind(snapshots[target] ?? '');
      expect(folderContent(session.root)).toEqual({ a: [String(target), 0o644] });
    }
  });

  it('is the same done twice', async () => {
    const session = await fileSession();
    session.write('a', 'old', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'new');
    await session.rewind(snapshotId);
    expect((await session.rewind(snapshotId)).reports).toEqual([{ path: 'a', result: 'unchanged' }]);
    expect(folderContent(session.root)).toEqual({ a: ['old', 0o644] });
  });

  it('of a fork goes back over what its origin changed, too', async () => {
    const session = await fileSession();
    session.write('a', 'old', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'of the origin');
    await session.fork(await session.turn());
    await session.turn();
    await session.beforeChange('a', 'b');
    session.write('a', 'of the fork');
    session.write('b', 'of the fork');
    await session.rewind(snapshotId);
    expect(folderContent(session.root)).toEqual({ a: ['old', 0o644] });
  });

  it('of a fork says so when what was kept has been deleted with its origin', async () => {
    const session = await fileSession();
    session.write('a', 'old');
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'of the origin');
    await session.fork(await session.turn());
    await session.store.deleteSession({ sessionId: 'session' });
    const rewind = session.rewind(snapshotId);
    await expect(rewind).rejects.toMatchObject({ code: 'checkpoint/session-missing' });
    await expect(rewind).rejects.toThrow("what was kept of them went with session 'session'");
    expect(folderContent(session.root)).toMatchObject({ a: ['of the origin', expect.anything()] });
  });

  it('goes to no snapshot that the session could not be rewound to', async () => {
    const session = await fileSession();
    const first = await session.turn();
    const later = await session.turn();
    await session.fork(first);
    for (const snapshotId of [later, 'none']) {
      const since = { sessionId: session.sessionId, snapshotId };
      const calls = [() => session.rewind(snapshotId), () => session.files.filesChangedSince(session.store, since)];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'checkpoint/snapshot-missing' });
    }
  });

  it('leaves no temporary file and no folder behind when it is discarded', async () => {
    const session = await fileSession();
    session.write('a/b/c', 'text', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('a/b/c');
    rmSync(join(session.root, 'a'), { recursive: true });
    const prepared = await session.files.prepareRewind(session.store, { sessionId: session.sessionId, snapshotId });
    expect(Object.keys(folderContent(session.root))).toHaveLength(1);
    await prepared.discard();
    expect(existsSync(join(session.root, 'a'))).toBe(false);
  });

  it('in one call takes the snapshot that was made for the place it leaves', async () => {
    const session = await fileSession();
    session.write('a', 'old', 0o644);
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    session.write('a', 'new', 0o644);
    const leavingSnapshotId = await session.turn();
    const { sessionId } = session;
    const report = await session.files.rewindFiles(session.store, { sessionId, snapshotId, leavingSnapshotId, at: 99 });
    expect(report).toEqual([{ path: 'a', result: 'restored' }]);
    await session.rewind(leavingSnapshotId);
    expect(folderContent(session.root)).toEqual({ a: ['new', 0o644] });
  });
});

describe('files changed since a snapshot (B-15)', () => {
  it('are listed with how they differ from what they were', async () => {
    const session = await fileSession({ maxFileBytes: 10 });
    for (const path of ['changed', 'deleted', 'mode', 'same', 'back again']) session.write(path, 'old', 0o644);
    session.write('large', 'more than ten bytes');
    const snapshotId = await session.turn();
    await session.beforeChange('changed', 'created', 'deleted', 'mode', 'same', 'back again', 'large');
    session.write('changed', 'new');
    session.write('created', 'new');
    session.write('mode', 'old', 0o600);
    session.write('large', 'another ten bytes');
    rmSync(join(session.root, 'deleted'));
    const { sessionId, store, files } = session;
    expect(await files.filesChangedSince(store, { sessionId, snapshotId })).toEqual([
      { path: 'changed', difference: 'changed' },
      { path: 'created', difference: 'created' },
      { path: 'deleted', difference: 'deleted' },
      { path: 'large', difference: 'unknown', obstacle: 'it was too large to keep when it was first changed' },
      { path: 'mode', difference: 'changed' },
    ]);
  });

  it('name what stands in the way of giving them back', async () => {
    const session = await fileSession();
    session.write('a', 'old');
    const snapshotId = await session.turn();
    await session.beforeChange('a');
    rmSync(join(session.root, 'a'));
    mkdirSync(join(session.root, 'a'));
    const { sessionId, store, files } = session;
    expect(await files.filesChangedSince(store, { sessionId, snapshotId })).toEqual([
      { path: 'a', difference: 'changed', obstacle: 'it is a folder' },
    ]);
  });
});
