import Database from 'better-sqlite3';
import { CheckpointError } from '../errors.ts';
import { locateDamage } from '../sql/rows.ts';

/** Runs `work` on the store at `path`; whatever SQLite or its driver throws leaves as a `CheckpointError`. */
export function mapErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toCheckpointError(error, path);
  }
}

/** Whether SQLite gave up waiting for another writer. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}

/** Whether the file is not a SQLite database at all. */
export function isNotADatabase(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB';
}

/** What SQLite or its driver threw for the store at `path`, as a `CheckpointError`. */
export function toCheckpointError(error: unknown, path: string): CheckpointError {
  if (error instanceof CheckpointError) {
    return locateDamage(error, path);
  }
  if (error instanceof Database.SqliteError) {
    return fromSqlite(error, path);
  }
  // The driver throws a TypeError or RangeError for a value that SQLite has no type for.
  const reason = error instanceof Error ? error.message : String(error);
  return new CheckpointError('checkpoint/invalid-write', `${path} cannot keep this value: ${reason}.`, {
    cause: error,
  });
}

function fromSqlite(error: InstanceType<typeof Database.SqliteError>, path: string): CheckpointError {
  const cause = { cause: error };
  const [, family = ''] = error.code.split('_');
  switch (family) {
    case 'BUSY':
    case 'LOCKED':
      return new CheckpointError(
        'checkpoint/unavailable',
        `${path} is locked: another process has been writing to it for longer than the busy timeout. Try again.`,
        cause,
      );
    case 'FULL':
      return new CheckpointError(
        'checkpoint/unavailable',
        `The disk that holds ${path} is full. Nothing was written; free some space and try again.`,
        cause,
      );
    case 'READONLY':
      return new CheckpointError(
        'checkpoint/unavailable',
        `${path} is read-only. A store writes to its file and to two files beside it; change their permissions.`,
        cause,
      );
    case 'CONSTRAINT':
    case 'MISMATCH':
    case 'TOOBIG':
    case 'RANGE':
      return new CheckpointError(
        'checkpoint/invalid-write',
        `${path} refused a row and wrote nothing: ${error.message}.`,
        cause,
      );
    case 'CORRUPT':
    case 'NOTADB':
    case 'ERROR': // Our statements are fixed, so one that fails has found other tables than a migration left.
      return new CheckpointError(
        'checkpoint/corrupt',
        `${path} is damaged (${error.message}). Restore it from a backup; it was left as it is.`,
        cause,
      );
    default:
      return new CheckpointError(
        'checkpoint/unavailable',
        `${path} cannot be read or written: ${error.message} (${error.code}). Check the disk and the permissions.`,
        cause,
      );
  }
}
