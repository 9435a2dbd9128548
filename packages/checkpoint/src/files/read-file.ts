import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hashBlob } from '../blob.ts';
import type { FileNow } from './plan-rewind.ts';

/** A file as it is on disk; `bytes` is `null` if it is larger than asked for. */
export type FileOnDisk =
  | { readonly state: 'absent' }
  | { readonly state: 'file'; readonly mode: number; readonly bytes: Uint8Array | null }
  | { readonly state: 'other'; readonly reason: string };

const PERMISSION_BITS = 0o7777;

/**
 * What is at a tracked path. Follows no link: a link on the way, or at its end, is `other`. So is what cannot be read. Never rejects.
 */
export async function readFileOnDisk(root: string, path: string, maxFileBytes: number): Promise<FileOnDisk> {
  try {
    return (await findObstacle(root, path)) ?? (await readRegularFile(join(root, path), maxFileBytes));
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { state: 'absent' } : other(`it cannot be read: ${describe(error)}`);
  }
}

/** The same, with the content's hash in place of the content. */
export async function lookAtFile(root: string, path: string, maxFileBytes: number): Promise<FileNow> {
  const file = await readFileOnDisk(root, path, maxFileBytes);
  if (file.state !== 'file') return file;
  return { state: 'file', mode: file.mode, blobHash: file.bytes && hashBlob(file.bytes) };
}

/** The message of what the file system threw. */
export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What keeps the path from being a file or nothing, part by part; `undefined` when the whole path is a file. */
async function findObstacle(root: string, path: string): Promise<FileOnDisk | undefined> {
  const parts = path.split('/');
  for (const index of parts.keys()) {
    const part = parts.slice(0, index + 1).join('/');
    const isLast = index === parts.length - 1;
    const found = await lstat(join(root, part));
    if (found.isSymbolicLink()) return other(`${isLast ? 'it' : `'${part}'`} is a link`);
    if (isLast && found.isDirectory()) return other('it is a folder');
    if (isLast ? found.isFile() : found.isDirectory()) continue;
    if (found.isFile()) return { state: 'absent' };
    return other(`${isLast ? 'it' : `'${part}'`} is a device, a pipe or a socket`);
  }
  return undefined;
}

async function readRegularFile(place: string, maxFileBytes: number): Promise<FileOnDisk> {
  // Whatever takes the file's place between the look and the opening is not followed, and not waited for as a pipe would be.
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) return other('it is no file');
    const bytes = found.size > maxFileBytes ? null : await file.readFile();
    return { state: 'file', mode: found.mode & PERMISSION_BITS, bytes };
  } finally {
    await file.close();
  }
}

function other(reason: string): FileOnDisk & { readonly state: 'other' } {
  return { state: 'other', reason };
}
