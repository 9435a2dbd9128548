/**
 * Media in the results of tools.
 *
 * Owns: the words that stand for a medium where it cannot stand itself, and what is carried behind the results.
 * Leaves to the adapters: what their vendors take, and how it is written.
 *
 * T1. A tool's result can always be sent: a medium that its vendor does not take is words, and a warning.
 * T2. Where results hold text alone, their media go into one user message right behind the last result of the round, since nothing may
 *     stand between results of the same turn's calls. A longer history only adds to a shorter one's messages.
 */

import { type Addition, mapGrowing } from './frozen.ts';
import type { MediaBlock } from './media.ts';
import { type Message, type ToolMessage, type ToolResultBlock, toolCalls, type UserBlock } from './message.ts';
import type { WarningEvent } from './stream-event.ts';

/** What stands in a tool's result where a medium is left out. */
export function leftOutText({ type, mediaType }: MediaBlock): string {
  return `[${type} of type ${mediaType} was left out: it cannot be shown here]`;
}

/** Warns of each medium in tool results that is left out. */
export function createLeftOutWarnings(
  vendor: string,
  takes: (block: MediaBlock) => boolean,
): (messages: readonly Message[]) => readonly WarningEvent[] {
  return mapGrowing((message: Message, index) => {
    if (message.role !== 'tool') return [];
    return message.content.flatMap((result) =>
      mediaOf(result)
        .filter((block) => !takes(block))
        .map((block) => leftOutWarning(block, result.toolName, index, vendor)),
    );
  });
}

function mediaOf({ content }: ToolResultBlock): readonly MediaBlock[] {
  // A history that was written elsewhere may hold more than the type of a result says.
  const blocks: readonly UserBlock[] = content;
  return blocks.filter((block) => block.type !== 'text');
}

function leftOutWarning({ type, mediaType }: MediaBlock, tool: string, index: number, vendor: string): WarningEvent {
  const what = `messages[${index}] has a result of tool ${tool} with a medium (${type}, ${mediaType})`;
  const message = `${what} that ${vendor} does not take; words that say so were sent in its place.`;
  return { type: 'warning', code: 'request/tool-media-left-out', message };
}

/** A medium on its way behind the results of its round, with the words before it. */
interface CarriedMedium<Medium> {
  readonly label: string;
  readonly medium: Medium;
}

/** The results since the last answer of a model: how many are still to come, and the media of those that came. */
export interface ResultRound<Medium> {
  readonly openCalls: number;
  readonly carried: readonly CarriedMedium<Medium>[];
}

/** Before the first message. */
export const NO_ROUND: ResultRound<never> = { openCalls: 0, carried: [] };

/** The round that a message other than a tool's begins. */
export function roundAfter(message: Message): ResultRound<never> {
  return { openCalls: toolCalls(message).length, carried: [] };
}

/** How a format whose tool results hold text alone writes them. */
export interface ResultFormat<Wire, Medium> {
  /** What a user message holds in place of a medium; `undefined` for one that it does not take. */
  encodeMedium(block: MediaBlock): Medium | undefined;
  encodeResult(result: ToolResultBlock, text: string): Wire;
  /** The user message behind the results. */
  encodeCarried(carried: readonly CarriedMedium<Medium>[]): Wire;
}

/** A tool message on the wire, and behind the last one of its round the media of all. A failed call says so in its text. */
export function encodeResults<Wire, Medium>(
  message: ToolMessage,
  before: ResultRound<Medium>,
  format: ResultFormat<Wire, Medium>,
): Addition<Wire, ResultRound<Medium>> {
  const carried = [...before.carried];
  const results = message.content.map((result) => {
    const text = resultText(result, carried, format);
    return format.encodeResult(result, result.isError ? `Error: ${text}` : text);
  });
  const openCalls = before.openCalls - message.content.length;
  if (openCalls > 0 || carried.length === 0) return { results, state: { openCalls, carried } };
  return { results: [...results, format.encodeCarried(carried)], state: NO_ROUND };
}

/** The texts of a result on lines of their own, and words in the place of its media, which are added to those that are carried. */
function resultText<Wire, Medium>(
  { content, toolName }: ToolResultBlock,
  carried: CarriedMedium<Medium>[],
  { encodeMedium }: ResultFormat<Wire, Medium>,
): string {
  const blocks: readonly UserBlock[] = content;
  const lines = blocks.map((block) => {
    if (block.type === 'text') return block.text;
    const medium = encodeMedium(block);
    if (medium === undefined) return leftOutText(block);
    const name = `${block.type} ${carried.length + 1}`;
    carried.push({ label: `[${name}, from the result of tool ${toolName}]`, medium });
    return `[${name}: in the message after the tool results]`;
  });
  return lines.join('\n');
}
