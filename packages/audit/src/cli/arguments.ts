import { InvalidArgumentError } from 'commander';

/**
 * A time: a date, a date with a time, or how long ago, such as `7d`. What names no zone is UTC. Gives epoch milliseconds. Throws
 * commander's `InvalidArgumentError`.
 */
export function readTime(value: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(value) ?? [];
  if (count !== undefined) return now - Number(count) * (UNITS_MS.get(unit) ?? 0);
  const [, day, time, zone = 'Z'] = DATE.exec(value) ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}${zone}`);
  // A day that the month does not have is the next month's to some.
  const isReal = day !== undefined && new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
  if (Number.isNaN(at) || !isReal) {
    throw new InvalidArgumentError('A time such as 2026-11-21, 2026-11-21T14:30, or 90m, 12h, 7d, 8w ago is expected.');
  }
  return at;
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

const MINUTE_MS = 60_000;
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['m', MINUTE_MS],
  ['h', 60 * MINUTE_MS],
  ['d', 24 * 60 * MINUTE_MS],
  ['w', 7 * 24 * 60 * MINUTE_MS],
]);

/** One more of an option that may be given several times. */
export function oneMore(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
