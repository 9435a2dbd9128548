/**
 * What has to happen to which file, so that all are again what they were at a snapshot.
 *
 * Owns: the decision. Pure: it looks at what was kept and at what is there, and changes nothing.
 *
 * P1. The first backup after a snapshot says what the file was at it; later ones say what it was on the way.
 * P2. A file that is what it was is left alone.
 * P3. What cannot be given back as it was, or would lose what is there now, is blocked, with the reason.
 */

import type { BlobHash } from '../blob.ts';
import type { FileBackup } from '../file-backup.ts';

/** What is at a path. */
export type FileNow =
  | { readonly state: 'absent' }
  /** `blobHash` is `null` if it is too large to keep. */
  | { readonly state: 'file'; readonly mode: number; readonly blobHash: BlobHash | null }
  /** Something that is no file, or is not to be looked at. */
  | { readonly state: 'other'; readonly reason: string };

export type FileStep =
  | { readonly path: string; readonly step: 'none' }
  | { readonly path: string; readonly step: 'remove' }
  | { readonly path: string; readonly step: 'restore'; readonly blobHash: BlobHash; readonly mode: number }
  | { readonly path: string; readonly step: 'blocked'; readonly reason: string };

/** How a file differs from what it was at a snapshot; unknown where both were too large to keep. */
export type FileDifference = 'created' | 'changed' | 'deleted' | 'unchanged' | 'unknown';

/** The oldest backup of each path, by path. Those given are of one session in the order they were made, or of several, one after the other. */
export function firstBackups(backups: readonly FileBackup[]): readonly FileBackup[] {
  const first = new Map<string, FileBackup>();
  for (const backup of backups) {
    const known = first.get(backup.path);
    // Within a session the order counts; only between two of them does the clock.
    if (!known || (known.sessionId !== backup.sessionId && backup.createdAt < known.createdAt)) {
      first.set(backup.path, backup);
    }
  }
  return [...first.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What to do with a file that was `then` and is `now`. */
export function planFile(then: FileBackup, now: FileNow): FileStep {
  const { path } = then;
  if (now.state === 'other') return { path, step: 'blocked', reason: now.reason };
  if (then.state === 'too-large') {
    return { path, step: 'blocked', reason: 'it was too large to keep when it was first changed' };
  }
  if (compareFile(then, now) === 'unchanged') return { path, step: 'none' };
  if (now.state === 'file' && now.blobHash === null) {
    return { path, step: 'blocked', reason: 'what is there now is too large to keep, and would be lost' };
  }
  return then.blobHash === null || then.mode === null
    ? { path, step: 'remove' }
    : { path, step: 'restore', blobHash: then.blobHash, mode: then.mode };
}

/** How a file that is `now` differs from what it was `then`. */
export function compareFile(then: FileBackup, now: FileNow): FileDifference {
  if (then.state === 'absent') return now.state === 'absent' ? 'unchanged' : 'created';
  if (now.state === 'absent') return 'deleted';
  if (now.state === 'other') return 'changed';
  if (then.state === 'too-large') return now.blobHash === null ? 'unknown' : 'changed';
  return now.blobHash === then.blobHash && now.mode === then.mode ? 'unchanged' : 'changed';
}
