import {
  type Billing,
  type CacheVerdict,
  type Count,
  type Family,
  type PriceParts,
  type priceTurn,
  type TokenCounts,
  tokenCounts,
} from '@reprise/providers';
import type { LedgerRow } from '../ledger.ts';

/** Prompt tokens by what became of them. */
export interface PromptCounts<Value> {
  readonly fresh: Value;
  readonly cacheRead: Value;
  readonly cacheWrite: Value;
}

export interface PricedCounts {
  readonly tokens: TokenCounts;
  /** `undefined` where the price is not known. */
  readonly picoUsd: bigint | undefined;
  /** The part of each bucket. */
  readonly parts: PromptCounts<bigint>;
  readonly isEstimated: boolean;
}

/** Who is paid, and when. */
export interface Terms {
  readonly family: Family;
  readonly model: string;
  readonly at: number;
  readonly billing: Billing;
}

export type PriceList = typeof priceTurn;

/** Counts at list price. */
export function priceCounts(tokens: TokenCounts, terms: Terms, price: PriceList): PricedCounts {
  const { picoUsd, iterations, status } = price(tokens, terms);
  const parts = iterations[0]?.parts;
  return {
    tokens,
    picoUsd,
    parts: {
      fresh: parts?.fresh.picoUsd ?? 0n,
      cacheRead: parts?.cacheRead?.picoUsd ?? 0n,
      cacheWrite: writtenPicoUsd(parts),
    },
    isEstimated: status !== 'exact',
  };
}

function writtenPicoUsd(parts: PriceParts | undefined): bigint {
  return Object.values(parts?.cacheWrite ?? {}).reduce((sum, { picoUsd }) => sum + picoUsd, 0n);
}

/** The counts of a turn had its prompt been served so. What its vendor never reports is not made up: writes that are free stay untold. */
export function servedCounts(
  { tokens: { output, reasoning, serverTools } }: LedgerRow,
  { fresh, read, written }: Pick<CacheVerdict, 'fresh' | 'read' | 'written'>,
): TokenCounts {
  return tokenCounts({ fresh, cacheRead: read, cacheWrite: written, output, reasoning, serverTools });
}

/** The terms of a response that hold for its token rates: what it alone was charged is left out. */
export function rateTerms({ billing = {} }: LedgerRow): Billing {
  const { serviceTier, speed, inferenceGeo } = billing;
  return {
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(speed === undefined ? {} : { speed }),
    ...(inferenceGeo === undefined ? {} : { inferenceGeo }),
  };
}

/** The difference of two counts, where both are told. */
export function countDifference(a: Count, b: Count): number {
  return a === 'not-reported' || b === 'not-reported' ? 0 : a - b;
}
