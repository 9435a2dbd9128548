import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { runDemo } from './support/run-demo.ts';
import { tempFolder } from './support/temp-folder.ts';

const TIMEOUT = 60_000;

/** Every file and folder with its bytes, so that nothing written goes unseen. */
function contentsOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isFile() ? readFileSync(path, 'base64') : ''];
    }),
  );
}

async function expectRefusal(cwd: string, args: readonly string[], message: RegExp): Promise<void> {
  const before = contentsOf(cwd);
  const { code, stdout, stderr } = await runDemo(args, { cwd });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect([code, stdout]).toEqual([1, '']);
  expect(contentsOf(cwd)).toEqual(before);
}

async function storeWithSession(path: string): Promise<void> {
  const store = openSqliteStore(path);
  await store.createSession({ id: 'known', createdAt: 1 });
  await store.close();
}

describe('the demo refuses, in one line and with nothing written,', () => {
  it.each<[string, string[], RegExp]>([
    ['a missing folder', ['--dir', 'nope'], /^error: no such folder: nope\n/],
    ['a file as the folder', ['--dir', 'a.txt'], /^error: not a folder: a\.txt\n/],
    ['an empty question', ['--ask', ' '], /^error: option '--ask <question>' argument ' ' is invalid/],
    ['an unknown option', ['--aks', 'x'], /^error: unknown option '--aks' \(Did you mean --ask\?\)/],
    ['a stray argument', ['What?'], /^error: too many arguments/],
    ['an unknown vendor', ['--model', 'acme/one'], /^error: No provider for the model name "acme\/one"/],
    [
      'a model without a vendor',
      ['--model', 'claude-opus-5'],
      /^error: No provider for the model name "claude-opus-5"/,
    ],
    ['a model without its key', ['--model', 'anthropic/claude-opus-5'], /^error: .*set ANTHROPIC_API_KEY/],
    ['another one', ['--model', 'openai/gpt-5.6'], /^error: .*set OPENAI_API_KEY/],
    ['a session without a database', ['--session', 'x'], /^error: There is no session x in \.reprise\/demo\.db/],
    ['a database in a missing folder', ['--db', 'nope/x.db'], /^error: There is no folder .*nope/],
    ['a folder as the database', ['--db', '.'], /^error: .* is a folder/],
    ['a text as the database', ['--db', 'a.txt'], /^error: .*a\.txt is not a SQLite database/],
  ])(
    '%s',
    async (_case, args, message) => expectRefusal(tempFolder({ 'a.txt': 'A text. '.repeat(200) }), args, message),
    TIMEOUT,
  );

  it(
    'a folder that cannot be reached',
    async () => {
      const cwd = tempFolder();
      symlinkSync('loop', join(cwd, 'loop'));
      await expectRefusal(cwd, ['--dir', 'loop'], /^error: cannot be read: loop \(ELOOP\)\n/);
    },
    TIMEOUT,
  );

  it(
    'a file in the place of its own folder',
    async () => {
      const cwd = tempFolder({ '.reprise': 'mine' });
      await expectRefusal(
        cwd,
        [],
        /^error: The folder .*\.reprise cannot be created \(EEXIST\); name another database/,
      );
    },
    TIMEOUT,
  );

  it(
    'an unknown session',
    async () => {
      const cwd = tempFolder();
      await storeWithSession(join(cwd, 'own.db'));
      await expectRefusal(cwd, ['--db', 'own.db', '--session', 'x'], /^error: There is no session x in own\.db/);
    },
    TIMEOUT,
  );

  it(
    "another program's database",
    async () => {
      const cwd = tempFolder();
      const database = new DatabaseSync(join(cwd, 'other.db'));
      database.exec('CREATE TABLE other (id INTEGER)');
      database.close();
      await expectRefusal(cwd, ['--db', 'other.db'], /^error: .*other\.db is a SQLite database of another program/);
    },
    TIMEOUT,
  );

  it(
    'a database of a newer release',
    async () => {
      const cwd = tempFolder();
      await storeWithSession(join(cwd, 'newer.db'));
      const database = new DatabaseSync(join(cwd, 'newer.db'));
      database.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 999');
      database.close();
      await expectRefusal(cwd, ['--db', 'newer.db'], /^error: .*newer\.db has format 999/);
    },
    TIMEOUT,
  );

  it(
    'a session that is damaged',
    async () => {
      const cwd = tempFolder();
      await storeWithSession(join(cwd, 'own.db'));
      const database = new DatabaseSync(join(cwd, 'own.db'));
      database.exec('UPDATE entries SET payload = \'{"v":2}\'');
      database.close();
      await expectRefusal(cwd, ['--db', 'own.db', '--session', 'known'], /^error: .*own\.db is damaged/);
    },
    TIMEOUT,
  );

  it(
    'a database that was cut off',
    async () => {
      const cwd = tempFolder();
      await storeWithSession(join(cwd, 'cut.db'));
      writeFileSync(join(cwd, 'cut.db'), readFileSync(join(cwd, 'cut.db')).subarray(0, 4096 + 100));
      await expectRefusal(cwd, ['--db', 'cut.db', '--session', 'known'], /^error: .*cut\.db is damaged/);
    },
    TIMEOUT,
  );
});

describe('the demo explains itself', () => {
  it.each([
    ['--help', /Examples:\n {2}npm start\n/],
    ['--version', /^\d+\.\d+\.\d+\n$/],
  ])(
    'with %s',
    async (option, expected) => {
      const cwd = tempFolder();
      const { code, stdout, stderr } = await runDemo([option], { cwd });
      expect([code, stderr, readdirSync(cwd)]).toEqual([0, '', []]);
      expect(stdout).toMatch(expected);
    },
    TIMEOUT,
  );
});
