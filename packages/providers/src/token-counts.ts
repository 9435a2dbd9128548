/**
 * How many tokens one model response used, by the way they were billed.
 *
 * Owns: the disjoint buckets, their arithmetic, and which wire values are counts at all.
 * Leaves to each adapter's `decode-usage.ts`: which counter is which. Nobody else reads one.
 *
 * T1. Buckets never overlap: fresh + cacheRead + Σ cacheWrite = all prompt tokens.
 * T2. What a vendor did not say is `'not-reported'`, which is not zero.
 * T3. A whole is not added to its parts: a vendor's prompt counter that holds its cache counters is a `GrossCount`, which is no number,
 *     and `addCounts` does not take a `PromptTotal`. Either does not compile.
 */

import { asObject } from './json.ts';

/** A counter a vendor may leave out. Not reported is not zero. */
export type Count = number | 'not-reported';

/** Prompt tokens with the cache reads and writes inside: the whole that a `Count` of either is a part of. */
export interface GrossCount {
  readonly gross: number;
}

declare const isWhole: unique symbol;

/** All prompt tokens, summed up from their parts; a number that `addCounts` does not take. */
export type PromptTotal = number & { readonly [isWhole]: true };

/** A count that may be added to others: any but a `PromptTotal`. */
export type PartCount = (number & { readonly [isWhole]?: never }) | 'not-reported';

/** How long a cache write lives; `unknown` where the vendor does not say. */
export type CacheLifetime = '5m' | '1h' | '30m' | '12h' | 'unknown';

export const CACHE_LIFETIMES: readonly CacheLifetime[] = ['5m', '1h', '30m', '12h', 'unknown'];

export interface TokenCounts {
  /** Prompt tokens neither read from nor written to the cache. */
  readonly fresh: Count;
  readonly cacheRead: Count;
  readonly cacheWrite: Readonly<Record<CacheLifetime, Count>>;
  /** All billed output, reasoning included. */
  readonly output: Count;
  /** The part of `output` that was reasoning. */
  readonly reasoning: Count;
  /** Requests to the vendor's own tools, not tokens. */
  readonly serverTools: Readonly<Record<string, number>>;
}

/** What a caller knows of a `TokenCounts`; the rest is not reported. */
export interface KnownTokenCounts extends Partial<Omit<TokenCounts, 'cacheWrite'>> {
  readonly cacheWrite?: Partial<TokenCounts['cacheWrite']>;
}

/** Token counts from the known ones; every other counter is `'not-reported'`. */
export function tokenCounts(known: KnownTokenCounts = {}): TokenCounts {
  return {
    fresh: 'not-reported',
    cacheRead: 'not-reported',
    output: 'not-reported',
    reasoning: 'not-reported',
    serverTools: {},
    ...known,
    cacheWrite: {
      '5m': 'not-reported',
      '1h': 'not-reported',
      '30m': 'not-reported',
      '12h': 'not-reported',
      unknown: 'not-reported',
      ...known.cacheWrite,
    },
  };
}

/** The count where a number is needed: not reported counts 0. */
export function countOrZero(count: Count): number {
  return count === 'not-reported' ? 0 : count;
}

/** The sum of two counts: known only where both are. */
export function addCounts(a: PartCount, b: PartCount): Count {
  return a === 'not-reported' || b === 'not-reported' ? 'not-reported' : a + b;
}

/** All cache writes together: the sum of the lifetimes that were reported, or not reported when none was. */
export function cacheWriteCount(tokens: TokenCounts): Count {
  const reported = Object.values(tokens.cacheWrite).filter((count) => count !== 'not-reported');
  return reported.length === 0 ? 'not-reported' : reported.reduce((sum, count) => sum + count, 0);
}

/** All prompt tokens. Not reported when the vendor gave no prompt count; cache counters it left out were inside that count. */
export function promptTokenCount(tokens: TokenCounts): PromptTotal | 'not-reported' {
  const prompt = grossOfCache(tokens.fresh, tokens.cacheRead, cacheWriteCount(tokens));
  // The only place that makes one.
  return prompt === 'not-reported' ? prompt : (prompt.gross as PromptTotal);
}

/** The whole prompt of a vendor that counts its parts apart. Not reported without `fresh`; a cache counter it left out counts 0. */
export function grossOfCache(fresh: Count, read: Count, written: Count): GrossCount | 'not-reported' {
  return fresh === 'not-reported' ? fresh : { gross: fresh + countOrZero(read) + countOrZero(written) };
}

/** What a whole prompt leaves beside its cache reads and writes. Not reported without the prompt, or where the parts exceed it. */
export function netOfCache(prompt: GrossCount | 'not-reported', read: Count, written: Count = 0): Count {
  if (prompt === 'not-reported') return prompt;
  const fresh = prompt.gross - countOrZero(read) - countOrZero(written);
  return fresh < 0 ? 'not-reported' : fresh;
}

/** Whether the vendor said anything about caching. */
export function reportsCache(tokens: TokenCounts): boolean {
  return tokens.cacheRead !== 'not-reported' || cacheWriteCount(tokens) !== 'not-reported';
}

/** Whether anything was read from the cache; `unknown` where the vendor did not say. */
export function cacheHit(tokens: TokenCounts): boolean | 'unknown' {
  return tokens.cacheRead === 'not-reported' ? 'unknown' : tokens.cacheRead > 0;
}

/** Whether anything was written to the cache; `unknown` where the vendor did not say. */
export function cacheWrote(tokens: TokenCounts): boolean | 'unknown' {
  const written = cacheWriteCount(tokens);
  return written === 'not-reported' ? 'unknown' : written > 0;
}

/** A wire value as a count. Anything but a whole number of at least 0 says nothing. */
export function readCount(value: unknown): Count {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 'not-reported';
}

/** A wire value as the count of a whole prompt, for vendors whose counter holds what was read and written. */
export function readGrossCount(value: unknown): GrossCount | 'not-reported' {
  const count = readCount(value);
  return count === 'not-reported' ? count : { gross: count };
}

/** A vendor's counters of its own tools by our name for the tool: with the suffix `_requests`, `web_search_requests` is `webSearch`. */
export function readServerTools(counters: unknown, suffix: '_requests' | '_calls'): TokenCounts['serverTools'] {
  const requests: Record<string, number> = {};
  for (const [name, value] of Object.entries(asObject(counters) ?? {})) {
    const count = readCount(value);
    if (count !== 'not-reported') requests[toolName(name, suffix)] = count;
  }
  return requests;
}

function toolName(counter: string, suffix: string): string {
  const name = counter.endsWith(suffix) ? counter.slice(0, -suffix.length) : counter;
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
