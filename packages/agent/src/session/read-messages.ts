import type { CheckpointStore, SessionId, SnapshotId } from '@reprise/checkpoint';
import type { Message } from '@reprise/providers';
import type { MessageOrigin } from './message-origins.ts';
import { decodeHistory } from './record.ts';

/** A message of a session's branch, as the model is shown it. */
export interface StoredMessage extends MessageOrigin {
  readonly message: Message;
}

/**
 * The messages of the branch that the session is on, oldest first; with `upTo` those that lead to that snapshot, whichever session made it.
 * Rejects with `agent/unreadable-entry`, and as the store does.
 */
export async function readMessages(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries' | 'readEntriesTo'>,
  sessionId: SessionId,
  upTo?: SnapshotId,
): Promise<readonly StoredMessage[]> {
  const entries = await (upTo === undefined ? store.readEntries(sessionId) : store.readEntriesTo(upTo));
  const { messages, origins } = await decodeHistory(store, entries);
  // There is an origin for each message.
  return messages.flatMap((message, index) => (origins[index] ? { ...origins[index], message } : []));
}
