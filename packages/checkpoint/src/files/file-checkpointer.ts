/**
 * The files that tools change, kept so that they can be given back.
 *
 * Owns: when a file is kept, and that a rewind is all or nothing.
 * Leaves to `plan-rewind.ts`: what a rewind has to do. To `swap-files.ts`: how many files change as one. To its caller: which paths a
 * tool is going to change, and which snapshot was the last before that. It knows paths and bytes, and nothing of messages.
 *
 * K1. What a file was before its first change after a snapshot is durable before that change begins.
 * K2. A rewind gives back what files were at a snapshot, however often they were changed and rewound since; it keeps what they are first.
 * K3. A rewind changes all files or none; one that a crash stopped in the middle is completed by doing it again.
 * K4. Nothing outside the root is looked at or changed, and no link is followed. It guards against links that are there, not against an
 *     adversary who swaps one in while it works.
 * K5. A file that its tool did not declare is not known here, and stays as it is. So do folders, empty ones too.
 */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CheckpointError } from '../errors.ts';
import type { OnFileFaultPoint } from '../fault-points.ts';
import type { FileBackup } from '../file-backup.ts';
import type { CheckpointStore } from '../store.ts';
import { type FilesSince, readFirstBackups } from './first-backups.ts';
import { type KeepableFile, type KeepPlace, keepFiles } from './keep-files.ts';
import { compareFile, type FileDifference, planFile } from './plan-rewind.ts';
import { type FilePlace, type FileReport, type PreparedRewind, prepareRewind } from './prepare-rewind.ts';
import { describe, lookAtFile, readFileOnDisk } from './read-file.ts';
import { pathRefused, trackedPath } from './tracked-path.ts';

export interface FileCheckpointerOptions {
  /** The folder whose files are kept. A session is resumed with the same one. */
  readonly root: string;
  /** A larger file is not kept, and cannot be given back. Default 64 MiB. */
  readonly maxFileBytes?: number;
  /** Called wherever a crash may happen, so that a test can end the process there. */
  readonly onFaultPoint?: OnFileFaultPoint;
}

/** See `FileCheckpointer.beforeChange`. */
export interface FileChangeIntent extends KeepPlace {
  /** Files that may not exist yet, relative to the root. */
  readonly paths: readonly string[];
}

/** See `FileCheckpointer.prepareRewind`. */
export interface FileRewind extends FilesSince {
  /** Leaves files that cannot be given back what they were as they are, and reports them. Default: nothing is changed, and it rejects. */
  readonly skipUnavailable?: boolean;
}

export interface FileChange {
  readonly path: string;
  readonly difference: Exclude<FileDifference, 'unchanged'>;
  /** Why it cannot be given back what it was. */
  readonly obstacle?: string;
}

export interface FileCheckpointer {
  /**
   * Keeps what files are before a tool changes them, unless that was done for this snapshot already. They may be changed once this has
   * resolved, to the paths of files that are too large to be kept: what they were cannot be given back. Rejects with `checkpoint/path-refused` for a path that leaves the root, passes a link, is a folder or cannot be read:
   * then the tool must not run.
   */
  beforeChange(store: CheckpointStore, change: FileChangeIntent): Promise<readonly string[]>;

  /** The declared files that are not what they were at the snapshot, by path. */
  filesChangedSince(store: CheckpointStore, since: FilesSince): Promise<readonly FileChange[]>;

  /**
   * Makes ready to give every file that was changed since the snapshot back what it was: content and permissions; new files are removed,
   * deleted ones brought back. Changes nothing yet. Rejects with `checkpoint/files-unavailable`.
   */
  prepareRewind(store: CheckpointStore, rewind: FileRewind): Promise<PreparedRewind>;

