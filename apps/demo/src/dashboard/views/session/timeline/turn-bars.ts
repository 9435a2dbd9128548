import type { ExplanationBody, TurnBody } from '@reprise/service/client';
import type { TokenBuckets } from '../../../parts/token-bar/token-buckets.ts';

/** A turn as the timeline shows it. */
export interface TurnBar {
  readonly turn: TurnBody;
  /** Its place on the branch, from 1. */
  readonly number: number;
  readonly tokens: TokenBuckets;
  /** How many prompt tokens the cache could have given and did not; 0 where nothing broke. */
  readonly missedTokens: number;
}

export function turnBars(
  turns: readonly TurnBody[],
  { breaks }: Pick<ExplanationBody, 'breaks'> = { breaks: [] },
  firstNumber = 1,
): readonly TurnBar[] {
  const missed = new Map(breaks.map(({ turnId, missedTokens }) => [turnId, missedTokens]));
  return turns.map((turn, index) => ({
    turn,
    number: firstNumber + index,
    tokens: bucketsOf(turn.tokens),
    missedTokens: missed.get(turn.id) ?? 0,
  }));
}

/** The buckets of a ledger row. A bucket of which nothing was reported is `null`. */
function bucketsOf(tokens: TurnBody['tokens']): TokenBuckets {
  const written = [
    tokens.cacheWrite5m,
    tokens.cacheWrite1h,
    tokens.cacheWrite30m,
    tokens.cacheWrite12h,
    tokens.cacheWriteUnknown,
  ].filter((count) => count !== null);
  return {
    fresh: tokens.fresh,
    cacheRead: tokens.cacheRead,
    cacheWrite: written.length === 0 ? null : written.reduce((sum, count) => sum + count, 0),
    output: tokens.output,
  };
}
