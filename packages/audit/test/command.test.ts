import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSqliteStore } from '@reprise/checkpoint';
import { describe, expect, test } from 'vitest';
import { agentStore, tempDatabase } from './support/agent-session.ts';
import { linesOf, logFolder } from './support/log-folder.ts';
import { NOW, runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore, UNPRICED } from './support/sample-store.ts';

const TWO_SESSIONS = [
  { id: 'anna', metadata: '{"tags":["support","beta"]}', turns: [FIRST, SECOND] },
  { id: 'ben', metadata: '{"tags":{"team":"blue"}}', turns: [UNPRICED] },
];

/** The cells of the lines of a table's body and its sums. */
function cellsOf(table: string): readonly (readonly string[])[] {
  const [body = ''] = table.split('\n\n');
  return body
    .split('\n')
    .filter((line) => !line.startsWith('─'))
    .map((line) => line.trim().split(/ +/));
}

describe('groups', () => {
  test('a store is told session by session, then in sum', async () => {
    const { exitCode, output, errors } = await runCommand([await sampleStore(TWO_SESSIONS)]);
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    const rows = cellsOf(output);
    expect(rows[0]).toEqual([
      ...[
        'session',
        'turns',
        'fresh',
        'read',
        'written',
        'output',
        'hit',
        'paid',
        'baseline',
        'saved',
        'wasted',
        'missed',
      ],
    ]);
    expect(rows.slice(1).map((row) => row.slice(0, 10))).toEqual([
      ['ben', '1', '10', '90', '–', '5', '–', '?', '?', '?'],
      ['anna', '2', '140', '2,000', '2,160', '130', '47', '%', '$0.0185', '$0.0248'],
      ['Σ', '3', '150', '2,090', '≥2,160', '135', '–', '≥$0.0185', '≥$0.0248', '~$0.0063'],
    ]);
    expect(output).toContain('the price of 1 turn is unknown');
  });

  test.each([
    [
      'model',
      [
        ['claude-opus-5', '2'],
        ['llama3.2', '1'],
      ],
    ],
    [
      'day',
      [
        ['2026-11-21', '2'],
        ['2026-11-22', '1'],
      ],
    ],
    [
      'tag',
      [
        ['support', '2'],
        ['beta', '2'],
        ['team=blue', '1'],
      ],
    ],
  ])('--by %s', async (by, expected) => {
    const { output } = await runCommand([await sampleStore(TWO_SESSIONS), '--by', by]);
    expect(
      cellsOf(output)
        .slice(1, -1)
        .map((row) => row.slice(0, 2)),
    ).toEqual(expected);
    expect(cellsOf(output).at(-1)?.slice(0, 2)).toEqual(['Σ', '3']);
  });

  test('one session is told turn by turn', async () => {
    const { output } = await runCommand([await sampleStore(TWO_SESSIONS), '--session', 'anna']);
    expect(cellsOf(output).map(([number]) => number)).toEqual(['#', '1', '2', 'Σ']);
    expect(output).toContain('Prompt caching saved $0.0063 of $0.0248 (25 %) over 2 turns');
  });

  test('a percentage that leaves turns out is only given if asked for', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    expect((await runCommand([path])).output).toContain('No percentage is given');
    expect((await runCommand([path, '--partial'])).output).toContain('(25 %)');
  });
});

describe('the window', () => {
  test('begins with --since and ends before --until', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    const turnsOf = async (...args: string[]) => {
      const { output } = await runCommand([path, '--format', 'json', ...args]);
      return JSON.parse(output).sums.turnCount;
    };
    expect(await turnsOf('--since', '2026-11-22')).toBe(1);
    expect(await turnsOf('--until', '2026-11-22')).toBe(2);
    expect(await turnsOf('--until', '2026-11-21T14:06')).toBe(1);
    expect(await turnsOf('--since', '2026-11-21T14:06', '--until', '2026-11-21T14:07')).toBe(1);
    expect(await turnsOf('--since', '2026-11-21T14:06', '--until', '2026-11-21T14:06:00.001')).toBe(1);
    expect(await turnsOf('--since', '2026-11-21T16:06+02:00', '--until', '2026-11-21 14:07')).toBe(1);
    expect(await turnsOf('--since', `${Math.ceil((NOW - Date.UTC(2026, 10, 22)) / 3_600_000)}h`)).toBe(1);
  });

  test('a write before the window that is read in it is not missed, nor wasted', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    const { output } = await runCommand([path, '--session', 'anna', '--since', '2026-11-21T14:06', '-f', 'json']);
    const [turn] = JSON.parse(output).turns;
    expect(turn).toMatchObject({ number: 2, missedRead: { tokens: 0 }, tokens: { cacheRead: 2_000 } });
  });

  test.each(['2026-02-30', '2026-13-01', 'yesterday', '7', '2026-11-21T25:00'])('%s is no time', async (time) => {
    const { exitCode, errors } = await runCommand(['.', '--since', time]);
    expect(exitCode).toBe(2);
    expect(errors).toContain('A time such as 2026-11-21');
  });

  test('that ends before it begins is refused', async () => {
    const { exitCode, errors } = await runCommand(['.', '--since', '2026-11-22', '--until', '2026-11-21']);
    expect({ exitCode, errors }).toEqual({ exitCode: 2, errors: 'error: --since has to be before --until.\n' });
  });
});

