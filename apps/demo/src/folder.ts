import { constants, type Dirent, type Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * One folder, read-only.
 *
 * Owns: which paths lead into the folder, which files count, and how much of one is read.
 * Leaves to tools.ts: what a model sees of it.
 *
 * D1. Nothing outside the folder is read: a path is judged again after symbolic links are resolved.
 * D2. Version control, installed packages, build output and secrets are as good as absent, under whatever name they are asked for.
 * D3. Files come in the order of their paths' code units, on every machine.
 */
export interface Folder {
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** The files under `path`, relative to the root with `/` between names. Symbolic links are not followed. */
  files(path?: string, signal?: AbortSignal): AsyncGenerator<string, void, undefined>;
  /** The text of a file. Rejects with a `FolderError` for what is no readable text of at most `MAX_FILE_BYTES`. */
  readText(path: string, signal?: AbortSignal): Promise<string>;
}

/** What was asked for cannot be had; the message is for whoever asked. */
export class FolderError extends Error {
  override readonly name = 'FolderError';
}

const MAX_FILE_BYTES = 1_048_576;

const HIDDEN_NAMES = new Set(['.git', '.hg', '.svn', 'node_modules', 'dist', 'coverage', '.turbo', '.reprise']);
const SECRETS = /^\.env(\..+)?$/;

/** Opens a folder. Rejects with a `FolderError` if it is none, or cannot be read. */
export async function openFolder(path: string): Promise<Folder> {
  const root = await realpath(path).catch((error) => Promise.reject(unreadable(path, error, 'folder')));
  const entries = await readdir(root).catch((error) => error);
  if (!Array.isArray(entries)) throw unreadable(path, entries, 'folder');
  return {
    root,
    files: (start = '.', signal) => walkFrom(root, start, signal),
    readText: (file, signal) => readText(root, file, signal),
  };
}

async function* walkFrom(root: string, path: string, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  const { realPath, stats } = await locate(root, path);
  if (!stats.isDirectory()) throw new FolderError(`not a folder: ${path}`);
  yield* walk(root, realPath, signal);
}

async function* walk(root: string, folder: string, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  // A folder that may not be read hides its files, like one that is not there.
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  for (const entry of entries.filter(({ name }) => !isHidden(name)).sort(byPathOrder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(root, path, signal);
    else if (entry.isFile()) yield slashed(relative(root, path));
  }
}

/** The order of whole paths: a folder sorts as its name with the slash that follows it. */
function byPathOrder(a: Dirent, b: Dirent): number {
  return byCodeUnit(a.isDirectory() ? `${a.name}/` : a.name, b.isDirectory() ? `${b.name}/` : b.name);
}

export function byCodeUnit(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function readText(root: string, path: string, signal?: AbortSignal): Promise<string> {
  const { realPath, stats } = await locate(root, path);
  if (stats.isDirectory()) throw new FolderError(`a folder, not a file: ${path}`);
  if (!stats.isFile()) throw new FolderError(`not a regular file: ${path}`);
  const bytes = await readBytes(realPath, signal).catch((error) => Promise.reject(unreadable(path, error, 'file')));
  if (bytes === undefined) throw new FolderError(`too large: ${path} is over ${MAX_FILE_BYTES / 1024} KB`);
  if (bytes.includes(0)) throw new FolderError(`not a text file: ${path}`);
  return new TextDecoder().decode(bytes);
}

/** The bytes of a file, or `undefined` if it is too large. */
async function readBytes(realPath: string, signal?: AbortSignal): Promise<Buffer | undefined> {
  signal?.throwIfAborted();
  const file = await open(realPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    return size > MAX_FILE_BYTES ? undefined : await file.readFile();
  } finally {
    await file.close();
  }
}

async function locate(root: string, path: string): Promise<{ readonly realPath: string; readonly stats: Stats }> {
  requireInside(root, resolve(root, path), path);
  try {
    const realPath = await realpath(resolve(root, path));
    requireInside(root, realPath, path);
    return { realPath, stats: await stat(realPath) };
  } catch (error) {
    throw error instanceof FolderError ? error : unreadable(path, error, 'file');
  }
}

function requireInside(root: string, absolutePath: string, asked: string): void {
  const names = relative(root, absolutePath);
  if (isAbsolute(asked) || isAbsolute(names) || names === '..' || names.startsWith(`..${sep}`)) {
    throw new FolderError(`outside the folder: ${asked}; use a path relative to the folder`);
  }
  if (names.split(sep).some(isHidden)) throw new FolderError(`kept out of reach: ${asked}`);
}

function isHidden(name: string): boolean {
  return HIDDEN_NAMES.has(name) || SECRETS.test(name);
}

function unreadable(path: string, error: unknown, kind: 'file' | 'folder'): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new FolderError(`no such ${kind}: ${path}`);
  if (code === 'ENOTDIR') return new FolderError(kind === 'folder' ? `not a folder: ${path}` : `no such file: ${path}`);
  if (code === '') return error instanceof Error ? error : new Error(String(error));
  return new FolderError(`cannot be read: ${path} (${code})`);
}

function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
