/**
 * What one turn paid, and what it would have paid without a prompt cache.
 *
 * Owns: the equation (A1 of `statement.ts`), and what of it is known.
 * Leaves to `priceTurn`: the rates. To `cache-use/`: which of its writes were wasted and which reads it missed.
 */

import {
  type Count,
  cacheHit,
  cacheWriteCount,
  type Family,
  type KnownTurnPrice,
  type PriceDoubt,
  type PriceParts,
  type priceTurn,
  promptTokenCount,
  reportsCache,
  type TurnPrice,
} from '@reprise/providers';
import type { CacheUse } from './cache-use/cache-use.ts';
import { lostMoney } from './cache-use/lost-money.ts';
import type { LedgerRow } from './ledger.ts';

export interface TurnStatement {
  /** Counted from 1. */
  readonly number: number;
  readonly id: string;
  readonly family: Family;
  readonly model: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly tokens: Readonly<Record<TokenBucket, Count>>;
  /** Whether anything was read from the cache. */
  readonly hit: boolean | 'unknown';
  readonly hitRatio: number | undefined;
  readonly isSilent: boolean;
  /** How sure it is what was paid. */
  readonly priceStatus: 'exact' | 'estimated' | 'unknown';
  readonly priceDoubts: readonly PriceDoubt[];
  /** Where the vendor's own figure stands that was paid; `undefined` for a list price. */
  readonly reportedBy: string | undefined;
  /** How sure it is what caching saved: unknown without cache counters, and without list prices. */
  readonly savingStatus: 'exact' | 'estimated' | 'unknown';
  readonly money: Money | undefined;
  /** Of what it wrote: what was never read back. */
  readonly wastedWrite: TurnLoss;
  /** What it could have read and did not. */
  readonly missedRead: TurnLoss;
  /** Of what it wrote: what is not read back yet, and was alive when the ledger ends. */
  readonly openWriteTokens: Count;
  /** The cost recorded with the response; `undefined` when its price was unknown then. */
  readonly recordedPicoUsd: bigint | undefined;
}

/** Tokens that caching lost to a turn. */
export interface TurnLoss {
  readonly tokens: Count;
  /**
   * What they cost more: wasted ones than fresh ones, missed ones than read ones. A part of what was paid. `undefined` without a list price
   * or a count.
   */
  readonly picoUsd: bigint | undefined;
}

/** `reasoning` is a part of `output`; the others are disjoint. */
export type TokenBucket = 'fresh' | 'cacheRead' | 'cacheWrite' | 'output' | 'reasoning';

export interface Money {
  readonly paidPicoUsd: bigint;
  /** Every prompt token at the fresh rate, and the rest as paid. */
  readonly baselinePicoUsd: bigint;
  /** Tokens read × (fresh rate − read rate). */
  readonly readSavingsPicoUsd: bigint;
  /** Tokens written × (write rate − fresh rate). */
  readonly writeSurchargePicoUsd: bigint;
  /** Read savings − write surcharge. */
  readonly savedPicoUsd: bigint;
  /**
   * The part of what was paid that is not the list price of the counts: compaction, an advisor, and what a vendor's own figure differs
   * by. It stands in the baseline as well.
   */
  readonly besidePicoUsd: bigint;
}

/** What a turn's statement is made with, beside its row. */
interface TurnMeans {
  readonly number: number;
  readonly use: CacheUse;
  readonly price: typeof priceTurn;
}

/** What one response paid, and what it would have paid without a prompt cache. */
export function turnStatement(row: LedgerRow, { number, use, price }: TurnMeans): TurnStatement {
  const { id, family, model, startedAt, tokens, billing = {}, recordedPicoUsd } = row;
  const priced = price(tokens, { family, model, at: startedAt, billing });
  const { fresh, cacheRead, output, reasoning } = tokens;
  const { wastedPicoUsd, missedPicoUsd } = lostMoney(row, priced, use);
  const promptTokens = promptTokenCount(tokens);
  const isKnown = cacheRead !== 'not-reported' && promptTokens !== 'not-reported';
  // A response that was cut off was billed for more than was reported.
  const priceStatus = priced.status === 'exact' && row.usageState !== 'final' ? 'estimated' : priced.status;
  return {
    number,
    id,
    family,
    model,
    startedAt,
    tokens: { fresh, cacheRead, cacheWrite: cacheWriteCount(tokens), output, reasoning },
    hit: cacheHit(tokens),
    hitRatio: isKnown ? ratio(BigInt(cacheRead), BigInt(promptTokens)) : undefined,
    isSilent: !reportsCache(tokens),
    priceStatus,
    priceDoubts: priced.doubts,
    reportedBy: priced.reportedBy,
    savingStatus: cacheRead === 'not-reported' ? 'unknown' : savingStatus(priced, priceStatus),
    money: priced.status === 'unknown' ? undefined : turnMoney(priced),
    wastedWrite: { tokens: use.wasted, picoUsd: wastedPicoUsd },
    missedRead: { tokens: use.missed, picoUsd: missedPicoUsd },
    openWriteTokens: use.open,
    recordedPicoUsd,
  };
}

function savingStatus(priced: TurnPrice, priceStatus: TurnStatement['priceStatus']): TurnStatement['savingStatus'] {
  const { iterations } = priced;
  if (priced.status === 'unknown' || iterations.length === 0) return 'unknown';
  const listed = iterations.reduce((sum, { picoUsd }) => sum + picoUsd, 0n);
  const isSure = iterations.every(({ doubts }) => doubts.length === 0) && listed === priced.picoUsd;
  return isSure ? priceStatus : 'estimated';
}

function turnMoney({ picoUsd: paidPicoUsd, iterations }: KnownTurnPrice): Money {
  const counted = iterations.filter(({ isInTokens }) => isInTokens);
  const total = (of: (parts: PriceParts) => bigint) => counted.reduce((sum, { parts }) => sum + of(parts), 0n);
  const besidePicoUsd = counted.reduce((rest, { picoUsd }) => rest - picoUsd, paidPicoUsd);
  const readSavingsPicoUsd = total(readSavings);
  const writeSurchargePicoUsd = total(writeSurcharge);
  return {
    paidPicoUsd,
    baselinePicoUsd: total(baseline) + besidePicoUsd,
    readSavingsPicoUsd,
    writeSurchargePicoUsd,
    savedPicoUsd: readSavingsPicoUsd - writeSurchargePicoUsd,
    besidePicoUsd,
  };
}

function baseline({ fresh, cacheRead, cacheWrite, output, webSearch }: PriceParts): bigint {
  const prompt = [fresh, cacheRead, ...Object.values(cacheWrite)];
  const promptTokens = prompt.reduce((sum, part) => sum + BigInt(part?.tokens ?? 0), 0n);
  return promptTokens * fresh.picoUsdPerToken + output.picoUsd + (webSearch?.picoUsd ?? 0n);
}

function readSavings({ fresh, cacheRead }: PriceParts): bigint {
  return cacheRead === undefined ? 0n : BigInt(cacheRead.tokens) * (fresh.picoUsdPerToken - cacheRead.picoUsdPerToken);
}

function writeSurcharge({ fresh, cacheWrite }: PriceParts): bigint {
  return Object.values(cacheWrite)
    .filter((part) => part !== undefined)
    .reduce((sum, part) => sum + BigInt(part.tokens) * (part.picoUsdPerToken - fresh.picoUsdPerToken), 0n);
}

/** `undefined` for a ratio to nothing. Cut to six digits, so that it is the same on every machine. */
export function ratio(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Number((part * 1_000_000n) / whole) / 1_000_000;
}
