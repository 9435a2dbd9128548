import type { TokenSum } from './statement.ts';
import type { Money, TokenBucket } from './turn-statement.ts';

/** The sum of no turns. */
export const NO_MONEY: Money = {
  paidPicoUsd: 0n,
  baselinePicoUsd: 0n,
  readSavingsPicoUsd: 0n,
  writeSurchargePicoUsd: 0n,
  savedPicoUsd: 0n,
  besidePicoUsd: 0n,
};

export function addMoney(one: Money, other: Money): Money {
  return {
    paidPicoUsd: one.paidPicoUsd + other.paidPicoUsd,
    baselinePicoUsd: one.baselinePicoUsd + other.baselinePicoUsd,
    readSavingsPicoUsd: one.readSavingsPicoUsd + other.readSavingsPicoUsd,
    writeSurchargePicoUsd: one.writeSurchargePicoUsd + other.writeSurchargePicoUsd,
    savedPicoUsd: one.savedPicoUsd + other.savedPicoUsd,
    besidePicoUsd: one.besidePicoUsd + other.besidePicoUsd,
  };
}

export type TokenSums = Readonly<Record<TokenBucket, TokenSum>>;

export function addTokenSums(one: TokenSums, other: TokenSums): TokenSums {
  const add = (bucket: TokenBucket) => ({
    tokens: one[bucket].tokens + other[bucket].tokens,
    missingTurns: one[bucket].missingTurns + other[bucket].missingTurns,
  });
  return {
    fresh: add('fresh'),
    cacheRead: add('cacheRead'),
    cacheWrite: add('cacheWrite'),
    output: add('output'),
    reasoning: add('reasoning'),
  };
}
