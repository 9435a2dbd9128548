import type { PoolClient } from 'pg';
import { CheckpointError } from '../errors.ts';
import { connect } from '../postgres/database.ts';
import { loadDriver } from '../postgres/load-driver.ts';
import { migrations } from '../postgres/migrations.ts';
import { openConnections, schemaOf } from '../postgres/open-pool.ts';
import type { StorePlace } from './store-place.ts';

/** Throws `checkpoint/unavailable` unless the schema is there and may hold a store. */
export async function requirePostgresStore(place: StorePlace): Promise<void> {
  await ask(place, async () => undefined);
}

/** The format of the store. Throws `checkpoint/unavailable` for one that this release has to migrate before it can be read. */
export async function readPostgresFormat(place: StorePlace): Promise<number> {
  const format = await ask(place, async (client, schema) => {
    const { rows } = await client.query(`SELECT max(version)::int AS version FROM ${schema}.format`);
    return Number(rows[0]?.version ?? 0);
  });
  // What is newer, or none that a release ever wrote, is refused where the store is opened.
  if (format < 1 || format >= migrations.length) return format;
  throw new CheckpointError(
    'checkpoint/unavailable',
    `The store has format ${format}, and has to be migrated to format ${migrations.length} before it can be examined. Nothing was written; any other command migrates it.`,
  );
}

/** The same place, over connections on which nothing can be written. */
export function toReadOnly(place: StorePlace): StorePlace {
  const url = new URL(place.location);
  const options = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', `${options} -c default_transaction_read_only=on`.trim());
  return { ...place, location: url.href };
}

async function ask<Result>(
  { location: connectionString, schema: given }: StorePlace,
  question: (client: PoolClient, schema: string) => Promise<Result>,
): Promise<Result> {
  const options = { connectionString, ...(given === undefined ? {} : { schema: given }) };
  const { pool, place, close } = openConnections(loadDriver(), options);
  try {
    const client = await connect(pool, place);
    try {
      const schema = client.escapeIdentifier(schemaOf(options));
      const { rows } = await client.query('SELECT to_regclass($1) IS NOT NULL AS found', [`${schema}.format`]);
      if (rows[0]?.found) return await question(client, schema);
    } finally {
      client.release();
    }
    throw new CheckpointError('checkpoint/unavailable', `There is no store in ${place}. Nothing was created.`);
  } finally {
    await close();
  }
}
