import { cacheWriteCount } from '@reprise/providers';
import type { LaneTurn } from './lane.ts';
import { countDifference, type PricedCounts, type PromptCounts } from './priced-counts.ts';
import type { Residual, ResidualTurn } from './table.ts';
import type { TurnFacts } from './turn-facts.ts';

export interface ResidualSum {
  add(facts: TurnFacts, replayed: LaneTurn): void;
  sum(): Residual;
}

export function createResidual(): ResidualSum {
  const turns: ResidualTurn[] = [];
  let [checkedTurns, uncheckedTurns] = [0, 0];
  let tokens: PromptCounts<number> = { fresh: 0, cacheRead: 0, cacheWrite: 0 };
  let picoUsd: PromptCounts<bigint> = { fresh: 0n, cacheRead: 0n, cacheWrite: 0n };
  let absolute = { tokens: 0, picoUsd: 0n };
  return {
    add({ turn: { row }, number, isReplayed, reported }, { isServed, counts }) {
      if (!isReplayed || !isServed || row.tokens.cacheRead === 'not-reported') {
        uncheckedTurns += 1;
        return;
      }
      checkedTurns += 1;
      const off = tokenDifference(counts, reported);
      const cost = moneyDifference(counts, reported);
      const offPicoUsd = cost.fresh + cost.cacheRead + cost.cacheWrite;
      // A write of a lifetime that the vendor did not tell is as many tokens at another price.
      if (off.fresh === 0 && off.cacheRead === 0 && off.cacheWrite === 0 && offPicoUsd === 0n) return;
      turns.push({ number, id: row.id, tokens: off, picoUsd: offPicoUsd });
      tokens = {
        fresh: tokens.fresh + off.fresh,
        cacheRead: tokens.cacheRead + off.cacheRead,
        cacheWrite: tokens.cacheWrite + off.cacheWrite,
      };
      picoUsd = {
        fresh: picoUsd.fresh + cost.fresh,
        cacheRead: picoUsd.cacheRead + cost.cacheRead,
        cacheWrite: picoUsd.cacheWrite + cost.cacheWrite,
      };
      absolute = {
        // What is too much in one bucket is missing in another.
        tokens: absolute.tokens + (Math.abs(off.fresh) + Math.abs(off.cacheRead) + Math.abs(off.cacheWrite)) / 2,
        picoUsd: absolute.picoUsd + abs(offPicoUsd),
      };
    },
    sum: () => ({ checkedTurns, uncheckedTurns, tokens, picoUsd, absolute, turns }),
  };
}

function tokenDifference({ tokens: replayed }: PricedCounts, { tokens: reported }: PricedCounts): PromptCounts<number> {
  return {
    fresh: countDifference(replayed.fresh, reported.fresh),
    cacheRead: countDifference(replayed.cacheRead, reported.cacheRead),
    cacheWrite: countDifference(countOrNone(replayed), countOrNone(reported)),
  };
}

/** Writes that no side tells are none: what is left of the prompt is fresh on both. */
function countOrNone(tokens: PricedCounts['tokens']): number {
  const written = cacheWriteCount(tokens);
  return written === 'not-reported' ? 0 : written;
}

function moneyDifference({ parts: replayed }: PricedCounts, { parts: reported }: PricedCounts): PromptCounts<bigint> {
  return {
    fresh: replayed.fresh - reported.fresh,
    cacheRead: replayed.cacheRead - reported.cacheRead,
    cacheWrite: replayed.cacheWrite - reported.cacheWrite,
  };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
