/**
 * The price of many ledger rows at once, from their sums.
 *
 * Owns: when sums are enough, and what they come to.
 * Leaves to the store: adding up. To `priceTurn`: the rates. To `audit-store.ts`: rows for which sums are not enough.
 *
 * P1. Rows of one model, price class and size of prompt pay the same rates: their money is tokens × rate, and linear.
 * P2. That they do is proved, not believed: what was recorded as their cost, row by row when each was written, has to add up to it, to the last
 *     unit. What is billed beside the counts, terms that only a usage object tells, a vendor's own figure and a price that has changed since
 *     all show as a difference; then the rows are priced one by one. A difference is missed only if several cancel out to the picodollar.
 * P3. What is reported by some of the rows only is not split between them: they are looked at one by one.
 */

import type { TurnSum } from '@reprise/checkpoint';
import {
  type CacheLifetime,
  type Count,
  countOrZero,
  type PricedIteration,
  priceTurn,
  type TokenCounts,
  tokenCounts,
} from '@reprise/providers';
import { decodeServerTools } from '../ledger.ts';
import type { TokenSum } from '../statement.ts';
import { NO_MONEY } from '../sums.ts';
import type { TokenBucket } from '../turn-statement.ts';
import type { StoreSums } from './store-sums.ts';

/** Numbers of prompt tokens at which list prices are known to step, so that rows between two of them pay the same. */
export const PROMPT_STEPS: readonly number[] = [100_000, 128_000, 199_999, 200_000, 271_999, 272_000, 512_000];

const LIFETIME_COLUMNS = {
  '5m': 'cacheWrite5m',
  '1h': 'cacheWrite1h',
  '30m': 'cacheWrite30m',
  '12h': 'cacheWrite12h',
  unknown: 'cacheWriteUnknown',
} as const satisfies Record<CacheLifetime, keyof TurnSum['tokens']>;

const LIFETIMES = Object.keys(LIFETIME_COLUMNS) as readonly CacheLifetime[];

/** What the rows come to; `undefined` where that takes a look at each of them. */
export function priceSum(sum: TurnSum, price: typeof priceTurn = priceTurn): StoreSums | undefined {
  const counted = countSum(sum);
  if (!counted) return undefined;
  const { family = '', model = '', serviceTier } = sum.key;
  const billing = typeof serviceTier === 'string' ? { serviceTier } : {};
  const alike = rowAlike(sum);
  // The list of the rows' own time, even if the recorded costs are those of another: a price that was corrected since has to show.
  const runAt = (at: number) => price(alike, { family, model, at, billing }).iterations[0];
  const [first, last] = [runAt(sum.firstStartedAt), isOneDay(sum) ? undefined : runAt(sum.lastStartedAt)];
  if (!first && !last) return mayBeBilled(sum) ? undefined : { ...counted, unpricedTurns: sum.turns };
  const priced = first && pricedSum(sum, first, counted);
  return isOneDay(sum) || (last && pricedSum(sum, last, counted)) ? priced : undefined;
}

/** Lists change at midnight UTC. */
function isOneDay({ firstStartedAt, lastStartedAt }: TurnSum): boolean {
  return Math.floor(firstStartedAt / DAY_MS) === Math.floor(lastStartedAt / DAY_MS);
}

const DAY_MS = 86_400_000;

/** The counts of the sum, without money; `undefined` for rows that do not report alike. */
function countSum(sum: TurnSum): StoreSums | undefined {
  const { tokens, turns } = sum;
  const deciding = [tokens.fresh, tokens.output, tokens.cacheRead];
  if (deciding.some((column) => column.turns > 0 && column.turns < turns)) return undefined;
  const writers = Math.max(...LIFETIMES.map((lifetime) => tokens[LIFETIME_COLUMNS[lifetime]].turns));
  const wroteAll = LIFETIMES.every((lifetime) => [0, writers].includes(tokens[LIFETIME_COLUMNS[lifetime]].turns));
  if (!wroteAll || (writers > 0 && writers < turns)) return undefined;
  const silentTurns = tokens.cacheRead.turns === 0 && writers === 0 ? turns : 0;
  return { ...UNPRICED, turnCount: turns, silentTurns, tokens: tokenSums(sum, writers) };
}

const NO_COVERAGE: StoreSums['covered'] = { turnCount: 0, money: NO_MONEY, promptTokens: 0, cacheReadTokens: 0 };

