import type { AuditReport, ReportBreak } from '../../report/audit-report.ts';
import type { SeriesPoint, TimeSeries } from '../../report/time-series.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from '../money.ts';
import { countOf, formatPercent } from '../verdict.ts';
import { breakTip } from './break-tip.ts';
import type { Chart, ChartPoint, ChartSeries } from './page.ts';

/** Of the table that has the charts' numbers. */
export const SERIES_TABLE = 'over-time';

/** A point of the series, and what had been paid when it was over. */
export interface SummedPoint extends SeriesPoint {
  /** Of all points so far. */
  readonly paidSoFarPicoUsd: bigint;
  readonly baselineSoFarPicoUsd: bigint;
  /** Tokens read among prompt tokens; `undefined` where no turn reported any. */
  readonly hitRatio: number | undefined;
}

export function summedPoints({ points }: TimeSeries): readonly SummedPoint[] {
  let [paid, baseline] = [0n, 0n];
  return points.map((point) => {
    paid += point.paidPicoUsd;
    baseline += point.baselinePicoUsd;
    const prompt = point.read + point.written + point.fresh;
    const hitRatio = prompt === 0 ? undefined : point.read / prompt;
    return { ...point, paidSoFarPicoUsd: paid, baselineSoFarPicoUsd: baseline, hitRatio };
  });
}

/** Cost over time, what each prompt was made of, and how much of it was read, with the breaks marked where they happened. */
export function reportCharts(report: AuditReport, points: readonly SummedPoint[]): readonly Chart[] {
  if (points.length === 0) return [];
  return [costChart(report, points), promptChart(report, points), hitChart(report, points)];
}

function costChart({ breaks = [] }: AuditReport, points: readonly SummedPoint[]): Chart {
  const decimals = decimalsFor(points.slice(-1).map((point) => point.baselineSoFarPicoUsd));
  const line = (name: string, ink: 'paid' | 'baseline', field: 'paidSoFarPicoUsd' | 'baselineSoFarPicoUsd') => {
    const tip = (point: SummedPoint) => [
      formatTime(point.at),
      `${name} so far: ${formatPicoUsd(point[field], decimals)}`,
      ...(point.unpricedTurns > 0 ? [`${countOf(point.unpricedTurns, 'turn')} here without a price`] : []),
    ];
    return {
      name,
      look: 'line',
      ink,
      points: points.map((point) => at(point, dollars(point[field]), tip(point))),
    } as const;
  };
  const height = (mark: ReportBreak) => dollars(pointAt(points, mark.at)?.paidSoFarPicoUsd ?? 0n);
  return {
    id: 'cost',
    caption: 'Cost over time, summed up',
    description: `What was paid up to each time, and what it would have been without a prompt cache, in US dollars. ${markWords(breaks)}`,
    tableId: SERIES_TABLE,
    axis: 'time',
    unit: 'usd',
    series: [
      line('paid', 'paid', 'paidSoFarPicoUsd'),
      line('without a cache (dashed)', 'baseline', 'baselineSoFarPicoUsd'),
      ...markSeries(breaks, height),
    ],
  };
}

function promptChart({ series: { unit } }: AuditReport, points: readonly SummedPoint[]): Chart {
  const isByTurn = unit === 'turn';
  const bars = (name: string, field: 'read' | 'written' | 'fresh'): ChartSeries => ({
    name,
    look: 'stack',
    ink: field,
    points: points.map((point, index) => ({
      at: isByTurn ? index + 1 : point.at,
      value: point.silentTurns === point.turnCount ? null : point[field],
      tip: promptTip(
        point,
        isByTurn ? `turn ${formatInteger(index + 1)}, ${formatTime(point.at)}` : formatTime(point.at),
      ),
    })),
  });
  return {
    id: 'prompts',
    caption: isByTurn ? 'Tokens of each prompt, turn by turn' : `Tokens of the prompts of each ${unit}`,
    description: 'Prompt tokens that were read from the cache, written to it, and fresh, stacked.',
    tableId: SERIES_TABLE,
    axis: isByTurn ? 'turn' : 'time',
    unit: 'tokens',
    series: [bars('read', 'read'), bars('written', 'written'), bars('fresh', 'fresh')],
  };
}

function promptTip(point: SummedPoint, heading: string): readonly string[] {
  const { read, written, fresh, silentTurns, turnCount } = point;
  if (silentTurns === turnCount) return [heading, 'not reported'];
  return [
    heading,
    `read ${formatInteger(read)}, written ${formatInteger(written)}, fresh ${formatInteger(fresh)}`,
    ...(silentTurns > 0 ? [`${countOf(silentTurns, 'turn')} not reported`] : []),
  ];
}

function hitChart({ breaks = [], series: { unit } }: AuditReport, points: readonly SummedPoint[]): Chart {
  const tip = ({ at: time, hitRatio }: SummedPoint) => [
    formatTime(time),
    hitRatio === undefined ? 'not reported' : `${formatPercent(hitRatio)} of prompt tokens were read from cache`,
  ];
  const height = (mark: ReportBreak) => pointAt(points, mark.at)?.hitRatio ?? 0;
  return {
    id: 'hits',
    caption: `Hit ratio of each ${unit}`,
    description: `The share of prompt tokens that were read from the cache. ${markWords(breaks)}`,
    tableId: SERIES_TABLE,
    axis: 'time',
    unit: 'ratio',
    series: [
      {
        name: 'read from cache',
        look: 'line',
        ink: 'read',
        points: points.map((point) => at(point, point.hitRatio ?? null, tip(point))),
      },
      ...markSeries(breaks, height),
    ],
  };
}

function markSeries(breaks: readonly ReportBreak[], height: (mark: ReportBreak) => number): readonly ChartSeries[] {
  if (breaks.length === 0) return [];
  const points = breaks.map((mark) => ({ at: mark.at, value: height(mark), tip: breakTip(mark) }));
  return [{ name: 'break', look: 'mark', ink: 'break', points }];
}

function markWords(breaks: readonly ReportBreak[]): string {
  return breaks.length === 0 ? '' : `${countOf(breaks.length, 'break')} of the cache marked; they are listed below.`;
}

/** The last point that begins at a time or before it. */
function pointAt(points: readonly SummedPoint[], time: number): SummedPoint | undefined {
  return points.findLast((point) => point.at <= time);
}

function at(point: SummedPoint, value: number | null, tip: readonly string[]): ChartPoint {
  return { at: point.at, value, tip };
}

/** Near enough for a chart. */
function dollars(picoUsd: bigint): number {
  return Number(picoUsd) / 1e12;
}

/** To the second, UTC. */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
