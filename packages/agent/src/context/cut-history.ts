/**
 * Where a history is cut for a compaction, and what stands there afterwards. Pure.
 *
 * Owns: which messages a summary replaces, and the shape of what is left.
 * Leaves to `compact.ts`: asking for the summary, and making the edit.
 *
 * V1. A cut is before a user message or at the end: no call is parted from its results, and no answer from its question.
 * V2. What is kept is kept word for word, but for thoughts that are bound to what stood before them: newer Claude models refuse those
 *     behind an edit, all of them (Anthropic, preserved thinking, autumn 2026).
 * V3. What is left alternates between user and assistant wherever the history did. A message that awaits an answer still does.
 */

import { type AssistantMessage, type Message, messageText, type UserMessage, userMessage } from '@reprise/providers';

/** Messages from `cut` up to `end` are kept. Those before it are replaced; those behind it are of compactions that came to nothing. */
export interface HistoryCut {
  readonly cut: number;
  readonly end: number;
}

/** Keeps the last user messages and what follows each of them. A history that ends in the midst of tool use is replaced as a whole. */
export function cutHistory(messages: readonly Message[], keepLast: number, prompt: string): HistoryCut {
  const end = endOfConversation(messages, prompt);
  const last = messages[end - 1];
  if (last?.role === 'tool') return { cut: end, end };
  const questions = messages.slice(0, end).flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  // What awaits an answer stays in its own words.
  const kept = Math.max(keepLast, last?.role === 'user' ? 1 : 0);
  return { cut: kept === 0 ? end : (questions.at(-kept) ?? 0), end };
}

/** The history behind a compaction, `summary` in place of what was cut off. */
export function compactedHistory(
  messages: readonly Message[],
  { cut, end }: HistoryCut,
  summary: string,
): readonly Message[] {
  const kept = messages.slice(cut, end).map(withoutBoundThoughts);
  const awaitsModel = kept.length === 0 && messages[end - 1]?.role === 'tool';
  return [summaryMessage(summary), ...(awaitsModel ? [] : [ACKNOWLEDGED]), ...kept];
}

/** Whether a history ends with this prompt, so that it need not be asked again. */
export function endsWithPrompt(messages: readonly Message[], prompt: string): boolean {
  // A turn that was lost before its first word stays behind it, and has nothing to send.
  return isPrompt(
    messages.findLast(({ content }) => content.length > 0),
    prompt,
  );
}

/** Where the conversation ends that compactions which were stopped, or which failed, have left behind. */
function endOfConversation(messages: readonly Message[], prompt: string): number {
  let end = messages.length;
  for (;;) {
    const question = messages.slice(0, end).findLastIndex(({ role }) => role === 'user');
    if (!isPrompt(messages[question], prompt)) return end;
    end = question;
  }
}

function isPrompt(message: Message | undefined, prompt: string): boolean {
  return message?.role === 'user' && messageText(message) === prompt;
}

function summaryMessage(summary: string): UserMessage {
  return userMessage(`What was said before is summarised here, and is not shown any more.\n\n${summary}`);
}

/** Some servers refuse two user messages in a row. */
const ACKNOWLEDGED: AssistantMessage = {
  role: 'assistant',
  content: [{ type: 'text', text: 'Understood. I go on from this summary.' }],
};

function withoutBoundThoughts(message: Message): Message {
  if (message.role !== 'assistant') return message;
  const content = message.content.filter(
    (block) => block.type !== 'redacted-thinking' && !(block.type === 'thinking' && block.signature !== undefined),
  );
  return content.length === message.content.length ? message : { ...message, content };
}
