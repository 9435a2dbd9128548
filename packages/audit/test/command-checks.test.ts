import { execFile } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { agentStore } from './support/agent-session.ts';
import { brokenStore } from './support/broken-store.ts';
import { logFolder } from './support/log-folder.ts';
import { runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore } from './support/sample-store.ts';

/** A store of which one row was changed behind its back. */
async function tamperedStore(): Promise<string> {
  const path = await agentStore(3);
  const database = new DatabaseSync(path);
  database.exec('UPDATE turns SET output = output + 1 WHERE ordinal = 2');
  database.close();
  return path;
}

describe('--verify (N-19)', () => {
  test('exits with 0 for a ledger that is as it was written, and says how much was read', async () => {
    const { exitCode, output, errors } = await runCommand([await agentStore(3), '--verify']);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toContain(
      'as it was written, as far as rows and blocks tell. 3 rows of 1 session were read; 3 requests',
    );
  });

  test('exits with 1 for one that is not, and names the row', async () => {
    const path = await tamperedStore();
    const { exitCode, output } = await runCommand([path, '--verify']);
    expect(exitCode).toBe(1);
    expect(output).toContain('NOT as it was written');
    const json = await runCommand([path, '--verify', '-f', 'json']);
    expect(json.exitCode).toBe(1);
    const { format, verified } = JSON.parse(json.output);
    expect(format).toBe('reprise-audit-verification/1');
    expect(verified[0]).toMatchObject({ source: path, ok: false });
    const csv = await runCommand([path, '--verify', '-f', 'csv']);
    expect(csv.output).toMatch(/^source,session,row,turn,kind,message\r\n/);
    expect(csv.output.trimEnd().split('\r\n')).toHaveLength(1 + verified[0].findings.length);
  });

  test('a report over a damaged store fails as a check does, and names the damage', async () => {
    const { exitCode, errors } = await runCommand([await tamperedStore()]);
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/^error: .*turn/);
  });

  test('has nothing to do with logs', async () => {
    const line = '{"type":"assistant","sessionId":"s","uuid":"u","parentUuid":null}\n';
    const { exitCode, errors } = await runCommand([logFolder({ 'log.jsonl': line }), '--verify']);
    expect(exitCode).toBe(2);
    expect(errors).toBe('error: Only a store has a ledger that can be verified, and none was found.\n');
  });
});

describe('--explain (N-02)', () => {
  test('tells where a session broke its cache, and why', async () => {
    const { exitCode, output } = await runCommand([await brokenStore(), '--explain']);
    expect(exitCode).toBe(0);
    expect(output).toContain('Turn 4 read 0 of ');
    expect(output).toContain('system[0].text was changed');
    const json = await runCommand([await brokenStore(), '--explain', '-f', 'json']);
    expect(JSON.parse(json.output).breaks).toMatchObject([
      { sessionId: 'talk', number: 4, turn: 4, causes: [{ why: 'difference', path: 'system[0].text', kind: 'edit' }] },
    ]);
  });

  test('leaves out breaks before the window, and says when there is none', async () => {
    const path = await brokenStore();
    const { turns } = JSON.parse((await runCommand([path, '-f', 'json', '--by', 'turn'])).output);
    const after = new Date(turns[4].startedAt).toISOString();
    const { output } = await runCommand([path, '--explain', '--since', after]);
    expect(output).toContain('No turn read less from the cache than the turn before it had made possible.');
  });
});

describe('--what-if and --advise (N-03)', () => {
  test('replay the plan in use to the token, and put others beside it', async () => {
    const args = [
      '--what-if',
      'no-cache',
      '--what-if',
      'auto,ttl=1h',
      '--what-if',
      '{"policy":"tools_only"}',
      '-f',
      'json',
    ];
    const { exitCode, output, errors } = await runCommand([await agentStore(4), ...args]);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    const { whatIf, sums } = JSON.parse(output);
    expect(whatIf.rows.map(({ name }: { name: string }) => name)).toEqual([
      'no cache',
      'auto, kept for 1h',
      'tools_only',
    ]);
    expect(whatIf.residual.absolute).toEqual({ tokens: 0, picoUsd: '0', usd: '0' });
    expect(whatIf.recorded.paidPicoUsd).toBe(sums.money.paidPicoUsd);
    expect(whatIf.rows[0].paidPicoUsd).toBe(sums.money.baselinePicoUsd);
  });

  test.each([
    ['keep-warm=5mx3', { policy: undefined, keepWarm: { everyMs: 300_000, atMost: 3 } }],
    ['auto,keep-warm=270s', { policy: 'auto', keepWarm: { everyMs: 270_000 } }],
    ['model=anthropic/claude-sonnet-4-5', { model: { family: 'anthropic', model: 'claude-sonnet-4-5' } }],
  ])('%s is a plan', async (plan, scenario) => {
    const { output } = await runCommand([await agentStore(1), '--what-if', plan, '-f', 'json']);
    expect(JSON.parse(output).whatIf.rows[0].scenario).toMatchObject(JSON.parse(JSON.stringify(scenario)));
  });

  test('--advise ends with what to do', async () => {
    const { output } = await runCommand([await agentStore(4), '--advise'], { width: 100 });
    expect(output).toContain('as recorded');
    expect(output).toMatch(/Stay with the plan in use|Use |No advice/);
  });
});

describe('as a process', () => {
  const run = promisify(execFile);
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

  test('prints to standard output, without colours where nobody watches', async () => {
    const path = await sampleStore([{ id: 'anna', turns: [FIRST, SECOND] }]);
    const { stdout, stderr } = await run(process.execPath, ['--conditions=reprise-source', main, path, '--by', 'turn']);
    expect(stderr).toBe('');
    expect(stdout).toContain('Prompt caching saved $0.0063');
    expect(stdout).not.toContain('\u001b');
  });

  test('ends with its exit code', async () => {
    const failed = await run(process.execPath, ['--conditions=reprise-source', main, '/nowhere']).catch(
      (error) => error,
    );
    expect(failed).toMatchObject({ code: 2, stdout: '', stderr: 'error: There is no file or folder /nowhere.\n' });
  });
});
