import { endsInOpenCall } from '@reprise/providers';
import type { MessageSteeredEvent } from '../agent-event.ts';
import type { Conversation } from '../conversation.ts';
import type { Inbox } from './inbox.ts';

/**
 * Brings what waits for this run into its conversation, and tells of each message when it is durable. A run that has to stop takes none,
 * nor does one whose vendor is in the midst of a call of its own. Whether there was a message.
 */
export async function* takeSteered(
  inbox: Inbox | undefined,
  conversation: Conversation,
): AsyncGenerator<MessageSteeredEvent, boolean, undefined> {
  // Asked first, since almost always nobody is there.
  if (!inbox || inbox.isEmpty || endsInOpenCall(conversation.state.messages)) return false;
  let hasTaken = false;
  while (!conversation.signal.aborted) {
    let isNew = true;
    const taken = await inbox.takeNext(async ({ message, key }) => {
      isNew = conversation.since(key) === undefined;
      if (isNew) await conversation.recordInput(message, key);
      return conversation.state;
    });
    if (!taken) break;
    if (!isNew) continue;
    hasTaken = true;
    yield { type: 'message-steered', message: taken.message };
  }
  return hasTaken;
}
