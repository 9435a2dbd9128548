import type { LedgerRow } from '../ledger.ts';
import { type CacheStatement, cacheStatement, type StatementOptions } from '../statement.ts';
import { addMoney, addTokenSums, NO_MONEY } from '../sums.ts';
import { ratio } from '../turn-statement.ts';

/**
 * What many turns come to, whichever conversations they belong to: a statement without its turns, and without what hangs on their order
 * (wasted writes, missed reads) or on each one's own rates (how many prices are estimated).
 */
export type StoreSums = Pick<
  CacheStatement,
  | 'turnCount'
  | 'silentTurns'
  | 'unpricedTurns'
  | 'priceChangedTurns'
  | 'tokens'
  | 'money'
  | 'covered'
  | 'hitRatio'
  | 'savedRatio'
>;

/** What the rows come to, one by one. */
export function sumsOfRows(rows: readonly LedgerRow[], options: StatementOptions = {}): StoreSums {
  const statement = cacheStatement(rows, options);
  const { turnCount, silentTurns, unpricedTurns, priceChangedTurns, tokens, money, covered, hitRatio, savedRatio } =
    statement;
  return { turnCount, silentTurns, unpricedTurns, priceChangedTurns, tokens, money, covered, hitRatio, savedRatio };
}

/** No ratio is given that some turn is missing from, unless asked for, and no money where no turn of some has a price. */
export function addStoreSums(one: StoreSums, other: StoreSums): StoreSums {
  return {
    turnCount: one.turnCount + other.turnCount,
    silentTurns: one.silentTurns + other.silentTurns,
    unpricedTurns: one.unpricedTurns + other.unpricedTurns,
    priceChangedTurns: one.priceChangedTurns + other.priceChangedTurns,
    tokens: addTokenSums(one.tokens, other.tokens),
    money: one.money && other.money ? addMoney(one.money, other.money) : (one.money ?? other.money),
    covered: {
      turnCount: one.covered.turnCount + other.covered.turnCount,
      money: addMoney(one.covered.money, other.covered.money),
      promptTokens: one.covered.promptTokens + other.covered.promptTokens,
      cacheReadTokens: one.covered.cacheReadTokens + other.covered.cacheReadTokens,
    },
    hitRatio: undefined,
    savedRatio: undefined,
  };
}

/** The sums with what follows from them. */
export function withRatios(
  sums: StoreSums,
  { allowPartial = false }: Pick<StatementOptions, 'allowPartial'>,
): StoreSums {
  const { covered, turnCount, unpricedTurns } = sums;
  const givesRatios = allowPartial || covered.turnCount === turnCount;
  const { savedPicoUsd, baselinePicoUsd } = covered.money;
  return {
    ...sums,
    money: turnCount > 0 && unpricedTurns === turnCount ? undefined : (sums.money ?? NO_MONEY),
    hitRatio: givesRatios ? ratio(BigInt(covered.cacheReadTokens), BigInt(covered.promptTokens)) : undefined,
    savedRatio: givesRatios ? ratio(savedPicoUsd, baselinePicoUsd) : undefined,
  };
}
