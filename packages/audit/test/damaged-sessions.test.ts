import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { brokenStore } from './support/broken-store.ts';
import { runCommand } from './support/run-command.ts';
import { FIRST, SECOND, sampleStore } from './support/sample-store.ts';

const NAMES = ['anna', 'bob', 'carl'];

/** A store of three sessions with two turns each, changed behind the back of its rules. */
async function damagedStore(sql: string): Promise<string> {
  const path = await sampleStore(NAMES.map((id) => ({ id, turns: [FIRST, SECOND] })));
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return path;
}

const ONE_ROW = "UPDATE turns SET output = output + 1 WHERE id = 'bob-2'";

describe('a report on a store with one damaged session (N-18)', () => {
  test('is over the others, names the damage beside it and in it, and is a check that failed', async () => {
    const path = await damagedStore(ONE_ROW);
    const { exitCode, output, errors } = await runCommand([path]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/\nΣ +4 /);
    expect(output).toContain('1 damaged session is left out: bob.');
    expect(errors).toMatch(
      /^error: session 'bob' of \S+sessions\.db is left out\. The store is damaged: turn 'bob-2' of/,
    );
    expect(errors.trimEnd().split('\n')).toHaveLength(1);
    expect(errors).toContain(path);
  });

  test.each([
    ['by turn', ['--by', 'turn']],
    ['with plans and explanations', ['--explain', '--advise']],
  ])('is whole JSON %s', async (_what, args) => {
    const path = await damagedStore(ONE_ROW);
    const { exitCode, output } = await runCommand([path, '-f', 'json', ...args]);
    const { leftOut, sums, sessionCount } = JSON.parse(output);
    expect({ exitCode, turns: sums.turnCount, sessionCount }).toEqual({ exitCode: 1, turns: 4, sessionCount: 2 });
    expect(leftOut).toEqual([
      { sessionId: 'bob', source: path, problem: expect.stringMatching(/^The store is damaged: turn 'bob-2'/) },
    ]);
  });

  test('says so on a page', async () => {
    const { exitCode, output } = await runCommand([await damagedStore(ONE_ROW), '-f', 'html']);
    expect(exitCode).toBe(1);
    expect(output).toContain('1 damaged session is left out: bob.');
  });

  test('whose row the list of sessions needs, too', async () => {
    const { exitCode, output } = await runCommand([
      await damagedStore("UPDATE sessions SET updated_at = 1 WHERE id = 'bob'"),
      ...['-f', 'json'],
    ]);
    const { leftOut, groups } = JSON.parse(output);
    expect(exitCode).toBe(1);
    expect(groups.map(({ name }: { name: string }) => name).toSorted()).toEqual(['anna', 'carl']);
    expect(leftOut).toMatchObject([{ sessionId: 'bob' }]);
  });

  test('that is asked for alone has no figures', async () => {
    const { exitCode, output, errors } = await runCommand([await damagedStore(ONE_ROW), '-s', 'bob']);
    expect(exitCode).toBe(1);
    expect(output).toBe('\n1 damaged session is left out: bob.\n');
    expect(errors).toMatch(/^error: session 'bob' of /);
  });

  test('whose content alone is damaged has its statement, until its content is asked for', async () => {
    const path = await brokenStore();
    const database = new DatabaseSync(path);
    database.exec("UPDATE entries SET payload = '{}' WHERE seq = 3");
    database.close();
    expect(await runCommand([path])).toMatchObject({ exitCode: 0, errors: '' });
    const { exitCode, errors } = await runCommand([path, '--explain']);
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/^error: session 'talk' of .* is left out\. The store is damaged: entry sha256:/);
  });
});
