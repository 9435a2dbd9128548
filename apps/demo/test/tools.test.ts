import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../src/folder.ts';
import { folderTools, LIMITS } from '../src/tools.ts';
import { tempFolder } from './support/temp-folder.ts';

/** What a tool makes of its input in a folder: its text, or the message of its error. */
async function ask(
  root: string,
  name: string,
  input: JsonValue,
  signal = new AbortController().signal,
): Promise<string> {
  const tool = folderTools(await openFolder(root)).find(({ definition }) => definition.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  try {
    return String(await tool.execute(input, { signal, toolCallId: 'call', idempotencyKey: 'key' }));
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : error}`;
  }
}

describe('list_files', () => {
  it('lists files in the order of their code units, whatever the locale', async () => {
    const root = tempFolder({ 'b.txt': '', 'B.txt': '', 'a/z.txt': '', 'a.txt': '', 'ä.txt': '' });
    expect(await ask(root, 'list_files', {})).toBe('B.txt\na.txt\na/z.txt\nb.txt\nä.txt');
  });

  it('leaves out version control, packages, build output and secrets', async () => {
    const root = tempFolder({
      '.git/config': '',
      'node_modules/x/i.js': '',
      'p/dist/i.js': '',
      '.env': 'KEY=1',
      'p/a': '',
    });
    expect(await ask(root, 'list_files', {})).toBe('p/a');
  });

  it('says that an empty folder holds no files', async () => {
    expect(await ask(tempFolder(), 'list_files', {})).toBe('(no files)');
  });

  it('is cut with a note, and a folder can be named instead', async () => {
    const many = Object.fromEntries(Array.from({ length: LIMITS.files + 1 }, (_, index) => [`many/${index}`, '']));
    const root = tempFolder({ ...many, 'other/one': '' });
    const lines = (await ask(root, 'list_files', {})).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([LIMITS.files + 1, expect.stringContaining('cut after 400 files')]);
    expect(await ask(root, 'list_files', { folder: 'other' })).toBe('other/one');
  });
});

describe('read_file', () => {
  it('numbers the lines, and reads on from one', async () => {
    const root = tempFolder({ 'a.txt': 'one\r\ntwo\nthree\n' });
    expect(await ask(root, 'read_file', { path: 'a.txt' })).toBe('1: one\n2: two\n3: three');
    expect(await ask(root, 'read_file', { path: './a.txt', from: 3 })).toBe('3: three');
    expect(await ask(root, 'read_file', { path: 'a.txt', from: 4 })).toBe('error: a.txt ends with line 3');
  });

  it('is cut by lines and by bytes, and says where to read on', async () => {
    const root = tempFolder({ 'long.txt': 'x\n'.repeat(1000), 'wide.txt': `${'y'.repeat(350)}\n`.repeat(200) });
    expect(await ask(root, 'read_file', { path: 'long.txt' })).toMatch(/400: x\n\(cut: 1000 lines .* from: 401\)$/);
    expect((await ask(root, 'read_file', { path: 'wide.txt' })).length).toBeLessThan(LIMITS.textBytes + 100);
  });

  it('cuts a very long line between characters', async () => {
    const root = tempFolder({ 'emoji.txt': `x${'😀'.repeat(1000)}` });
    expect((await ask(root, 'read_file', { path: 'emoji.txt' })).isWellFormed()).toBe(true);
  });

  it.each([
    ['a missing file', 'nope.txt', 'no such file: nope.txt'],
    ['a file under a file', 'a.txt/b', 'no such file: a.txt/b'],
    ['a folder', 'sub', 'a folder, not a file: sub'],
    ['a binary file', 'sub/b.bin', 'not a text file: sub/b.bin'],
    ['a huge file', 'sub/huge.txt', 'too large: sub/huge.txt is over 1024 KB'],
    ['a path that climbs out', '../x', 'outside the folder: ../x; use a path relative to the folder'],
    [
      'a path that climbs out on the way',
      'sub/../../x',
      'outside the folder: sub/../../x; use a path relative to the folder',
    ],
    ['an absolute path', '/etc/passwd', 'outside the folder: /etc/passwd; use a path relative to the folder'],
    ['a path with a null character', 'a\0b', expect.stringContaining('cannot be read')],
    ['a secret', 'sub/.env.local', 'kept out of reach: sub/.env.local'],
    ['version control', '.git/config', 'kept out of reach: .git/config'],
    ['a link to outside', 'link-out', 'outside the folder: link-out; use a path relative to the folder'],
    [
      'a file in a linked folder outside',
      'folder-out/x',
      'outside the folder: folder-out/x; use a path relative to the folder',
    ],
    ['a link to what is out of reach', 'link-git', 'kept out of reach: link-git'],
    ['a link to nothing', 'link-broken', 'no such file: link-broken'],
  ])('refuses %s', async (_case, path, message) => {
    const outside = tempFolder({ x: 'outside' });
    const root = tempFolder({
      'a.txt': '',
      'sub/b.bin': new Uint8Array([65, 0, 66]),
      'sub/huge.txt': 'h'.repeat(1024 * 1024 + 1),
      'sub/.env.local': 'KEY=1',
      '.git/config': 'secret',
    });
    symlinkSync(join(outside, 'x'), join(root, 'link-out'));
    symlinkSync(outside, join(root, 'folder-out'));
    symlinkSync('.git/config', join(root, 'link-git'));
    symlinkSync('nowhere', join(root, 'link-broken'));
    const refusal = await ask(root, 'read_file', { path });
    expect(refusal.slice('error: '.length)).toEqual(message);
  });

  it('reads through a link that stays inside', async () => {
    const root = tempFolder({ 'a.txt': 'inside' });
    symlinkSync('a.txt', join(root, 'link'));
    expect(await ask(root, 'read_file', { path: 'link' })).toBe('1: inside');
  });
});

describe('search_text', () => {
  it('shows the file with the most matching lines first, whatever their case', async () => {
    const root = tempFolder({ 'a.md': 'Crash\n', 'b.md': 'no\ncrash\nCRASHED\n', 'c.bin': new Uint8Array([0]) });
    expect(await ask(root, 'search_text', { text: 'crash' })).toBe(
      'b.md (2 lines)\n  2: crash\n  3: CRASHED\na.md (1 line)\n  1: Crash',
    );
  });

  it('takes the text as it stands, not as a pattern', async () => {
    const root = tempFolder({ 'a.md': 'aXb\na.*b' });
    expect(await ask(root, 'search_text', { text: 'a.*b' })).toBe('a.md (1 line)\n  2: a.*b');
    expect(await ask(root, 'search_text', { text: 'zzz' })).toBe('(no line contains "zzz")');
  });

  it('is cut with a note', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}.md`, 'hit\n'.repeat(9)]));
    const lines = (await ask(tempFolder(files), 'search_text', { text: 'hit' })).split('\n');
    expect(lines.filter((line) => line.endsWith(': hit'))).toHaveLength(LIMITS.hits);
    expect(lines.at(-1)).toBe('(cut: 10 more files contain it; search for something rarer)');
  });

  it('does not leave the folder by a link', async () => {
    const root = tempFolder({ 'a.md': 'x' });
    symlinkSync(tempFolder({ 'secret.md': 'secret' }), join(root, 'out'));
    expect(await ask(root, 'search_text', { text: 'secret' })).toBe('(no line contains "secret")');
    expect(await ask(root, 'search_text', { text: 'secret', folder: 'out' })).toContain('outside the folder');
  });

  it('stops when it is aborted', async () => {
    expect(
      await ask(tempFolder({ a: 'x' }), 'search_text', { text: 'x' }, AbortSignal.abort(new Error('stopped'))),
    ).toBe('error: stopped');
  });

  it('refuses to search for nothing', async () => {
    expect(await ask(tempFolder(), 'search_text', { text: ' ' })).toMatch(/^error: text:/);
  });
});
