import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteStore } from '../src/index.ts';
import { growSessions, type Step } from './support/grow-sessions.ts';
import { runCommand } from './support/run-command.ts';
import { tempFolder, tempStorePath } from './support/temp-folder.ts';

const STEPS: readonly Step[] = [
  { does: 'commit', session: 0, text: 'one', cost: 12n, bytes: Buffer.from('media') },
  { does: 'create', session: 0, text: '' },
  { does: 'commit', session: 1, text: 'two', cost: 12n, bytes: Buffer.from('media') },
];

async function sampleStore(): Promise<string> {
  const path = tempStorePath();
  const store = openSqliteStore(path);
  await growSessions(store, STEPS);
  await store.close();
  return path;
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function change(path: string, sql: string): void {
  const connection = new Database(path);
  connection.pragma('foreign_keys = OFF');
  connection.exec(sql);
  connection.close();
}

describe('doctor', () => {
  test('finds a whole store whole, and leaves it as it is', async () => {
    const path = await sampleStore();
    const before = digest(path);
    const temporary = tempFolder();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { exitCode, output } = await runCommand(['doctor', path]);
    expect([exitCode, output]).toEqual([0, 'Whole: everything was read, 2 sessions.\n']);
    expect(digest(path)).toBe(before);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('says that a folder is no store', async () => {
    const folder = tempFolder();
    const { exitCode, errors } = await runCommand(['doctor', folder]);
    expect([exitCode, errors]).toEqual([2, `error: ${folder} is a folder. Name a file for the store.\n`]);
  });

  test('reads what is committed while a session goes on', async () => {
    const path = await sampleStore();
    const store = openSqliteStore(path);
    await store.createSession({ id: 'in the log', createdAt: 1 });
    expect((await runCommand(['doctor', path])).output).toBe('Whole: everything was read, 3 sessions.\n');
    expect(await store.readSession('in the log')).toBeDefined();
    await store.close();
  });

  test.each([
    ['a payload', `UPDATE entries SET payload = 'x' WHERE kind = 'answer'`, /entry sha256:[0-9a-f]+/],
    ['a price', 'UPDATE turns SET cost_pico_usd = 1', /turn 'turn-0'/],
    ['a count', 'UPDATE snapshots SET turn_count = 7', /snapshot 'snapshot-2'/],
    ['a lost turn', `DELETE FROM turns WHERE id = 'turn-2'`, /session 1 |turn-2/],
    ['a blob', `UPDATE blobs SET bytes = x'00'`, /blob sha256:/],
  ])('names %s that is not what it was', async (_what, sql, pattern) => {
    const path = await sampleStore();
    change(path, sql);
    const before = digest(path);
    const { exitCode, output } = await runCommand(['doctor', path]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^damage: /m);
    expect(output).toMatch(pattern);
    expect(output).toMatch(/Damaged: \d+ findings?\. /);
    expect(output).not.toContain('reprise-doctor-');
    expect(digest(path)).toBe(before);
  });

  test('names a file that lost its end', async () => {
    const path = await sampleStore();
    truncateSync(path, 8192);
    const { exitCode, output } = await runCommand(['doctor', path]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^damage: .+/);
    expect(output).not.toContain('reprise-doctor-');
  });

  test.each([
    ['a text', (path: string) => writeFileSync(path, 'Not a database, and long enough to be looked at. '.repeat(90))],
    ['another program’s database', (path: string) => change(path, 'CREATE TABLE notes (text)')],
  ])('says that %s is no store', async (_what, make) => {
    const path = tempStorePath();
    make(path);
    const before = digest(path);
    const { exitCode, errors } = await runCommand(['doctor', path]);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: .+\n$/)]);
    expect(errors).toContain(path);
    expect(digest(path)).toBe(before);
  });

  test('refuses a newer format', async () => {
    const path = await sampleStore();
    change(path, 'PRAGMA user_version = 999');
    const { exitCode, errors } = await runCommand(['doctor', path]);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(/has format 999/)]);
  });

  const oldStore = fileURLToPath(new URL('fixtures/sqlite-format-1.db', import.meta.url));
  test('reads an older format, says so, and does not migrate it', async () => {
    const path = join(tempFolder(), 'old.db');
    copyFileSync(oldStore, path);
    const before = digest(path);
    const { exitCode, output } = await runCommand(['doctor', path]);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/Its format is 1; it was read as format \d+/);
    expect(digest(path)).toBe(before);
  });
});

describe('as a process', { timeout: 30_000 }, () => {
  const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['--conditions=reprise-source', MAIN, ...args]);

  test('its exit code says what came of it', async () => {
    const path = await sampleStore();
    expect(await run('doctor', path)).toMatchObject({
      stdout: 'Whole: everything was read, 2 sessions.\n',
      stderr: '',
    });
    change(path, 'UPDATE turns SET cost_pico_usd = 1');
    await expect(run('doctor', path)).rejects.toMatchObject({ code: 1 });
    await expect(run('doctor', `${path}-missing`)).rejects.toMatchObject({ code: 2, stderr: /^error: [^\n]+\n$/ });
  });

  test('nobody reading its output to the end is no failure', async () => {
    const path = await sampleStore();
    const store = openSqliteStore(path);
    const { tip } = (await store.readSession('first')) ?? { tip: '' };
    const entries = [{ kind: 'note', payload: 'x'.repeat(4_000_000) }];
    await store.appendEntries({ sessionId: 'first', expectedTip: tip, entries, at: 1 });
    await store.close();
    const command = `"${process.execPath}" --conditions=reprise-source "${MAIN}" export "${path}" first | head -c 20`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', command]);
    expect([stdout, stderr]).toEqual(['{"format":"reprise-s', '']);
  });
});
