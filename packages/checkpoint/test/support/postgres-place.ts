import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, onTestFinished } from 'vitest';
import { postgresUrl } from '../../../../test/support/postgres-url.ts';
import { openPostgresStore } from '../../src/index.ts';
import type { StorePlace } from '../../src/testing/index.ts';

/** The tables of a store, those that point at others first. */
const TABLES = [
  'run_events',
  'runs',
  'pending_turns',
  'leases',
  'file_backups',
  'sessions',
  'snapshots',
  'tool_calls',
  'deleted_snapshots',
  'turns',
  'entry_blobs',
  'entries',
  'blobs',
];

/**
 * Makes places for stores in schemas of their own, which are emptied and used again, and are gone when the file's tests end. Their stores
 * have connections of their own, or share a pool, which is quicker: a connection has its statements planned once.
 */
export function postgresPlaces(name: string, connections: 'own' | 'shared' = 'own'): () => Promise<StorePlace> {
  let connecting: Promise<pg.Client> | undefined;
  let pool: pg.Pool | undefined;
  const schemas: string[] = [];
  const free: string[] = [];
  const admin = () => {
    connecting ??= postgresUrl().then(connectTo);
    return connecting;
  };
  const newSchema = () => {
    const schema = `${name}_${process.pid}_${schemas.length}`;
    schemas.push(schema);
    return schema;
  };

  afterAll(async () => {
    await pool?.end();
    if (connecting === undefined) return;
    for (const schema of schemas) await (await admin()).query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await (await admin()).end();
  });

  return async () => {
    const connectionString = await postgresUrl();
    if (connections === 'shared') pool ??= new pg.Pool({ connectionString });
    const schema = free.pop() ?? newSchema();
    return {
      open: ({ clock }) => openPostgresStore({ ...(pool ? { pool } : { connectionString }), schema, clock }),
      async remove() {
        await (await admin()).query(TABLES.map((table) => `DELETE FROM ${schema}.${table}`).join('; '));
        free.push(schema);
      },
    };
  };
}

/** A schema that does not exist yet, and is gone when the test ends. */
export interface TempSchema {
  readonly connectionString: string;
  readonly schema: string;
  /** Runs SQL with the schema as its search path. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export async function tempSchema(): Promise<TempSchema> {
  const connectionString = await postgresUrl();
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const client = await connectTo(connectionString);
  await client.query(`SET search_path TO ${schema}`);
  onTestFinished(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });
  return { connectionString, schema, query: async (sql) => (await client.query(sql)).rows };
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}
