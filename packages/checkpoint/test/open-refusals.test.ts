import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { CheckpointError, type CheckpointErrorCode, type CheckpointStore, openSqliteStore } from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { startProcess } from './support/child-process.ts';
import { tempFolder, tempStorePath } from './support/temp-folder.ts';

/** The error with which the store is refused. */
function refusalOf(path: string, busyTimeoutMs = 5000): CheckpointError {
  let store: CheckpointStore;
  try {
    store = openSqliteStore({ path, busyTimeoutMs });
  } catch (error) {
    if (error instanceof CheckpointError) {
      return error;
    }
    throw error;
  }
  throw new Error(`${path} was opened: ${Object.keys(store)}`);
}

/** Every file of the folder with its content. */
function contentOf(folder: string): ReadonlyMap<string, string> {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

/** Refuses with this code, names the path, and leaves every file of the folder as it was, with none beside them. */
function expectRefusedUntouched(path: string, code: CheckpointErrorCode): void {
  const before = contentOf(dirname(path));
  const refusal = refusalOf(path);
  expect(refusal.code).toBe(code);
  expect(refusal.message).toContain(path);
  expect(contentOf(dirname(path))).toEqual(before);
}

/** A closed store with a session of some turns. */
async function storeFile(turns = 3): Promise<string> {
  const path = tempStorePath();
  const store = openSqliteStore({ path, synchronous: 'normal' });
  let { tip } = await store.createSession({ id: 'a', createdAt: 1 });
  for (let turnNumber = 1; turnNumber <= turns; turnNumber++) {
    const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: `${turnNumber}`, turnNumber });
    tip = (await store.commitTurn(commit)).tip;
  }
  await store.close();
  return path;
}

function withDatabase<T>(path: string, work: (connection: Database.Database) => T): T {
  const connection = new Database(path);
  try {
    return work(connection);
  } finally {
    connection.close();
  }
}

describe('what is created', () => {
  test('a path with no file, and a file of 0 bytes, become a store', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'empty.db'), '');
    for (const name of ['new.db', 'empty.db', 'with space é.db']) {
      const store = openSqliteStore(join(folder, name));
      expect((await store.listSessions()).items).toEqual([]);
      await store.close();
    }
    expect(readdirSync(folder).toSorted()).toEqual(['empty.db', 'new.db', 'with space é.db']);
  });
});

describe('places that hold no store', () => {
  test('a missing folder is not created', () => {
    const folder = join(tempFolder(), 'missing');
    const { code, message } = refusalOf(join(folder, 'sessions.db'));
    expect(code).toBe('checkpoint/unavailable');
    expect(message).toContain(`There is no folder ${folder}`);
    expect(existsSync(folder)).toBe(false);
  });

  test('a folder, a device, a path below a file, and names that are no path are refused', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), 'text');
    mkdirSync(join(folder, 'folder'));
    const paths = [join(folder, 'folder'), '/dev/null', join(folder, 'file', 'sessions.db'), '', ':memory:', 'a.db '];
    for (const path of paths) {
      const { code, message } = refusalOf(path);
      expect(code).toBe('checkpoint/unavailable');
      expect(message).toContain(path);
    }
    expect(readdirSync(folder).toSorted()).toEqual(['file', 'folder']);
  });

  test.each([
    ['a file', 'cannot be opened: EACCES', (path: string) => chmodSync(path, 0o444)],
    ['a folder', 'Its folder', (path: string) => chmodSync(dirname(path), 0o555)],
  ])('%s that may not be written to is refused', async (_, words, protect) => {
    const path = await storeFile();
    chmodSync(dirname(path), 0o777);
    protect(path);
    const child = startProcess('open-without-rights-process.ts', tempStorePath(), path);
    const { value } = await child.lines.next();
    expect(await child.ended).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(String(value))).toMatchObject({
      code: 'checkpoint/unavailable',
      message: expect.stringContaining(words),
    });
    chmodSync(dirname(path), 0o777);
  });

  test('a store that another process holds locked is refused after the busy timeout', () => {
    const path = tempStorePath();
    withDatabase(path, (other) => {
      other.exec('BEGIN EXCLUSIVE');
      const { code, message } = refusalOf(path, 1);
      expect(code).toBe('checkpoint/unavailable');
      expect(message).toContain(`${path} is locked`);
    });
  });
});

