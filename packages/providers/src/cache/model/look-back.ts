import type { CacheRules } from '../family-rules.ts';
import type { CachedRequest, CacheMark } from './request.ts';
import { type CacheState, isReadable } from './state.ts';

/** The marks of a request that count, in the order the vendor reads them, and what each that is looked at found. */
export interface FoundMarks {
  readonly eligible: readonly CacheMark[];
  /** By mark: the block that ends the kept prefix it found, or -1. */
  readonly found: ReadonlyMap<CacheMark, number>;
}

/** What a request's marks find in a cache. A mark of the vendor's own stands behind another on its block. */
export function findMarked(
  state: CacheState,
  request: CachedRequest,
  ends: readonly number[],
  rules: CacheRules,
): FoundMarks {
  const eligible = request.marks
    .filter(({ blockIndex }) => blockIndex in ends && (ends[blockIndex] ?? 0) >= rules.minimumTokens)
    .toSorted((a, b) => a.blockIndex - b.blockIndex || Number(a.isVendorPlaced ?? 0) - Number(b.isVendorPlaced ?? 0));
  const considered = eligible.slice(Math.max(0, eligible.length - rules.consideredMarks));
  return { eligible, found: new Map(considered.map((mark) => [mark, lookBack(state, request, mark, rules)])) };
}

/** How many positions a mark searches, its own the first. */
export function markReach({ isVendorPlaced }: CacheMark, rules: CacheRules): number {
  return isVendorPlaced ? rules.vendorLookbackPositions : rules.lookbackPositions;
}

/** The block nearest before a mark whose prefix is kept, within the lookback; -1 if there is none. */
function lookBack(state: CacheState, request: CachedRequest, mark: CacheMark, rules: CacheRules): number {
  const reach = markReach(mark, rules);
  let positions = 0;
  for (let index = mark.blockIndex; index >= 0 && positions < reach; index -= 1) {
    const block = request.blocks[index];
    if (block && isReadable(state.get(block.hash), request.at)) return index;
    if (!isInsideToolRun(request, index)) positions += 1;
  }
  return -1;
}

/** A run of consecutive tool calls, or of tool results, is one position (Anthropic, prompt-caching page, 2026). */
function isInsideToolRun({ blocks }: CachedRequest, index: number): boolean {
  const kind = blocks[index]?.kind;
  return (kind === 'tool_use' || kind === 'tool_result') && blocks[index - 1]?.kind === kind;
}
