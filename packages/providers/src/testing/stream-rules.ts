import type { AssistantTurn } from '../assistant-turn.ts';
import type { AssistantBlock } from '../message.ts';
import type { StreamEvent } from '../stream-event.ts';
import { cacheWriteCount, countOrZero } from '../token-counts.ts';

/**
 * What a stream that has ended broke of the rules every stream keeps (`stream-event.ts`, `assistant-turn.ts`); empty if nothing.
 *
 * Its turn comes last and once, a retry comes before any delta, blocks are numbered in the order they begin, deltas and block ends add up
 * to the message, counts are whole numbers or not reported, and an error stands beside the stop reasons that need one and no other.
 */
export function brokenStreamRules(events: readonly StreamEvent[]): readonly string[] {
  const last = events.at(-1);
  const turns = events.filter(({ type }) => type === 'assistant-turn');
  if (last?.type !== 'assistant-turn') return [`The last event is ${last?.type ?? 'missing'} and not assistant-turn.`];
  return [
    ...(turns.length === 1 ? [] : [`There are ${turns.length} assistant-turn events.`]),
    ...brokenOrder(events),
    ...brokenContent(events, last.turn),
    ...brokenCounts(last.turn),
    ...brokenEnd(last.turn),
  ];
}

function brokenOrder(events: readonly StreamEvent[]): readonly string[] {
  const broken: string[] = [];
  const begun = new Set<number>();
  const ended = new Set<number>();
  let latest = -1;
  for (const event of events) {
    if (event.type === 'retry' && latest >= 0) broken.push('A retry follows the beginning of a response.');
    if (!('blockIndex' in event)) continue;
    const { blockIndex } = event;
    if (!Number.isInteger(blockIndex) || blockIndex < 0) broken.push(`${blockIndex} is no block index.`);
    if (ended.has(blockIndex)) broken.push(`Block ${blockIndex} goes on after its end (${event.type}).`);
    if (!begun.has(blockIndex) && blockIndex < latest && !isThinking(event)) {
      broken.push(`Block ${blockIndex} begins after block ${latest}.`);
    }
    if (event.type === 'block-end') ended.add(blockIndex);
    begun.add(blockIndex);
    latest = Math.max(latest, blockIndex);
  }
  return broken;
}

/** Thinking may begin with a signature, which no event tells of. */
function isThinking(event: StreamEvent): boolean {
  return event.type === 'thinking-delta' || (event.type === 'block-end' && event.block.type === 'thinking');
}

/** A block as its events tell it. */
interface HeardBlock {
  readonly index: number;
  readonly pieces: Record<'text-delta' | 'thinking-delta' | 'tool-call-delta', string>;
  readonly calls: Set<string>;
  end: AssistantBlock | undefined;
}

function brokenContent(events: readonly StreamEvent[], { message }: AssistantTurn): readonly string[] {
  const heard = hearBlocks(events);
  const expected = heard.flatMap((block) => keptBlock(block) ?? []);
  const isSame =
    expected.length === message.content.length &&
    expected.every((block, index) => isSameBlock(block, message.content[index]));
  return [
    ...(message.role === 'assistant' ? [] : [`The message's role is ${message.role}.`]),
    ...(isSame
      ? []
      : [`The message is ${JSON.stringify(message.content)}, and its events tell ${JSON.stringify(expected)}.`]),
    ...heard.flatMap(brokenBlock),
  ];
}

function hearBlocks(events: readonly StreamEvent[]): readonly HeardBlock[] {
  const blocks = new Map<number, HeardBlock>();
  for (const event of events) {
    if (!('blockIndex' in event)) continue;
    const block = blocks.get(event.blockIndex) ?? newBlock(event.blockIndex);
    blocks.set(event.blockIndex, block);
    if (event.type === 'text-delta' || event.type === 'thinking-delta') block.pieces[event.type] += event.text;
    if (event.type === 'block-end') block.end = event.block;
    if (event.type !== 'tool-call-delta') continue;
    block.pieces['tool-call-delta'] += event.argumentsText;
    block.calls.add(`${event.name} ${event.id}`);
  }
  return [...blocks.values()].sort((one, other) => one.index - other.index);
}

function newBlock(index: number): HeardBlock {
  return {
    index,
    pieces: { 'text-delta': '', 'thinking-delta': '', 'tool-call-delta': '' },
    calls: new Set(),
    end: undefined,
  };
}

/** Of what had not ended, text is kept alone. */
function keptBlock({ end, pieces }: HeardBlock): AssistantBlock | undefined {
  if (end) return end;
  return pieces['text-delta'] === '' ? undefined : { type: 'text', text: pieces['text-delta'] };
}

/** Of a text that had not ended, only the text is known here. */
function isSameBlock(heard: AssistantBlock, kept: AssistantBlock | undefined): boolean {
  if (heard === kept) return true;
  if (heard.type === 'text' && kept?.type === 'text') return heard.text === kept.text;
  return JSON.stringify(heard) === JSON.stringify(kept);
}

/** What the deltas of an ended block said has to be what the block says. A block that came whole had none. */
function brokenBlock({ index, end, pieces, calls }: HeardBlock): readonly string[] {
  const kinds = Object.values(pieces).filter((text) => text !== '').length;
  if (kinds > 1) return [`Block ${index} has deltas of several kinds.`];
  switch (end?.type) {
    case 'text':
      return end.text === '' || differs(pieces['text-delta'], end.text)
        ? [`Block ${index} is not its deltas' text.`]
        : [];
    case 'thinking':
      return differs(pieces['thinking-delta'], end.text) ? [`Block ${index} is not its deltas' thinking.`] : [];
    case 'tool-call':
      return calls.size > 0 &&
        (calls.size > 1 || !calls.has(`${end.name} ${end.id}`) || pieces['tool-call-delta'] !== end.argumentsText)
        ? [`Block ${index} is not its deltas' tool call.`]
        : [];
    default:
      return end && kinds > 0 ? [`Block ${index} is ${end.type}, and had deltas.`] : [];
  }
}

function differs(deltas: string, text: string): boolean {
  return deltas !== '' && deltas !== text;
}

function brokenCounts({ tokens, cacheReadTokens, cacheWriteTokens, usageState, rawUsage }: AssistantTurn) {
  const { cacheWrite, serverTools, ...counts } = tokens;
  const named = Object.entries({ ...counts, ...cacheWrite, ...serverTools });
  return [
    ...named
      .filter(([, count]) => count !== 'not-reported' && !(Number.isSafeInteger(count) && count >= 0))
      .map(([name, count]) => `tokens.${name} is ${count}.`),
    ...(cacheReadTokens === countOrZero(tokens.cacheRead) ? [] : [`cacheReadTokens is ${cacheReadTokens}.`]),
    ...(cacheWriteTokens === countOrZero(cacheWriteCount(tokens)) ? [] : [`cacheWriteTokens is ${cacheWriteTokens}.`]),
    ...(usageState === 'none' && rawUsage !== null ? ['There is raw usage, and usageState is none.'] : []),
  ];
}

function brokenEnd({ stopReason, error, usageState }: AssistantTurn): readonly string[] {
  const isFailed = stopReason === 'error' || stopReason === 'aborted';
  return [
    ...(isFailed === (error !== undefined) ? [] : [`stopReason is ${stopReason}, and error is ${error?.code}.`]),
    ...((stopReason === 'aborted') === (error?.code === 'provider/aborted')
      ? []
      : [`stopReason is ${stopReason}, and error.code is ${error?.code}.`]),
    ...(isFailed && usageState === 'final' ? [`stopReason is ${stopReason}, and usageState is final.`] : []),
  ];
}
