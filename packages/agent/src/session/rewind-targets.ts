import { type CheckpointStore, itemsOf, type SessionId, type Snapshot } from '@reprise/checkpoint';

/** Every snapshot that the session can be rewound to, oldest first: those of its branch that it has inherited, and all it has made. */
export async function readRewindTargets(store: CheckpointStore, sessionId: SessionId): Promise<readonly Snapshot[]> {
  const branch = await store.readSnapshots(sessionId);
  const made = await Array.fromAsync(itemsOf((page) => store.listSnapshots(sessionId, page)));
  return [...branch.filter((snapshot) => snapshot.sessionId !== sessionId), ...made.reverse()];
}
