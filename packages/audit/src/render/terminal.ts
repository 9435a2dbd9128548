import type { CacheStatement } from '../statement.ts';
import { BAR_GLYPHS } from './bar.ts';
import { MARKS, type StatementColumn, statementColumns } from './columns.ts';
import { COLOURED, PLAIN } from './paint.ts';
import { drawTable } from './table.ts';
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

/** A statement as text for a terminal: a row a turn, the sums, a legend and the verdict. Ends without a line break. */
export function renderStatement(statement: CacheStatement, options: TerminalOptions = {}): string {
  const { colour = false, width = 80 } = options;
  const paint = colour ? COLOURED : PLAIN;
  const lineWidth = Math.max(20, Math.floor(width));
  const summary = [verdict(statement), ...notes(statement)].flatMap((sentence) => wrap(sentence, lineWidth));
  if (statement.turnCount === 0) return summary.join('\n');

  const columns = statementColumns(statement);
  const { lines: table, shown } = drawTable(
    { columns, rows: statement.turns, sum: statement },
    { width: lineWidth, paint, droppedFirst: DROPPED_FIRST },
  );
  const legend = [...modelLegend(statement, shown), ...legendFor(table, shown)].flatMap((text) =>
    wrap(text, lineWidth),
  );
  const blocks = [table, legend.map(paint.muted), summary].filter((lines) => lines.length > 0);
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

/** The models, where the table has no room for them. */
function modelLegend({ turns }: CacheStatement, columns: readonly StatementColumn[]): readonly string[] {
  if (columns.some(({ name }) => name === 'model')) return [];
  return [`model: ${[...new Set(turns.map(({ model }) => printable(model, 40)))].join(', ')}`];
}

/** The glyphs and marks that the table uses, explained. */
function legendFor(table: readonly string[], columns: readonly StatementColumn[]): readonly string[] {
  const bar = `prompt: ${BAR_GLYPHS.cacheRead} read ${BAR_GLYPHS.cacheWrite} written ${BAR_GLYPHS.fresh} fresh`;
  return [...(columns.some(({ name }) => name === 'prompt') ? [bar] : []), ...legendOfMarks(table)];
}

/** The marks that these lines use, explained in a line; none where they use none. */
export function legendOfMarks(table: readonly string[]): readonly string[] {
  const marks = [
    [MARKS.missing, 'not reported'],
    [MARKS.unknown, 'price unknown'],
    [MARKS.estimated, 'estimated, or of covered turns only'],
    [MARKS.atLeast, 'at least, as some turns are missing'],
  ] as const;
  const used = marks
    .filter(([mark]) => table.some((line) => line.includes(mark)))
    .map(([mark, meaning]) => `${mark} ${meaning}`);
  return used.length > 0 ? [used.join('; ')] : [];
}
