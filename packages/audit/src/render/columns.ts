import type { Count } from '@reprise/providers';
import type { CacheStatement, Money, TokenBucket, TurnStatement } from '../statement.ts';
import { promptBar } from './bar.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import type { Paint } from './paint.ts';
import { printable } from './text.ts';

export interface Column {
  readonly name: string;
  readonly align: 'left' | 'right';
  readonly turn: (turn: TurnStatement, paint: Paint) => string;
  readonly sum: (statement: CacheStatement, paint: Paint) => string;
}

/** What marks a figure that is not simply a figure; the legend explains those that occur. */
export const MARKS = { missing: '–', unknown: '?', estimated: '~', atLeast: '≥' } as const;

const BAR_CELLS = 10;
const MODEL_WIDTH = 20;

/** The columns of a statement, in reading order. */
export function statementColumns(statement: CacheStatement): readonly Column[] {
  const decimals = decimalsFor(statement.turns.map(({ money }) => money?.baselinePicoUsd ?? 0n));
  return [
    { name: '#', align: 'right', turn: ({ number }) => formatInteger(number), sum: () => 'Σ' },
    { name: 'time UTC', align: 'left', turn: ({ startedAt }) => formatTime(startedAt), sum: () => '' },
    { name: 'model', align: 'left', turn: ({ model }) => printable(model, MODEL_WIDTH), sum: () => '' },
    tokenColumn('fresh', 'fresh'),
    tokenColumn('read', 'cacheRead'),
    tokenColumn('written', 'cacheWrite'),
    tokenColumn('output', 'output'),
    { name: 'prompt', align: 'left', turn: barCell, sum: () => '' },
    moneyColumn('paid', 'paidPicoUsd', decimals),
    moneyColumn('baseline', 'baselinePicoUsd', decimals),
    savedColumn(decimals),
  ];
}

function tokenColumn(name: string, bucket: TokenBucket): Column {
  const cell = (count: Count) => (count === 'not-reported' ? MARKS.missing : formatInteger(count));
  return {
    name,
    align: 'right',
    turn: ({ tokens }) => cell(tokens[bucket]),
    sum: ({ tokens, turnCount }) => {
      const { tokens: sum, missingTurns } = tokens[bucket];
      if (missingTurns === 0) return cell(sum);
      return missingTurns === turnCount ? MARKS.missing : `${MARKS.atLeast}${cell(sum)}`;
    },
  };
}

function barCell({ tokens }: TurnStatement, paint: Paint): string {
  const segments = promptBar(tokens, BAR_CELLS);
  return segments?.map(({ bucket, text }) => paint[bucket](text)).join('') ?? MARKS.missing;
}

function moneyColumn(name: string, field: keyof Money, decimals: number): Column {
  return {
    name,
    align: 'right',
    turn: ({ money, priceStatus }) =>
      money === undefined
        ? MARKS.unknown
        : estimated(priceStatus === 'estimated') + formatPicoUsd(money[field], decimals),
    sum: ({ money, unpricedTurns, estimatedTurns }) => {
      if (money === undefined) return MARKS.unknown;
      const mark = unpricedTurns > 0 ? MARKS.atLeast : estimated(estimatedTurns > 0);
      return mark + formatPicoUsd(money[field], decimals);
    },
  };
}

/** Savings of the covered turns: of the others nobody knows, in either direction. */
function savedColumn(decimals: number): Column {
  const cell = ({ savedPicoUsd }: Money, isEstimated: boolean, paint: Paint) =>
    paint[savedPicoUsd < 0n ? 'loss' : 'gain'](estimated(isEstimated) + formatPicoUsd(savedPicoUsd, decimals));
  return {
    name: 'saved',
    align: 'right',
    turn: ({ money, savingStatus }, paint) => {
      if (money === undefined) return MARKS.unknown;
      return savingStatus === 'unknown' ? MARKS.missing : cell(money, savingStatus === 'estimated', paint);
    },
    sum: ({ money, covered, turns, turnCount }, paint) => {
      if (turnCount > 0 && covered.turnCount === 0) return money === undefined ? MARKS.unknown : MARKS.missing;
      const isEstimated = turns.some(({ savingStatus }) => savingStatus === 'estimated');
      return cell(covered.money, isEstimated || covered.turnCount < turnCount, paint);
    },
  };
}

function estimated(isEstimated: boolean): string {
  return isEstimated ? MARKS.estimated : '';
}

function formatTime(at: number): string {
  return new Date(at).toISOString().slice(5, 16).replace('T', ' ');
}
