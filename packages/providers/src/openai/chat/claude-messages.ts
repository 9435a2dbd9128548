import { foldGrowing, isSameJson } from '../../frozen.ts';
import type { ChatMessage, ChatPart } from './encode-messages.ts';

/**
 * Whether a model is a Claude. Gateways pass on what its vendor refuses: "text content blocks must contain non-whitespace text", "first
 * message must use the "user" role" (seen at OpenRouter, GitHub Copilot and one-api, 2024 to 2026).
 */
export function isClaude(model: string): boolean {
  return /claude/i.test(model);
}

/**
 * The system prompt and the history as Claude takes them: text of white space alone becomes `.`, empty text and messages of nothing else are
 * left out, and a message of the user that says `.` stands before a history that begins with an answer.
 */
export const claudeMessages: (messages: readonly ChatMessage[]) => readonly ChatMessage[] = foldGrowing(
  false,
  (message: ChatMessage, _index, hasBegun: boolean) => {
    const said = withoutBlankText(message);
    const begins = said.length > 0 && message.role !== 'system';
    const lacksUser = begins && !hasBegun && message.role === 'assistant';
    return { results: lacksUser ? [opening(), ...said] : said, state: hasBegun || begins };
  },
  isSameJson,
);

function opening(): ChatMessage {
  return { role: 'user', content: '.' };
}

function withoutBlankText(message: ChatMessage): readonly ChatMessage[] {
  const { content } = message;
  // A result without text is still the answer to its call.
  if (content === '') return message.role === 'tool' ? [message] : [];
  if (typeof content === 'string') return isBlank(content) ? [{ ...message, content: '.' }] : [message];
  if (message.role !== 'user' || typeof message.content === 'string') return [message];
  const parts = message.content.flatMap(spokenPart);
  return parts.length > 0 ? [{ ...message, content: parts }] : [];
}

function spokenPart(part: ChatPart): readonly ChatPart[] {
  if (part.type !== 'text' || !isBlank(part.text)) return [part];
  return part.text === '' ? [] : [{ ...part, text: '.' }];
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}
