import { asArray, asObject, type Message, parseExactJson } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { isBlock } from './block-details.ts';

/** A history as JSON Lines: one message a line, with all that it holds, files included. */
export function toJSONL(messages: readonly Message[]): string {
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('');
}

/** The messages that `toJSONL` wrote, exactly. Throws `agent/broken-transcript`, which names the line, for one that holds no message. */
export function fromJSONL(text: string): readonly Message[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const message = parseExactJson(line);
    if (isMessage(message)) return [message];
    throw new AgentError('agent/broken-transcript', `Line ${index + 1} holds no message as JSON: ${line.slice(0, 80)}`);
  });
}

/** Where messages come in as JSON, it says what they are. */
function isMessage(value: unknown): value is Message {
  const { role, content } = asObject(value) ?? {};
  const isKnown = role === 'user' || role === 'assistant' || role === 'tool';
  return isKnown && Array.isArray(content) && asArray(content).every((block) => isBlock(asObject(block) ?? {}));
}
