import { asObject, freezeMessage, type UserMessage, userMessage } from '@reprise/providers';
import { contentFault, describe } from './content-blocks.ts';
import { AgentError } from './errors.ts';

/** What a run is asked: text, a message, or nothing to go on from where the conversation stopped. */
export type RunInput = string | UserMessage | undefined;

const TRANSIENT_INPUT =
  'The message is transient, and what is sent is kept: give it without `transient`, or inject it with a hook.';

/**
 * What was given as a message a vendor takes: without empty texts, and as it is now, whatever its owner does with it. Throws `agent/empty-message` if that leaves nothing to say, and
 * `agent/invalid-option` for a transient one, and for what is no user's message.
 */
export function asUserMessage(input: RunInput): UserMessage | undefined {
  if (input === undefined) return undefined;
  const message = typeof input === 'string' ? userMessage(input) : input;
  refuseUnlessUsers(message);
  if (message.transient) throw invalid(TRANSIENT_INPUT);
  const content = message.content.filter((block) => block.type !== 'text' || block.text !== '');
  if (content.length === 0) {
    throw new AgentError(
      'agent/empty-message',
      'The message is empty; give it a text, or leave it out to go on from where the conversation stopped.',
    );
  }
  return freezeMessage(content.length === message.content.length ? message : { ...message, content });
}

/** Callers without types may give anything, and what is stored once is sent with every later request. */
function refuseUnlessUsers(message: unknown): void {
  const { role, content } = asObject(message) ?? {};
  if (role !== 'user') {
    const what = typeof role === 'string' ? `one of role ${role}` : describe(message);
    throw invalid(
      `The message is ${what}; a text or a user's message is expected, such as msg(['What is this?', image]).`,
    );
  }
  const fault = contentFault(content, ['text', 'image', 'document']);
  if (fault !== undefined) throw invalid(`The content of the message ${fault}.`);
}

function invalid(message: string): AgentError {
  return new AgentError('agent/invalid-option', message);
}
