import { randomUUID } from 'node:crypto';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { postgresUrl } from '../../../../test/support/postgres-url.ts';
import { openPgBossQueue, type PgBossQueueOptions } from '../../src/queue/pg-boss/index.ts';
import type { RunQueue } from '../../src/queue/run-queue.ts';

/** A place for a line of runs, which is gone when the test ends. */
export interface TempLine {
  readonly schema: string;
  /** With a name of its own, by which its connections are counted. */
  readonly connectionString: string;
  readonly store: CheckpointStore;
  /** Opens the line as one more process would. */
  open(options?: Partial<PgBossQueueOptions>): Promise<RunQueue>;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** How many connections its processes have. */
  connections(): Promise<number>;
}

export async function tempLine(): Promise<TempLine> {
  const schema = `line_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(await postgresUrl());
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  url.searchParams.set('application_name', schema);
  const store = openMemoryStore();
  const open: RunQueue[] = [];
  onTestFinished(async () => {
    await Promise.all(open.map((queue) => queue.close()));
    await admin.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await admin.end();
  });
  const query: TempLine['query'] = async (sql, values = []) => (await admin.query(sql, [...values])).rows;
  return {
    schema,
    connectionString: url.href,
    store,
    query,
    async open(options) {
      const queue = await openPgBossQueue({ connectionString: url.href, schema, store, ...options });
      open.push(queue);
      return queue;
    },
    async connections() {
      const rows = await query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [schema]);
      return rows.length;
    },
  };
}
