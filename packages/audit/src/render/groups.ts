import type { ReportGroup, ReportSums } from '../report/collect-report.ts';
import type { StatementSums } from '../report/statement-sums.ts';
import type { TokenBucket } from '../turn-statement.ts';
import { MARKS, moneySumCell, savedSumCell, tokenSumCell } from './columns.ts';
import { decimalsFor, formatInteger } from './money.ts';
import { COLOURED, type Paint, PLAIN } from './paint.ts';
import { type Column, drawTable } from './table.ts';
import { legendOfMarks, type TerminalOptions } from './terminal.ts';
import { printable, wrap } from './text.ts';
import { formatPercent, notes, verdict } from './verdict.ts';

export type GroupColumn = Column<ReportGroup, StatementSums>;

const DROPPED_FIRST = ['missed', 'wasted', 'output', 'baseline', 'fresh', 'written', 'hit', 'read', 'turns', 'paid'];

const NAME_WIDTH = 44;

/** The groups of a report as text for a terminal: a row a group, the sums, a legend and the verdict. Ends without a line break. */
export function renderGroups(
  { groups, sums }: ReportSums,
  heading: string,
  { colour = false, width = 80 }: TerminalOptions = {},
): string {
  const paint = colour ? COLOURED : PLAIN;
  const lineWidth = Math.max(20, Math.floor(width));
  const summary = [verdict(sums), ...notes(sums)].flatMap((sentence) => wrap(sentence, lineWidth));
  if (groups.length === 0) return summary.join('\n');
  const nameWidth = Math.max(6, Math.min(NAME_WIDTH, lineWidth - 12));
  const columns = groupColumns(groups, heading, (name) => printable(name, nameWidth));
  const { lines } = drawTable(
    { columns, rows: groups, sum: sums },
    { width: lineWidth, paint, droppedFirst: DROPPED_FIRST },
  );
  const legend = legendOfMarks(lines).flatMap((text) => wrap(text, lineWidth));
  const blocks = [lines, legend.map(paint.muted), summary].filter((block) => block.length > 0);
  return blocks.map((block) => block.join('\n')).join('\n\n');
}

/** The columns of a table of groups, in reading order. `heading` is what the groups are. */
export function groupColumns(
  groups: readonly ReportGroup[],
  heading: string,
  show: (name: string) => string,
): readonly GroupColumn[] {
  const decimals = decimalsFor(groups.map(({ sums }) => sums.money?.baselinePicoUsd ?? 0n));
  return [
    { name: heading, align: 'left', cell: ({ name }) => show(name), sum: () => 'Σ' },
    column('turns', ({ turnCount }) => formatInteger(turnCount)),
    tokens('fresh', 'fresh'),
    tokens('read', 'cacheRead'),
    tokens('written', 'cacheWrite'),
    tokens('output', 'output'),
    column('hit', ({ hitRatio }) => (hitRatio === undefined ? MARKS.missing : formatPercent(hitRatio))),
    column('paid', (sums) => moneySumCell(sums, 'paidPicoUsd', decimals)),
    column('baseline', (sums) => moneySumCell(sums, 'baselinePicoUsd', decimals)),
    column('saved', (sums, paint) => savedSumCell(sums, { isEstimated: sums.estimatedTurns > 0, decimals, paint })),
    column('wasted', ({ wastedWrites, turnCount }) => tokenSumCell(wastedWrites, turnCount)),
    column('missed', ({ missedReads, turnCount }) => tokenSumCell(missedReads, turnCount)),
  ];
}

function tokens(name: string, bucket: TokenBucket): GroupColumn {
  return column(name, (sums) => tokenSumCell(sums.tokens[bucket], sums.turnCount));
}

function column(name: string, cell: (sums: StatementSums, paint: Paint) => string): GroupColumn {
  return { name, align: 'right', cell: ({ sums }, paint) => cell(sums, paint), sum: cell };
}
