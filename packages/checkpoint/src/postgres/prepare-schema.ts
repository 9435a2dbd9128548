/**
 * From a database to a schema that may be used.
 *
 * Owns: which schemas are used, refused, created or migrated.
 *
 * O1. A schema is written to only after it is known to be a store of a format this release reads, or empty.
 * O2. A store is created, and migrated, in one transaction under a lock, so that of several processes that open it at once all succeed.
 * O3. A store of the present format is opened without a write.
 * O4. What a migration leaves is looked at before it is committed: a store that had lost a table is refused, and keeps its format.
 */

import type { PoolClient } from 'pg';
import { CheckpointError } from '../errors.ts';
import { migrations } from './migrations.ts';

export interface SchemaPlace {
  readonly schema: string;
  /** The server, the database and the schema, for messages. */
  readonly place: string;
  readonly busyTimeoutMs: number;
  /** The tables that a store has. */
  readonly tableNames: readonly string[];
}

/** What the server says of itself and of a schema. */
interface SchemaState {
  readonly version: number;
  readonly encoding: string;
  /** How the server answers a commit. */
  readonly synchronousCommit: string;
  /** How many relations the schema holds. */
  readonly relations: number;
  readonly missing: readonly string[];
  /** What the table `format` says, where there is one like ours. */
  readonly formats: readonly { readonly store: string; readonly version: number }[] | undefined;
}

/** The oldest server that has what the statements are written with. */
const MIN_SERVER_VERSION = 120_000;

/** Creating a store may have to wait for another process that migrates it. */
const MIGRATION_TIMEOUT_MS = 60_000;

/** Creates or migrates the store if it has to be. Throws a `CheckpointError` and leaves a refused schema as it was. */
export async function prepareSchema(client: PoolClient, place: SchemaPlace): Promise<SchemaState> {
  const state = await inspect(client, place);
  // Another process may have migrated between the look at the tables and that at the format: only under the lock is a missing one lost.
  const format = requireUsable({ ...state, missing: [] }, place);
  if (format === migrations.length && state.missing.length === 0) return state;
  await client.query(`BEGIN; SET LOCAL lock_timeout = ${Math.max(place.busyTimeoutMs, MIGRATION_TIMEOUT_MS)}`);
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`reprise ${place.schema}`]);
  await migrate(client, place, requireUsable(await inspect(client, place), place));
  requireUsable(await inspect(client, place), place);
  await client.query('COMMIT');
  return state;
}

async function migrate(client: PoolClient, { schema }: SchemaPlace, format: number): Promise<void> {
  if (format === migrations.length) return;
  const name = client.escapeIdentifier(schema);
  if (format === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
  await client.query(`SET LOCAL search_path TO ${name}`);
  for (const migration of migrations.slice(format)) await client.query(migration);
  await client.query(
    `INSERT INTO format (store, version) VALUES ('reprise-checkpoint', $1)
      ON CONFLICT (store) DO UPDATE SET version = excluded.version`,
    [migrations.length],
  );
}

/** The format of the store, 0 if the schema is empty. Throws unless this release may use it. */
function requireUsable(state: SchemaState, { place }: SchemaPlace): number {
  const { version, encoding, relations, missing, formats } = state;
  if (version < MIN_SERVER_VERSION) throw unavailable(`${place} is a PostgreSQL of before version 12.`);
  if (encoding !== 'UTF8')
    throw unavailable(`${place} is in a database with the encoding ${encoding}; UTF8 is needed.`);
  if (relations === 0) return 0;
  const [format, ...others] = formats ?? [];
  if (formats === undefined || (format && format.store !== 'reprise-checkpoint') || others.length > 0) {
    throw new CheckpointError(
      'checkpoint/not-a-store',
      `${place} holds tables of something else. Name another schema.`,
    );
  }
  if (format === undefined || format.version < 1) throw corrupt(`${place} is damaged: it does not say its format.`);
  if (format.version > migrations.length) {
    throw new CheckpointError(
      'checkpoint/newer-format',
      `${place} has format ${format.version}; this release reads up to ${migrations.length}. It was left as it is.`,
    );
  }
  // A store of an older format lacks what a migration is about to create.
  if (format.version === migrations.length && missing.length > 0)
    throw corrupt(`${place} is damaged: it has no table ${missing.join(', ')}.`);
  return format.version;
}

async function inspect(client: PoolClient, { schema, tableNames }: SchemaPlace): Promise<SchemaState> {
  const { rows } = await client.query(
    `SELECT
      current_setting('server_version_num')::int AS version,
      current_setting('server_encoding') AS encoding,
      current_setting('synchronous_commit') AS synchronous_commit,
      (SELECT count(*)::int FROM pg_class WHERE relnamespace = n.oid) AS relations,
      (
        SELECT count(*)::int FROM information_schema.columns
        WHERE table_schema = $1 AND table_name = 'format' AND column_name IN ('store', 'version')
      ) AS format_columns,
      ARRAY(
        SELECT name FROM unnest($2::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = name)
      ) AS missing
    FROM (SELECT 1) AS one LEFT JOIN pg_namespace n ON n.nspname = $1`,
    [schema, tableNames],
  );
  const [found] = rows;
  const hasFormat = found.format_columns === 2;
  const name = client.escapeIdentifier(schema);
  const formats = hasFormat ? await client.query(`SELECT store::text, version::int FROM ${name}.format`) : undefined;
  return {
    version: found.version,
    encoding: found.encoding,
    synchronousCommit: found.synchronous_commit,
    relations: found.relations,
    missing: found.missing,
    formats: formats?.rows,
  };
}

function unavailable(message: string): CheckpointError {
  return new CheckpointError('checkpoint/unavailable', message);
}

function corrupt(message: string): CheckpointError {
  return new CheckpointError('checkpoint/corrupt', `${message} Restore it from a backup; it was left as it is.`);
}
