import type { CheckpointStore } from '../store.ts';
import type { PostgresStoreOptions } from './open-pool.ts';

/**
 * Opens the store in a schema of a PostgreSQL database, version 12 or newer, and creates it if there is none. Any number of processes
 * may have it open.
 *
 * Needs the package `pg`: rejects with `checkpoint/missing-driver` without it. Rejects with `checkpoint/unavailable` for a database that
 * cannot be reached, and leaves a schema that it refuses as it was. No error holds the password.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<CheckpointStore> {
  // A process that keeps its sessions in a file does not wait for thirty modules that it has no use for.
  const { connectPostgresStore } = await import('./postgres-store.ts');
  return connectPostgresStore(options);
}
