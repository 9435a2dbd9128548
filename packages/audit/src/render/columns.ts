import type { Count } from '@reprise/providers';
import type { StatementSums } from '../report/statement-sums.ts';
import type { CacheStatement, TokenSum } from '../statement.ts';
import type { Money, TokenBucket, TurnStatement } from '../turn-statement.ts';
import { promptBar } from './bar.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import type { Paint } from './paint.ts';
import type { Column } from './table.ts';
import { printable } from './text.ts';

export type StatementColumn = Column<TurnStatement, CacheStatement>;

/** What marks a figure that is not simply a figure; the legend explains those that occur. */
export const MARKS = { missing: '–', unknown: '?', estimated: '~', atLeast: '≥' } as const;

const BAR_CELLS = 10;
const MODEL_WIDTH = 20;

/** The columns of a statement, in reading order. */
export function statementColumns(statement: CacheStatement): readonly StatementColumn[] {
  const decimals = decimalsFor(statement.turns.map(({ money }) => money?.baselinePicoUsd ?? 0n));
  return [
    { name: '#', align: 'right', cell: ({ number }) => formatInteger(number), sum: () => 'Σ' },
    { name: 'time UTC', align: 'left', cell: ({ startedAt }) => formatTime(startedAt), sum: () => '' },
    { name: 'model', align: 'left', cell: ({ model }) => printable(model, MODEL_WIDTH), sum: () => '' },
    tokenColumn('fresh', 'fresh'),
    tokenColumn('read', 'cacheRead'),
    tokenColumn('written', 'cacheWrite'),
    tokenColumn('output', 'output'),
    { name: 'prompt', align: 'left', cell: barCell, sum: () => '' },
    moneyColumn('paid', 'paidPicoUsd', decimals),
    moneyColumn('baseline', 'baselinePicoUsd', decimals),
    savedColumn(decimals),
  ];
}

function tokenColumn(name: string, bucket: TokenBucket): StatementColumn {
  const cell = (count: Count) => (count === 'not-reported' ? MARKS.missing : formatInteger(count));
  return {
    name,
    align: 'right',
    cell: ({ tokens }) => cell(tokens[bucket]),
    sum: (sums) => tokenSumCell(sums.tokens[bucket], sums.turnCount),
  };
}

/** A sum of tokens over so many turns; at least so many where some of them did not report. */
export function tokenSumCell({ tokens, missingTurns }: TokenSum, turnCount: number): string {
  if (missingTurns === 0) return formatInteger(tokens);
  return missingTurns === turnCount ? MARKS.missing : `${MARKS.atLeast}${formatInteger(tokens)}`;
}

function barCell({ tokens }: TurnStatement, paint: Paint): string {
  const segments = promptBar(tokens, BAR_CELLS);
  return segments?.map(({ bucket, text }) => paint[bucket](text)).join('') ?? MARKS.missing;
}

function moneyColumn(name: string, field: keyof Money, decimals: number): StatementColumn {
  return {
    name,
    align: 'right',
    cell: ({ money, priceStatus }) =>
      money === undefined
        ? MARKS.unknown
        : estimated(priceStatus === 'estimated') + formatPicoUsd(money[field], decimals),
    sum: (sums) => moneySumCell(sums, field, decimals),
  };
}

/** A sum of money over the turns that have a price. */
export function moneySumCell(
  { money, unpricedTurns, estimatedTurns }: StatementSums,
  field: keyof Money,
  decimals: number,
): string {
  if (money === undefined) return MARKS.unknown;
  const mark = unpricedTurns > 0 ? MARKS.atLeast : estimated(estimatedTurns > 0);
  return mark + formatPicoUsd(money[field], decimals);
}

function savedColumn(decimals: number): StatementColumn {
  return {
    name: 'saved',
    align: 'right',
    cell: ({ money, savingStatus }, paint) => {
      if (money === undefined) return MARKS.unknown;
      const isEstimated = savingStatus === 'estimated';
      return savingStatus === 'unknown' ? MARKS.missing : savedCell(money, { isEstimated, decimals, paint });
    },
    sum: (statement, paint) => {
      const isEstimated = statement.turns.some(({ savingStatus }) => savingStatus === 'estimated');
      return savedSumCell(statement, { isEstimated, decimals, paint });
    },
  };
}

interface SavedLook {
  readonly isEstimated: boolean;
  readonly decimals: number;
  readonly paint: Paint;
}

/** Savings of the covered turns: of the others nobody knows, in either direction. */
export function savedSumCell({ money, covered, turnCount }: StatementSums, look: SavedLook): string {
  if (turnCount > 0 && covered.turnCount === 0) return money === undefined ? MARKS.unknown : MARKS.missing;
  return savedCell(covered.money, { ...look, isEstimated: look.isEstimated || covered.turnCount < turnCount });
}

function savedCell({ savedPicoUsd }: Money, { isEstimated, decimals, paint }: SavedLook): string {
  return paint[savedPicoUsd < 0n ? 'loss' : 'gain'](estimated(isEstimated) + formatPicoUsd(savedPicoUsd, decimals));
}

function estimated(isEstimated: boolean): string {
  return isEstimated ? MARKS.estimated : '';
}

function formatTime(at: number): string {
  return new Date(at).toISOString().slice(5, 16).replace('T', ' ');
}
