import { type UserMessage, userMessage } from '@reprise/providers';
import { AgentError } from './errors.ts';

/** What a run is asked: text, a message, or nothing to go on from where the conversation stopped. */
export type RunInput = string | UserMessage | undefined;

const TRANSIENT_INPUT =
  'The message is transient, and what is sent is kept: give it without `transient`, or inject it with a hook.';

/**
 * What was given as a message a vendor takes: without empty texts. Throws `agent/empty-message` if that leaves nothing to say, and
 * `agent/invalid-option` for a transient one.
 */
export function asUserMessage(input: RunInput): UserMessage | undefined {
  if (input === undefined) return undefined;
  const message = typeof input === 'string' ? userMessage(input) : input;
  if (message.transient) throw new AgentError('agent/invalid-option', TRANSIENT_INPUT);
  const content = message.content.filter((block) => block.type !== 'text' || block.text !== '');
  if (content.length === 0) {
    throw new AgentError(
      'agent/empty-message',
      'The message is empty; give it a text, or leave it out to go on from where the conversation stopped.',
    );
  }
  return content.length === message.content.length ? message : { ...message, content };
}
