import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointStore, openPostgresStore } from '../src/index.ts';
import { migrations } from '../src/postgres/migrations.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';
import { plain, readEverything } from './support/read-everything.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000 });

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

async function schemaOfFormat(format: number): Promise<TempSchema> {
  const place = await tempSchema();
  await place.query(`CREATE SCHEMA ${place.schema}`);
  await place.query(fixture(`postgres-format-${format}.sql`));
  return place;
}

test.each([1, 2])(
  'I9 a schema of format %i reads as it was written, has no damage, and goes on (N-18)',
  async (format) => {
    const place = await schemaOfFormat(format);
    const store = await openPostgresStore({ ...place, clock: () => 1_760_000_200_000 });
    onTestFinished(() => store.close());
    expect(plain(await readEverything(store))).toEqual(JSON.parse(fixture(`postgres-format-${format}.json`)));
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
    expect(await place.query('SELECT version FROM format')).toEqual([{ version: migrations.length }]);

    const session = await store.readSession('fork');
    const commit = turnCommit({ sessionId: 'fork', expectedTip: session?.tip ?? '' }, { name: 'later', turnNumber: 4 });
    await store.commitTurn(commit);
    expect((await store.readTurns('fork')).map(({ id }) => id)).toEqual(['turn-1', 'turn-2', 'turn-3', 'turn-later']);

    await store.createRun({ id: 'run-new', sessionId: 'a', request: '{}', at: 200 });
    await store.appendRunEvents([{ runId: 'run-new', attempt: 0, after: 0, events: ['"1"'], at: 201 }]);
    expect(await store.readRunEvents('run-new')).toEqual([{ number: 1, event: '"1"' }]);
    await store.deleteSession({ sessionId: 'a' });
    expect(await store.readRun('run-new')).toBeUndefined();
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  },
);

test('O4 a store of an older format that has lost a table is refused, and left as it was', async () => {
  const place = await schemaOfFormat(1);
  await place.query('DROP TABLE file_backups');
  await expect(openPostgresStore(place)).rejects.toMatchObject({
    code: 'checkpoint/corrupt',
    message: expect.stringContaining('file_backups'),
  });
  expect(await place.query('SELECT version FROM format')).toEqual([{ version: 1 }]);
  expect(
    await place.query(`SELECT FROM pg_class WHERE relnamespace = '${place.schema}'::regnamespace AND relname = 'runs'`),
  ).toEqual([]);
});

test('of many processes that open a store of an older format at once all succeed', async () => {
  const place = await schemaOfFormat(1);
  const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStore(place)));
  expect(await place.query('SELECT version FROM format')).toEqual([{ version: migrations.length }]);
  await Promise.all(stores.map((store) => store.close()));
});

test('a store that another process migrates while it is looked at is no damaged one', async () => {
  const place = await schemaOfFormat(1);
  const pool = new pg.Pool({ connectionString: place.connectionString });
  onTestFinished(() => pool.end());
  let migrated: Promise<CheckpointStore> | undefined;
  pool.on('connect', (client) => {
    const query = client.query.bind(client);
    Reflect.set(client, 'query', async (...args: Parameters<typeof query>) => {
      if (String(args[0]).includes('.format')) {
        migrated ??= openPostgresStore(place);
        await migrated;
      }
      return query(...args);
    });
  });
  const store = await openPostgresStore({ pool, schema: place.schema });
  expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  await store.close();
  await (await migrated)?.close();
});

test('a release that knows of no runs deletes them with their session', async () => {
  const place = await tempSchema();
  const store = await openPostgresStore(place);
  onTestFinished(() => store.close());
  for (const id of ['a', 'b']) {
    await store.createSession({ id, createdAt: 1 });
    await store.createRun({ id: `of ${id}`, sessionId: id, request: '{}', at: 1 });
    await store.appendRunEvents([{ runId: `of ${id}`, attempt: 0, after: 0, events: ['1'], at: 1 }]);
  }
  await place.query("DELETE FROM leases WHERE session = 1; DELETE FROM sessions WHERE id = 'a'");
  expect(await place.query('SELECT id FROM runs')).toEqual([{ id: 'of b' }]);
  expect(await place.query('SELECT count(*)::int FROM run_events')).toEqual([{ count: 1 }]);
});
