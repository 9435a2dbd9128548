import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '@reprise/checkpoint';
import { expect, test } from 'vitest';
import { defaultLogFolders, detectLog, findLogs } from '../src/index.ts';
import { linesOf, logFolder } from './support/log-folder.ts';
import { compactionLine, questionLine, responseLine } from './support/transcript-lines.ts';

const RECORD = JSON.stringify({ key: 'a1', response: 'data: {}\n\n' });
const LOGGED = JSON.stringify({ object: 'response', id: 'resp_1', usage: { input_tokens: 1, output_tokens: 2 } });

test.each([
  ['claude-code', [questionLine()]],
  ['claude-code', [JSON.stringify({ type: 'summary', summary: 'x', leafUuid: 'y' })]],
  ['claude-code', ['{"damaged":', compactionLine()]],
  ['cassette', [RECORD]],
  ['json-lines', [LOGGED]],
  ['json-lines', [JSON.stringify({ level: 'info' }), JSON.stringify({ response: JSON.parse(LOGGED) })]],
  ['other', [JSON.stringify({ level: 'info' })]],
  ['other', ['# Notes', '[1]', '']],
  ['other', []],
] as const)('lines are told by their content: %s', async (kind, lines) => {
  expect(await detectLog(lines)).toBe(kind);
  expect(await detectLog(join(logFolder({ 'any.name': linesOf(...lines) }), 'any.name'))).toBe(kind);
});

test('stores and logs are found by content, whatever they are called', async () => {
  const folder = logFolder({
    'a.txt': linesOf(questionLine(), responseLine()),
    'b/c.log': linesOf(LOGGED),
    'b/tape': linesOf(RECORD),
    'd.jsonl': linesOf('{"level":"info"}'),
    'e.bin': new Uint8Array(1000),
    'node_modules/f.jsonl': linesOf(LOGGED),
  });
  await openSqliteStore(join(folder, 'g.sqlite')).close();
  writeFileSync(join(folder, 'h.db'), ofAnotherProgram(readFileSync(join(folder, 'g.sqlite'))));
  const { logs, otherFiles, unreadable } = await findLogs([folder, join(folder, 'b')]);
  expect(logs.map(({ path, kind, isAssumed }) => [path.slice(folder.length + 1), kind, isAssumed])).toEqual([
    ['a.txt', 'claude-code', false],
    ['b/c.log', 'json-lines', false],
    ['b/tape', 'cassette', false],
    ['g.sqlite', 'store', false],
  ]);
  expect(otherFiles).toBe(3);
  expect(unreadable).toEqual([]);
});

/** A database without the mark of ours. */
function ofAnotherProgram(store: Buffer): Buffer {
  return Buffer.concat([store.subarray(0, 68), Buffer.alloc(4), store.subarray(72)]);
}

test.skipIf(process.platform !== 'linux')('a store that is open is not looked into, and its locks stay', async () => {
  const folder = logFolder({});
  const path = join(folder, 'open.db');
  const store = openSqliteStore(path);
  await store.createSession({ id: 'session', createdAt: 1 });
  const locks = readLocks(path);
  expect(locks).not.toEqual([]);
  const { logs, otherFiles } = await findLogs([folder]);
  expect(logs).toMatchObject([{ path, kind: 'store', isAssumed: true }]);
  expect(otherFiles).toBe(2);
  expect(readLocks(path)).toEqual(locks);
  await store.close();
});

/** What this process has locked of a file and of what SQLite keeps beside it. */
function readLocks(path: string): readonly string[] {
  const inodes = [path, `${path}-shm`].map((file) => `:${statSync(file).ino} `);
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  const own = lines.filter((line) => line.includes(` ${process.pid} `) && inodes.some((inode) => line.includes(inode)));
  // Each line begins with its number, which others' locks move.
  return own.map((line) => line.replace(/^\d+: /, '')).toSorted();
}

test('what cannot be read is listed, and nothing else is lost by it', async () => {
  const folder = logFolder({ 'a.jsonl': linesOf(LOGGED) });
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  mkdirSync(join(folder, 'b'));
  symlinkSync(folder, join(folder, 'b', 'loop'));
  const { logs, unreadable } = await findLogs([folder, join(folder, 'missing')]);
  expect(logs).toHaveLength(1);
  expect(unreadable).toEqual([
    { path: join(folder, 'link'), reason: expect.stringContaining('ENOENT') },
    { path: join(folder, 'missing'), reason: expect.stringContaining('ENOENT') },
  ]);
});

test('looking changes nothing', async () => {
  const folder = logFolder({ 'a.jsonl': linesOf(LOGGED) });
  await openSqliteStore(join(folder, 'b.db')).close();
  const before = ['a.jsonl', 'b.db'].map((name) => statSync(join(folder, name)).mtimeMs);
  await findLogs([folder]);
  expect(['a.jsonl', 'b.db'].map((name) => statSync(join(folder, name)).mtimeMs)).toEqual(before);
});

test('transcripts are looked for where Claude Code keeps them', () => {
  expect(defaultLogFolders({}, '/home/me')).toEqual(['/home/me/.config/claude/projects', '/home/me/.claude/projects']);
  expect(defaultLogFolders({ CLAUDE_CONFIG_DIR: '/a, /b' }, '/home/me')).toEqual(['/a/projects', '/b/projects']);
});
