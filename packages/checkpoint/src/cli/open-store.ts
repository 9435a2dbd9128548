/**
 * From what a command was given to a store.
 *
 * Owns: that no command makes a store by mistake, and that looking for damage does not write to what may be damaged.
 *
 * M1. A file, or a schema, that is no store stays as it is; a missing one is only made where a command was told to.
 * M2. A SQLite file is examined as a copy: it is opened read-only, once, and copied page by page, what its log holds included. SQLite
 *     may leave its two helper files beside it, empty.
 * M3. A Postgres store is examined over connections that the server lets read and nothing else.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { openPostgresStore } from '../postgres/open-postgres-store.ts';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import type { CheckpointStore } from '../store.ts';
import { readPostgresFormat, requirePostgresStore, toReadOnly } from './postgres-place.ts';
import { copySqliteFile, readSqliteFormat, requireSqliteFile } from './sqlite-place.ts';
import { isPostgres, type StorePlace } from './store-place.ts';

/** Runs `work` on a store, and closes it. Throws `checkpoint/unavailable` where there is none, unless it may be made. */
export async function withStore<Result>(
  place: StorePlace,
  work: (store: CheckpointStore) => Promise<Result>,
  options: { readonly mayCreate?: boolean } = {},
): Promise<Result> {
  if (!options.mayCreate) await requireStore(place);
  return withOpen(await openStore(place), work);
}

/** Throws `checkpoint/unavailable` unless there is something that may be a store. */
export async function requireStore(place: StorePlace): Promise<void> {
  if (isPostgres(place)) await requirePostgresStore(place);
  else requireSqliteFile(place.location);
}

export interface ExaminedFormat {
  /** The format that the store has. */
  readonly stored: number;
  /** The format it was read as. */
  readonly read: number;
}

/** Runs `work` on a store without writing to it. Resolves to the formats it has, and has for that. */
export async function withExaminedStore(
  place: StorePlace,
  work: (store: CheckpointStore) => Promise<void>,
): Promise<ExaminedFormat> {
  await requireStore(place);
  if (!isPostgres(place)) return withCopy(place.location, work);
  const format = await readPostgresFormat(place);
  await withOpen(await openStore(toReadOnly(place)), work);
  return { stored: format, read: format };
}

async function withCopy(path: string, work: (store: CheckpointStore) => Promise<void>): Promise<ExaminedFormat> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-doctor-'));
  const copy = join(folder, 'copy.db');
  try {
    await copySqliteFile(path, copy);
    const stored = readSqliteFormat(copy);
    await withOpen(openSqliteStore(copy), work);
    return { stored, read: readSqliteFormat(copy) };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(error.code, error.message.replaceAll(copy, path), { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openStore(place: StorePlace): Promise<CheckpointStore> {
  if (!isPostgres(place)) return openSqliteStore(place.location);
  const { location: connectionString, schema } = place;
  return openPostgresStore({ connectionString, ...(schema === undefined ? {} : { schema }) });
}

async function withOpen<Result>(
  store: CheckpointStore,
  work: (store: CheckpointStore) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
