import type { CheckpointStore } from '../store.ts';
import { connect, createDatabase, type Database } from './database.ts';
import { createListening, type Listening } from './listening.ts';
import { type Driver, loadDriver } from './load-driver.ts';
import { createBranchReads } from './methods/branch.ts';
import { createCommitMethods } from './methods/commits.ts';
import { findDamage } from './methods/damage.ts';
import { readDump } from './methods/dump.ts';
import { createFileMethods } from './methods/files.ts';
import { createLeaseMethods } from './methods/leases.ts';
import { restoreDump } from './methods/restore.ts';
import { createRunMethods } from './methods/runs.ts';
import { createSessionMethods } from './methods/sessions.ts';
import { createSnapshotMethods } from './methods/snapshots.ts';
import { createToolJournal } from './methods/tool-journal.ts';
import { createLedgerMethods } from './methods/turn-sums.ts';
import { busyTimeoutOf, type Connections, openConnections, type PostgresStoreOptions, schemaOf } from './open-pool.ts';
import { mapError } from './postgres-errors.ts';
import { prepareSchema } from './prepare-schema.ts';
import { requireSession } from './rows/sessions.ts';
import { createTables } from './tables.ts';

/** The store behind `openPostgresStore`. */
export async function connectPostgresStore(options: PostgresStoreOptions): Promise<CheckpointStore> {
  const driver = loadDriver();
  const connections = openConnections(driver, options);
  try {
    return await openStore(driver, options, connections);
  } catch (error) {
    await connections.close();
    throw error;
  }
}

async function openStore(
  driver: Driver,
  options: PostgresStoreOptions,
  connections: Connections,
): Promise<CheckpointStore> {
  const { pool, place } = connections;
  const schema = schemaOf(options);
  const busyTimeoutMs = busyTimeoutOf(options);
  const tables = createTables(driver, schema);
  const tableNames = Object.values(tables).map((table) => driver.orm.getTableName(table));
  const forgetful = await withSchema(connections, { schema, busyTimeoutMs, tableNames });
  const { clock, onFaultPoint = () => undefined } = options;
  const database = createDatabase({ driver, pool, place, tables, busyTimeoutMs, forgetful, clock, onFaultPoint });
  const listening = createListening({ schema, connect: connections.listener });
  return combine(database, { listening, connections });
}

/** Prepares the schema. Resolves to whether the server answers a commit before it is on disk, unless it is told not to. */
async function withSchema(
  { pool, place }: Connections,
  settings: { readonly schema: string; readonly busyTimeoutMs: number; readonly tableNames: readonly string[] },
): Promise<boolean> {
  const client = await connect(pool, place);
  try {
    const { synchronousCommit } = await prepareSchema(client, { place, ...settings });
    client.release();
    return synchronousCommit === 'off';
  } catch (error) {
    // With its connection ends the transaction that failed.
    client.release(true);
    throw mapError(error, place);
  }
}

function combine(
  database: Database,
  { listening, connections }: { readonly listening: Listening; readonly connections: Connections },
): CheckpointStore {
  return {
    ...createSessionMethods(database),
    ...createCommitMethods(database),
    ...createBranchReads(database),
    ...createLedgerMethods(database),
    ...createSnapshotMethods(database),
    ...createToolJournal(database),
    ...createLeaseMethods(database, listening),
    ...createFileMethods(database),
    ...createRunMethods(database, listening),
    dumpSession: (sessionId) =>
      database.read(async (connection) => readDump(connection, await requireSession(connection, sessionId))),
    restoreSession: (dump) => database.write((connection) => restoreDump(connection, dump)),
    findDamage: ({ onSession = () => undefined } = {}) => findDamage(database, onSession),
    async close() {
      if (!database.markClosed()) return;
      await listening.close();
      await connections.close();
    },
  };
}
