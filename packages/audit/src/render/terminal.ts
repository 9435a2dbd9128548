import Table from 'cli-table3';
import type { CacheStatement } from '../statement.ts';
import { BAR_GLYPHS } from './bar.ts';
import { type Column, MARKS, statementColumns } from './columns.ts';
import { COLOURED, type Paint, PLAIN } from './paint.ts';
import { printable, wrap } from './text.ts';
import { notes, verdict } from './verdict.ts';

export interface TerminalOptions {
  /** Colours, as far as the process's terminal has them. False unless asked for. */
  readonly colour?: boolean;
  /** In characters, at least 20; 80 unless told otherwise. Columns are left out, least needed first, until the table fits. */
  readonly width?: number;
}

/** What is left out first where the table is too wide. `#` and `saved` stay. */
const DROPPED_FIRST = ['time UTC', 'model', 'baseline', 'prompt', 'output', 'fresh', 'written', 'paid', 'read'];

const GAP = ' ';

/** A statement as text for a terminal: a row a turn, the sums, a legend and the verdict. Ends without a line break. */
export function renderStatement(statement: CacheStatement, options: TerminalOptions = {}): string {
  const { colour = false, width = 80 } = options;
  const paint = colour ? COLOURED : PLAIN;
  const lineWidth = Math.max(20, Math.floor(width));
  const summary = [verdict(statement), ...notes(statement)].flatMap((sentence) => wrap(sentence, lineWidth));
  if (statement.turnCount === 0) return summary.join('\n');

  const columns = fittingColumns(statement, lineWidth);
  const table = drawTable(statement, columns, paint);
  const legend = [...modelLegend(statement, columns), ...legendFor(table, columns)].flatMap((text) =>
    wrap(text, lineWidth),
  );
  const blocks = [table, legend.map(paint.muted), summary].filter((lines) => lines.length > 0);
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

interface SizedColumn extends Column {
  readonly width: number;
}

function fittingColumns(statement: CacheStatement, width: number): readonly SizedColumn[] {
  let columns = statementColumns(statement).map((column) => ({ ...column, width: columnWidth(statement, column) }));
  for (const name of DROPPED_FIRST) {
    if (totalWidth(columns) <= width) break;
    columns = columns.filter((column) => column.name !== name);
  }
  return columns;
}

function columnWidth(statement: CacheStatement, { name, turn, sum }: Column): number {
  const widest = Math.max(name.length, sum(statement, PLAIN).length);
  return statement.turns.reduce((width, row) => Math.max(width, turn(row, PLAIN).length), widest);
}

function totalWidth(columns: readonly SizedColumn[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
}

/** The head, a line a turn, and the sums, with rules between. */
function drawTable(statement: CacheStatement, columns: readonly SizedColumn[], paint: Paint): readonly string[] {
  const head = columns.map(({ name }) => paint.head(name));
  const turns = statement.turns.map((turn) => columns.map((column) => column.turn(turn, paint)));
  const sums = columns.map((column) => paint.sum(column.sum(statement, paint)));
  const rule = paint.muted('─'.repeat(totalWidth(columns)));
  return [...drawRows([head], columns), rule, ...drawRows(turns, columns), rule, ...drawRows([sums], columns)];
}

/** A line a row. A long table is drawn in pieces, as the time cli-table3 takes grows with the square of the rows. */
function drawRows(rows: readonly string[][], columns: readonly SizedColumn[]): readonly string[] {
  const lines: string[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_PIECE) {
    const table = new Table({
      colWidths: columns.map(({ width }) => width),
      colAligns: columns.map(({ align }) => align),
      chars: NO_BORDERS,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    });
    table.push(...rows.slice(start, start + ROWS_PER_PIECE));
    for (const line of table.toString().split('\n')) lines.push(line.trimEnd());
  }
  return lines;
}

const ROWS_PER_PIECE = 100;

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

/** The models, where the table has no room for them. */
function modelLegend({ turns }: CacheStatement, columns: readonly Column[]): readonly string[] {
  if (columns.some(({ name }) => name === 'model')) return [];
  return [`model: ${[...new Set(turns.map(({ model }) => printable(model, 40)))].join(', ')}`];
}

/** The glyphs and marks that the table uses, explained. */
function legendFor(table: readonly string[], columns: readonly Column[]): readonly string[] {
  const bar = `prompt: ${BAR_GLYPHS.cacheRead} read ${BAR_GLYPHS.cacheWrite} written ${BAR_GLYPHS.fresh} fresh`;
  const marks = [
    [MARKS.missing, 'not reported'],
    [MARKS.unknown, 'price unknown'],
    [MARKS.estimated, 'estimated, or of covered turns only'],
    [MARKS.atLeast, 'at least, as some turns are missing'],
  ] as const;
  const used = marks
    .filter(([mark]) => table.some((line) => line.includes(mark)))
    .map(([mark, meaning]) => `${mark} ${meaning}`);
  return [
    ...(columns.some(({ name }) => name === 'prompt') ? [bar] : []),
    ...(used.length > 0 ? [used.join('; ')] : []),
  ];
}
