import stringWidth from 'string-width';
import type { Terminal } from './terminal.ts';

/** A column and its name; numbers belong on the right. */
export interface Column<Row> {
  readonly name: string;
  readonly align?: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

/** Rows as lines under the columns' names, each column as wide as its widest cell. Text that may be wide belongs into the last one. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  heading: Terminal['heading'],
): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const head = columns.map(({ name }) => name);
  const widths = columns.map((_column, index) =>
    cells.reduce((width, line) => Math.max(width, stringWidth(line[index] ?? '')), stringWidth(head[index] ?? '')),
  );
  const draw = (line: readonly string[]) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align))
      .join(GAP)
      .trimEnd();
  return [heading(draw(head)), ...cells.map(draw)].join('\n');
}

const GAP = '  ';

function pad(cell: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(width - stringWidth(cell));
  return align === 'left' ? cell + space : space + cell;
}
