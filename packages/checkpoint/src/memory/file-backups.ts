import { requireCounts, requireText } from '../checks.ts';
import type { FileBackup } from '../file-backup.ts';
import type { SessionId, SnapshotId } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import { keepBlobs, requireBlobs } from './blobs.ts';
import { frozen, type MemoryData, requireSession, requireWritable } from './memory-data.ts';
import { requireSnapshot } from './snapshot-records.ts';

export function recordFileBackups(
  data: MemoryData,
  record: Parameters<CheckpointStore['recordFileBackups']>[0],
  now: number,
): void {
  const { sessionId, snapshotId, files, at } = record;
  requireWritable(data, record, now);
  requireSnapshot(data, snapshotId, sessionId);
  for (const { path, mode } of files) {
    requireText(path, 'The path of a file');
    requireCounts({ at, mode }, `The backup of '${path}'`);
  }
  keepBlobs(
    data,
    requireBlobs(
      data,
      files.map(({ blobHash }) => blobHash),
      record.blobs,
    ),
  );
  const backups = files.map(({ path, blobHash, mode, state }) => {
    return frozen({ sessionId, snapshotId, createdAt: at, path, blobHash, mode, state });
  });
  data.fileBackups.set(sessionId, firstOfEach([...(data.fileBackups.get(sessionId) ?? []), ...backups]));
}

export function readFileBackups(
  data: MemoryData,
  { sessionId, snapshotId }: { readonly sessionId: SessionId; readonly snapshotId: SnapshotId },
): readonly FileBackup[] {
  requireSession(data, sessionId);
  const { item, seq } = requireSnapshot(data, snapshotId);
  const since = item.sessionId === sessionId ? seq : 0;
  const seqOf = (backup: FileBackup) => data.snapshots.get(backup.snapshotId)?.seq ?? 0;
  return (data.fileBackups.get(sessionId) ?? []).filter((backup) => seqOf(backup) >= since);
}

/** The backups, those of snapshots that go given to the last one before that stays, in the order the session made them. */
export function mergeBackups(
  backups: readonly FileBackup[],
  order: readonly SnapshotId[],
  doomed: ReadonlySet<SnapshotId>,
): readonly FileBackup[] {
  const keeper = (snapshotId: SnapshotId) =>
    order.slice(0, order.indexOf(snapshotId) + 1).findLast((id) => !doomed.has(id));
  const moved = backups.flatMap((backup) => {
    const snapshotId = keeper(backup.snapshotId);
    return snapshotId === undefined ? [] : frozen({ ...backup, snapshotId });
  });
  return firstOfEach(moved);
}

/** Of each path's backups for a snapshot the first. */
function firstOfEach(backups: readonly FileBackup[]): readonly FileBackup[] {
  const first = new Map<string, FileBackup>();
  for (const backup of backups) {
    const place = JSON.stringify([backup.snapshotId, backup.path]);
    if (!first.has(place)) first.set(place, backup);
  }
  return Object.freeze([...first.values()]);
}
