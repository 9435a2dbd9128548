import {
  type AssistantTurn,
  cacheWriteCount,
  countOrZero,
  promptTokenCount,
  reportsCache,
  type TokenCounts,
} from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { priceResponse } from './price-response.ts';

/**
 * What some turns used together: sums of what was reported, and how many turns left something out. Token buckets do not overlap; the whole
 * prompt is `promptTokens`.
 */
export interface Usage {
  /** Model responses, failed and aborted ones included. */
  readonly turns: number;
  /** Prompt tokens that were neither read from nor written to a cache. */
  readonly fresh: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Reasoning included. */
  readonly output: number;
  readonly reasoning: number;
  /** Web searches by the vendor. */
  readonly searches: number;
  /** Turns without a price: `picoUsd` does not hold them. */
  readonly unpricedTurns: number;
  /** Turns whose vendor said nothing of its cache: `cacheRead` and `cacheWrite` are lower bounds by these. */
  readonly silentTurns: number;
  /** Turns without a count of their prompt or output, such as one that was cut: every sum is a lower bound by these. */
  readonly uncountedTurns: number;
  /** 10⁻¹² US dollars, over the turns that have a price. */
  readonly picoUsd: bigint;
}

export const NO_USAGE: Usage = {
  turns: 0,
  fresh: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  searches: 0,
  unpricedTurns: 0,
  silentTurns: 0,
  uncountedTurns: 0,
  picoUsd: 0n,
};

/** What one turn used, at the price its ledger row has. */
export function usageOfTurn(turn: AssistantTurn): Usage {
  return usageOfCounts(turn.tokens, priceResponse(turn).price.picoUsd);
}

/** What one turn used; `picoUsd` is `undefined` where its price is unknown. */
export function usageOfCounts(tokens: TokenCounts, picoUsd: bigint | undefined): Usage {
  const isCounted = promptTokenCount(tokens) !== 'not-reported' && tokens.output !== 'not-reported';
  return {
    turns: 1,
    fresh: countOrZero(tokens.fresh),
    cacheRead: countOrZero(tokens.cacheRead),
    cacheWrite: countOrZero(cacheWriteCount(tokens)),
    output: countOrZero(tokens.output),
    reasoning: countOrZero(tokens.reasoning),
    searches: tokens.serverTools['webSearch'] ?? 0,
    unpricedTurns: picoUsd === undefined ? 1 : 0,
    silentTurns: reportsCache(tokens) ? 0 : 1,
    uncountedTurns: isCounted ? 0 : 1,
    picoUsd: picoUsd ?? 0n,
  };
}

/** Both together. Their order and grouping do not matter. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    turns: a.turns + b.turns,
    fresh: a.fresh + b.fresh,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    searches: a.searches + b.searches,
    unpricedTurns: a.unpricedTurns + b.unpricedTurns,
    silentTurns: a.silentTurns + b.silentTurns,
    uncountedTurns: a.uncountedTurns + b.uncountedTurns,
    picoUsd: a.picoUsd + b.picoUsd,
  };
}

/** All prompt tokens, those read from and written to a cache included. */
export function promptTokens({ fresh, cacheRead, cacheWrite }: Usage): number {
  return fresh + cacheRead + cacheWrite;
}

/**
 * The share of the counted prompt tokens that was read from a cache, from 0 to 1; `undefined` where none was counted. A lower bound while
 * `silentTurns` is not 0.
 */
export function hitRate(usage: Usage): number | undefined {
  const prompt = promptTokens(usage);
  return prompt === 0 ? undefined : usage.cacheRead / prompt;
}

/**
 * The usage at a price raised by this many percent; `12.5` is exactly an eighth more. A fraction of a picoUsd counts as a whole one, so add up
 * first and mark up once. Throws `agent/invalid-option` for a number below 0, or one that takes an exponent to write.
 */
export function withMarkup(usage: Usage, percent: number): Usage {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(String(percent)) ?? [];
  if (whole === '') {
    throw new AgentError('agent/invalid-option', `percent is ${percent}; it must be a decimal number of at least 0.`);
  }
  const perWhole = 100n * 10n ** BigInt(fraction.length);
  const raised = usage.picoUsd * (perWhole + BigInt(whole + fraction));
  return { ...usage, picoUsd: (raised + perWhole - 1n) / perWhole };
}
