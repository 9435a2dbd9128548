import { inspect } from 'node:util';
import { getTableConfig } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointErrorCode, openPostgresStore, type PostgresStoreOptions } from '../src/index.ts';
import { loadDriver } from '../src/postgres/load-driver.ts';
import { createTables } from '../src/postgres/tables.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { startProcess } from './support/child-process.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000 });

/** The error with which opening is refused. */
async function refusalOf(options: PostgresStoreOptions): Promise<Error> {
  const opening = openPostgresStore(options);
  await expect(opening).rejects.toThrow();
  return opening.then(
    () => new Error('It was opened.'),
    (error: Error) => error,
  );
}

async function expectRefusal(options: PostgresStoreOptions, code: CheckpointErrorCode, words: string): Promise<void> {
  const error = await refusalOf(options);
  expect(error).toMatchObject({ name: 'CheckpointError', code });
  expect(error.message).toContain(words);
}

/** Everything the schema holds. */
async function contentOf({ query, schema }: TempSchema): Promise<unknown> {
  const relations = await query(
    `SELECT relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace ORDER BY 1`,
  );
  const tables = await query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}' ORDER BY 1`);
  const rows: unknown[] = [];
  for (const { name } of tables) rows.push(await query(`SELECT * FROM ${name}`));
  return { relations, rows };
}

async function storeIn({ connectionString, schema }: TempSchema): Promise<void> {
  const store = await openPostgresStore({ connectionString, schema });
  const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
  await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
  await store.close();
}

