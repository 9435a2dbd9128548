import { type Count, countOrZero, priceTurn } from '@reprise/providers';
import { type CacheUse, cacheUse } from './cache-use/cache-use.ts';
import type { LedgerRow } from './ledger.ts';
import {
  type Money,
  ratio,
  type TokenBucket,
  type TurnLoss,
  type TurnStatement,
  turnStatement,
} from './turn-statement.ts';

/**
 * What a run paid, and what it would have paid without a prompt cache.
 *
 * Owns: the sums, and what they leave out.
 * Leaves to `turn-statement.ts`: what one turn paid. To `render/`: words and tables.
 *
 * A1. paid + read savings = baseline + write surcharge, in whole picoUsd, per turn and in sum.
 * A2. A turn without a known price has no money, and takes no part in the sums of money.
 *     What a turn paid beside its counts is paid with and without a cache, and takes no part in the savings.
 * A3. What was not reported is not 0: a sum says how many turns it misses.
 * A4. Wasted writes and missed reads are parts of what was paid already: they are told beside the equation and take no part in it.
 * A5. No ratio is given that some turn is missing from, unless asked for.
 */

export interface StatementOptions {
  /** Give ratios over the covered turns even if some turns reported no cache counters or have no known price. */
  readonly allowPartial?: boolean;
  /** The price list; `priceTurn` unless told otherwise. */
  readonly price?: typeof priceTurn;
  /**
   * Epoch milliseconds up to which the ledger is complete: a write that is dead by then and was not read back is wasted. Default: when the
   * last turn was sent.
   */
  readonly asOf?: number | undefined;
}

export interface CacheStatement {
  readonly turns: readonly TurnStatement[];
  readonly turnCount: number;
  /** Turns whose provider reported no cache counters. */
  readonly silentTurns: number;
  readonly unpricedTurns: number;
  readonly estimatedTurns: number;
  /** Turns that were recorded with another cost than they are priced at here. */
  readonly priceChangedTurns: number;
  readonly tokens: Readonly<Record<TokenBucket, TokenSum>>;
  /** The sums over the priced turns; `undefined` when no turn of some has a price. */
  readonly money: Money | undefined;
  /** Tokens that were written to the cache and never read back; see `cache-use/cache-use.ts` for the rule and its limits. */
  readonly wastedWrites: Loss;
  /** Tokens that a turn could have read from the cache and did not. */
  readonly missedReads: Loss;
  /** Tokens that were written, not read back yet, and alive when the ledger ends. */
  readonly openWrites: TokenSum;
  /** The turns of which it is known what caching saved. Ratios are theirs. */
  readonly covered: Coverage;
  /** Tokens read from the cache among prompt tokens. */
  readonly hitRatio: number | undefined;
  /** `savedPicoUsd` of the baseline; negative when caching cost more than it saved. */
  readonly savedRatio: number | undefined;
}

/** Tokens that caching lost, over the turns of which that is known. */
export interface Loss extends TokenSum {
  readonly picoUsd: bigint;
  /** Turns that lost tokens, at a price that is not known. */
  readonly unpricedTurns: number;
}

/** A sum over the turns that reported; at least `tokens` when some did not. */
export interface TokenSum {
  readonly tokens: number;
  /** Turns that did not report it. */
  readonly missingTurns: number;
}

export interface Coverage {
  readonly turnCount: number;
  readonly money: Money;
  readonly promptTokens: number;
  readonly cacheReadTokens: number;
}

/** The statement over ledger rows, in their order. */
export function cacheStatement(rows: readonly LedgerRow[], options: StatementOptions = {}): CacheStatement {
  const { price = priceTurn, asOf } = options;
  const uses = cacheUse(rows, { asOf });
  const turns = rows.map((row, index) =>
    turnStatement(row, { number: index + 1, use: uses[index] ?? UNKNOWN_USE, price }),
  );
  return statementOf(turns, options);
}

