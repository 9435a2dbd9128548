/**
 * What a vendor's prompt cache holds, and what a request reads from and writes to it. Pure: time comes in, the next state comes out.
 *
 * Owns: the verdict on a request. Its parts are in `model/`: what is found, what is kept, why no more was read.
 * Leaves to `family-rules.ts`: the numbers. To callers: how many tokens a block is, and the clock.
 *
 * M1. A read needs equal bytes from the first block on: one changed byte ends every prefix behind it.
 * M2. An entry dies its lifetime after its last use; a read renews it. The clock runs from the start of the request.
 * M3. A prefix below the minimum is neither read nor written, in silence.
 * M4. fresh + read + written = all prompt tokens (T1).
 * M5. Of more marks than a request can have kept the latest are; the others are still looked at for something to read. A mark that the
 *     vendor placed looks further back than others may, and stands behind another on its block.
 * M6. Where the vendor needs time to settle an entry, it is read only that long after it was first written.
 * M7. In a loaded model with one place the last request is all that is kept, for as long as requests ask.
 * M8. What died is remembered for a while, only to say why it was not read.
 */

import type { CacheLifetime } from '../token-counts.ts';
import type { CacheRules } from './family-rules.ts';
import { explainUnread } from './model/explain-unread.ts';
import type { CachedRequest, MarkVerdict, UnreadReason } from './model/request.ts';
import { serveMarked } from './model/serve-marked.ts';
import { serveUnmarked } from './model/serve-unmarked.ts';
import { type CacheState, forgetOldest } from './model/state.ts';

export type { CachedRequest, CacheMark, MarkVerdict, UnreadReason } from './model/request.ts';
export { type CacheEntry, type CacheState, EMPTY_CACHE } from './model/state.ts';

export interface CacheVerdict {
  /** Prompt tokens, in disjoint parts. */
  readonly fresh: number;
  readonly read: number;
  readonly written: Readonly<Partial<Record<CacheLifetime, number>>>;
  /** What each mark of the request did, in the request's order. Empty where nothing can be marked. */
  readonly marks: readonly MarkVerdict[];
  /** Why no more was read, the weightiest first. Empty if all that was asked for was read. */
  readonly reasons: readonly UnreadReason[];
  readonly state: CacheState;
}

/** What a cache in `state` makes of a request, and what it holds afterwards. */
export function serveFromCache(state: CacheState, request: CachedRequest, rules: CacheRules): CacheVerdict {
  const reasons = explainUnread(state, request, prefixLengths(request), rules);
  return { ...serveUnexplained(state, request, rules), reasons };
}

/** The same without the reasons, for who replays many requests: finding them takes as long as everything else. */
export function serveUnexplained(
  state: CacheState,
  request: CachedRequest,
  rules: CacheRules,
): Omit<CacheVerdict, 'reasons'> {
  const ends = prefixLengths(request);
  const entries = new Map(state);
  const serve = rules.dialect === 'none' ? serveUnmarked : serveMarked;
  const { read, written, marks } = serve(entries, request, ends, rules);
  const fresh = Object.values(written).reduce((rest, tokens) => rest - tokens, (ends.at(-1) ?? 0) - read);
  return { fresh, read, written, marks, state: forgetOldest(entries, request.at) };
}

function prefixLengths({ blocks }: CachedRequest): readonly number[] {
  let total = 0;
  return blocks.map(({ tokens }) => {
    total += tokens;
    return total;
  });
}
