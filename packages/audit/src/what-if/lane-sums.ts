import { cacheWriteCount, countOrZero } from '@reprise/providers';
import type { PricedCounts } from './priced-counts.ts';
import type { WhatIfRow } from './table.ts';

/** A plan's sums as they grow. */
export interface LaneSums {
  /** A turn, and what it costs without a cache. */
  addTurn(turn: SummedTurn, uncachedPicoUsd: bigint | undefined): void;
  addRefresh(counts: PricedCounts): void;
  addUnaffected(): void;
  row(): Omit<WhatIfRow, 'differencePicoUsd' | 'name' | 'scenario'>;
}

interface SummedTurn {
  /** Counted from 1. */
  readonly number: number;
  readonly counts: PricedCounts;
  readonly paidPicoUsd: bigint | undefined;
}

/** The sums of no turns yet. */
export function createLaneSums(): LaneSums {
  let [turns, unpricedTurns, unaffectedTurns] = [0, 0, 0];
  let [paid, uncachedPaid] = [0n, 0n];
  let [tokens, refreshes] = [
    { fresh: 0, cacheRead: 0, cacheWrite: 0 },
    { count: 0, picoUsd: 0n },
  ];
  let breakEvenTurn: number | undefined;
  let isEstimated = false;

  function addTokens({ tokens: { fresh, cacheRead }, tokens: all }: PricedCounts): void {
    tokens = {
      fresh: tokens.fresh + countOrZero(fresh),
      cacheRead: tokens.cacheRead + countOrZero(cacheRead),
      cacheWrite: tokens.cacheWrite + countOrZero(cacheWriteCount(all)),
    };
  }

  return {
    addTurn({ number, counts, paidPicoUsd }, uncachedPicoUsd) {
      turns += 1;
      addTokens(counts);
      if (paidPicoUsd === undefined) {
        unpricedTurns += 1;
        return;
      }
      isEstimated ||= counts.isEstimated;
      paid += paidPicoUsd;
      uncachedPaid += uncachedPicoUsd ?? paidPicoUsd;
      breakEvenTurn = paid < uncachedPaid ? (breakEvenTurn ?? number) : undefined;
    },
    addRefresh(counts) {
      addTokens(counts);
      const { picoUsd = 0n } = counts;
      refreshes = { count: refreshes.count + 1, picoUsd: refreshes.picoUsd + picoUsd };
      paid += picoUsd;
      if (paid >= uncachedPaid) breakEvenTurn = undefined;
    },
    addUnaffected() {
      unaffectedTurns += 1;
    },
    row: () => ({
      tokens,
      paidPicoUsd: turns > 0 && unpricedTurns === turns ? undefined : paid,
      unpricedTurns,
      refreshes,
      unaffectedTurns,
      breakEvenTurn,
      isEstimated,
    }),
  };
}
