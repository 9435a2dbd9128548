import type { Advice } from '../what-if/advise.ts';
import type { Residual, WhatIf, WhatIfRow } from '../what-if/table.ts';
import { MARKS } from './columns.ts';
import { decimalsFor, formatInteger, formatPicoUsd } from './money.ts';
import { COLOURED, type Paint, PLAIN } from './paint.ts';
import { type Column, drawTable } from './table.ts';
import type { TerminalOptions } from './terminal.ts';
import { printable, wrap } from './text.ts';
import { countOf } from './verdict.ts';

const DROPPED_FIRST = ['refreshes', 'pays from', 'fresh', 'written', 'read', 'paid'];

const NAME_WIDTH = 44;

/** Plans side by side as text for a terminal: no cache, what was asked for, and last the plan in use; then how far to trust it. Ends without a line break. */
export function renderWhatIf(table: WhatIf, { colour = false, width = 80 }: TerminalOptions = {}): string {
  const paint = colour ? COLOURED : PLAIN;
  const lineWidth = Math.max(20, Math.floor(width));
  const sentences = [residualNote(table.residual), ...table.assumptions].flatMap((sentence) =>
    wrap(sentence, lineWidth),
  );
  if (table.turnCount === 0) return 'No turns yet: there is nothing to replay.';
  const look = { width: lineWidth, paint, droppedFirst: DROPPED_FIRST };
  const rows = plansOf(table);
  const { lines } = drawTable({ columns: planColumns(table, lineWidth), rows, sum: table.recorded }, look);
  const legend = legendOf(lines).flatMap((text) => wrap(text, lineWidth));
  const blocks = [lines, legend.map(paint.muted), sentences].filter((block) => block.length > 0);
  return blocks.map((block) => block.join('\n')).join('\n\n');
}

/** The plans of a table's rows: no cache, once, and what was asked for. */
export function plansOf({ noCache, rows }: WhatIf): readonly WhatIfRow[] {
  return [noCache, ...rows.filter(({ scenario }) => scenario.cache !== false)];
}

/** Which plan to use, in a sentence or two, over the table of all that was compared. Ends without a line break. */
export function renderAdvice(advice: Advice, options: TerminalOptions = {}): string {
  const width = Math.max(20, Math.floor(options.width ?? 80));
  const { turnCount, assumptions } = advice.table;
  const told = [adviceSentence(advice), ...advice.assumptions.filter((sentence) => !assumptions.includes(sentence))];
  const sentences = turnCount === 0 ? [adviceSentence(advice)] : told;
  const advised = sentences.flatMap((sentence) => wrap(sentence, width)).join('\n');
  return turnCount === 0 ? advised : `${renderWhatIf(advice.table, options)}\n\n${advised}`;
}

/** What an advice comes to, in a sentence or two. */
export function adviceSentence({
  verdict,
  best,
  runnerUp,
  savesPicoUsd,
  marginPicoUsd,
  residualPicoUsd,
  table,
}: Advice): string {
  const decimals = decimalsFor([table.recorded.paidPicoUsd ?? 0n]);
  const dollars = (picoUsd: bigint) => formatPicoUsd(picoUsd, decimals);
  const wrongBy = `the replay may be wrong by ${dollars(residualPicoUsd)}`;
  const next =
    runnerUp && marginPicoUsd !== undefined
      ? ` Next best is ${planName(runnerUp)}, ${dollars(marginPicoUsd)} dearer.`
      : '';
  if (!best || verdict === 'unknown') {
    return 'No advice: no price is known, or no turn could be replayed and compared with what was reported.';
  }
  const name = planName(best);
  switch (verdict) {
    case 'switch':
      return `Use ${name}: it would have cost ${dollars(savesPicoUsd)} less over ${countOf(table.turnCount, 'turn')}, and ${wrongBy}.${next}`;
    case 'stay':
      return `Stay with the plan in use: none of those compared would have cost less.${next}`;
    case 'too-close':
      return `No advice: ${name} would have cost ${dollars(savesPicoUsd)} less, but ${wrongBy}.`;
  }
}

function planName({ name }: WhatIfRow): string {
  return printable(name, NAME_WIDTH);
}

