/** A time that is looked at, in epoch milliseconds; open where a bound is left out. */
export interface Period {
  readonly since?: number;
}

export const RANGES = { '7 days': 7, '30 days': 30, '90 days': 90, 'all time': undefined } as const;

/** From midnight, in the reader's zone, of the first of so many days that end with today. */
export function periodOf(range: keyof typeof RANGES, now: number): Period {
  const days = RANGES[range];
  if (days === undefined) return {};
  const today = new Date(now);
  // By the calendar: days are not all of one length where clocks are set.
  return { since: new Date(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1)).getTime() };
}

/** For drawing alone: sums are made of the texts. */
export function dollarsOf(picoUsd: string): number {
  return Number(BigInt(picoUsd) / 1_000_000n) / 1_000_000;
}
