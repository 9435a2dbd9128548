import Database from 'better-sqlite3';
import { CheckpointError } from '../errors.ts';
import { isNotADatabase, mapErrors, toCheckpointError } from '../sqlite/sqlite-errors.ts';
import { requireRegularFile, statsOf, unavailable } from '../sqlite/usable-path.ts';

/** Throws `checkpoint/unavailable` unless there is a file with something in it. */
export function requireSqliteFile(path: string): void {
  const stats = statsOf(path, path);
  if (stats === undefined) throw unavailable(`There is no file ${path}. Nothing was created.`);
  requireRegularFile(stats, path);
  if (stats.size === 0) throw unavailable(`The file ${path} is empty. Nothing was created.`);
}

/** Copies a database in one step, which no writer can come between. Throws `checkpoint/not-a-store` for what is no database. */
export async function copySqliteFile(path: string, copy: string): Promise<void> {
  const connection = mapErrors(path, () => new Database(path, { readonly: true, fileMustExist: true }));
  try {
    await connection.backup(copy, { progress: () => ALL_PAGES });
  } catch (error) {
    if (!isNotADatabase(error)) throw toCheckpointError(error, path);
    throw new CheckpointError('checkpoint/not-a-store', `${path} is not a SQLite database.`, { cause: error });
  } finally {
    connection.close();
  }
}

const ALL_PAGES = 0x7fff_ffff;

/** The format that a store in this file says it has. */
export function readSqliteFormat(path: string): number {
  return mapErrors(path, () => {
    const connection = new Database(path, { readonly: true });
    try {
      return Number(connection.pragma('user_version', { simple: true }));
    } finally {
      connection.close();
    }
  });
}
