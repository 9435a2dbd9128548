import type { CacheStatement, Loss, StatementOptions, TokenSum } from '../statement.ts';
import { addStoreSums, withRatios } from '../store/store-sums.ts';

/** A statement without its turns: what a group of any size comes to. */
export type StatementSums = Omit<CacheStatement, 'turns'>;

/**
 * The sums over two groups that share no turn. As in a statement, no ratio is given that some turn is missing from, unless asked for, and
 * there is no money where no turn of some has a price.
 */
export function addSums(
  one: StatementSums,
  other: StatementSums,
  { allowPartial = false }: Pick<StatementOptions, 'allowPartial'> = {},
): StatementSums {
  return {
    ...withRatios(addStoreSums(one, other), { allowPartial }),
    estimatedTurns: one.estimatedTurns + other.estimatedTurns,
    wastedWrites: addLosses(one.wastedWrites, other.wastedWrites),
    missedReads: addLosses(one.missedReads, other.missedReads),
    openWrites: addTokens(one.openWrites, other.openWrites),
  };
}

function addTokens(one: TokenSum, other: TokenSum): TokenSum {
  return { tokens: one.tokens + other.tokens, missingTurns: one.missingTurns + other.missingTurns };
}

function addLosses(one: Loss, other: Loss): Loss {
  return {
    ...addTokens(one, other),
    picoUsd: one.picoUsd + other.picoUsd,
    unpricedTurns: one.unpricedTurns + other.unpricedTurns,
  };
}
