import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CheckpointStore, exportSession, openSqliteStore } from '../src/index.ts';
import { growSessions, type Step } from './support/grow-sessions.ts';
import { runCommand } from './support/run-command.ts';
import { tempFolder } from './support/temp-folder.ts';

const STEPS: readonly Step[] = [
  { does: 'commit', session: 0, text: 'one', cost: 12n, bytes: Buffer.from('media') },
  { does: 'commit', session: 0, text: 'two', cost: 12n, bytes: Buffer.from('media') },
  { does: 'append', session: 0, text: 'and?' },
];

/** A store in a folder of its own, with one session, `first`, of two turns. */
async function sampleStore(): Promise<string> {
  const path = join(tempFolder(), 'sessions.db');
  await using(path, (store) => growSessions(store, STEPS));
  return path;
}

async function using<Result>(path: string, work: (store: CheckpointStore) => Promise<Result>): Promise<Result> {
  const store = openSqliteStore(path);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function textOf(path: string, id: string): Promise<string> {
  return using(path, async (store) => (await Array.fromAsync(exportSession(store, id))).join(''));
}

describe('fork, rewind and label', () => {
  test('`fork` makes a session that goes on from a snapshot, and prints its id', async () => {
    const path = await sampleStore();
    const { output } = await runCommand(['fork', path, 'snapshot-0', '--id', 'the fork']);
    expect(output).toBe('the fork\n');
    expect(await using(path, (store) => store.readTurns('the fork'))).toHaveLength(1);
    const unnamed = (await runCommand(['fork', path, 'snapshot-0'])).output.trim();
    expect(await using(path, (store) => store.readTurns(unnamed))).toHaveLength(1);
  });

  test('`rewind` goes back, and what it prints undoes it', async () => {
    const path = await sampleStore();
    const before = await using(path, (store) => store.readEntries('first'));
    const { output } = await runCommand(['rewind', path, 'first', 'snapshot-0']);
    expect(await using(path, (store) => store.readTurns('first'))).toHaveLength(1);
    const [, left = ''] = /To undo it: rewind <store> first (\S+)/.exec(output) ?? [];
    expect(await using(path, (store) => store.readSnapshot(left))).toMatchObject({ turnCount: 1, messageCount: 3 });
    expect((await runCommand(['rewind', path, 'first', left])).exitCode).toBe(0);
    expect(await using(path, (store) => store.readEntries('first'))).toEqual(before);
  });

  test('`rewind` of a session that somebody holds is refused', async () => {
    const path = await sampleStore();
    await using(path, async (store) => {
      await store.acquireLease({ sessionId: 'first', holder: 'worker 7', ttlMs: 60_000 });
      const { exitCode, errors } = await runCommand(['rewind', path, 'first', 'snapshot-0']);
      expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: .*held by worker 7.*\n$/)]);
    });
  });

  test('`label` names a snapshot and takes the name away', async () => {
    const path = await sampleStore();
    await runCommand(['label', path, 'snapshot-0', 'good place']);
    expect(await using(path, (store) => store.readSnapshot('snapshot-0'))).toMatchObject({ label: 'good place' });
    await runCommand(['label', path, 'snapshot-0']);
    expect(await using(path, (store) => store.readSnapshot('snapshot-0'))).toMatchObject({ label: null });
  });
});

describe('delete and prune', () => {
  test('`delete` does nothing until it is told that one is sure', async () => {
    const path = await sampleStore();
    const asked = await runCommand(['delete', path, 'first']);
    expect([asked.exitCode, asked.errors]).toEqual([2, expect.stringMatching(/'first' with the 2 turns .*--yes/)]);
    expect(await using(path, (store) => store.readSession('first'))).toBeDefined();
    expect((await runCommand(['delete', path, 'first', '--yes'])).exitCode).toBe(0);
    expect(await using(path, (store) => store.readSession('first'))).toBeUndefined();
  });

  test('`prune` says what it deletes, and with --dry-run only that', async () => {
    const path = await sampleStore();
    const limits = ['--keep-snapshots', '0', '--older-than', '30d'];
    const forecast = await runCommand(['prune', path, ...limits, '--dry-run']);
    // The times of the sample are those of 1970.
    expect(forecast.output).toBe('would delete session first\nwould delete 1 session and 0 snapshots\n');
    expect(await using(path, (store) => store.readSession('first'))).toBeDefined();
    await runCommand(['label', path, 'snapshot-1', 'keep']);
    const kept = await runCommand(['prune', path, ...limits]);
    expect(kept.output).toMatch(/kept session first: it has a snapshot with a label\ndeleted 0 sessions/);
    const thinned = await runCommand(['prune', path, '--keep-snapshots', '0']);
    expect(thinned.output).toBe('deleted snapshot snapshot-0\ndeleted 0 sessions and 1 snapshot\n');
  });

  test('`prune` without a limit is refused, and so is a limit that is none', async () => {
    const path = await sampleStore();
    expect(await runCommand(['prune', path])).toMatchObject({
      exitCode: 2,
      errors: expect.stringMatching(/--older-than/),
    });
    for (const limit of ['30', 'd', '-1d', '1.5d']) {
      expect(await runCommand(['prune', path, `--older-than=${limit}`])).toMatchObject({ exitCode: 2 });
    }
    expect(await using(path, (store) => store.readSession('first'))).toBeDefined();
  });
});

