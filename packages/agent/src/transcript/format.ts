/**
 * Messages as a transcript: Markdown for people, from which `parseTranscript` gives the same messages.
 *
 * Owns: what of a message is text, and what is data.
 * Leaves to `grammar.ts`: what either looks like.
 *
 * T1. Formatting what was parsed gives the same text, with or without anything to resolve hashes.
 * T2. A call and its result are one block where the tool message answers exactly the calls before it; otherwise each message stands alone.
 */

import {
  type Block,
  type Message,
  type TextBlock,
  type ToolCallBlock,
  type ToolMessage,
  type ToolResultBlock,
  toolCalls,
} from '@reprise/providers';
import { blockDetails, isStandIn } from './block-details.ts';
import { escapeText, messageMark, textEnd } from './grammar.ts';
import { checkTranscriptOptions, type TranscriptOptions, type TranscriptSettings } from './options.ts';
import { toolDetails } from './tool-details.ts';

/**
 * A history as Markdown. Nothing is lost: results and arguments that are cut, and files, are named by the hash of the whole. The system
 * prompt is not part of a history. Throws `agent/invalid-option`.
 */
export function formatTranscript(messages: readonly Message[], options: TranscriptOptions = {}): string {
  const settings = checkTranscriptOptions(options);
  const elements = messages.flatMap((message, index) => {
    const [previous, next] = [messages[index - 1], messages[index + 1]];
    if (message.role === 'tool' && previous && answers(previous, message)) return [];
    const results = next?.role === 'tool' && answers(message, next) ? next.content : [];
    return [markOfMessage(message, previous), ...bodyOf(message, results, settings)];
  });
  return elements.length === 0 ? '' : `${elements.join('\n\n')}\n`;
}

/** One call with its result as the block that `formatTranscript` makes of them. Throws `agent/invalid-option`. */
export function formatToolResult(
  call: ToolCallBlock,
  result: ToolResultBlock,
  options: Pick<TranscriptOptions, 'maxResultCharacters' | 'maxArgumentCharacters'> = {},
): string {
  return toolDetails({ call, result }, checkTranscriptOptions(options));
}

/** T2. */
function answers(message: Message, results: ToolMessage): boolean {
  const calls = message.role === 'assistant' ? toolCalls(message) : [];
  if (calls.length === 0 || calls.length !== results.content.length || results.cache) return false;
  return results.content.every(({ toolCallId, toolName }, index) => {
    const call = calls[index];
    return call?.id === toolCallId && call.name === toolName;
  });
}

/** With a heading where somebody else begins to speak. */
function markOfMessage(message: Message, previous: Message | undefined): string {
  const { role, content: _blocks, ...fields } = message;
  return messageMark(role, fields, previous === undefined || role === 'user' || previous.role === 'user');
}

function bodyOf(
  message: Message,
  results: readonly ToolResultBlock[],
  settings: TranscriptSettings,
): readonly string[] {
  let answered = 0;
  return message.content.flatMap((block: Block, index) => {
    switch (block.type) {
      case 'text':
        return textElements(block, message.content[index + 1], settings);
      case 'tool-call': {
        const result = results[answered];
        answered += 1;
        return [toolDetails(result ? { call: block, result } : { call: block }, settings)];
      }
      case 'tool-result':
        return [toolDetails({ result: block }, settings)];
      default:
        return [blockDetails(block, settings)];
    }
  });
}

/** A text as it is, where that shows all of it. */
function textElements(block: TextBlock, next: Block | undefined, settings: TranscriptSettings): readonly string[] {
  if (!isShown(block)) return [blockDetails(block, settings)];
  const { type: _type, text, ...fields } = block;
  const isEndMarked = Object.keys(fields).length > 0 || (next?.type === 'text' && isShown(next));
  return [escapeText(text), ...(isEndMarked ? [textEnd(fields)] : [])];
}

/** White space alone would be taken for none, and half a surrogate pair does not survive in a file. */
function isShown(block: TextBlock): boolean {
  return block.text.trim() !== '' && block.text.isWellFormed() && !isStandIn(block);
}
