import type { BlobHash } from './blob.ts';
import type { SessionId, SnapshotId } from './session.ts';

/** What a file was before it was first changed after a snapshot. */
export interface FileBackup extends FileState {
  readonly sessionId: SessionId;
  /** The last snapshot before the change. */
  readonly snapshotId: SnapshotId;
  readonly createdAt: number;
}

export interface FileState {
  /** Relative to the root of the files, with `/` between its parts. */
  readonly path: string;
  /** The content; `null` when there was no such file, or when it was too large to keep. */
  readonly blobHash: BlobHash | null;
  /** The permission bits; `null` when there was no such file. */
  readonly mode: number | null;
  readonly state: 'kept' | 'absent' | 'too-large';
}
