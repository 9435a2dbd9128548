import { type CheckpointStore, type Fenced, makeSnapshot, type SessionId, type SnapshotId } from '@reprise/checkpoint';
import type { Ports } from '../ports.ts';

/**
 * The newest snapshot that the session itself has made: what its tools change from now on, they change after that one. A fork that has
 * made none makes one of the place it is at.
 */
export async function newestSnapshot(
  store: CheckpointStore,
  { sessionId, fence }: { readonly sessionId: SessionId } & Fenced,
  ports: Ports,
): Promise<SnapshotId> {
  const [newest] = (await store.listSnapshots(sessionId, { limit: 1 })).items;
  if (newest) return newest.id;
  const inherited = (await store.readLastSnapshot(sessionId)) ?? makeSnapshot({ sessionId, state: {}, prompt: '' });
  const { turnCount, messageCount, silentTurnCount, promptPreview, tokenSnapshot } = inherited;
  const id = ports.createId();
  const leaving = { id, turnCount, messageCount, silentTurnCount, promptPreview, tokenSnapshot };
  await store.rewindSession({ sessionId, fence, snapshotId: id, leaving, at: ports.clock() });
  return id;
}
