import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import type { Message } from '@reprise/providers';
import type { MessageOrigin } from './message-origins.ts';
import { decodeHistory } from './record.ts';

/** A message of a session's branch, as the model is shown it. */
export interface StoredMessage extends MessageOrigin {
  readonly message: Message;
}

/** The messages of the branch that the session is on, oldest first. Rejects with `agent/unreadable-entry`, and as the store does. */
export async function readMessages(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries'>,
  sessionId: SessionId,
): Promise<readonly StoredMessage[]> {
  const { messages, origins } = await decodeHistory(store, await store.readEntries(sessionId));
  // There is an origin for each message.
  return messages.flatMap((message, index) => (origins[index] ? { ...origins[index], message } : []));
}
