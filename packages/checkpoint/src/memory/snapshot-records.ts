import { prepareSnapshot } from '../prepare-rows.ts';
import { invalidWrite, snapshotMissing } from '../refusals.ts';
import type { SessionId, Snapshot, SnapshotContent, SnapshotId } from '../session.ts';
import { type MemoryData, type Numbered, numbered } from './memory-data.ts';

export function readSnapshot(data: MemoryData, snapshotId: SnapshotId): Snapshot | undefined {
  return data.snapshots.get(snapshotId)?.item;
}

/** The snapshot as it will be kept. Throws `checkpoint/invalid-write`, also if its id is taken. */
export function newSnapshot(
  data: MemoryData,
  content: SnapshotContent & { readonly id: SnapshotId },
  place: Parameters<typeof prepareSnapshot>[1],
): Snapshot {
  if (data.snapshots.has(content.id)) throw invalidWrite(`There is a snapshot '${content.id}' already`);
  return prepareSnapshot(content, place);
}

export function keepSnapshot(data: MemoryData, snapshot: Snapshot): Snapshot {
  const kept = numbered(data, snapshot);
  data.snapshots.set(snapshot.id, kept);
  if (snapshot.reason === 'turn') data.turnSnapshots.set(snapshot.turnId, snapshot.id);
  return kept.item;
}

export function dropSnapshot(data: MemoryData, snapshotId: SnapshotId): void {
  const snapshot = readSnapshot(data, snapshotId);
  data.snapshots.delete(snapshotId);
  if (snapshot?.reason === 'turn') data.turnSnapshots.delete(snapshot.turnId);
}

/** The snapshots that a session made, the first one first. */
export function madeBy(data: MemoryData, sessionId: SessionId): readonly Numbered<Snapshot>[] {
  return [...data.snapshots.values()].filter(({ item }) => item.sessionId === sessionId).sort((a, b) => a.seq - b.seq);
}

/** The snapshot, if there is one, and if this session made it where one is named. */
export function requireSnapshot(data: MemoryData, snapshotId: SnapshotId, sessionId?: SessionId): Numbered<Snapshot> {
  const snapshot = data.snapshots.get(snapshotId);
  const isMissing = snapshot === undefined || (sessionId !== undefined && snapshot.item.sessionId !== sessionId);
  if (isMissing)
    throw snapshotMissing(snapshotId, sessionId === undefined ? undefined : `that session '${sessionId}' made`);
  return snapshot;
}
