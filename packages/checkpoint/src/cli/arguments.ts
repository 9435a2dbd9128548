import { InvalidArgumentError } from 'commander';

export function wholeNumber(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('A whole number of at least 0 is expected.');
  return Number(value);
}

export function positiveNumber(value: string): number {
  const number = wholeNumber(value);
  if (number === 0) throw new InvalidArgumentError('A whole number of at least 1 is expected.');
  return number;
}

/** Milliseconds. */
export function duration(value: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(value) ?? [];
  const unitMs = UNITS_MS.get(unit);
  if (unitMs === undefined) throw new InvalidArgumentError('A duration such as 90m, 12h, 30d or 8w is expected.');
  return Number(count) * unitMs;
}

const MINUTE_MS = 60_000;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['m', MINUTE_MS],
  ['h', 60 * MINUTE_MS],
  ['d', 24 * 60 * MINUTE_MS],
  ['w', 7 * 24 * 60 * MINUTE_MS],
]);
