import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CheckpointError } from '../errors.ts';
import type { OnStoreFaultPoint } from '../fault-points.ts';
import { corrupt } from '../sql/rows.ts';
import { findLogDamage } from './log-damage.ts';
import { migrations, requireSchema } from './migrations.ts';
import { isBusy, isNotADatabase, mapErrors } from './sqlite-errors.ts';
import { statsOf, unavailable, usablePath } from './usable-path.ts';

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
 *     file in this process (sqlite.org/howtocorrupt.html, section 2.2). The log beside it is never locked.
 */

export interface SqliteStoreOptions {
  /** The file; it is created if there is none, its folder is not. */
  readonly path: string;
  /** `full`, the default, survives a power cut. `normal` survives a killed process, but a power cut may take the last turns. */
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another writer, in milliseconds; 5000 unless told. */
  readonly busyTimeoutMs?: number;
  /** The time that leases are held against, in epoch milliseconds; `Date.now` unless told. */
  readonly clock?: () => number;
  /** Is told of each place where a crash may happen, in tests. */
  readonly onFaultPoint?: OnStoreFaultPoint;
}

/** Marks the file as ours: 'Rprs' in ASCII. */
const APPLICATION_ID = 0x52707273;

const DEFAULT_BUSY_TIMEOUT_MS = 5000;

const MAX_WAL_ATTEMPTS = 10;

/**
 * What does not fit a page goes to pages of its own, which waste little, so small pages hold rows of any length best. A turn's row has some
 * 1100 bytes and an answer's 2 KB and more: of pages of 4096 bytes a third would be empty.
 */
const PAGE_SIZE = 1024;

/** Opens, creates or migrates the store at `options.path`. Throws a `CheckpointError` and leaves a refused file as it was. */
export function openDatabase(options: SqliteStoreOptions): Database.Database {
  const path = usablePath(options.path);
  const timeout = options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS;
  return mapErrors(path, () => {
    if (hasPendingLog(path)) {
      requireWholeLog(`${path}-wal`, options.synchronous !== 'normal');
      // Closing a writable connection moves the log into the main file, even if the store is then refused.
      probe(path, timeout);
    }
    const connection = new Database(path, { timeout });
    try {
      readVersion(connection, path);
      connection.pragma(`synchronous = ${options.synchronous === 'normal' ? 'NORMAL' : 'FULL'}`);
      connection.pragma('cell_size_check = ON');
      connection.pragma('foreign_keys = OFF');
      migrate(connection, path);
      requireSchema(connection);
      useWriteAheadLog(connection, path);
      connection.pragma('foreign_keys = ON');
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  });
}

function hasPendingLog(path: string): boolean {
  const size = (file: string) => statsOf(file, path)?.size ?? 0;
  return size(path) > 0 && size(`${path}-wal`) > 0;
}

/** SQLite would take damage in the log for its end, and forget what comes after. */
function requireWholeLog(log: string, isSynced: boolean): void {
  const damage = () => findLogDamage(readLog(log), isSynced);
  // Somebody may be writing to it: what is seen twice stays.
  const found = damage();
  if (found !== undefined && damage() === found)
    throw corrupt(`${found} in ${log} is not what it was when it was written`);
}

/** The log; nothing if it has been taken away meanwhile, or if it may not be read, which SQLite will say. */
function readLog(log: string): Uint8Array {
  try {
    return readFileSync(log);
  } catch {
    return new Uint8Array();
  }
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
  const version = readVersion(connection, path);
  if (version === migrations.length) {
    return;
  }
  if (version === 0) {
    connection.pragma(`page_size = ${PAGE_SIZE}`);
  }
  const migrateOnce = connection.transaction(() => {
    // Another process may have been here while this one waited for the lock.
    for (const migration of migrations.slice(readVersion(connection, path))) {
      migration(connection);
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
