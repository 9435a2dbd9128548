import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFileCheckpointer, type FileCheckpointerOptions, hashBlob, openMemoryStore } from '../src/index.ts';
import { fileSession, makePipe } from './support/file-session.ts';
import { tempFolder } from './support/temp-folder.ts';

async function backups({ store, sessionId }: Awaited<ReturnType<typeof fileSession>>) {
  return (await store.dumpSession(sessionId)).fileBackups;
}

describe('a file that a tool is going to change (B-14)', () => {
  it('is kept with its content and permissions, for the last snapshot', async () => {
    const session = await fileSession();
    session.write('src/run.sh', 'echo 1', 0o750);
    const snapshotId = await session.turn();
    await session.beforeChange('src/run.sh');
    expect(await backups(session)).toMatchObject([
      { path: 'src/run.sh', state: 'kept', mode: 0o750, snapshotId, blobHash: hashBlob(Buffer.from('echo 1')) },
    ]);
  });

  it('is kept once for a snapshot, as it was first', async () => {
    const session = await fileSession();
    session.write('a', 'first');
    await session.turn();
    await session.beforeChange('a');
    session.write('a', 'second');
    await session.beforeChange('a', './a', join(session.root, 'a'));
    expect(await backups(session)).toMatchObject([{ path: 'a', blobHash: hashBlob(Buffer.from('first')) }]);
  });

  it('is kept again for the next snapshot', async () => {
    const session = await fileSession();
    session.write('a', 'first');
    await session.turn();
    await session.beforeChange('a');
    session.write('a', 'second');
    await session.turn();
    await session.beforeChange('a');
    expect((await backups(session)).map(({ blobHash }) => blobHash)).toEqual(
      ['first', 'second'].map((text) => hashBlob(Buffer.from(text))),
    );
  });

  it('shares its bytes with every other file that holds the same', async () => {
    const session = await fileSession();
    for (const path of ['a', 'b', 'c/d']) session.write(path, 'the same');
    await session.turn();
    await session.beforeChange('a', 'b');
    await session.turn();
    await session.beforeChange('c/d', 'a');
    const { blobs, fileBackups } = await session.store.dumpSession(session.sessionId);
    expect(fileBackups).toHaveLength(4);
    expect(blobs).toHaveLength(1);
  });

  it('that does not exist is kept as absent, and so is one whose folder does not exist', async () => {
    const session = await fileSession();
    await session.turn();
    await session.beforeChange('new', 'folder/new');
    expect(await backups(session)).toMatchObject([
      { path: 'new', state: 'absent', blobHash: null, mode: null },
      { path: 'folder/new', state: 'absent' },
    ]);
  });

  it('that is too large is noted, without its bytes', async () => {
    const session = await fileSession({ maxFileBytes: 3 });
    session.write('large', '1234', 0o600);
    session.write('fits', '123');
    await session.turn();
    expect(await session.beforeChange('large', 'fits')).toEqual(['large']);
    expect(await session.beforeChange('large', 'fits')).toEqual([]);
    expect(await backups(session)).toMatchObject([
      { path: 'large', state: 'too-large', blobHash: null, mode: 0o600 },
      { path: 'fits', state: 'kept' },
    ]);
  });

  it('is not read again when the same tool changes it twice in a turn', async () => {
    const session = await fileSession();
    session.write('a', 'first');
    await session.turn();
    await session.beforeChange('a');
    rmSync(join(session.root, 'a'));
    await session.beforeChange('a');
    expect(await backups(session)).toHaveLength(1);
  });

  it('is written together with others, in batches that fit into memory', async () => {
    const store = openMemoryStore();
    const batches: (readonly string[])[] = [];
    const session = await fileSession({
      store: {
        ...store,
        recordFileBackups(record) {
          batches.push(record.files.map(({ path }) => path));
          return store.recordFileBackups(record);
        },
      },
    });
    const paths = ['a', 'b', 'c', 'd'];
    for (const path of paths) session.write(path, Buffer.alloc(9 * 1024 * 1024, path));
    await session.turn();
    await session.beforeChange(...paths);
    expect(batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });
});

describe('a tool may not change', () => {
  const refused = { code: 'checkpoint/path-refused' };
  const cases: Readonly<Record<string, readonly [path: string, prepare?: (root: string) => void]>> = {
    'what is above the root': ['../elsewhere'],
    "what a '..' leads to, though it may be in the root": ['a/../b'],
    'an absolute path elsewhere': [join(tmpdir(), 'elsewhere')],
    'the root itself': ['.'],
    'an empty path': [''],
    'a path with NUL': ['a\0b'],
    'a path that is no Unicode': ['a\uD800'],
    'a folder': ['folder', (root) => mkdirSync(join(root, 'folder'))],
    'a link to a file': ['link', (root) => symlinkSync(join(root, 'file'), join(root, 'link'))],
    'a link that leads nowhere': ['link', (root) => symlinkSync('nowhere', join(root, 'link'))],
    'a file behind a link to a folder': ['link/file', (root) => symlinkSync('.', join(root, 'link'))],
    'a pipe': ['pipe', (root) => makePipe(join(root, 'pipe'))],
  };

  for (const [name, [path, prepare]] of Object.entries(cases)) {
    it(name, async () => {
      const session = await fileSession();
      session.write('file', 'text');
      prepare?.(session.root);
      await session.turn();
      const change = session.beforeChange(path);
      await expect(change).rejects.toMatchObject(refused);
      await expect(change).rejects.not.toThrow('\0');
      expect(await backups(session)).toEqual([]);
    });
  }

  it('a link that has taken the place of a file it has changed before', async () => {
    const session = await fileSession();
    session.write('file', 'text');
    await session.turn();
    await session.beforeChange('file');
    rmSync(join(session.root, 'file'));
    symlinkSync('elsewhere', join(session.root, 'file'));
    await expect(session.beforeChange('file')).rejects.toMatchObject(refused);
  });

  it('anything when the root is gone', async () => {
    const session = await fileSession({ root: join(tempFolder(), 'gone') });
    await session.turn();
    await expect(session.beforeChange('a')).rejects.toMatchObject({ code: 'checkpoint/unavailable' });
  });
});

describe('a file checkpointer', () => {
  it('says in an error what it refused, and why', async () => {
    const session = await fileSession();
    mkdirSync(join(session.root, 'src'));
    await session.turn();
    await expect(session.beforeChange('src')).rejects.toThrow(
      "'src' cannot be kept before it is changed: it is a folder.",
    );
  });

  it('refuses a stale fence, so that the tool does not run', async () => {
    const session = await fileSession();
    const snapshotId = await session.turn();
    const change = { sessionId: session.sessionId, snapshotId, paths: ['a'], at: 9, fence: 7 };
    await expect(session.files.beforeChange(session.store, change)).rejects.toMatchObject({
      code: 'checkpoint/lease-lost',
    });
  });

  it('whose root is a link looks after the folder it leads to', async () => {
    const folder = tempFolder();
    const root = join(tempFolder(), 'link');
    symlinkSync(folder, root);
    const session = await fileSession({ root });
    session.write('a', 'text');
    await session.turn();
    await session.beforeChange('a', join(root, 'b'));
    expect((await backups(session)).map(({ path, state }) => [path, state])).toEqual([
      ['a', 'kept'],
      ['b', 'absent'],
    ]);
  });

  it.each([
    [{}, 'root is undefined'],
    [{ root: '' }, "root is ''"],
    [{ root: 5 }, 'root is 5'],
    [{ root: '/files', maxFileBytes: Number.NaN }, 'maxFileBytes is NaN'],
    [{ root: '/files', maxFileBytes: -1 }, 'maxFileBytes is -1'],
    [{ root: '/files', maxFileBytes: '1' }, "maxFileBytes is '1'"],
  ])('refuses at once options that cannot work: %j', (options, words) => {
    // As they come from code that no compiler has seen.
    expect(() => createFileCheckpointer(options as FileCheckpointerOptions)).toThrow(
      expect.objectContaining({ code: 'checkpoint/invalid-write', message: expect.stringContaining(words) }),
    );
  });

  it('keeps nothing for a tool that declares nothing', async () => {
    const files = createFileCheckpointer({ root: '/nowhere at all' });
    const change = { sessionId: 'none', snapshotId: 'none', paths: [], at: 1 };
    await expect(files.beforeChange(openMemoryStore(), change)).resolves.toEqual([]);
  });
});
