import { CheckpointError } from '../errors.ts';
import type { FileBackup } from '../file-backup.ts';
import { snapshotMissing } from '../refusals.ts';
import type { SessionId, Snapshot, SnapshotId } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import { firstBackups } from './plan-rewind.ts';

/** A point in the life of a session's files. */
export interface FilesSince {
  readonly sessionId: SessionId;
  /** A snapshot that the session could be rewound to. */
  readonly snapshotId: SnapshotId;
}

/**
 * What each tracked file was at the snapshot, by path; those that nobody has changed since are left out. A fork has its files in common with
 * the sessions it comes from: what those have changed since the snapshot counts as well. Rejects with `checkpoint/snapshot-missing`, and
 * with `checkpoint/session-missing` if one of them was deleted with its backups.
 */
export async function readFirstBackups(store: CheckpointStore, since: FilesSince): Promise<readonly FileBackup[]> {
  const snapshot = await readReachableSnapshot(store, since);
  const backups: FileBackup[] = [];
  for (let sessionId = since.sessionId; ; sessionId = await originOf(store, sessionId, snapshot)) {
    backups.push(...(await store.readFileBackups({ sessionId, snapshotId: snapshot.id })));
    if (sessionId === snapshot.sessionId) return firstBackups(backups);
  }
}

async function readReachableSnapshot(store: CheckpointStore, { sessionId, snapshotId }: FilesSince): Promise<Snapshot> {
  const snapshot = await store.readSnapshot(snapshotId);
  const isReachable =
    snapshot?.sessionId === sessionId || (await store.readSnapshots(sessionId)).some(({ id }) => id === snapshotId);
  if (!snapshot || !isReachable) throw snapshotMissing(snapshotId, `that session '${sessionId}' can be rewound to`);
  return snapshot;
}

async function originOf(store: CheckpointStore, sessionId: SessionId, snapshot: Snapshot): Promise<SessionId> {
  const origin = (await store.readSession(sessionId))?.forkedFrom?.sessionId;
  if (origin !== undefined && (await store.readSession(origin))) return origin;
  throw new CheckpointError(
    'checkpoint/session-missing',
    `The files cannot go back to snapshot '${snapshot.id}' of session '${snapshot.sessionId}': what was kept of them went with ${
      origin === undefined ? 'that session' : `session '${origin}'`
    } when it was deleted. Nothing was changed; rewind to a later snapshot, or the conversation alone.`,
  );
}