describe('waiting', () => {
  test('a store that another process is writing to opens once that write ends', async () => {
    const path = await storeFile();
    // Only the switch to WAL mode asks for the lock, and SQLite does not wait for it there.
    withDatabase(path, (connection) => connection.pragma('journal_mode = DELETE'));
    const child = startProcess('hold-lock-process.ts', path);
    expect((await child.lines.next()).value).toBe('locked');
    child.input.write('release\n');
    const store = openSqliteStore(path);
    expect(await store.readTurns('a')).toHaveLength(3);
    await store.close();
    expect(await child.ended).toEqual({ code: 0, errors: '' });
  });
});

describe('files of others', () => {
  test.each([
    ['a short text', 'hello'],
    ['a long text', 'All work and no play makes Jack a dull boy.\n'.repeat(500)],
    ['zeros', '\0'.repeat(8192)],
  ])('%s is refused and left as it was', (_, content) => {
    const path = tempStorePath();
    writeFileSync(path, content);
    expectRefusedUntouched(path, 'checkpoint/not-a-store');
  });

  test.each([
    ['with tables', 'CREATE TABLE sessions (id TEXT)'],
    ['with a version', 'PRAGMA user_version = 1'],
    ['with a mark', 'PRAGMA application_id = 42'],
    ['in WAL mode', 'PRAGMA journal_mode = WAL; CREATE TABLE sessions (id TEXT)'],
  ])('a SQLite database of another program %s is refused and left as it was', (_, sql) => {
    const path = tempStorePath();
    withDatabase(path, (other) => other.exec(sql));
    expectRefusedUntouched(path, 'checkpoint/not-a-store');
  });
});

describe('I9 formats', () => {
  test('a newer format is refused and left as it was', async () => {
    const path = await storeFile();
    withDatabase(path, (newer) => newer.exec('ALTER TABLE turns ADD COLUMN mood TEXT; PRAGMA user_version = 99'));
    expectRefusedUntouched(path, 'checkpoint/newer-format');
    expect(refusalOf(path).message).toContain('format 99');
  });

  test('a newer format that a crash left in the log is refused, and log and file are left as they were', async () => {
    const origin = await storeFile();
    const path = tempStorePath();
    withDatabase(origin, (newer) => {
      newer.pragma('user_version = 99');
      copyFileSync(origin, path);
      copyFileSync(`${origin}-wal`, `${path}-wal`);
    });
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const before = [readFileSync(path), readFileSync(`${path}-wal`)];
    expect(refusalOf(path).code).toBe('checkpoint/newer-format');
    expect([readFileSync(path), readFileSync(`${path}-wal`)]).toEqual(before);
  });

  test('a log that a crash left is read', async () => {
    const origin = await storeFile();
    const path = tempStorePath();
    const writer = openSqliteStore(origin);
    const tip = (await writer.readSession('a'))?.tip ?? '';
    await writer.appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('last words')], at: 9 });
    copyFileSync(origin, path);
    copyFileSync(`${origin}-wal`, `${path}-wal`);
    await writer.close();
    const store = openSqliteStore(path);
    expect((await store.readEntries('a')).at(-1)?.payload).toBe(userEntry('last words').payload);
    await store.close();
  });
});

describe('damaged files (X-11)', () => {
  test('a file cut short is refused as damaged', async () => {
    const path = await storeFile(50);
    writeFileSync(path, readFileSync(path).subarray(0, 4096));
    expectRefusedUntouched(path, 'checkpoint/corrupt');
  });

  test('a store whose tables are gone is refused as damaged', async () => {
    const path = await storeFile();
    withDatabase(path, (connection) => connection.exec('PRAGMA foreign_keys = OFF; DROP TABLE turns'));
    const { code, message } = refusalOf(path);
    expect(code).toBe('checkpoint/corrupt');
    expect(message).toContain('it lacks CREATE TABLE turns');
  });

  test('a store with a format no release ever wrote is refused as damaged', async () => {
    const path = await storeFile();
    withDatabase(path, (connection) => connection.pragma('user_version = 0'));
    expectRefusedUntouched(path, 'checkpoint/corrupt');
  });
});
