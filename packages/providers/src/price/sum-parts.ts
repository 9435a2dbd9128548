import { CACHE_LIFETIMES, type CacheLifetime } from '../token-counts.ts';
import type { PriceParts } from './parts.ts';

/** What the runs of a response cost together by bucket, at list price. A bucket that none of them reported has no sum. */
export interface PriceSums {
  readonly fresh: TokenSum;
  readonly cacheRead: TokenSum | undefined;
  readonly cacheWrite: Readonly<Partial<Record<CacheLifetime, TokenSum>>>;
  readonly output: TokenSum;
  readonly webSearch: RequestSum | undefined;
}

/** Tokens of one bucket, at whatever rates they had. */
export interface TokenSum {
  readonly tokens: number;
  readonly picoUsd: bigint;
}

export interface RequestSum {
  readonly requests: number;
  readonly picoUsd: bigint;
}

const NO_TOKENS: TokenSum = { tokens: 0, picoUsd: 0n };

/** The parts of several runs, added up by bucket; `undefined` for none. */
export function sumParts(all: readonly PriceParts[]): PriceSums | undefined {
  if (all.length === 0) return undefined;
  const sum = (of: (parts: PriceParts) => TokenSum | undefined) => sumTokens(all.map(of));
  return {
    fresh: sum(({ fresh }) => fresh) ?? NO_TOKENS,
    cacheRead: sum(({ cacheRead }) => cacheRead),
    cacheWrite: Object.fromEntries(
      CACHE_LIFETIMES.flatMap((lifetime) => {
        const written = sum(({ cacheWrite }) => cacheWrite[lifetime]);
        return written ? [[lifetime, written]] : [];
      }),
    ),
    output: sum(({ output }) => output) ?? NO_TOKENS,
    webSearch: sumRequests(all.map(({ webSearch }) => webSearch)),
  };
}

function sumTokens(parts: readonly (TokenSum | undefined)[]): TokenSum | undefined {
  return parts.reduce(
    (sum, part) =>
      part ? { tokens: (sum?.tokens ?? 0) + part.tokens, picoUsd: (sum?.picoUsd ?? 0n) + part.picoUsd } : sum,
    undefined,
  );
}

function sumRequests(parts: readonly (RequestSum | undefined)[]): RequestSum | undefined {
  return parts.reduce(
    (sum, part) =>
      part ? { requests: (sum?.requests ?? 0) + part.requests, picoUsd: (sum?.picoUsd ?? 0n) + part.picoUsd } : sum,
    undefined,
  );
}
