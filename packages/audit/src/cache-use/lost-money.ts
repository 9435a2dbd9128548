import {
  CACHE_LIFETIMES,
  type CacheLifetime,
  countOrZero,
  LIFETIME_MS,
  type PriceParts,
  type TurnPrice,
} from '@reprise/providers';
import type { LedgerRow } from '../ledger.ts';
import type { CacheUse } from './cache-use.ts';

/**
 * What wasted writes and missed reads came to, at the list prices of the turn itself. `undefined` where it has none, or where several runs of a
 * model share its counts. It is a part of what was paid already, and takes no part in the equation.
 */
export interface LostMoney {
  /** What the wasted tokens cost more than fresh ones. */
  readonly wastedPicoUsd: bigint | undefined;
  /** What the missed tokens cost more than read ones: they were written as far as the turn wrote, and else fresh. */
  readonly missedPicoUsd: bigint | undefined;
}

export function lostMoney({ tokens }: LedgerRow, priced: TurnPrice, { wasted, wastedBy, missed }: CacheUse): LostMoney {
  const parts = ratesOf(priced);
  return {
    wastedPicoUsd: wasted === 0 ? 0n : wasted === 'not-reported' || !parts ? undefined : surcharge(parts, wastedBy),
    missedPicoUsd:
      missed === 0 ? 0n : missed === 'not-reported' || !parts ? undefined : overpaid(parts, tokens, missed),
  };
}

function ratesOf({ iterations }: TurnPrice): PriceParts | undefined {
  const [only, ...others] = iterations.filter(({ isInTokens }) => isInTokens);
  return others.length === 0 ? only?.parts : undefined;
}

function surcharge({ fresh, cacheWrite }: PriceParts, wastedBy: ReadonlyMap<CacheLifetime, number>): bigint {
  const more = (lifetime: CacheLifetime) =>
    writeRate(cacheWrite, lifetime, fresh.picoUsdPerToken) - fresh.picoUsdPerToken;
  return [...wastedBy].reduce((sum, [lifetime, tokens]) => sum + BigInt(tokens) * more(lifetime), 0n);
}

function overpaid(
  { fresh, cacheRead, cacheWrite }: PriceParts,
  tokens: LedgerRow['tokens'],
  missed: number,
): bigint | undefined {
  if (!cacheRead) return undefined;
  const longestFirst = CACHE_LIFETIMES.toSorted((a, b) => LIFETIME_MS[b] - LIFETIME_MS[a]);
  let rest = missed;
  let paid = 0n;
  for (const lifetime of longestFirst) {
    const written = Math.min(rest, countOrZero(tokens.cacheWrite[lifetime]));
    paid += BigInt(written) * writeRate(cacheWrite, lifetime, fresh.picoUsdPerToken);
    rest -= written;
  }
  return paid + BigInt(rest) * fresh.picoUsdPerToken - BigInt(missed) * cacheRead.picoUsdPerToken;
}

function writeRate(parts: PriceParts['cacheWrite'], lifetime: CacheLifetime, fresh: bigint): bigint {
  return parts[lifetime]?.picoUsdPerToken ?? fresh;
}
