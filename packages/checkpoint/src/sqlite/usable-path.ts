import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CheckpointError } from '../errors.ts';

/** The absolute path, once nothing about it rules a store out. */
export function usablePath(given: string): string {
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
  if (stats !== undefined) requireRegularFile(stats, path);
  requireAccess(folder, path, constants.W_OK | constants.X_OK);
  if (stats !== undefined) {
    requireAccess(path, path, constants.R_OK | constants.W_OK);
  }
  return path;
}

/** Throws `checkpoint/unavailable` for a folder, a device and the like. */
export function requireRegularFile(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  throw unavailable(
    `${path} is ${stats.isDirectory() ? 'a folder' : 'not a regular file'}. Name a file for the store.`,
  );
}

/** `undefined` if there is no such file. Throws `checkpoint/unavailable`, naming `path`, if it cannot be told. */
export function statsOf(file: string, path: string): Stats | undefined {
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

/** An error for a place where no store can live or be reached. `message` says what to do. */
export function unavailable(message: string, cause?: unknown): CheckpointError {
  return new CheckpointError('checkpoint/unavailable', message, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
