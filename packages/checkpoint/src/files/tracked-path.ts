import { isAbsolute, join, relative, sep } from 'node:path';
import { CheckpointError } from '../errors.ts';

/**
 * The path as the store keeps it: relative to the root, with `/` between its parts. Pure: looks at the text alone.
 * Throws `checkpoint/path-refused` for one that leads out of the root, or may: with `..`, what it names depends on links.
 */
export function trackedPath(root: string, path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0') || !path.isWellFormed()) {
    throw pathRefused(String(path).toWellFormed().replaceAll('\0', '\uFFFD'), 'it is no text that can name a file');
  }
  if (path.split(sep).includes('..')) throw pathRefused(path, "it has a '..' in it; write the path without");
  const inRoot = isAbsolute(path) ? relative(root, path) : relative('.', join('.', path));
  if (isAbsolute(inRoot) || inRoot.split(sep).includes('..')) throw pathRefused(path, `it is not in ${root}`);
  return inRoot.split(sep).join('/');
}

/** An error for a path that a tool may not change. `reason` says what is wrong with it, and what to do. */
export function pathRefused(path: string, reason: string, cause?: unknown): CheckpointError {
  return new CheckpointError('checkpoint/path-refused', `'${path}' cannot be kept before it is changed: ${reason}.`, {
    cause,
  });
}
