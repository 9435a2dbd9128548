/**
 * A vendor's cache of one model, over recorded requests.
 *
 * Owns: when what a request writes can be seen, and that work per request goes with the request.
 * Leaves to `serveUnexplained`: what is read and written.
 *
 * R1. What a request writes can be read once its answer begins: requests under way together do not see each other.
 */

import {
  type CachedRequest,
  type CacheEntry,
  type CacheRules,
  type CacheState,
  type CacheVerdict,
  serveUnexplained,
} from '@reprise/providers';

/** One model's prompt cache, changed in place. Requests come in the order of their start. */
export interface ReplayedCache {
  /** What it makes of a request, which will be kept from `visibleAt` on, epoch milliseconds. */
  serve(request: CachedRequest, visibleAt: number): ServedRequest;
}

export interface ServedRequest extends Pick<CacheVerdict, 'fresh' | 'read' | 'written'> {
  /** How many of the first blocks were found to be kept, whatever part of them is read; 0 for none. */
  readonly foundBlocks: number;
}

interface RequestUnderWay {
  readonly request: CachedRequest;
  readonly visibleAt: number;
  /** What it leaves in the cache, if nothing is kept before. */
  readonly left: CacheState;
  /** How many requests had been kept when it was served. */
  readonly keptBefore: number;
}

/** As many entries, the dead among them, are kept before the dead are first cleared away. */
const FIRST_CLEARED_AT = 256;

export function createReplayedCache(rules: CacheRules): ReplayedCache {
  const entries = new Map<string, CacheEntry>();
  const underWay: RequestUnderWay[] = [];
  let kept = 0;
  let clearedAt = FIRST_CLEARED_AT;

  /** What a request can meet: its own prefixes that live, or all there is where a request takes the place of another. */
  function known({ blocks, at }: CachedRequest): ReadonlyMap<string, CacheEntry> {
    if (rules.remembers === 'last-request') return entries;
    const own = new Map<string, CacheEntry>();
    const keep = (hash: string, entry: CacheEntry | undefined) => {
      if (entry && entry.expiresAt > at) own.set(hash, entry);
    };
    if (entries.size <= blocks.length) for (const [hash, entry] of entries) keep(hash, entry);
    else for (const { hash } of blocks) keep(hash, entries.get(hash));
    return own;
  }

  function keep({ request, left, keptBefore }: RequestUnderWay): void {
    // What it leaves is known already, if nothing has been kept since it was served.
    const state = keptBefore === kept ? left : serveUnexplained(known(request), request, rules).state;
    kept += 1;
    for (const [hash, entry] of state) entries.set(hash, entry);
    if (entries.size >= clearedAt || rules.remembers === 'last-request') clearDead(request.at);
  }

  /** The dead are read by nobody, and nobody asks here why. */
  function clearDead(at: number): void {
    for (const [hash, { expiresAt }] of entries) if (expiresAt <= at) entries.delete(hash);
    clearedAt = Math.max(FIRST_CLEARED_AT, 2 * entries.size);
  }

  function settle(at: number): void {
    underWay.sort((a, b) => a.visibleAt - b.visibleAt);
    while (underWay[0] && underWay[0].visibleAt <= at) {
      const next = underWay.shift();
      if (next) keep(next);
    }
  }

  function serve(request: CachedRequest, visibleAt: number): ServedRequest {
    settle(request.at);
    const { fresh, read, written, marks, state } = serveUnexplained(known(request), request, rules);
    underWay.push({ request, visibleAt, left: state, keptBefore: kept });
    const found = marks.flatMap(({ foundBlockIndex }) => foundBlockIndex ?? []);
    const foundBlocks = rules.dialect === 'none' ? heldBlocks(request) : Math.max(-1, ...found) + 1;
    return { fresh, read, written, foundBlocks };
  }

  function heldBlocks({ blocks, at }: CachedRequest): number {
    return (
      1 +
      blocks.findLastIndex(({ hash }) => {
        const { expiresAt = at, readableAt = at } = entries.get(hash) ?? {};
        return expiresAt > at && readableAt <= at;
      })
    );
  }

  return { serve };
}
