import { type Blob, hashBlob } from '../blob.ts';
import type { FileState } from '../file-backup.ts';
import type { SessionId, SnapshotId } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import type { Fenced } from '../writes.ts';
import type { FileOnDisk } from './read-file.ts';

/** Where what is kept of files belongs. */
export interface KeepPlace extends Fenced {
  readonly sessionId: SessionId;
  /** The newest snapshot that the session has made. */
  readonly snapshotId: SnapshotId;
  readonly at: number;
}

/** What a path may be before it is changed. */
export type KeepableFile = FileOnDisk & { readonly state: 'absent' | 'file' };

/** How many bytes of files may be in memory before they are written, the last file not counted. */
const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Reads files one after the other and keeps what they are; all of them are durable when it resolves, to the paths of those that are too large
 * for that. Passes on what `read` throws.
 */
export async function keepFiles(
  store: CheckpointStore,
  place: KeepPlace,
  paths: readonly string[],
  read: (path: string) => Promise<KeepableFile>,
): Promise<readonly string[]> {
  const tooLarge: string[] = [];
  let files: FileState[] = [];
  let blobs: Blob[] = [];
  let size = 0;
  for (const [index, path] of paths.entries()) {
    const file = await read(path);
    const blob = file.state === 'file' && file.bytes ? { hash: hashBlob(file.bytes), bytes: file.bytes } : undefined;
    const state = fileState(path, file, blob);
    files.push(state);
    if (state.state === 'too-large') tooLarge.push(path);
    if (blob && !blobs.some(({ hash }) => hash === blob.hash)) blobs.push(blob);
    size += blob?.bytes.length ?? 0;
    if (index < paths.length - 1 && size < BATCH_BYTES) continue;
    await store.recordFileBackups({ ...place, files, blobs });
    [files, blobs, size] = [[], [], 0];
  }
  return tooLarge;
}

function fileState(path: string, file: KeepableFile, blob: Blob | undefined): FileState {
  if (file.state === 'absent') return { path, blobHash: null, mode: null, state: 'absent' };
  return { path, blobHash: blob?.hash ?? null, mode: file.mode, state: blob ? 'kept' : 'too-large' };
}
