import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { postgresUrl } from '../../../test/support/postgres-url.ts';
import { toReadOnly } from '../src/cli/postgres-place.ts';
import { exportSession, importSession, openMemoryStore, openPostgresStore } from '../src/index.ts';
import { growSessions, type Step, steps } from './support/grow-sessions.ts';
import { runCommand } from './support/run-command.ts';

const STEPS: readonly Step[] = [
  { does: 'commit', session: 0, text: 'one', cost: 12n, bytes: Buffer.from('media') },
  { does: 'journal', session: 0, text: '' },
  { does: 'create', session: 0, text: '' },
];

/** A schema that is gone when the test ends, with a store in it or without. */
async function schemaFor(history: readonly Step[] | undefined): Promise<{ url: string; schema: string }> {
  const url = await postgresUrl();
  const schema = `command_${randomUUID().replaceAll('-', '')}`;
  onTestFinished(() => query(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`).then(() => undefined));
  if (history) {
    const store = await openPostgresStore({ connectionString: url, schema });
    await growSessions(store, history);
    await store.close();
  }
  return { url, schema };
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the command on Postgres', { timeout: 60_000 }, () => {
  test('lists, exports and imports', async () => {
    const { url, schema } = await schemaFor(STEPS);
    const sessions = await runCommand(['sessions', url, '--schema', schema]);
    expect([sessions.exitCode, sessions.output]).toEqual([0, expect.stringMatching(/^first\s.* 1 .*one$/m)]);
    const { output } = await runCommand(['export', url, 'first', '--schema', schema]);
    const elsewhere = await schemaFor([]);
    await runCommand(['delete', elsewhere.url, 'first', '--yes', '--schema', elsewhere.schema]);
    const imported = await runCommand(['import', elsewhere.url, '-', '--schema', elsewhere.schema], output);
    expect([imported.exitCode, imported.output]).toEqual([0, 'Imported session first.\n']);
    const again = await runCommand(['export', elsewhere.url, 'first', '--schema', elsewhere.schema]);
    expect(again.output).toBe(output);
  });

  test('makes no store where there is none, unless it is told to', async () => {
    const { url, schema } = await schemaFor(undefined);
    for (const args of [
      ['sessions', url],
      ['doctor', url],
      ['prune', url, '--keep-snapshots', '1'],
    ]) {
      const { exitCode, errors } = await runCommand([...args, '--schema', schema]);
      expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: There is no store in Postgres at .*\n$/)]);
    }
    const exists = () => query(url, `SELECT FROM pg_namespace WHERE nspname = '${schema}'`);
    expect(await exists()).toEqual([]);
    const store = openMemoryStore();
    await growSessions(store, STEPS);
    const exported = (await Array.fromAsync(exportSession(store, 'first'))).join('');
    const imported = await runCommand(['import', url, '-', '--create', '--schema', schema], exported);
    expect(imported.exitCode).toBe(0);
    expect(await exists()).toHaveLength(1);
  });

  test('doctor finds a whole store whole, and names what is damaged', async () => {
    const { url, schema } = await schemaFor(STEPS);
    const doctor = () => runCommand(['doctor', url, '--schema', schema]);
    expect(await doctor()).toMatchObject({ exitCode: 0, output: 'Whole: everything was read, 2 sessions.\n' });
    await query(url, `UPDATE ${schema}.turns SET cost_pico_usd = 1`);
    const { exitCode, output } = await doctor();
    expect([exitCode, output]).toEqual([1, expect.stringMatching(/^damage: .*turn 'turn-0'/m)]);
  });

  test('doctor refuses a newer format', async () => {
    const { url, schema } = await schemaFor(STEPS);
    await query(url, `UPDATE ${schema}.format SET version = 999`);
    const { exitCode, errors } = await runCommand(['doctor', url, '--schema', schema]);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: .*has format 999.*\n$/)]);
  });

  test('doctor asks over connections that the server lets read and nothing else', async () => {
    const { url, schema } = await schemaFor(STEPS);
    for (const location of [url, `${url}?options=-c%20work_mem%3D8MB`]) {
      const readOnly = toReadOnly({ location }).location;
      expect(await query(readOnly, `SELECT id FROM ${schema}.sessions`)).toHaveLength(2);
      await expect(query(readOnly, `DELETE FROM ${schema}.sessions`)).rejects.toMatchObject({ code: '25006' });
    }
  });

  test('never says the password', async () => {
    const url = new URL(await postgresUrl());
    url.password = 'not-the-one';
    for (const name of ['sessions', 'doctor']) {
      const { exitCode, errors, output } = await runCommand([name, url.href]);
      expect([exitCode, errors]).toEqual([2, expect.stringMatching(/^error: .+\n$/)]);
      expect(errors + output).not.toContain('not-the-one');
    }
  });

  test('an export is the same to the byte from Postgres and from memory', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { url, schema } = await schemaFor([]);
        const postgres = await openPostgresStore({ connectionString: url, schema });
        await postgres.deleteSession({ sessionId: 'first' });
        const memory = openMemoryStore();
        try {
          for (const id of await growSessions(memory, history)) {
            const text = (await Array.fromAsync(exportSession(memory, id))).join('');
            await importSession(postgres, [text]);
            expect((await Array.fromAsync(exportSession(postgres, id))).join('')).toBe(text);
          }
        } finally {
          await postgres.close();
        }
      }),
      { numRuns: 8 },
    );
  });
});
