/** Numbers with their units and times in the reader's zone, in the reader's language. */

const whole = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'short' });

/** `null` and `not-reported` are not zero. */
export function tokenText(count: number | 'not-reported' | null | undefined): string {
  return typeof count === 'number' ? whole.format(count) : 'not reported';
}

/** Such as “1 turn” or “12 turns”. */
export function turnsText(count: number): string {
  return `${tokenText(count)} ${count === 1 ? 'turn' : 'turns'}`;
}

/** A count in few characters, such as “12.3K”. */
export function shortCount(count: number): string {
  return compact.format(count);
}

/** A share from 0 to 1 in percent; a dash where there is none. */
export function percentText(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? '–' : percent.format(share);
}

const PICO = 1_000_000_000_000n;

/** Dollars from a text of picoUSD; `null` is an unknown price, which is not zero. At least two digits that say something. */
export function moneyText(picoUsd: string | null | undefined): string {
  if (picoUsd === null || picoUsd === undefined) return 'price unknown';
  const pico = BigInt(picoUsd);
  const dollars = Number(pico / 1_000_000n) / Number(PICO / 1_000_000n);
  const size = Math.abs(dollars);
  const digits = size === 0 || size >= 1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(size)) + 1);
  return new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: 2,
    maximumFractionDigits: Math.max(2, digits),
  }).format(dollars);
}

/** A length of time in the unit that suits it, such as “12 ms”, “1.5 s” or “2 min 5 s”. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A moment, given in epoch milliseconds, to the minute. */
export function timeText(at: number): string {
  return time.format(at);
}

/** A moment, given in epoch milliseconds, to the second, with its day and zone. */
export function exactTimeText(at: number): string {
  return exactTime.format(at);
}

const STEPS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Such as “3 min. ago”. */
export function agoText(at: number, now: number): string {
  for (const [unit, length] of STEPS) {
    if (Math.abs(now - at) >= length) return relative.format(Math.round((at - now) / length), unit);
  }
  return relative.format(Math.round((at - now) / 1000), 'second');
}
