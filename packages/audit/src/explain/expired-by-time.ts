import { CACHE_LIFETIMES, countOrZero, LIFETIME_MS } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { BreakCause } from './break.ts';
import { rulesOf } from './known-caches.ts';

/**
 * Expiry of a request of which counts and times are all that is known: when nothing was read, and the longest lifetime that it can have asked
 * for had passed.
 */
export function expiredByTime(before: RecordedTurn, after: RecordedTurn, readTokens: number): BreakCause | undefined {
  const { tokens, startedAt } = before.row;
  const isTimed = [before, after].every(({ row }) => row.timeBasis !== 'file');
  if (!isTimed || readTokens > 0) return undefined;
  const written = CACHE_LIFETIMES.filter((each) => countOrZero(tokens.cacheWrite[each]) > 0);
  // What was read had been written before, for as long as nobody says here.
  const isSure = written.length > 0 && countOrZero(tokens.cacheRead) === 0;
  const lifetimes = isSure ? written : rulesOf(before).lifetimes;
  const [lifetime = 'unknown'] = lifetimes.toSorted((one, other) => LIFETIME_MS[other] - LIFETIME_MS[one]);
  const idleMs = after.row.startedAt - startedAt;
  if (idleMs < LIFETIME_MS[lifetime]) return undefined;
  const expiredAt = startedAt + LIFETIME_MS[lifetime];
  return { why: 'expired', lifetime, expiredAt, idleMs, isDocumented: lifetime !== 'unknown' };
}
