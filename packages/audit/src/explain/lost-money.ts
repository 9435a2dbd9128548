import { type CACHE_LIFETIMES, countOrZero, priceTurn, type TokenCounts } from '@reprise/providers';
import type { LedgerRow } from '../ledger.ts';

/**
 * What a response would have cost less at list price, had so many of its prompt tokens been read from the cache instead of being written or
 * fresh; negative where reads are dearer. `undefined` without a known price.
 */
export function lostPicoUsd(
  row: LedgerRow,
  missedTokens: number,
  price: typeof priceTurn = priceTurn,
): bigint | undefined {
  const { family, model, startedAt: at, billing = {}, tokens } = row;
  // The vendor's own figure, and its counts by iteration, are of what was, and not of what could have been.
  const { cost: _charged, iterations: _runs, ...terms } = billing;
  const turn = { family, model, at, billing: terms };
  const [paid, possible] = [price(tokens, turn).picoUsd, price(asRead(tokens, missedTokens), turn).picoUsd];
  return paid === undefined || possible === undefined ? undefined : paid - possible;
}

/** The counts with tokens moved to the reads: from the writes of the longest lifetime first, which stand in front, then from the fresh. */
function asRead(tokens: TokenCounts, missedTokens: number): TokenCounts {
  let left = missedTokens;
  const take = (from: number) => {
    const taken = Math.min(left, from);
    left -= taken;
    return taken;
  };
  const cacheWrite = { ...tokens.cacheWrite };
  for (const lifetime of LONGEST_FIRST) {
    const written = cacheWrite[lifetime];
    if (written !== 'not-reported') cacheWrite[lifetime] = written - take(written);
  }
  const fresh = tokens.fresh === 'not-reported' ? tokens.fresh : tokens.fresh - take(tokens.fresh);
  return { ...tokens, fresh, cacheWrite, cacheRead: countOrZero(tokens.cacheRead) + missedTokens - left };
}

const LONGEST_FIRST = ['12h', '1h', '30m', '5m', 'unknown'] as const satisfies typeof CACHE_LIFETIMES;
