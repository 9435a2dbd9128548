import { type Count, cacheWriteCount, countOrZero, type TokenCounts } from '../token-counts.ts';
import type { BilledIteration } from './billing.ts';
import type { PriceDoubt } from './parts.ts';

/** One run of a model to price; without a `model` it is the response's own. */
export interface RunToPrice {
  readonly kind: string;
  readonly model?: string;
  readonly tokens: TokenCounts;
  readonly isInTokens: boolean;
}

export interface IterationPlan {
  readonly runs: readonly RunToPrice[];
  readonly doubts: readonly PriceDoubt[];
}

/** Kinds of iterations outside the counts that are known to be billed. */
const BILLED_BESIDE = new Set(['compaction', 'advisor_message']);

/**
 * What to price for a response: its own counts as the iterations that add up to them, if they do, and every iteration that ran beside
 * them. Buckets are never priced twice.
 */
export function planIterations(tokens: TokenCounts, iterations: readonly BilledIteration[]): IterationPlan {
  const inside = iterations.filter(({ isInTokens }) => isInTokens);
  const beside = iterations.filter(({ isInTokens, tokens: counts }) => !isInTokens && !isEmpty(counts));
  const addsUp = inside.length === 0 || isSumOf(tokens, inside);
  return {
    runs: [...(addsUp ? ownRuns(tokens, inside) : [ownRun(tokens)]), ...beside],
    doubts: [
      ...(addsUp && beside.every(({ kind }) => isDescribed(kind)) ? [] : (['unadded-iterations'] as const)),
      ...(beside.some(({ kind }) => kind === 'message') ? (['unconfirmed-charge'] as const) : []),
    ],
  };
}

/** A declined `message` is described: whether it is billed is another matter. */
function isDescribed(kind: string): boolean {
  return kind === 'message' || BILLED_BESIDE.has(kind);
}

function ownRun(tokens: TokenCounts): RunToPrice {
  return { kind: 'message', tokens, isInTokens: true };
}

/** The counts of the response say more than those of its only iteration; of several, the first answers for the server tools. */
function ownRuns(tokens: TokenCounts, inside: readonly BilledIteration[]): readonly RunToPrice[] {
  const [first, ...others] = inside;
  if (first === undefined) return [ownRun(tokens)];
  if (others.length === 0) return [{ ...first, tokens }];
  return [{ ...first, tokens: { ...first.tokens, serverTools: tokens.serverTools } }, ...others];
}

const BUCKETS: readonly ((tokens: TokenCounts) => Count)[] = [
  ({ fresh }) => fresh,
  ({ cacheRead }) => cacheRead,
  cacheWriteCount,
  ({ output }) => output,
];

function isSumOf(tokens: TokenCounts, iterations: readonly BilledIteration[]): boolean {
  return BUCKETS.every((bucket) => {
    const sum = iterations.reduce((total, { tokens: counts }) => total + countOrZero(bucket(counts)), 0);
    return sum === countOrZero(bucket(tokens));
  });
}

function isEmpty(tokens: TokenCounts): boolean {
  return BUCKETS.every((bucket) => countOrZero(bucket(tokens)) === 0);
}