const UNPRICED = {
  unpricedTurns: 0,
  priceChangedTurns: 0,
  money: undefined,
  covered: NO_COVERAGE,
  hitRatio: undefined,
  savedRatio: undefined,
};

/** Whether a vendor may have named its price, which no list has. Local models have none. */
function mayBeBilled({ key, cost }: TurnSum): boolean {
  return cost.turns > 0 || (key.hasRawUsage !== false && key.family !== 'ollama');
}

/** A row such as these, with a token in each bucket that they used: its rates are theirs. */
function rowAlike({ key: { serverTools = '{}', promptStep = 0 }, tokens }: TurnSum): TokenCounts {
  const one = ({ turns, sum }: TurnSum['tokens']['fresh']): Count => (turns === 0 ? 'not-reported' : sum > 0n ? 1 : 0);
  const writes = LIFETIMES.map((lifetime) => [lifetime, one(tokens[LIFETIME_COLUMNS[lifetime]])] as const);
  const cacheRead = one(tokens.cacheRead);
  const others = [cacheRead, ...writes.map(([, count]) => count)].reduce<number>(
    (all, count) => all + countOrZero(count),
    0,
  );
  // As many tokens as the smallest prompt behind its step.
  const smallest = Math.max(0, (PROMPT_STEPS[promptStep - 1] ?? -1) + 1 - others);
  return tokenCounts({
    fresh: tokens.fresh.turns === 0 ? 'not-reported' : smallest,
    cacheRead,
    cacheWrite: Object.fromEntries(writes),
    output: one(tokens.output),
    serverTools: decodeServerTools({ id: 'of many', serverTools }),
  });
}

function pricedSum(sum: TurnSum, { parts }: PricedIteration, counted: Omit<StoreSums, 'money'>): StoreSums | undefined {
  const { tokens, turns, cost } = sum;
  if (cost.turns < turns) return undefined;
  const fresh = parts.fresh.picoUsdPerToken;
  const read = tokens.cacheRead.sum;
  const written = LIFETIMES.map((lifetime) => ({
    tokens: tokens[LIFETIME_COLUMNS[lifetime]].sum,
    picoUsd: parts.cacheWrite[lifetime]?.picoUsdPerToken ?? fresh,
  }));
  const besidePrompt =
    tokens.output.sum * parts.output.picoUsdPerToken + BigInt(turns) * (parts.webSearch?.picoUsd ?? 0n);
  const promptTokens = written.reduce((all, write) => all + write.tokens, tokens.fresh.sum + read);
  const readSavingsPicoUsd = read * (fresh - (parts.cacheRead?.picoUsdPerToken ?? fresh));
  const writeSurchargePicoUsd = written.reduce((all, write) => all + write.tokens * (write.picoUsd - fresh), 0n);
  const baselinePicoUsd = promptTokens * fresh + besidePrompt;
  const paidPicoUsd = baselinePicoUsd + writeSurchargePicoUsd - readSavingsPicoUsd;
  // A free response may be a vendor's own word, which is told of each.
  if (paidPicoUsd !== cost.sum || paidPicoUsd === 0n) return undefined;
  const savedPicoUsd = readSavingsPicoUsd - writeSurchargePicoUsd;
  const money = {
    paidPicoUsd,
    baselinePicoUsd,
    readSavingsPicoUsd,
    writeSurchargePicoUsd,
    savedPicoUsd,
    besidePicoUsd: 0n,
  };
  const isCovered = tokens.cacheRead.turns === turns;
  return {
    ...counted,
    money,
    covered: isCovered
      ? { turnCount: turns, money, promptTokens: Number(promptTokens), cacheReadTokens: Number(read) }
      : NO_COVERAGE,
  };
}

function tokenSums({ tokens, turns }: TurnSum, writers: number): Readonly<Record<TokenBucket, TokenSum>> {
  const sumOf = (column: TurnSum['tokens']['fresh']): TokenSum => ({
    tokens: Number(column.sum),
    missingTurns: turns - column.turns,
  });
  const written = LIFETIMES.reduce((all, lifetime) => all + tokens[LIFETIME_COLUMNS[lifetime]].sum, 0n);
  return {
    fresh: sumOf(tokens.fresh),
    cacheRead: sumOf(tokens.cacheRead),
    cacheWrite: { tokens: Number(written), missingTurns: turns - writers },
    output: sumOf(tokens.output),
    reasoning: sumOf(tokens.reasoning),
  };
}
