import Table from 'cli-table3';
import { type Paint, PLAIN } from './paint.ts';

/** A column of a table whose rows end with their sum. */
export interface Column<Row, Sum> {
  readonly name: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row, paint: Paint) => string;
  readonly sum: (sum: Sum, paint: Paint) => string;
}

export interface TableContent<Row, Sum> {
  readonly columns: readonly Column<Row, Sum>[];
  readonly rows: readonly Row[];
  readonly sum: Sum;
}

export interface TableLook {
  /** In characters. */
  readonly width: number;
  readonly paint: Paint;
  /** Names of the columns that are left out where the table is too wide, least needed first. */
  readonly droppedFirst: readonly string[];
}

export interface DrawnTable<Row, Sum> {
  readonly lines: readonly string[];
  /** The columns there was room for. */
  readonly shown: readonly Column<Row, Sum>[];
}

/** The head, a line a row, and the sums, with rules between. */
export function drawTable<Row, Sum>(
  content: TableContent<Row, Sum>,
  { width, paint, droppedFirst }: TableLook,
): DrawnTable<Row, Sum> {
  const columns = fittingColumns(content, width, droppedFirst);
  const head = columns.map(({ name }) => paint.head(name));
  const rows = content.rows.map((row) => columns.map((column) => column.cell(row, paint)));
  const sums = columns.map((column) => paint.sum(column.sum(content.sum, paint)));
  const rule = paint.muted('─'.repeat(totalWidth(columns)));
  const lines = [...drawRows([head], columns), rule, ...drawRows(rows, columns), rule, ...drawRows([sums], columns)];
  return { lines, shown: columns };
}

interface Sized {
  readonly width: number;
}

function fittingColumns<Row, Sum>(
  { columns, rows, sum }: TableContent<Row, Sum>,
  width: number,
  droppedFirst: readonly string[],
): readonly (Column<Row, Sum> & Sized)[] {
  let fitting = columns.map((column) => {
    const least = Math.max(column.name.length, column.sum(sum, PLAIN).length);
    return { ...column, width: rows.reduce((most, row) => Math.max(most, column.cell(row, PLAIN).length), least) };
  });
  for (const name of droppedFirst) {
    if (totalWidth(fitting) <= width) break;
    fitting = fitting.filter((column) => column.name !== name);
  }
  return fitting;
}

const GAP = ' ';

function totalWidth(columns: readonly Sized[]): number {
  return columns.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length);
}

/** A line a row. A long table is drawn in pieces, as the time cli-table3 takes grows with the square of the rows. */
function drawRows(
  rows: readonly string[][],
  columns: readonly (Sized & { readonly align: 'left' | 'right' })[],
): readonly string[] {
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