describe('export and import', () => {
  test('`export` prints what `import` reads from standard input', async () => {
    const path = await sampleStore();
    const { output } = await runCommand(['export', path, 'first']);
    expect(output).toBe(await textOf(path, 'first'));
    const copy = join(tempFolder(), 'copy.db');
    const imported = await runCommand(['import', copy, '-', '--create'], output);
    expect(imported.output).toBe('Imported session first.\n');
    expect(await textOf(copy, 'first')).toBe(output);
  });

  test('`export -o` writes a whole file, and replaces one only by force', async () => {
    const path = await sampleStore();
    const folder = tempFolder();
    const file = join(folder, 'first.jsonl');
    expect((await runCommand(['export', path, 'first', '-o', file])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(await textOf(path, 'first'));
    writeFileSync(file, 'mine');
    const refused = await runCommand(['export', path, 'first', '-o', file]);
    expect([refused.exitCode, refused.errors]).toEqual([2, expect.stringMatching(/already.*--force/)]);
    expect(await runCommand(['export', path, 'nobody', '-o', file, '--force'])).toMatchObject({ exitCode: 2 });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await runCommand(['export', path, 'first', '-o', file, '--force'])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(await textOf(path, 'first'));
    expect(readdirSync(folder)).toEqual(['first.jsonl']);
  });

  test('`import --id` puts a fork beside the session itself', async () => {
    const path = await sampleStore();
    const file = join(dirname(path), 'first.jsonl');
    await runCommand(['export', path, 'first', '-o', file]);
    const again = await runCommand(['import', path, file]);
    expect([again.exitCode, again.errors]).toEqual([2, expect.stringMatching(/session 'first' already/)]);
    expect((await runCommand(['import', path, file, '--id', 'copy'])).exitCode).toBe(0);
    const entries = await using(path, (store) => store.readEntries('copy'));
    expect(entries).toEqual(await using(path, (store) => store.readEntries('first')));
  });

  test('an import that is refused creates no store', async () => {
    const path = await sampleStore();
    const folder = tempFolder();
    const cut = (await textOf(path, 'first')).slice(0, 500);
    const refused = await runCommand(['import', join(folder, 'copy.db'), '-', '--create'], cut);
    expect([refused.exitCode, refused.errors]).toEqual([2, expect.stringMatching(/^error: .*line \d+.*\n$/)]);
    const missing = await runCommand(['import', path, join(folder, 'nothing.jsonl')]);
    expect([missing.exitCode, missing.errors]).toEqual([2, expect.stringMatching(/nothing\.jsonl/)]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('every command', () => {
  test.each([
    ['sessions'],
    ['snapshots', 'a'],
    ['show', 'a'],
    ['export', 'a'],
    ['import', '-'],
    ['delete', 'a', '--yes'],
    ['prune', '--keep-snapshots', '1'],
    ['fork', 's'],
    ['rewind', 'a', 's'],
    ['label', 's', 'name'],
    ['doctor'],
  ])('`%s` creates no store where there is none', async (name, ...rest) => {
    const folder = tempFolder();
    const path = join(folder, 'missing.db');
    const { exitCode, errors } = await runCommand([name, path, ...rest]);
    expect([exitCode, errors]).toEqual([2, `error: There is no file ${path}. Nothing was created.\n`]);
    expect(existsSync(path)).toBe(false);

    const empty = join(folder, 'empty.db');
    writeFileSync(empty, '');
    expect(await runCommand([name, empty, ...rest])).toMatchObject({ exitCode: 2 });
    expect(readFileSync(empty)).toHaveLength(0);
  });

  test('says in one line what went wrong', async () => {
    const path = await sampleStore();
    for (const args of [
      ['show', path, 'nobody'],
      ['snapshots', path, 'nobody'],
      ['export', path, 'nobody'],
      ['delete', path, 'nobody', '--yes'],
      ['fork', path, 'nothing'],
      ['label', path, 'nothing', 'name'],
      ['sessions', path, '--after', 'x'],
      ['sessions', path, '--limit', '0'],
      ['sessions', path, '--bogus'],
      ['sessions'],
      ['bogus'],
      ['sessions', dirname(path)],
      ['sessions', join(path, 'beneath.db')],
    ]) {
      const { exitCode, errors } = await runCommand(args);
      expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: .+\n$/)]);
    }
  });

  test.each([
    [
      'a folder that is to have an export',
      (folder: string) => ['export', 'anna', '-o', folder, '--force'],
      'is a folder. Name a file.',
    ],
    [
      'an export to nowhere',
      (folder: string) => ['export', 'anna', '-o', join(folder, 'no', 'x')],
      'There is no folder ',
    ],
    ['an import of nothing', (folder: string) => ['import', join(folder, 'no')], 'There is no file '],
    ['an import of a folder', (folder: string) => ['import', folder], 'is a folder. Name a file.'],
  ])('refuses %s in words', async (_what, argsOf, words) => {
    const path = await sampleStore();
    const [name = '', ...rest] = argsOf(dirname(path));
    const { exitCode, errors } = await runCommand([name, path, ...rest]);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: [^E].+\.\n$/)]);
    expect(errors).toContain(words);
    expect(readdirSync(dirname(path)).filter((file) => file.includes('partial'))).toEqual([]);
  });

  test('says which release it is', async () => {
    const { exitCode, output } = await runCommand(['--version']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('helps', async () => {
    const { exitCode, output } = await runCommand(['--help']);
    expect(exitCode).toBe(0);
    expect(output).toMatch(/Examples:\n.*sessions.*Exit codes/s);
    for (const name of ['sessions', 'show', 'export', 'import', 'prune', 'fork', 'rewind', 'label', 'doctor']) {
      expect(output).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect((await runCommand([name, '--help'])).output).toMatch(
        new RegExp(`Usage: reprise-checkpoint ${name} .*<store>`),
      );
    }
  });
});
