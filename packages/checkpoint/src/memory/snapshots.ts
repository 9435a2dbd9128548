import { requireText } from '../checks.ts';
import { contains, newestFirst } from '../newest-first.ts';
import { type Page, type PageQuery, pageBounds } from '../page.ts';
import { invalidWrite } from '../refusals.ts';
import type { SessionId, Snapshot, SnapshotId } from '../session.ts';
import type { Fenced } from '../writes.ts';
import { readTurns } from './branch.ts';
import { mergeBackups } from './file-backups.ts';
import { frozen, type MemoryData, requireSession, requireWritable } from './memory-data.ts';
import { dropSnapshot, madeBy, readSnapshot, requireSnapshot } from './snapshot-records.ts';

export function readSnapshots(data: MemoryData, sessionId: SessionId): readonly Snapshot[] {
  return readTurns(data, sessionId).flatMap(({ id }) => readSnapshot(data, data.turnSnapshots.get(id) ?? '') ?? []);
}

export function readLastSnapshot(data: MemoryData, sessionId: SessionId): Snapshot | undefined {
  const { tipTurn } = requireSession(data, sessionId);
  return readSnapshot(data, data.turnSnapshots.get(tipTurn ?? '') ?? '');
}

export function listSnapshots(data: MemoryData, sessionId: SessionId, query: PageQuery = {}): Page<Snapshot> {
  requireSession(data, sessionId);
  const bounds = pageBounds(query);
  const isFound = (snapshot: Snapshot) => says(snapshot, bounds.search);
  return newestFirst(
    madeBy(data, sessionId).filter(({ item }) => isFound(item)),
    bounds,
  );
}

export function labelSnapshot(
  data: MemoryData,
  { snapshotId, label }: { readonly snapshotId: SnapshotId; readonly label: string | null },
): Snapshot {
  const { item, seq } = requireSnapshot(data, snapshotId);
  requireText(label, `The label of snapshot '${snapshotId}'`);
  const labelled = frozen({ ...item, label });
  data.snapshots.set(snapshotId, { item: labelled, seq });
  return labelled;
}

export function deleteSnapshots(
  data: MemoryData,
  deletion: { readonly sessionId: SessionId; readonly snapshotIds: readonly SnapshotId[] } & Fenced,
  now: number,
): void {
  const { id: sessionId } = requireWritable(data, deletion, now);
  const doomed = new Set(deletion.snapshotIds);
  for (const id of doomed) requireDeletable(data, requireSnapshot(data, id, sessionId).item, doomed);

  const order = madeBy(data, sessionId).map(({ item }) => item.id);
  data.fileBackups.set(sessionId, mergeBackups(data.fileBackups.get(sessionId) ?? [], order, doomed));
  for (const id of doomed) dropSnapshot(data, id);
}

/** Whether a search finds the snapshot. */
export function says({ promptPreview, label }: Snapshot, search: string): boolean {
  return contains(promptPreview, search) || contains(label ?? '', search);
}

function requireDeletable(data: MemoryData, { id, turnId, reason }: Snapshot, doomed: ReadonlySet<SnapshotId>): void {
  if (reason === 'rewind') return;
  const isAtTip = data.sessions.values().some(({ item }) => item.tipTurn === turnId);
  const isLeft = data.snapshots
    .values()
    .some(({ item }) => item.reason === 'rewind' && item.turnId === turnId && !doomed.has(item.id));
  if (isAtTip || isLeft) {
    throw invalidWrite(
      `Snapshot '${id}' holds the counters at the tip of a session, or at a place one was rewound from`,
    );
  }
}
