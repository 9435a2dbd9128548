import type Database from 'better-sqlite3';
import type { CheckpointStore } from '../store.ts';
import { type ContextOptions, createContext } from './context.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { branchMethods } from './methods/branch.ts';
import { deletion } from './methods/deletion.ts';
import { fileMethods } from './methods/files.ts';
import { leaseMethods } from './methods/leases.ts';
import { maintenance } from './methods/maintenance.ts';
import { runMethods } from './methods/runs.ts';
import { sessionMethods } from './methods/sessions.ts';
import { snapshotMethods } from './methods/snapshots.ts';
import { toolJournal } from './methods/tool-journal.ts';
import { ledgerMethods } from './methods/turn-sums.ts';
import { openDatabase, type SqliteStoreOptions } from './open-database.ts';
import { createRows } from './rows/rows.ts';
import { createRunWatch } from './run-watch.ts';
import { mapErrors } from './sqlite-errors.ts';
import { createWriteWatch } from './write-watch.ts';

/**
 * The store in one SQLite file.
 *
 * Owns: what the parts have in common: a connection, its rows and its end.
 * Leaves to open-database.ts: which files are opened. To rows/: how rows are written, found and checked. To methods/: the contract.
 *
 * S1. Every row that is handed out has been checked against its hash, and every branch is followed to its root: what fails is named.
 * S2. That something is missing is believed only if a second count says so, too: an index that has lost a row hides nothing.
 */

/** Opens the store in a file, creating the file if there is none. Throws a `CheckpointError` if it cannot. */
export function openSqliteStore(pathOrOptions: string | SqliteStoreOptions): CheckpointStore {
  const options = typeof pathOrOptions === 'string' ? { path: pathOrOptions } : pathOrOptions;
  return createSqliteStore(openDatabase(options), options);
}

/** The store on a connection from `openDatabase`, which it closes. */
export function createSqliteStore(connection: Database.Database, options: ContextOptions = {}): CheckpointStore {
  const context = createContext(connection, options);
  const rows = createRows(context);
  const writes = createWriteWatch(context);
  const leaseWatch = createLeaseWatch(context, rows.sessions, writes);
  const runWatch = createRunWatch(writes);
  return {
    ...sessionMethods(context, rows),
    ...branchMethods(context, rows),
    ...ledgerMethods(context, rows),
    ...snapshotMethods(context, rows),
    ...toolJournal(context, rows),
    ...leaseMethods(context, rows, leaseWatch),
    ...fileMethods(context, rows),
    ...runMethods(context, rows, runWatch),
    ...deletion(context, rows, { leaseWatch, runWatch }),
    ...maintenance(context, rows),
    close: async () => {
      leaseWatch.close();
      runWatch.close();
      writes.close();
      mapErrors(connection.name, () => connection.close());
    },
  };
}
