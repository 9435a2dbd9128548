import { type Count, countOrZero } from '@reprise/providers';
import type { TurnStatement } from '../turn-statement.ts';

/** Turns over time, a point each as long as they are few, and then an hour, or a day. */
export interface TimeSeries {
  readonly unit: SeriesUnit;
  /** In the order of their times. */
  readonly points: readonly SeriesPoint[];
}

type SeriesUnit = 'turn' | 'hour' | 'day';

export interface SeriesPoint {
  /** Epoch milliseconds: when the turn was sent, or the hour or the day began. */
  readonly at: number;
  readonly turnCount: number;
  /** Turns that reported no cache reads or no fresh tokens: they have no part in the tokens. */
  readonly silentTurns: number;
  readonly unpricedTurns: number;
  readonly read: number;
  readonly written: number;
  readonly fresh: number;
  /** Of the turns that have a price. */
  readonly paidPicoUsd: bigint;
  readonly baselinePicoUsd: bigint;
}

export interface SeriesBuilder {
  add(turn: TurnStatement): void;
  series(): TimeSeries;
}

/**
 * Collects a series of at most `maxPoints` points from turns in any order, in memory that does not grow with them: when points become too
 * many, those of an hour become one, and then those of a day, of which there may be more.
 */
export function createSeriesBuilder(maxPoints = 1500): SeriesBuilder {
  let unit: SeriesUnit = 'turn';
  let points = new Map<string, SeriesPoint>();
  let added = 0;

  function put(point: SeriesPoint, name: string): void {
    const before = points.get(name);
    points.set(name, before ? merge(before, point) : point);
  }

  function coarsen(): void {
    const finer = [...points.values()];
    points = new Map();
    for (const point of finer) putAt(point);
  }

  function putAt(point: SeriesPoint): void {
    added += 1;
    const at = unit === 'turn' ? point.at : Math.floor(point.at / SPAN_MS[unit]) * SPAN_MS[unit];
    put({ ...point, at }, String(unit === 'turn' ? added : at));
  }

  return {
    add(turn) {
      putAt(pointOf(turn));
      while (points.size > maxPoints && unit !== 'day') {
        unit = unit === 'turn' ? 'hour' : 'day';
        coarsen();
      }
    },
    series: () => ({ unit, points: [...points.values()].toSorted((one, other) => one.at - other.at) }),
  };
}

const HOUR_MS = 3_600_000;
const SPAN_MS = { hour: HOUR_MS, day: 24 * HOUR_MS } as const;

function pointOf({ startedAt: at, tokens, money }: TurnStatement): SeriesPoint {
  const isSilent = tokens.cacheRead === 'not-reported' || tokens.fresh === 'not-reported';
  const known = (count: Count) => (isSilent ? 0 : countOrZero(count));
  return {
    at,
    turnCount: 1,
    silentTurns: isSilent ? 1 : 0,
    unpricedTurns: money === undefined ? 1 : 0,
    read: known(tokens.cacheRead),
    written: known(tokens.cacheWrite),
    fresh: known(tokens.fresh),
    paidPicoUsd: money?.paidPicoUsd ?? 0n,
    baselinePicoUsd: money?.baselinePicoUsd ?? 0n,
  };
}

function merge(one: SeriesPoint, other: SeriesPoint): SeriesPoint {
  return {
    at: one.at,
    turnCount: one.turnCount + other.turnCount,
    silentTurns: one.silentTurns + other.silentTurns,
    unpricedTurns: one.unpricedTurns + other.unpricedTurns,
    read: one.read + other.read,
    written: one.written + other.written,
    fresh: one.fresh + other.fresh,
    paidPicoUsd: one.paidPicoUsd + other.paidPicoUsd,
    baselinePicoUsd: one.baselinePicoUsd + other.baselinePicoUsd,
  };
}