describe('what is created', () => {
  test('a schema is created, and so are the tables in one that is empty', async () => {
    for (const sql of ['SELECT 1', 'CREATE SCHEMA']) {
      const place = await tempSchema();
      await place.query(sql === 'CREATE SCHEMA' ? `${sql} ${place.schema}` : sql);
      await storeIn(place);
      expect(await place.query('SELECT * FROM format')).toEqual([{ store: 'reprise-checkpoint', version: 2 }]);
    }
  });

  test('of many that open a new place at once all succeed, and make one store', async () => {
    const { connectionString, schema, query } = await tempSchema();
    const opening = Array.from({ length: 8 }, () => openPostgresStore({ connectionString, schema }));
    const stores = await Promise.all(opening);
    await Promise.all(stores.map((store, index) => store.createSession({ id: `${index}`, createdAt: index })));
    const listed = await Promise.all(stores.map((store) => store.listSessions()));
    expect(listed.map(({ items }) => items.length)).toEqual(Array(8).fill(8));
    expect(await query('SELECT version FROM format')).toEqual([{ version: 2 }]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('names of schemas are taken as they are', async () => {
    const { connectionString, schema, query } = await tempSchema();
    const odd = `${schema.slice(0, 40)} "Ä'%`;
    onTestFinished(() => query(`DROP SCHEMA "${odd.replace('"', '""')}" CASCADE`).then(() => undefined));
    const store = await openPostgresStore({ connectionString, schema: odd });
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    expect(await store.readEntries('a')).toHaveLength(1);
    await store.close();
  });

  test.each(['public', 'pg_own', 'information_schema', '', 'x'.repeat(64), 'a\0b'])(
    'the schema %j is refused',
    async (schema) => {
      const { connectionString } = await tempSchema();
      await expectRefusal({ connectionString, schema }, 'checkpoint/not-a-store', schema);
    },
  );
});

describe('the tables', () => {
  const tables = Object.values(createTables(loadDriver(), 'any')).map((table) => getTableConfig(table));

  test('the migrations leave the tables as the queries see them', async () => {
    const place = await tempSchema();
    await storeIn(place);
    const stored = await place.query(
      `SELECT table_name, column_name, data_type, is_nullable = 'NO' AS is_required
        FROM information_schema.columns WHERE table_schema = '${place.schema}' AND table_name <> 'format'`,
    );
    const seen = tables.flatMap(({ name, columns }) =>
      columns.map((column) => ({
        table_name: name,
        column_name: column.name,
        data_type: column.getSQLType(),
        is_required: column.notNull || column.primary,
      })),
    );
    expect(new Set(stored)).toEqual(new Set(seen));
    expect(stored).toHaveLength(seen.length);
  });

  test('C4 a store is opened and read over connections that may not write', async () => {
    const place = await tempSchema();
    await storeIn(place);
    const connectionString = `${place.connectionString}?options=-c%20default_transaction_read_only%3Don`;
    const reader = await openPostgresStore({ connectionString, schema: place.schema });
    expect(await reader.readTurns('a')).toHaveLength(1);
    expect(await reader.readSnapshots('a')).toHaveLength(1);
    expect((await reader.listSessions()).items).toHaveLength(1);
    expect(await reader.readPendingTurn('a')).toBeUndefined();
    expect(await reader.readLease('a')).toBeUndefined();
    expect((await reader.dumpSession('a')).turns).toHaveLength(1);
    expect(await Array.fromAsync(reader.findDamage())).toEqual([]);
    await expect(reader.createSession({ id: 'b', createdAt: 1 })).rejects.toMatchObject({
      code: 'checkpoint/unavailable',
      message: expect.stringContaining('connect to the primary'),
    });
    await reader.close();
  });
});

describe('schemas of others', () => {
  test.each([
    ['with tables', 'CREATE TABLE sessions (id TEXT)'],
    ['with a table that says a format', "CREATE TABLE format (version TEXT); INSERT INTO format VALUES ('1')"],
    [
      'with a table like ours',
      "CREATE TABLE format (store TEXT, version INT); INSERT INTO format VALUES ('theirs', 1)",
    ],
    ['with a view', 'CREATE VIEW two AS SELECT 2'],
  ])('one %s is refused and left as it was', async (_, sql) => {
    const place = await tempSchema();
    await place.query(`CREATE SCHEMA ${place.schema}`);
    await place.query(sql);
    const before = await contentOf(place);
    await expectRefusal(place, 'checkpoint/not-a-store', place.schema);
    expect(await contentOf(place)).toEqual(before);
  });
});

describe('I9 formats', () => {
  test('a newer format is refused and left as it was', async () => {
    const place = await tempSchema();
    await storeIn(place);
    await place.query('ALTER TABLE turns ADD COLUMN mood TEXT; UPDATE format SET version = 99');
    const before = await contentOf(place);
    await expectRefusal(place, 'checkpoint/newer-format', 'format 99');
    expect(await contentOf(place)).toEqual(before);
  });

  test.each([
    ['says no format', 'DELETE FROM format'],
    ['says a format no release ever wrote', 'UPDATE format SET version = 0'],
    ['has lost a table', 'DROP TABLE file_backups'],
  ])('a store that %s is refused as damaged', async (_, sql) => {
    const place = await tempSchema();
    await storeIn(place);
    await place.query(sql);
    const before = await contentOf(place);
    await expectRefusal(place, 'checkpoint/corrupt', place.schema);
    expect(await contentOf(place)).toEqual(before);
  });
});

describe('I10 servers that cannot be used', () => {
  const changed = async (change: (url: URL) => void) => {
    const url = new URL((await tempSchema()).connectionString);
    url.password = 'not-the-one';
    change(url);
    return url.href;
  };

  test.each<[string, string, (url: URL) => void]>([
    ['a wrong password', 'Check the user and the password', () => {}],
    ['a wrong user', 'Check the user and the password', (url) => Object.assign(url, { username: 'nobody' })],
    ['a port nobody listens on', 'ECONNREFUSED', (url) => Object.assign(url, { port: '1' })],
    ['a host that does not exist', 'nowhere.invalid', (url) => Object.assign(url, { hostname: 'nowhere.invalid' })],
    ['a server that wants no TLS', 'does not support SSL', (url) => url.searchParams.set('sslmode', 'verify-full')],
    ['a certificate that is missing', '/no/such/file', (url) => url.searchParams.set('sslrootcert', '/no/such/file')],
  ])('%s is one clear error without the password', async (_, words, change) => {
    const connectionString = await changed(change);
    const error = await refusalOf({ connectionString });
    expect(error).toMatchObject({ name: 'CheckpointError', code: 'checkpoint/unavailable' });
    expect(error.message).toContain(words);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('not-the-one');
  });

  test('a database that does not exist is one clear error', async () => {
    const { connectionString } = await tempSchema();
    const url = new URL(connectionString);
    url.pathname = '/nowhere';
    await expectRefusal({ connectionString: url.href }, 'checkpoint/unavailable', '"nowhere"');
  });

  test.each(['postgres://u:not-the-one@h:port/d', 'postgres://u:not-the-one%@[h/d', 'not-the-one'])(
    'a connection string that is none is refused without being quoted: %s',
    async (connectionString) => {
      const error = await refusalOf({ connectionString, busyTimeoutMs: 500 });
      expect(error).toMatchObject({ name: 'CheckpointError', code: 'checkpoint/unavailable' });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('u:not-the-one');
    },
  );

  test('a pool with settings that are none is refused without quoting them', async () => {
    const pool = new pg.Pool({ connectionString: 'postgres://u:not-the-one%@[h/d' });
    onTestFinished(() => pool.end());
    const error = await refusalOf({ pool });
    expect(error).toMatchObject({ name: 'CheckpointError', code: 'checkpoint/unavailable' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('not-the-one');
  });

  test('a busy timeout that is none is refused', async () => {
    const { connectionString } = await tempSchema();
    for (const busyTimeoutMs of [0, -1, 0.5, Number.NaN, 2 ** 31]) {
      await expectRefusal({ connectionString, busyTimeoutMs }, 'checkpoint/unavailable', `${busyTimeoutMs}`);
    }
  });
});

test('without pg the error says what to install', async () => {
  const child = startProcess('open-without-pg-process.ts');
  const { value } = await child.lines.next();
  expect(JSON.parse(String(value))).toEqual({
    code: 'checkpoint/missing-driver',
    message: expect.stringContaining('npm install pg'),
  });
  expect(await child.ended).toEqual({ code: 0, errors: '' });
});
