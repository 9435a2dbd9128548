import type { CheckpointStore, SessionId, Snapshot } from '@reprise/checkpoint';

/** Every snapshot that the session can be rewound to, oldest first: those of its branch that it has inherited, and all it has made. */
export async function readRewindTargets(store: CheckpointStore, sessionId: SessionId): Promise<readonly Snapshot[]> {
  const branch = await store.readSnapshots(sessionId);
  const made: Snapshot[] = [];
  let after: string | null = null;
  do {
    const page = await store.listSnapshots(sessionId, { limit: 1000, ...(after === null ? {} : { after }) });
    made.push(...page.items);
    after = page.next;
  } while (after !== null);
  return [...branch.filter((snapshot) => snapshot.sessionId !== sessionId), ...made.reverse()];
}
