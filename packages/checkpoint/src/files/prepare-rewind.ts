import { join } from 'node:path';
import type { BlobHash } from '../blob.ts';
import { CheckpointError, type CheckpointErrorCode } from '../errors.ts';
import type { OnFileFaultPoint } from '../fault-points.ts';
import type { FileBackup } from '../file-backup.ts';
import { blobMissing } from '../refusals.ts';
import type { CheckpointStore } from '../store.ts';
import type { FilesSince } from './first-backups.ts';
import { type KeepableFile, type KeepPlace, keepFiles } from './keep-files.ts';
import { type FileStep, planFile } from './plan-rewind.ts';
import { describe, type FileOnDisk, lookAtFile, readFileOnDisk } from './read-file.ts';
import { clearLeftovers, type StagedFile, stageFile, swapFiles, unstage } from './swap-files.ts';

/** What came of one file in a rewind. */
export type FileReport =
  | { readonly path: string; readonly result: 'restored' | 'removed' | 'unchanged' }
  /** It was left as it is. */
  | { readonly path: string; readonly result: 'failed'; readonly reason: string };

/** A rewind of files that was checked and made ready: nothing is changed yet. Ends with one call of either. */
export interface PreparedRewind {
  /**
   * Keeps what the files are now for that snapshot, then gives them back what they were, all or none. Rejects with
   * `checkpoint/files-unavailable`, and then everything is as it was.
   */
  apply(leaving: Omit<KeepPlace, 'sessionId'>): Promise<readonly FileReport[]>;
  /** Takes back what was made ready. */
  discard(): Promise<void>;
}

/** Where files are, and how many bytes of one are kept. */
export interface FilePlace {
  readonly root: string;
  readonly maxFileBytes: number;
  readonly onFaultPoint: OnFileFaultPoint;
}

interface ReadyFile {
  readonly path: string;
  readonly staged: StagedFile;
}

/**
 * Plans every file and stages those that have to change. Rejects with `checkpoint/files-unavailable`, naming each file that cannot be
 * given back what it was, unless `skipUnavailable` asks to leave those as they are.
 */
export async function prepareRewind(
  store: CheckpointStore,
  place: FilePlace,
  backups: readonly FileBackup[],
  { sessionId, skipUnavailable = false }: FilesSince & { readonly skipUnavailable?: boolean },
): Promise<PreparedRewind> {
  const reports: FileReport[] = [];
  const ready: ReadyFile[] = [];
  try {
    for (const backup of backups) {
      const plan = planFile(backup, await lookAtFile(place.root, backup.path, place.maxFileBytes));
      reports.push(await prepareFile(store, place, plan, ready));
    }
    const failed = reports.filter((report) => report.result === 'failed');
    if (failed.length > 0 && !skipUnavailable) throw filesUnavailable(failed);
  } catch (error) {
    await unstage(ready.map(({ staged }) => staged));
    throw error;
  }
  place.onFaultPoint('files/staged');
  return {
    apply: (leaving) => applyRewind(store, place, { ...leaving, sessionId }, ready).then(() => reports),
    discard: () => unstage(ready.map(({ staged }) => staged)),
  };
}

/** Stages the file if it has to change, and adds it to those that are ready. What stands in its way is its report. */
async function prepareFile(
  store: CheckpointStore,
  { root }: FilePlace,
  plan: FileStep,
  ready: ReadyFile[],
): Promise<FileReport> {
  const { path } = plan;
  const place = join(root, path);
  if (plan.step === 'blocked') return { path, result: 'failed', reason: plan.reason };
  if (plan.step === 'none') {
    await clearLeftovers(place);
    return { path, result: 'unchanged' };
  }
  try {
    const content =
      plan.step === 'restore' ? { bytes: await readBlob(store, plan.blobHash), mode: plan.mode } : undefined;
    ready.push({ path, staged: await stageFile(place, content) });
    return { path, result: content ? 'restored' : 'removed' };
  } catch (error) {
    if (error instanceof CheckpointError && !LOST_BYTES.includes(error.code)) throw error;
    return { path, result: 'failed', reason: describe(error) };
  }
}

/** Errors that are about the bytes of one file, and not about the whole store. */
const LOST_BYTES: readonly string[] = ['checkpoint/blob-missing', 'checkpoint/corrupt'] satisfies CheckpointErrorCode[];

async function readBlob(store: CheckpointStore, hash: BlobHash): Promise<Uint8Array> {
  const bytes = (await store.readBlobs([hash])).get(hash);
  if (!bytes) throw blobMissing(hash);
  return bytes;
}

async function applyRewind(
  store: CheckpointStore,
  place: FilePlace,
  leaving: KeepPlace,
  ready: readonly ReadyFile[],
): Promise<void> {
  const files = ready.map(({ staged }) => staged);
  try {
    const paths = ready.map(({ path }) => path);
    await keepFiles(store, leaving, paths, (path) => readUnlessBlocked(place, path));
  } catch (error) {
    await unstage(files);
    throw error;
  }
  place.onFaultPoint('files/leaving-kept');
  try {
    await swapFiles(files, place.onFaultPoint);
  } catch (error) {
    throw new CheckpointError('checkpoint/files-unavailable', swapFailure(error, leaving), { cause: error });
  }
}

/** The file was planned and staged a moment ago; if it has become something else since, nothing may be changed any more. */
async function readUnlessBlocked({ root, maxFileBytes }: FilePlace, path: string): Promise<KeepableFile> {
  const file = await readFileOnDisk(root, path, maxFileBytes);
  if (isKeepable(file)) return file;
  const reason = file.state === 'other' ? file.reason : 'what is there now is too large to keep, and would be lost';
  throw filesUnavailable([{ path, reason }]);
}

function isKeepable(file: FileOnDisk): file is KeepableFile {
  return file.state === 'absent' || (file.state === 'file' && file.bytes !== null);
}

function filesUnavailable(failed: readonly { readonly path: string; readonly reason: string }[]): CheckpointError {
  return new CheckpointError(
    'checkpoint/files-unavailable',
    `Not every file can be given back what it was, and nothing was changed: ${failed
      .map(({ path, reason }) => `'${path}': ${reason}`)
      .join('; ')}. Mend that, or leave these files as they are with \`skipUnavailable\`.`,
  );
}

function swapFailure(error: unknown, { snapshotId }: KeepPlace): string {
  const failures = error instanceof AggregateError ? error.errors.map(describe).join('; ') : describe(error);
  return error instanceof AggregateError
    ? `The files could not be given back what they were, nor all of them put back: ${failures}. What they were before is kept for snapshot '${snapshotId}'.`
    : `The files could not be given back what they were, and all were put back: ${failures}.`;
}