  /** `prepareRewind` and `apply` in one. `leavingSnapshotId` must be newer than any file that was kept: rewinding to it undoes this. */
  rewindFiles(
    store: CheckpointStore,
    rewind: FileRewind & Omit<KeepPlace, 'snapshotId'> & { readonly leavingSnapshotId: KeepPlace['snapshotId'] },
  ): Promise<readonly FileReport[]>;
}

const DEFAULT_MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Looks after the files in one folder. Throws `checkpoint/invalid-write` for options that cannot work. */
export function createFileCheckpointer(options: FileCheckpointerOptions): FileCheckpointer {
  checkFileOptions(options);
  const root = resolve(options.root);
  const { maxFileBytes = DEFAULT_MAX_FILE_BYTES, onFaultPoint = () => {} } = options;
  const findPlace = async (): Promise<FilePlace> => ({ root: await findRoot(root), maxFileBytes, onFaultPoint });

  const checkpointer: FileCheckpointer = {
    async beforeChange(store, { paths, ...keepPlace }) {
      const tracked = new Set(paths.map((path) => trackedPath(root, path)));
      if (tracked.size === 0) return [];
      const place = await findPlace();
      for (const path of await alreadyKept(store, keepPlace)) {
        // A link may have taken its place since, and the tool would follow it.
        if (tracked.delete(path)) await readForChange({ ...place, maxFileBytes: 0 }, path);
      }
      const tooLarge = await keepFiles(store, keepPlace, [...tracked], (path) => readForChange(place, path));
      onFaultPoint('files/kept');
      return tooLarge;
    },

    async filesChangedSince(store, since) {
      const place = await findPlace();
      const changes: FileChange[] = [];
      for (const then of await readFirstBackups(store, since)) {
        const change = await findChange(place, then);
        if (change) changes.push(change);
      }
      return changes;
    },

    async prepareRewind(store, rewind) {
      return prepareRewind(store, await findPlace(), await readFirstBackups(store, rewind), rewind);
    },

    async rewindFiles(store, { leavingSnapshotId, at, fence, ...rewind }) {
      const prepared = await checkpointer.prepareRewind(store, rewind);
      return prepared.apply({ snapshotId: leavingSnapshotId, at, fence });
    },
  };
  return checkpointer;
}

/** Callers without types may give anything. */
function checkFileOptions({ root, maxFileBytes = 0 }: FileCheckpointerOptions): void {
  if (typeof root !== 'string' || root === '') throw invalidOption('root', root, 'the path of a folder');
  if (typeof maxFileBytes === 'number' && maxFileBytes >= 0) return;
  throw invalidOption('maxFileBytes', maxFileBytes, 'a number of bytes of at least 0');
}

function invalidOption(name: string, value: unknown, expected: string): CheckpointError {
  const given = typeof value === 'string' ? `'${value}'` : value;
  return new CheckpointError('checkpoint/invalid-write', `${name} is ${given}; ${expected} is expected.`);
}

async function findRoot(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch (error) {
    throw new CheckpointError('checkpoint/unavailable', `The root of the files cannot be opened: ${describe(error)}.`, {
      cause: error,
    });
  }
}

async function alreadyKept(store: CheckpointStore, place: KeepPlace): Promise<readonly string[]> {
  const backups = await store.readFileBackups(place);
  return backups.filter(({ snapshotId }) => snapshotId === place.snapshotId).map(({ path }) => path);
}

async function findChange(place: FilePlace, then: FileBackup): Promise<FileChange | undefined> {
  const now = await lookAtFile(place.root, then.path, place.maxFileBytes);
  const difference = compareFile(then, now);
  if (difference === 'unchanged') return undefined;
  const plan = planFile(then, now);
  return { path: then.path, difference, ...(plan.step === 'blocked' ? { obstacle: plan.reason } : {}) };
}

async function readForChange({ root, maxFileBytes }: FilePlace, path: string): Promise<KeepableFile> {
  const file = await readFileOnDisk(root, path, maxFileBytes);
  if (file.state === 'other') throw pathRefused(path, file.reason);
  return file;
}