describe('what is there to read', () => {
  test('a path that is not there is named', async () => {
    const { exitCode, errors } = await runCommand(['/nowhere/at/all']);
    expect({ exitCode, errors }).toEqual({
      exitCode: 2,
      errors: 'error: There is no file or folder /nowhere/at/all.\n',
    });
  });

  test('a folder without a store or a log is named', async () => {
    const folder = logFolder({ 'notes.txt': 'nothing' });
    const { exitCode, errors } = await runCommand([folder]);
    expect(exitCode).toBe(2);
    expect(errors).toBe(`error: No store and no log was found in ${folder} (1 other file is there).\n`);
  });

  test.each([
    ['that is empty', '', 'is empty'],
    ['of another kind', 'nothing', 'is neither a store of this library nor a log that can be read'],
  ])('a file %s is named', async (_what, content, words) => {
    const path = join(logFolder({ 'notes.txt': content }), 'notes.txt');
    const { exitCode, errors } = await runCommand([path]);
    expect([exitCode, errors]).toEqual([2, `error: ${path} ${words}.\n`]);
  });

  test('a session that is nowhere is named', async () => {
    const { exitCode, errors } = await runCommand([await sampleStore(TWO_SESSIONS), '--session', 'carl']);
    expect({ exitCode, errors }).toEqual({
      exitCode: 2,
      errors: 'error: There is no session "carl" in what was read.\n',
    });
  });

  test('stores and logs of one folder are told together, and a malformed line is told with its number', async () => {
    const log = linesOf(
      JSON.stringify({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-opus-5',
        content: [],
        stop_reason: 'end_turn',
        timestamp: '2026-11-21T10:00:00Z',
        usage: { input_tokens: 7, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 1 },
      }),
      '{"broken',
    );
    const folder = logFolder({ 'calls.jsonl': log });
    const store = await sampleStore(TWO_SESSIONS);
    const { exitCode, output, errors } = await runCommand([folder, store, '--by', 'model', '-f', 'json']);
    expect(exitCode).toBe(0);
    const { sums, imports, sources } = JSON.parse(output);
    expect(sums.turnCount).toBe(4);
    expect(imports).toMatchObject([{ kind: 'json-lines', rows: 1, malformedLines: 1 }]);
    expect(sources).toHaveLength(2);
    expect(errors).toContain(`1 malformed line in json-lines logs: ${join(folder, 'calls.jsonl')}:2 (no-json)`);
  });

  test('a database of another program that looks like a store in use is passed over', async () => {
    const folder = logFolder({ 'other.db': 'not SQLite at all', 'other.db-wal': '' });
    const { errors, exitCode } = await runCommand([folder, await sampleStore(TWO_SESSIONS)]);
    expect(exitCode).toBe(0);
    expect(errors).toContain('other.db is a database of another program and was passed over');
  });
});

describe('reading never writes', () => {
  test('a store is the same bytes after every kind of report', async () => {
    const path = await agentStore(3);
    const before = readFileSync(path);
    for (const args of [[], ['--by', 'turn', '-f', 'html'], ['--explain', '--advise'], ['--verify']]) {
      expect((await runCommand([path, ...args])).exitCode).toBe(0);
    }
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a store that a session is writing to is read as it is at that moment', async () => {
    const path = tempDatabase();
    const store = openSqliteStore(path);
    await store.createSession({ id: 'open', createdAt: 1 });
    const { exitCode, output } = await runCommand([path]);
    await store.close();
    expect({ exitCode, output }).toEqual({
      exitCode: 0,
      output: 'No turns yet: nothing was paid and nothing was saved.\n',
    });
  });
});

