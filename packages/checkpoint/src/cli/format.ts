import type { TokenColumns } from '../ledger.ts';

/** A time to the minute, in UTC. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** A count with a comma between thousands; `–` for one that was not reported. */
export function formatCount(count: number | null): string {
  return count === null ? '–' : count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** All cache writes, whatever their lifetime; `null` where none was reported. */
export function cacheWrites(tokens: TokenColumns): number | null {
  const { cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown } = tokens;
  const reported = [cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown].filter(
    (count) => count !== null,
  );
  return reported.length === 0 ? null : reported.reduce((sum, count) => sum + count, 0);
}

/** US dollars to six decimals, rounded half away from zero; `?` for a price nobody knows. */
export function formatCost(picoUsd: bigint | null): string {
  if (picoUsd === null) return '?';
  const micro = ((picoUsd < 0n ? -picoUsd : picoUsd) + 500_000n) / 1_000_000n;
  const digits = micro.toString().padStart(7, '0');
  return `${picoUsd < 0n && micro > 0n ? '-' : ''}$${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** The sum of costs, marked as a lower bound where one of them is unknown. */
export function formatCostSum(costs: readonly (bigint | null)[]): string {
  const known = costs.filter((cost) => cost !== null);
  const sum = formatCost(known.reduce((total, cost) => total + cost, 0n));
  return known.length === costs.length ? sum : `≥ ${sum}`;
}

export function formatJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each), 2);
}

/** A number of things, in words: `1 turn`, `2 turns`. */
export function plural(count: number, thing: string): string {
  return `${formatCount(count)} ${thing}${count === 1 ? '' : 's'}`;
}
