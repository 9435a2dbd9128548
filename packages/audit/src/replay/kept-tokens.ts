import { cacheWriteCount, countOrZero, type TokenCounts } from '@reprise/providers';

/** Tokens of a prompt that the vendor kept, as it says: what was read and what was written. Not reported counts 0. */
export function keptTokens(tokens: TokenCounts): number {
  return countOrZero(tokens.cacheRead) + countOrZero(cacheWriteCount(tokens));
}
