/** No time in seconds is this large before the year 5138, and none in milliseconds this small since 1973. */
const LEAST_MILLISECONDS = 1e11;
/** What a `Date` can hold. */
const MOST_MILLISECONDS = 8.64e15;

/** A log's time as epoch milliseconds: ISO 8601, epoch seconds or epoch milliseconds; `undefined` for anything else. */
export function readTime(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? fromNumber(value) : Number.NaN;
  return at > 0 && at <= MOST_MILLISECONDS ? at : undefined;
}

function fromNumber(value: number): number {
  return Math.round(value < LEAST_MILLISECONDS ? value * 1000 : value);
}
