import {
  type CachedRequest,
  type CacheEntry,
  type CacheRules,
  type CacheState,
  serveFromCache,
} from '@reprise/providers';

/** One model's prompt cache, changed in place. Work per request goes with the request, and not with what the cache holds. */
export interface VendorCache {
  /** What it makes of a request, and why no more is read; changes nothing. */
  look(request: CachedRequest): Looked;
  /** Keeps what a request writes and renews. */
  keep(request: CachedRequest): void;
  /** The entries as they are now. */
  readonly state: CacheState;
}

type Looked = Pick<ReturnType<typeof serveFromCache>, 'fresh' | 'read' | 'written' | 'reasons'>;

const SEARCHED_ENTRIES = 5000;

/** How many requests come between two clearings of what has died. */
const CLEARED_AFTER = 1000;

/**
 * In a cache of more than `searchedEntries` a request's own prefixes are looked up, and others that begin like it are not searched for:
 * then a changed prefix is not told from a cold one.
 */
export function createVendorCache(rules: CacheRules, searchedEntries: number = SEARCHED_ENTRIES): VendorCache {
  const entries = new Map<string, CacheEntry>();
  let kept = 0;

  /** What a request can meet: its own prefixes, or all there is where a request takes the place of another. */
  function known(request: CachedRequest, isSearched: boolean): CacheState {
    if (isSearched || rules.remembers === 'last-request') return entries;
    return new Map(request.blocks.flatMap(({ hash }) => entryOf(hash)));
  }

  function entryOf(hash: string): readonly (readonly [string, CacheEntry])[] {
    const entry = entries.get(hash);
    return entry ? [[hash, entry]] : [];
  }

  return {
    state: entries,
    look: (request) => serveFromCache(known(request, entries.size <= searchedEntries), request, rules),
    keep(request) {
      kept += 1;
      const isCleared = kept % CLEARED_AFTER === 0 || rules.remembers === 'last-request';
      const { state } = serveFromCache(known(request, isCleared), request, rules);
      if (isCleared) for (const hash of entries.keys()) if (!state.has(hash)) entries.delete(hash);
      for (const [hash, entry] of state) entries.set(hash, entry);
    },
  };
}
