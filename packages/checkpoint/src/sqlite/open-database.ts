import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { CheckpointError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { isBusy, isNotADatabase, mapErrors } from './sqlite-errors.ts';

/**
 * From a path to a connection that may be used.
 *
 * Owns: which files are opened, refused or created, and the settings of a connection.
 * Leaves to the store: statements and transactions.
 *
 * O1. A file is written to only after it is known to be a store of a format this release reads, or empty.
 * O2. A store is created in one transaction in rollback mode and put into WAL mode afterwards, so its main file says what it
 *     is at every moment, and of two processes that create it at once both succeed.
 * O3. No file is read past SQLite: closing a file descriptor of our own would drop the locks that SQLite holds on the same
 *     file in this process (sqlite.org/howtocorrupt.html, section 2.2).
 */

export interface SqliteStoreOptions {
  /** The file; it is created if there is none, its folder is not. */
  readonly path: string;
  /** `full`, the default, survives a power cut. `normal` survives a killed process, but a power cut may take the last turns. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another writer, in milliseconds; 5000 unless told. */
  readonly busyTimeoutMs?: number;
}

/** Marks the file as ours: 'Rprs' in ASCII. */
const APPLICATION_ID = 0x52707273;

const DEFAULT_BUSY_TIMEOUT_MS = 5000;

const MAX_WAL_ATTEMPTS = 10;

/** Opens, creates or migrates the store at `options.path`. Throws a `CheckpointError` and leaves a refused file as it was. */
export function openDatabase(options: SqliteStoreOptions): Database.Database {
  const path = usablePath(options.path);
  const timeout = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS;
  return mapErrors(path, () => {
    if (hasPendingLog(path)) {
      // Closing a writable connection moves the log into the main file, even if the store is then refused.
      probe(path, timeout);
    }
    const connection = new Database(path, { timeout });
    try {
      readVersion(connection, path);
      connection.pragma(`synchronous = ${options.synchronous === 'normal' ? 'NORMAL' : 'FULL'}`);
      connection.pragma('foreign_keys = ON');
      migrate(connection, path);
      useWriteAheadLog(connection, path);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

/** The absolute path, once nothing about it rules a store out. */
function usablePath(given: string): string {
  // The driver trims a path, and keeps nothing at all under the two names it knows.
  if (given !== given.trim() || given === '' || given === ':memory:') {
    throw unavailable(`'${given}' is not the path of a file. Name one, such as 'sessions.db'.`);
  }
  const path = resolve(given);
  const folder = dirname(path);
  if (!statsOf(folder, path)?.isDirectory()) {
    throw unavailable(`There is no folder ${folder}, so ${path} cannot be opened. Create the folder first.`);
  }
  const stats = statsOf(path, path);
  if (stats !== undefined && !stats.isFile()) {
    throw unavailable(
      `${path} is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}. Name a file for the store.`,
    );
  }
  requireAccess(folder, path, constants.W_OK | constants.X_OK);
  if (stats !== undefined) {
    requireAccess(path, path, constants.R_OK | constants.W_OK);
  }
  return path;
}

function statsOf(file: string, path: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw unavailable(`${path} cannot be reached: ${reasonOf(error)}. Check the path and its permissions.`, error);
  }
}

function requireAccess(file: string, path: string, mode: number): void {
  try {
    accessSync(file, mode);
  } catch (error) {
    const what = file === path ? 'The file' : `Its folder ${file}`;
    throw unavailable(
      `${path} cannot be opened: ${reasonOf(error)}. ${what} must be readable and writable; change its permissions.`,
      error,
    );
  }
}

function hasPendingLog(path: string): boolean {
  const size = (file: string) => statsOf(file, path)?.size ?? 0;
  return size(path) > 0 && size(`${path}-wal`) > 0;
}

function probe(path: string, timeout: number): void {
  const connection = new Database(path, { readonly: true, timeout });
  try {
    readVersion(connection, path);
  } finally {
    connection.close();
  }
}

/** The format version of the store, 0 for a database with nothing in it. Throws if this release must not touch the file. */
function readVersion(connection: Database.Database, path: string): number {
  const { applicationId, version, isEmpty } = readHeader(connection, path);
  if (isEmpty) {
    return 0;
  }
  if (applicationId !== APPLICATION_ID) {
    throw new CheckpointError(
      'checkpoint/not-a-store',
      `${path} is a SQLite database of another program. It was left as it is; name another file for the store.`,
    );
  }
  if (version > migrations.length) {
    throw new CheckpointError(
      'checkpoint/newer-format',
      `${path} has format ${version}, and this release reads formats up to ${migrations.length}. It was left as it is; ` +
        'open it with the release that wrote it, or a later one.',
    );
  }
  if (version < 1) {
    throw new CheckpointError(
      'checkpoint/corrupt',
      `${path} is damaged: it says it has format ${version}, which no release ever wrote. Restore it from a backup.`,
    );
  }
  return version;
}

interface Header {
  readonly applicationId: number;
  readonly version: number;
  readonly isEmpty: boolean;
}

function readHeader(connection: Database.Database, path: string): Header {
  const numberOf = (sql: string) => Number(connection.prepare(sql).pluck().get());
  const read = connection.transaction(() => {
    const applicationId = numberOf('PRAGMA application_id');
    const version = numberOf('PRAGMA user_version');
    // Tables are looked at last: those of a newer format or of another program may be none that this SQLite understands.
    const isEmpty = applicationId === 0 && version === 0 && numberOf('SELECT count(*) FROM sqlite_schema') === 0;
    return { applicationId, version, isEmpty };
  });
  try {
    return read();
  } catch (error) {
    if (isNotADatabase(error)) {
      throw new CheckpointError(
        'checkpoint/not-a-store',
        `${path} is not a SQLite database. It was left as it is; name another file for the store.`,
        { cause: error },
      );
    }
    throw error;
  }
}

function migrate(connection: Database.Database, path: string): void {
  if (readVersion(connection, path) === migrations.length) {
    return;
  }
  const migrateOnce = connection.transaction(() => {
    // Another process may have been here while this one waited for the lock.
    for (const migration of migrations.slice(readVersion(connection, path))) {
      connection.exec(migration);
    }
    connection.pragma(`application_id = ${APPLICATION_ID}`);
    connection.pragma(`user_version = ${migrations.length}`);
  });
  migrateOnce.immediate();
}

function useWriteAheadLog(connection: Database.Database, path: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      const mode = connection.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') {
        return;
      }
      throw unavailable(`${path} is on a file system without the shared memory that a store needs. Use a local disk.`);
    } catch (error) {
      if (!isBusy(error) || attempt === MAX_WAL_ATTEMPTS) {
        throw error;
      }
      // SQLite does not wait here while another process switches the mode, so wait for that process's write to end.
      connection.transaction(() => undefined).immediate();
    }
  }
}

function unavailable(message: string, cause?: unknown): CheckpointError {
  return new CheckpointError('checkpoint/unavailable', message, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
