/** One line of a table. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** What the value is a number of, such as `× a bare transaction`. */
  readonly unit: string;
  /** The most it may be. Without one the figure is printed for the record. */
  readonly limit?: number;
  /** The least it may be. */
  readonly least?: number;
  /** What it was computed from. */
  readonly from: string;
}

/** Prints the figure beside its limit and whether it keeps it. */
export function printFigure({ name, value, unit, limit, least, from }: Figure): void {
  const range = limit === undefined ? '' : least === undefined ? `at most ${limit}` : `${least} to ${limit}`;
  const verdict = limit === undefined ? '' : value <= limit && value >= (least ?? value) ? 'OK' : 'OVER';
  const measured = `${value.toFixed(2).padStart(7)} ${unit}`;
  console.log(`${name.padEnd(46)} ${measured.padEnd(36)} ${range.padEnd(11)} ${verdict.padEnd(4)}  ${from}`);
}

export function microseconds(ms: number): string {
  return `${(ms * 1000).toFixed(0)} µs`;
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
