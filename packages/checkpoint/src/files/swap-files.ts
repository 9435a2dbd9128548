/**
 * Many files changed as one: all of them, or none.
 *
 * Owns: temporary files beside their targets, and the way back.
 * Leaves to `file-checkpointer.ts`: which files, and what was kept of them before.
 *
 * W1. The new content of a file is complete and on disk, under a temporary name, before the first file is changed.
 * W2. A file is never found half written: it is replaced by a rename.
 * W3. After a failure every file is what it was, the same file where the file system has hard links.
 * W4. Temporary names depend on the file's alone: after a crash, swapping again clears away what was left.
 */

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, lstat, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { OnFileFaultPoint } from '../fault-points.ts';
import { errorCode } from './read-file.ts';

/** A file ready to be swapped. */
export interface StagedFile {
  /** Where it belongs. */
  readonly place: string;
  /** Where its new content is; `undefined` when it is to be removed. */
  readonly fresh: string | undefined;
  /** The outermost folder that was made for it. */
  readonly firstNewFolder: string | undefined;
}

/** The new content of a file, or `undefined` to remove it. */
export type NewContent = { readonly bytes: Uint8Array; readonly mode: number } | undefined;

/** Makes everything ready for one file without touching it. Rejects, leaving nothing behind, when that cannot be done. */
export async function stageFile(place: string, content: NewContent): Promise<StagedFile> {
  const folder = dirname(place);
  if (!content) {
    await access(folder, constants.W_OK | constants.X_OK);
    return { place, fresh: undefined, firstNewFolder: undefined };
  }
  const firstNewFolder = await mkdir(folder, { recursive: true });
  const staged = { place, fresh: temporaryName(place, 'new'), firstNewFolder };
  try {
    await clearLeftovers(place);
    await writeNewFile(staged.fresh, content, await ownerOf(place));
    return staged;
  } catch (error) {
    await unstage([staged]);
    throw error;
  }
}

/** Swaps all files in. On a failure everything is put back, and it rejects. */
export async function swapFiles(files: readonly StagedFile[], onFaultPoint: OnFileFaultPoint): Promise<void> {
  const undos: (() => Promise<void>)[] = [];
  try {
    for (const file of files) {
      undos.push(await swapFile(file, onFaultPoint));
      onFaultPoint('files/swapped');
    }
    for (const folder of new Set(files.flatMap(changedFolders))) await syncFolder(folder);
  } catch (error) {
    const failures = await undoAll(undos);
    await unstage(files);
    throw failures.length === 0 ? error : new AggregateError([error, ...failures], 'Not every file could be put back.');
  }
  for (const { place } of files) await clearLeftovers(place);
}

/** Takes back what `stageFile` did. */
export async function unstage(files: readonly StagedFile[]): Promise<void> {
  for (const { place, fresh, firstNewFolder } of files.toReversed()) {
    if (fresh !== undefined) await rm(fresh, { force: true });
    if (firstNewFolder !== undefined) await removeEmptyFolders(dirname(place), firstNewFolder);
  }
}

/** Clears away what a crash in the middle of a swap may have left beside this file. */
export async function clearLeftovers(place: string): Promise<void> {
  for (const purpose of ['new', 'old'] as const) await rm(temporaryName(place, purpose)).catch(() => {});
}

/** Resolves to what puts it back. */
async function swapFile({ place, fresh }: StagedFile, onFaultPoint: OnFileFaultPoint): Promise<() => Promise<void>> {
  const old = temporaryName(place, 'old');
  await rm(old, { force: true });
  const hadFile = await setAside(place, old, fresh === undefined);
  const putBack = async () => {
    if (hadFile) await rename(old, place);
    else await rm(place, { force: true });
    // Renaming one link of a file to another does nothing at all.
    await rm(old, { force: true });
  };
  try {
    onFaultPoint('files/set-aside');
    if (fresh !== undefined) await rename(fresh, place);
    return putBack;
  } catch (error) {
    await putBack();
    throw error;
  }
}

/** Keeps the file under another name as well, or moves it there. Resolves to whether there was one. */
async function setAside(place: string, old: string, isMove: boolean): Promise<boolean> {
  try {
    if (isMove) await rename(place, old);
    // A link leaves the file where it is, so that a crash never finds it missing; some file systems have none.
    else await link(place, old).catch(() => rename(place, old));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function undoAll(undos: readonly (() => Promise<void>)[]): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const undo of undos.toReversed()) await undo().catch((error: unknown) => failures.push(error));
  return failures;
}

function temporaryName(place: string, purpose: 'new' | 'old'): string {
  const digest = createHash('sha256').update(basename(place), 'utf8').digest('hex');
  return join(dirname(place), `.reprise-rewind-${digest.slice(0, 32)}.${purpose}`);
}

async function writeNewFile(path: string, { bytes, mode }: NonNullable<NewContent>, owner: Owner): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    // Another owner is kept where this process may. Before the mode, since it takes away some of its bits.
    if (owner) await file.chown(owner.uid, owner.gid).catch(() => {});
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The folders whose lists of names the swap changes: the file's, and those around each folder that was made for it. */
function changedFolders({ place, firstNewFolder }: StagedFile): readonly string[] {
  return foldersUp(dirname(place), firstNewFolder === undefined ? dirname(place) : dirname(firstNewFolder));
}

/** From one folder up to one around it, both included. */
function foldersUp(innermost: string, outermost: string): readonly string[] {
  const folders = [innermost];
  for (let folder = innermost; folder.length > outermost.length; ) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

type Owner = { readonly uid: number; readonly gid: number } | undefined;

async function ownerOf(place: string): Promise<Owner> {
  return lstat(place).catch(() => undefined);
}

/** A rename is durable when its folder is. Not every system lets a folder be opened for that. */
async function syncFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r').catch(() => undefined);
  await opened?.sync().catch(() => {});
  await opened?.close();
}

async function removeEmptyFolders(innermost: string, outermost: string): Promise<void> {
  for (const folder of foldersUp(innermost, outermost)) {
    try {
      await rmdir(folder);
    } catch {
      // Somebody else has put something there.
      return;
    }
  }
}
