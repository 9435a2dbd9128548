import { type JsonValue, parseExactJson } from '@reprise/providers';
import type { Reply, ReplyParts, ScriptedSearch, ScriptedToolCall, SearchResult } from './script.ts';

/** One block of an answer, in the order they are sent: thinking, redacted thinking, searches, text, tool calls. */
export type AnswerBlock =
  | { readonly type: 'thinking' | 'redacted-thinking'; readonly text: string }
  | SearchBlock
  | TextAnswer
  | CallBlock;

export interface SearchBlock extends ScriptedSearch {
  readonly type: 'search';
}

export interface TextAnswer {
  readonly type: 'text';
  readonly text: string;
  /** What it cites. */
  readonly sources: readonly SearchResult[];
}

export interface CallBlock {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonValue;
  readonly argumentsText: string;
}

/** A reply as parts. Throws for a value that is not a reply, which only untyped scripts can return. */
export function replyParts(reply: Reply): ReplyParts {
  if (typeof reply === 'string') return { text: reply };
  if (typeof reply === 'object' && reply !== null) return reply;
  throw new TypeError(`The script returned ${String(reply)}; expected a text or { text, thinking, toolCalls }.`);
}

/** A reply's blocks; `callId` names a tool call that has no id of its own. Empty parts leave no block. */
export function answerBlocks(reply: ReplyParts, callId: (callIndex: number) => string): readonly AnswerBlock[] {
  const { thinking = '', redactedThinking = '', searches = [], text = '', toolCalls = [] } = reply;
  const sources = searches.flatMap(({ results }) => results);
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking' as const, text: thinking }]),
    ...(redactedThinking === '' ? [] : [{ type: 'redacted-thinking' as const, text: redactedThinking }]),
    ...searches.map((search) => ({ type: 'search' as const, ...search })),
    ...(text === '' ? [] : [{ type: 'text' as const, text, sources }]),
    ...toolCalls.map((call, index) => ({
      type: 'tool-call' as const,
      id: call.id ?? callId(index),
      name: call.name,
      ...argumentsOf(call),
    })),
  ];
}

function argumentsOf({ arguments: given = {}, argumentsText }: ScriptedToolCall) {
  if (argumentsText === undefined) return { arguments: given, argumentsText: JSON.stringify(given) };
  return { arguments: parseExactJson(argumentsText) ?? {}, argumentsText };
}

/** What the model reads of something a search found. */
export function foundText({ title, text = title }: SearchResult): string {
  return text;
}

/**
 * A text cut the way a model streams it, never inside a character: a word at a time, or so many characters. Joined, the pieces are the
 * text.
 */
export function streamPieces(text: string, characters?: number): readonly string[] {
  if (characters === undefined) return text.match(/\s*\S{1,24}|\s+/gu) ?? [];
  return text.match(new RegExp(`.{1,${Math.max(1, Math.floor(characters))}}`, 'gsu')) ?? [];
}
