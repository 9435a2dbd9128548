import type { ExplanationBody, TurnBody } from '@reprise/service/client';
import type { TokenBuckets } from '../../../parts/token-bar/token-buckets.ts';

/** What broke a cache, as the service explains it. */
export type CacheBreak = ExplanationBody['breaks'][number];

/** A turn as the timeline shows it. */
export interface TurnBar {
  readonly turn: TurnBody;
  /** Its place on the branch, from 1. */
  readonly number: number;
  readonly tokens: TokenBuckets;
  /** What broke its cache; absent where nothing did, or nobody knows yet. */
  readonly brokenBy: CacheBreak | undefined;
}

/** The turns as bars, numbered from the first one's place on. */
export function turnBars(
  turns: readonly TurnBody[],
  breaks: readonly CacheBreak[] = [],
  firstNumber = 1,
): readonly TurnBar[] {
  const byTurn = new Map(breaks.map((each) => [each.turnId, each]));
  return turns.map((turn, index) => ({
    turn,
    number: firstNumber + index,
    tokens: bucketsOf(turn),
    brokenBy: byTurn.get(turn.id),
  }));
}

/** The buckets of a ledger row. A bucket of which nothing was reported is `null`. */
function bucketsOf({ tokens }: Pick<TurnBody, 'tokens'>): TokenBuckets {
  const written = WRITES.map(({ field }) => tokens[field]).filter((count) => count !== null);
  return {
    fresh: tokens.fresh,
    cacheRead: tokens.cacheRead,
    cacheWrite: written.length === 0 ? null : sum(written),
    output: tokens.output,
  };
}

/** All tokens of a turn that were reported. */
export function tokensOf({ fresh, cacheRead, cacheWrite, output }: TokenBuckets): number {
  return sum([fresh ?? 0, cacheRead ?? 0, cacheWrite ?? 0, output ?? 0]);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const WRITES = [
  { field: 'cacheWrite5m', lifetimeMs: 5 * MINUTE_MS },
  { field: 'cacheWrite1h', lifetimeMs: HOUR_MS },
  { field: 'cacheWrite30m', lifetimeMs: 30 * MINUTE_MS },
  { field: 'cacheWrite12h', lifetimeMs: 12 * HOUR_MS },
  // Vendors that name no lifetime keep what is not asked for some minutes.
  { field: 'cacheWriteUnknown', lifetimeMs: 5 * MINUTE_MS },
] as const;

/** How long what a turn wrote into the cache lives, in milliseconds; `undefined` for one that wrote nothing, or did not say. */
export function lifetimeOf({ tokens }: Pick<TurnBody, 'tokens'>): number | undefined {
  const written = WRITES.filter(({ field }) => (tokens[field] ?? 0) > 0);
  return written.length === 0 ? undefined : Math.max(...written.map(({ lifetimeMs }) => lifetimeMs));
}

/** Where writes are not told, templates and steps make this much less be read, for no reason that anybody could show. */
const UNEVEN_TOKENS = 256;

/** Whether a turn read less than the one before it had kept, as far as their counts say: reason enough to ask what broke the cache. */
export function readsLess(before: TurnBody, after: TurnBody): boolean {
  const [was, is] = [bucketsOf(before), bucketsOf(after)];
  if (is.cacheRead === null || was.cacheRead === null) return false;
  const isTold = (was.cacheWrite ?? 0) + was.cacheRead > 0;
  const kept = isTold ? (was.cacheWrite ?? 0) + was.cacheRead : (was.fresh ?? 0) - UNEVEN_TOKENS;
  return is.cacheRead < kept;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