/** The columns of a table of plans, in reading order, for lines of so many characters. */
export function planColumns(
  { recorded, noCache, rows }: WhatIf,
  width: number,
): readonly Column<WhatIfRow, WhatIfRow>[] {
  const decimals = decimalsFor([recorded, noCache, ...rows].map(({ paidPicoUsd }) => paidPicoUsd ?? 0n));
  const nameWidth = Math.max(6, Math.min(NAME_WIDTH, width - 14));
  const column = (name: string, cell: (row: WhatIfRow, paint: Paint) => string): Column<WhatIfRow, WhatIfRow> => ({
    name,
    align: 'right',
    cell,
    sum: cell,
  });
  return [
    {
      name: 'plan',
      align: 'left',
      cell: ({ name }) => printable(name, nameWidth),
      sum: () => printable('as recorded', nameWidth),
    },
    column('fresh', ({ tokens }) => formatInteger(tokens.fresh)),
    column('read', ({ tokens }) => formatInteger(tokens.cacheRead)),
    column('written', ({ tokens }) => formatInteger(tokens.cacheWrite)),
    column('refreshes', ({ refreshes }) => formatInteger(refreshes.count)),
    column('pays from', ({ breakEvenTurn }) =>
      breakEvenTurn === undefined ? MARKS.missing : `turn ${formatInteger(breakEvenTurn)}`,
    ),
    column('paid', (row) => paidCell(row, decimals)),
    column('difference', (row, paint) => differenceCell(row, decimals, paint)),
  ];
}

function paidCell({ paidPicoUsd, unpricedTurns, isEstimated }: WhatIfRow, decimals: number): string {
  if (paidPicoUsd === undefined) return MARKS.unknown;
  const mark = unpricedTurns > 0 ? MARKS.atLeast : isEstimated ? MARKS.estimated : '';
  return mark + formatPicoUsd(paidPicoUsd, decimals);
}

function differenceCell({ differencePicoUsd, isEstimated }: WhatIfRow, decimals: number, paint: Paint): string {
  if (differencePicoUsd === undefined) return MARKS.unknown;
  if (differencePicoUsd === 0n) return formatPicoUsd(0n, decimals);
  const sign = differencePicoUsd > 0n ? '+' : '';
  const text = `${isEstimated ? MARKS.estimated : ''}${sign}${formatPicoUsd(differencePicoUsd, decimals)}`;
  return paint[differencePicoUsd > 0n ? 'loss' : 'gain'](text);
}

/** A sentence for each mark that the table holds. */
function legendOf(lines: readonly string[]): readonly string[] {
  const drawn = lines.join('\n');
  const meanings: readonly (readonly [string, string])[] = [
    [MARKS.estimated, 'estimated'],
    [MARKS.atLeast, 'at least: some turns have no known price'],
    [MARKS.unknown, 'unknown price'],
    [MARKS.missing, 'never cheaper than no cache'],
  ];
  const told = meanings.filter(([mark]) => drawn.includes(mark)).map(([mark, meaning]) => `${mark} ${meaning}`);
  return told.length === 0 ? [] : [told.join('   ')];
}

/** How far the replay of the plan in use is from what was reported. */
export function residualNote({ checkedTurns, tokens, picoUsd, absolute, turns }: Residual): string {
  if (checkedTurns === 0) return 'The replay could not be compared with what was reported.';
  if (turns.length === 0)
    return `Replayed, the plan in use gives what was reported of ${countOf(checkedTurns, 'turn')}: residual 0.`;
  const dollars = (amount: bigint) => formatPicoUsd(amount, decimalsFor([amount]));
  const buckets = [
    `${signed(tokens.fresh)} fresh (${dollars(picoUsd.fresh)})`,
    `${signed(tokens.cacheRead)} read (${dollars(picoUsd.cacheRead)})`,
    `${signed(tokens.cacheWrite)} written (${dollars(picoUsd.cacheWrite)})`,
  ];
  const off = `${countOf(turns.length, 'turn')} of ${formatInteger(checkedTurns)}`;
  return `Residual: replayed, the plan in use differs from what was reported in ${off}, by ${buckets.join(', ')}; without signs ${dollars(absolute.picoUsd)}.`;
}

function signed(count: number): string {
  return `${count > 0 ? '+' : ''}${formatInteger(count)}`;
}