/** The statement over turns of other statements, such as those of one model. */
export function statementOf(
  turns: readonly TurnStatement[],
  { allowPartial = false }: Pick<StatementOptions, 'allowPartial'> = {},
): CacheStatement {
  const covered = coverage(turns);
  const givesRatios = allowPartial || covered.turnCount === turns.length;
  return {
    turns,
    turnCount: turns.length,
    silentTurns: turns.filter((turn) => turn.isSilent).length,
    unpricedTurns: turns.filter((turn) => turn.money === undefined).length,
    estimatedTurns: turns.filter((turn) => turn.priceStatus === 'estimated').length,
    priceChangedTurns: turns.filter(isPriceChanged).length,
    tokens: {
      fresh: sumTokens(turns, 'fresh'),
      cacheRead: sumTokens(turns, 'cacheRead'),
      cacheWrite: sumTokens(turns, 'cacheWrite'),
      output: sumTokens(turns, 'output'),
      reasoning: sumTokens(turns, 'reasoning'),
    },
    money: turns.length > 0 && turns.every((turn) => turn.money === undefined) ? undefined : sumMoney(turns),
    wastedWrites: sumLosses(turns.map(({ wastedWrite }) => wastedWrite)),
    missedReads: sumLosses(turns.map(({ missedRead }) => missedRead)),
    openWrites: sumCounts(turns.map(({ openWriteTokens }) => openWriteTokens)),
    covered,
    hitRatio: givesRatios ? ratio(BigInt(covered.cacheReadTokens), BigInt(covered.promptTokens)) : undefined,
    savedRatio: givesRatios ? ratio(covered.money.savedPicoUsd, covered.money.baselinePicoUsd) : undefined,
  };
}

const UNKNOWN_USE: CacheUse = {
  wasted: 'not-reported',
  wastedBy: new Map(),
  open: 'not-reported',
  missed: 'not-reported',
};

function isPriceChanged({ recordedPicoUsd, money }: TurnStatement): boolean {
  return recordedPicoUsd !== undefined && recordedPicoUsd !== money?.paidPicoUsd;
}

function coverage(turns: readonly TurnStatement[]): Coverage {
  const covered = turns.filter((turn) => turn.savingStatus !== 'unknown');
  const total = (buckets: readonly TokenBucket[]) =>
    buckets.reduce((sum, bucket) => sum + sumTokens(covered, bucket).tokens, 0);
  return {
    turnCount: covered.length,
    money: sumMoney(covered),
    promptTokens: total(['fresh', 'cacheRead', 'cacheWrite']),
    cacheReadTokens: total(['cacheRead']),
  };
}

function sumTokens(turns: readonly TurnStatement[], bucket: TokenBucket): TokenSum {
  return sumCounts(turns.map(({ tokens }) => tokens[bucket]));
}

function sumCounts(counts: readonly Count[]): TokenSum {
  return {
    tokens: counts.reduce<number>((sum, count) => sum + countOrZero(count), 0),
    missingTurns: counts.filter((count) => count === 'not-reported').length,
  };
}

function sumLosses(losses: readonly TurnLoss[]): Loss {
  return {
    ...sumCounts(losses.map(({ tokens }) => tokens)),
    picoUsd: losses.reduce((sum, { picoUsd = 0n }) => sum + picoUsd, 0n),
    unpricedTurns: losses.filter(({ tokens, picoUsd }) => countOrZero(tokens) > 0 && picoUsd === undefined).length,
  };
}

function sumMoney(turns: readonly TurnStatement[]): Money {
  const sum = (field: keyof Money) => turns.reduce((total, { money }) => total + (money?.[field] ?? 0n), 0n);
  return {
    paidPicoUsd: sum('paidPicoUsd'),
    baselinePicoUsd: sum('baselinePicoUsd'),
    readSavingsPicoUsd: sum('readSavingsPicoUsd'),
    writeSurchargePicoUsd: sum('writeSurchargePicoUsd'),
    savedPicoUsd: sum('savedPicoUsd'),
    besidePicoUsd: sum('besidePicoUsd'),
  };
}
