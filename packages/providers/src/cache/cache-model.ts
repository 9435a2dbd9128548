/**
 * What a vendor's prompt cache holds, and what a request reads from and writes to it. Pure: time comes in, the next state comes out.
 *
 * Owns: when an entry is found, when it dies, what is written.
 * Leaves to `family-rules.ts`: the numbers. To callers: how many tokens a block is, and the clock.
 *
 * M1. A read needs equal bytes from the first block on: one changed byte ends every prefix behind it.
 * M2. An entry dies its lifetime after its last use; a read renews it. The clock runs from the start of the request.
 * M3. A prefix below the minimum is neither read nor written, in silence.
 * M4. fresh + read + written = all prompt tokens (T1).
 * M5. Of more marks than a request can have kept the latest are; the others are still looked at for something to read. A mark that the
 *     vendor placed looks further back than others may, and stands behind another on its block.
 */

import type { CacheLifetime } from '../token-counts.ts';
import { type CacheRules, LIFETIME_MS } from './family-rules.ts';

/** A prompt cache: entries by the hash of the prefix they hold. */
export type CacheState = ReadonlyMap<string, CacheEntry>;

export interface CacheEntry {
  /** Length of the prefix, in tokens. */
  readonly tokens: number;
  readonly lifetime: CacheLifetime;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface CachedRequest {
  /** The request's blocks in order, each with the hash of the prefix it ends and its own size. */
  readonly blocks: readonly { readonly hash: string; readonly kind: string; readonly tokens: number }[];
  /** Where prefixes are to be kept. Ignored where nothing can be marked. */
  readonly marks: readonly CacheMark[];
  /** Epoch milliseconds at which the request started. */
  readonly at: number;
}

export interface CacheMark {
  readonly blockIndex: number;
  readonly lifetime: CacheLifetime;
  /** The vendor's own: the top-level flag, or the mark of the implicit mode. */
  readonly isVendorPlaced?: true;
}

export interface CacheVerdict {
  /** Prompt tokens, in disjoint parts. */
  readonly fresh: number;
  readonly read: number;
  readonly written: Readonly<Partial<Record<CacheLifetime, number>>>;
  readonly state: CacheState;
}

/** An empty cache. */
export const EMPTY_CACHE: CacheState = new Map();

/** What a cache in `state` makes of a request, and what it holds afterwards. */
export function serveFromCache(state: CacheState, request: CachedRequest, rules: CacheRules): CacheVerdict {
  const alive = new Map([...state].filter(([, entry]) => entry.expiresAt > request.at));
  const ends = prefixLengths(request);
  return rules.dialect === 'none'
    ? serveUnmarked(alive, request, ends, rules)
    : serveMarked(alive, request, ends, rules);
}

/** Anthropic, and OpenAI from 5.6 on: each mark looks back for the longest kept prefix, then keeps its own. */
function serveMarked(
  alive: Map<string, CacheEntry>,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): CacheVerdict {
  const marks = request.marks
    .filter((mark) => endAt(ends, mark.blockIndex) >= rules.minimumTokens)
    .toSorted((a, b) => a.blockIndex - b.blockIndex || Number(a.isVendorPlaced ?? 0) - Number(b.isVendorPlaced ?? 0));
  const found = latest(marks, rules.consideredMarks).map((mark) => lookBack(alive, request, mark, rules));
  const read = Math.max(0, ...found.map((blockIndex) => endAt(ends, blockIndex)));
  for (const blockIndex of found) renew(alive, request.blocks[blockIndex]?.hash, request.at);

  const written: Partial<Record<CacheLifetime, number>> = {};
  let covered = read;
  for (const { blockIndex, lifetime } of latest(marks, rules.maxMarks)) {
    const tokens = endAt(ends, blockIndex);
    const hash = request.blocks[blockIndex]?.hash;
    if (hash === undefined || tokens <= covered) continue;
    written[lifetime] = (written[lifetime] ?? 0) + tokens - covered;
    covered = tokens;
    keep(alive, hash, { tokens, lifetime, expiresAt: request.at + LIFETIME_MS[lifetime] });
  }
  return { fresh: endAt(ends, ends.length - 1) - covered, read, written, state: alive };
}

/** OpenAI before 5.6 and Ollama: the longest known prefix is read, in whole steps; what was seen is kept without being asked for. */
function serveUnmarked(
  alive: Map<string, CacheEntry>,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): CacheVerdict {
  const common = endAt(
    ends,
    request.blocks.findLastIndex(({ hash }) => alive.has(hash)),
  );
  const whole = Math.floor(common / rules.stepTokens) * rules.stepTokens;
  const read = whole >= rules.minimumTokens ? whole : 0;

  const kept = rules.remembers === 'last-request' ? new Map<string, CacheEntry>() : alive;
  const lifetime = rules.lifetimes[0] ?? 'unknown';
  for (const [index, { hash }] of request.blocks.entries()) {
    keep(kept, hash, { tokens: endAt(ends, index), lifetime, expiresAt: request.at + LIFETIME_MS[lifetime] });
  }
  return { fresh: endAt(ends, ends.length - 1) - read, read, written: {}, state: kept };
}

/** The block nearest before a mark whose prefix is kept, within the lookback; -1 if there is none. */
function lookBack(alive: CacheState, request: CachedRequest, mark: CacheMark, rules: CacheRules): number {
  const reach = mark.isVendorPlaced ? rules.vendorLookbackPositions : rules.lookbackPositions;
  let positions = 0;
  for (let index = mark.blockIndex; index >= 0 && positions < reach; index -= 1) {
    const block = request.blocks[index];
    if (block && alive.has(block.hash)) return index;
    if (!isInsideToolRun(request, index)) positions += 1;
  }
  return -1;
}

/** A run of consecutive tool calls, or of tool results, is one position (Anthropic, prompt-caching page, 2026). */
function isInsideToolRun(request: CachedRequest, index: number): boolean {
  const kind = request.blocks[index]?.kind;
  return (kind === 'tool_use' || kind === 'tool_result') && request.blocks[index - 1]?.kind === kind;
}

function latest<Item>(items: readonly Item[], count: number): readonly Item[] {
  return items.slice(Math.max(0, items.length - count));
}

function renew(alive: Map<string, CacheEntry>, hash: string | undefined, at: number): void {
  const entry = hash === undefined ? undefined : alive.get(hash);
  if (hash !== undefined && entry) keep(alive, hash, { ...entry, expiresAt: at + LIFETIME_MS[entry.lifetime] });
}

/** Requests under way together are served in any order of their start; an earlier one does not shorten what a later one renewed. */
function keep(entries: Map<string, CacheEntry>, hash: string, entry: CacheEntry): void {
  const expiresAt = Math.max(entry.expiresAt, entries.get(hash)?.expiresAt ?? entry.expiresAt);
  entries.set(hash, { ...entry, expiresAt });
}

function prefixLengths(request: CachedRequest): readonly number[] {
  let total = 0;
  return request.blocks.map((block) => {
    total += block.tokens;
    return total;
  });
}

function endAt(ends: readonly number[], index: number): number {
  return ends[index] ?? 0;
}
