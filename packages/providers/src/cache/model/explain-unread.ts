/**
 * Why no more of a prompt was read, as far as a cache's state and the request tell.
 *
 * Owns: which facts are reasons. Leaves to `look-back.ts` and `serve-….ts`: what is read.
 *
 * U1. A reason is a fact of the state or the request; what they do not tell has no reason.
 * U2. Behind the last place that asked to be read only what could be read there is a reason.
 * U3. Of several prefixes with the same reason the longest is named.
 */

import type { CacheRules } from '../family-rules.ts';
import { type FoundMarks, findMarked, markReach } from './look-back.ts';
import type { CachedRequest, UnreadReason } from './request.ts';
import { readableSteps } from './serve-unmarked.ts';
import { type CacheEntry, type CacheState, isAlive, isReadable } from './state.ts';

/** The reasons, the weightiest first; none if all that was asked for was read. `state` is the cache before the request. */
export function explainUnread(
  state: CacheState,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): readonly UnreadReason[] {
  return rules.dialect === 'none'
    ? explainUnmarked(state, request, ends, rules)
    : explainMarked(state, request, ends, rules);
}

function explainMarked(
  state: CacheState,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): readonly UnreadReason[] {
  const marks = findMarked(state, request, ends, rules);
  const readIndex = Math.max(-1, ...marks.found.values());
  const askedIndex = Math.max(-1, ...marks.eligible.map(({ blockIndex }) => blockIndex));
  const reasons = knownBehind(state, request, readIndex).flatMap((prefix) => [
    ...(prefix.blockIndex <= askedIndex ? endedReasons(prefix, request.at) : []),
    ...markReasons(marks, prefix, request, ends, rules),
  ]);
  const ownReason = marks.eligible.length > 0 ? [] : unmarkedReason(request, ends, rules, reasons);
  if (reasons.length > 0 || ownReason.length > 0) return firstOfEach([...ownReason, ...reasons]);
  return askedIndex > readIndex ? [unknownReason(state, request, ends, readIndex)] : [];
}

function explainUnmarked(
  state: CacheState,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): readonly UnreadReason[] {
  const { blocks, at } = request;
  if (blocks.length === 0) return [];
  const total = ends.at(-1) ?? 0;
  const { minimumTokens } = rules;
  if (total < minimumTokens) return [{ why: 'below-minimum', tokens: total, minimumTokens }];
  const knownIndex = blocks.findLastIndex(({ hash }) => isReadable(state.get(hash), at));
  const common = ends[knownIndex] ?? 0;
  const isShort = common > 0 && readableSteps(common, rules) === 0;
  const reasons = [
    ...(isShort ? [{ why: 'below-minimum' as const, tokens: common, minimumTokens }] : []),
    ...knownBehind(state, request, knownIndex).flatMap((prefix) => endedReasons(prefix, at)),
  ];
  if (reasons.length > 0) return firstOfEach(reasons);
  return knownIndex < blocks.length - 1 ? [unknownReason(state, request, ends, knownIndex)] : [];
}

interface KnownPrefix {
  readonly blockIndex: number;
  readonly entry: CacheEntry;
}

/** The prefixes behind what was read that are, or were, kept; the longest first. */
function knownBehind(state: CacheState, { blocks }: CachedRequest, readIndex: number): readonly KnownPrefix[] {
  const known: KnownPrefix[] = [];
  for (let blockIndex = blocks.length - 1; blockIndex > readIndex; blockIndex -= 1) {
    const entry = state.get(blocks[blockIndex]?.hash ?? '');
    if (entry) known.push({ blockIndex, entry });
  }
  return known;
}

/** What time, or another request, did to an entry. */
function endedReasons({ blockIndex, entry }: KnownPrefix, at: number): readonly UnreadReason[] {
  const { tokens, expiresAt, readableAt, endedBy } = entry;
  if (isAlive(entry, at)) {
    const isSettling = readableAt !== undefined && readableAt > at;
    return isSettling ? [{ why: 'not-settled', blockIndex, tokens, readableAt }] : [];
  }
  return endedBy === undefined
    ? [{ why: 'expired', blockIndex, tokens, expiredAt: expiresAt }]
    : [{ why: 'replaced', blockIndex, tokens, replacedAt: expiresAt }];
}

/** Why the request's marks pass an entry by, or would if it could be read. */
function markReasons(
  { eligible, found }: FoundMarks,
  { blockIndex, entry }: KnownPrefix,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): readonly UnreadReason[] {
  const { tokens } = entry;
  const behind = eligible.filter((mark) => mark.blockIndex >= blockIndex);
  if (behind.length === 0) return isReadable(entry, request.at) ? [{ why: 'no-mark', blockIndex, tokens }] : [];
  const looking = behind.filter((mark) => found.has(mark));
  if (looking.length === 0) return [{ why: 'not-considered', blockIndex, tokens }];
  const { readableAt: _settled, ...readable } = { ...entry, expiresAt: Number.POSITIVE_INFINITY };
  const alone = new Map([[request.blocks[blockIndex]?.hash ?? '', readable]]);
  const isFound = [...findMarked(alone, request, ends, rules).found.values()].some((index) => index !== -1);
  const reach = Math.max(...looking.map((mark) => markReach(mark, rules)));
  return isFound ? [] : [{ why: 'beyond-lookback', blockIndex, tokens, reach }];
}

/** Why a request without a mark that counts reads nothing, unless a kept prefix says it better. */
function unmarkedReason(
  { marks, blocks }: CachedRequest,
  ends: readonly number[],
  { minimumTokens }: CacheRules,
  reasons: readonly UnreadReason[],
): readonly UnreadReason[] {
  if (blocks.length === 0) return [];
  const marked = Math.max(-1, ...marks.map(({ blockIndex }) => ends[blockIndex] ?? -1));
  if (marked >= 0) return [{ why: 'below-minimum', tokens: marked, minimumTokens }];
  return reasons.some(({ why }) => why === 'no-mark') ? [] : [{ why: 'no-mark', tokens: 0 }];
}

/** What follows what was read is not known: another prefix goes on differently, or none does. */
function unknownReason(
  state: CacheState,
  request: CachedRequest,
  ends: readonly number[],
  readIndex: number,
): UnreadReason {
  const shared = sharedBlocks(state, request);
  return shared > 0 && shared > readIndex
    ? { why: 'prefix-changed', sharedBlocks: shared, tokens: ends[shared - 1] ?? 0 }
    : { why: 'cold', blockIndex: readIndex + 1 };
}

/** How many of the first blocks the request shares with the prefix that goes on differently the latest. */
function sharedBlocks(state: CacheState, { blocks }: CachedRequest): number {
  const counts = new Map(blocks.map(({ hash }, index) => [hash, index + 1]));
  let shared = 0;
  for (const [hash, { after = [] }] of state) {
    if (counts.has(hash)) continue;
    for (const before of after) shared = Math.max(shared, counts.get(before) ?? 0);
  }
  return shared;
}

function firstOfEach(reasons: readonly UnreadReason[]): readonly UnreadReason[] {
  const named = new Set<string>();
  return reasons.filter(({ why }) => {
    const isNew = !named.has(why);
    named.add(why);
    return isNew;
  });
}