describe('--out', () => {
  test('writes a file of its own and replaces none unless told', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    const out = join(dirname(path), 'report.csv');
    expect(await runCommand([path, '-f', 'csv', '--out', out])).toEqual({ exitCode: 0, output: '', errors: '' });
    const first = readFileSync(out, 'utf8');
    expect(first).toMatch(/^session,turns,/);
    const refused = await runCommand([path, '--out', out]);
    expect(refused.exitCode).toBe(2);
    expect(refused.errors).toBe(`error: There is a file ${out} already. Add --force to replace it.\n`);
    const folder = await runCommand([path, '--out', dirname(out), '--force']);
    expect([folder.exitCode, folder.errors]).toEqual([2, `error: ${dirname(out)} is a folder. Name a file.\n`]);
    expect(readFileSync(out, 'utf8')).toBe(first);
    expect((await runCommand([path, '--out', out, '--force'])).exitCode).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('Prompt caching saved');
  });

  test('never takes the place of what is read, whatever is forced', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    const before = readFileSync(path);
    const { exitCode, errors } = await runCommand([path, '--out', path, '--force']);
    expect(exitCode).toBe(2);
    expect(errors).toContain('is what is to be audited');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('leaves nothing behind when the report fails', async () => {
    const path = await sampleStore(TWO_SESSIONS);
    const folder = join(dirname(path), 'reports');
    mkdirSync(folder);
    const out = join(folder, 'report.txt');
    expect((await runCommand([path, '--session', 'carl', '--out', out])).exitCode).toBe(2);
    expect(existsSync(out)).toBe(false);
    writeFileSync(out, 'mine');
    expect((await runCommand([path, '--session', 'carl', '--out', out, '--force'])).exitCode).toBe(2);
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });
});

describe('what makes no sense is refused before anything is read', () => {
  test.each([
    [['--format', 'csv', '--explain'], '--format csv holds turns or groups alone'],
    [['--verify', '--advise'], '--verify stands alone'],
    [['--verify', '--format', 'html'], '--verify gives a table, JSON or CSV'],
    [['--by', 'moon'], 'Allowed choices are turn, session, model, day, tag'],
    [['--what-if', 'moonlight'], 'no vendor takes the policy'],
    [['--what-if', 'ttl=2h'], 'ttl is "2h"'],
    [['--what-if', 'keep-warm=often'], 'is no pause'],
    [['--what-if', 'model=opus'], 'expected FAMILY/NAME'],
    [['--what-if', 'speed=9'], 'is no part of a plan'],
    [['--what-if', '{"cache":'], 'JSON'],
  ])('%j', async (args, told) => {
    const { exitCode, errors, output } = await runCommand(['/nowhere', ...args]);
    expect(exitCode).toBe(2);
    expect(errors).toContain(told);
    expect(output).toBe('');
  });

  test('a page is not thrown at a terminal', async () => {
    const { exitCode, errors } = await runCommand(['/nowhere', '-f', 'html'], { isWatched: true });
    expect({ exitCode, errors }).toEqual({
      exitCode: 2,
      errors: 'error: Say which file is to have the page: --out FILE.\n',
    });
  });
});

test('--version says which release it is', async () => {
  expect(await runCommand(['--version'])).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    errors: '',
  });
});

test('--help names every option, the plans, examples and exit codes', async () => {
  const { exitCode, output } = await runCommand(['--help']);
  expect(exitCode).toBe(0);
  for (const told of [
    '--session',
    '--since',
    '--until',
    '--by',
    '--explain',
    '--what-if',
    '--advise',
    '--verify',
    '--format',
    '--out',
  ])
    expect(output).toContain(told);
  expect(output).toMatch(/Examples:\n {2}\$ reprise-audit/);
  expect(output).toContain('Exit codes: 0 done, 1 a check failed');
});

test('no line of a table is wider than the terminal', async () => {
  const path = await agentStore(3);
  for (const width of [40, 60, 80, 100]) {
    const { output } = await runCommand([path, '--explain', '--advise'], { width, isWatched: true });
    expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});
