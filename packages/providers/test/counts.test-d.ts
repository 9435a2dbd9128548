/**
 * Uses of counts that must not compile (N-05). `tsc` checks this file with the rest of the workspace; nothing runs it. An expectation
 * that no longer fails is an error itself.
 */

import {
  addCounts,
  type Count,
  cacheWriteCount,
  countOrZero,
  type GrossCount,
  netOfCache,
  type PromptTotal,
  promptTokenCount,
  readCount,
  readGrossCount,
  type TokenCounts,
  tokenCounts,
} from '../src/token-counts.ts';

declare const wire: unknown;
const cached: Count = readCount(wire);
const prompt: GrossCount | 'not-reported' = readGrossCount(wire);
const tokens: TokenCounts = tokenCounts({ cacheRead: cached });
const total: PromptTotal | 'not-reported' = promptTokenCount(tokens);

// Net counts add up.
export const net: Count = addCounts(addCounts(netOfCache(prompt, cached), cached), cacheWriteCount(tokens));

// @ts-expect-error The whole prompt holds what was read: adding it again counts it twice.
export const twice = addCounts(prompt, cached);

// @ts-expect-error The same of the sum of all parts.
export const twiceOfTotal = addCounts(total, cached);

// @ts-expect-error And the other way round.
export const twiceTheOtherWay = addCounts(cached, total);

if (prompt !== 'not-reported' && cached !== 'not-reported') {
  // @ts-expect-error A whole is no number.
  void (prompt + cached);
  // @ts-expect-error Nor is it taken apart by hand.
  void (prompt - cached);
}

// @ts-expect-error A whole is not what stands beside the cache.
export const fresh = tokenCounts({ fresh: prompt });

// @ts-expect-error Not reported is not zero, and not left to chance.
void countOrZero(prompt);

// @ts-expect-error A number of unknown kind is not a whole.
void netOfCache(5, cached);
