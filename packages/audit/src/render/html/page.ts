/** A report as it stands on a page: words and numbers, ready to be read. Nothing in it is HTML. */
export interface ReportPage {
  readonly title: string;
  /** What the report is over, in a line. */
  readonly subtitle: string;
  /** What came out, in a sentence. */
  readonly verdict: string;
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
  readonly charts: readonly Chart[];
  readonly tables: readonly PageTable[];
}

/** One number that matters. */
export interface Figure {
  readonly name: string;
  readonly value: string;
}

export interface PageTable {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly { readonly name: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
  /** Whether it is folded away until somebody wants it, as a long one is. */
  readonly isFolded: boolean;
}

/** A chart; every number in it stands in a table of the page, too. */
export interface Chart {
  readonly id: string;
  readonly caption: string;
  /** What it shows, for who cannot see it. */
  readonly description: string;
  /** Of the table with its numbers. */
  readonly tableId: string;
  /** `time`: places are epoch milliseconds. `turn`: places are numbers from 1. */
  readonly axis: 'time' | 'turn';
  readonly unit: 'usd' | 'tokens' | 'ratio';
  readonly series: readonly ChartSeries[];
}

export interface ChartSeries {
  readonly name: string;
  /** `stack`: bars on top of each other · `line` · `mark`: a triangle, and a line down to the axis. */
  readonly look: 'stack' | 'line' | 'mark';
  /** Its colour and pattern, by what it means. */
  readonly ink: 'read' | 'written' | 'fresh' | 'paid' | 'baseline' | 'break';
  readonly points: readonly ChartPoint[];
}

export interface ChartPoint {
  readonly at: number;
  /** `null` for what nobody knows: a gap. */
  readonly value: number | null;
  /** What is told of it to who points at it; the first line is its heading. */
  readonly tip: readonly string[];
}
