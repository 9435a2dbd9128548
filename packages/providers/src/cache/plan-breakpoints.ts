import type { CacheLifetime } from '../token-counts.ts';
import type { CacheRules } from './family-rules.ts';
import type { PrefixBlock } from './prefix.ts';

/** Where cache marks go: `auto` keeps tools, system prompt and the growing conversation; `none` places nothing. */
export type CachePolicy = 'auto' | 'none';

/** A mark on one block: the prefix that ends with it is to be kept. */
export interface PlannedMark {
  readonly blockIndex: number;
  readonly path: string;
  readonly lifetime: CacheLifetime;
  /** Why it stands there, for people. */
  readonly reason: string;
}

/**
 * Decides where a request's cache marks stand. Changes nothing; the same blocks give the same marks.
 *
 * P1. Never more marks than the vendor takes, and none on a block that cannot carry one.
 * P2. None on a prefix that is surely below the vendor's minimum, where it would be ignored in silence.
 * P3. One stands where the previous request ended, so that its entry is found however many blocks the turn since has added.
 */
export function planBreakpoints(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
): readonly PlannedMark[] {
  if (policy === 'none' || rules.control === 'implicit') return [];
  const wanted: readonly (readonly [end: number, reason: string])[] = [
    [blocks.length, 'end of the conversation, for the next turn to read'],
    [previousRequestEnd(blocks), 'end of the previous request, whose entry is read here'],
    [stableEnd(blocks), 'end of tools and system prompt, which every turn shares'],
  ];
  const marks = new Map<number, string>();
  for (const [end, reason] of wanted) {
    const blockIndex = blocks.findLastIndex((block, index) => index < end && block.markable);
    if (blockIndex === -1 || marks.has(blockIndex) || marks.size === rules.maxMarks) continue;
    if (isSurelyBelowMinimum(blocks, blockIndex, rules)) continue;
    marks.set(blockIndex, reason);
  }
  const lifetime = rules.lifetimes[0] ?? 'unknown';
  return [...marks]
    .sort(([a], [b]) => a - b)
    .map(([blockIndex, reason]) => ({ blockIndex, path: blocks[blockIndex]?.path ?? '', lifetime, reason }));
}

/** How many blocks stand before the first message. */
function stableEnd(blocks: readonly PrefixBlock[]): number {
  const firstMessage = blocks.findIndex((block) => block.role === 'user' || block.role === 'assistant');
  return firstMessage === -1 ? blocks.length : firstMessage;
}

/** How many blocks stand before the last assistant message: what the request that it answered ended with. */
function previousRequestEnd(blocks: readonly PrefixBlock[]): number {
  const lastAnswer = blocks.findLastIndex((block) => block.role === 'assistant');
  return blocks.findLastIndex((block, index) => index < lastAnswer && block.role !== 'assistant') + 1;
}

/** A token is at least one byte, so fewer bytes than the minimum are fewer tokens too. A character may be several tokens. */
function isSurelyBelowMinimum(blocks: readonly PrefixBlock[], blockIndex: number, rules: CacheRules): boolean {
  let bytes = 0;
  for (const block of blocks.slice(0, blockIndex + 1)) {
    bytes += Buffer.byteLength(block.text);
    if (bytes >= rules.minimumTokens) return false;
  }
  return true;
}
