import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What keeps other people's files, and no logs. */
const PASSED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** A file that was found, or what could not be looked at. */
export type FoundFile = { readonly path: string } | { readonly path: string; readonly error: unknown };

/**
 * Every regular file at or below a path, by name within each folder. Links to files are followed, links to folders only where they are
 * the path itself. `node_modules` and `.git` are passed by.
 */
export async function* walkFiles(path: string): AsyncGenerator<FoundFile, void, undefined> {
  try {
    const stats = await stat(path);
    if (stats.isFile()) yield { path };
    else if (stats.isDirectory()) yield* walkFolder(path);
    else throw new Error('It is neither a file nor a folder.');
  } catch (error) {
    yield { path, error };
  }
}

async function* walkFolder(folder: string): AsyncGenerator<FoundFile, void, undefined> {
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(folder);
  } catch (error) {
    yield { path: folder, error };
    return;
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield { path };
    else if (entry.isSymbolicLink()) yield* walkLink(path);
    else if (entry.isDirectory() && !PASSED_FOLDERS.has(entry.name)) yield* walkFolder(path);
  }
}

function readEntries(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

async function* walkLink(path: string): AsyncGenerator<FoundFile, void, undefined> {
  try {
    if ((await stat(path)).isFile()) yield { path };
  } catch (error) {
    yield { path, error };
  }
}
