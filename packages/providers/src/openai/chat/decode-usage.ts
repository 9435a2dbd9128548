/**
 * Chat Completions usage as token counts.
 *
 * Owns: every counter of this format, whoever sends it.
 * Leaves to `vendors.ts`: what a vendor does differently. To `decode-stream.ts`: where in a chunk usage lies.
 *
 * U1. A count is right or not reported. It is never negative, and nothing throws.
 * U2. `prompt_tokens` holds cache reads and writes, and `completion_tokens` holds reasoning, unless the vendor's numbers disprove it.
 * U3. Where the total does not settle which count is off, every count it puts in doubt is not reported.
 */

import { asObject } from '../../json.ts';
import {
  type Count,
  cacheWriteCount,
  countOrZero,
  readCount,
  type TokenCounts,
  tokenCounts,
} from '../../token-counts.ts';
import { type ChatVendor, vendorNamed, vendorOfUsage } from '../vendors.ts';

/** Cache counters as numbers: what was not reported is 0. */
export interface OpenAICacheTokens {
  readonly read: number;
  readonly write: number;
}

/** The cache counters of a Chat Completions or Responses usage object. Anything missing, null or malformed counts 0. */
export function openaiCacheTokens(usage: unknown): OpenAICacheTokens {
  const reported = asObject(usage) ?? {};
  return {
    read: countOrZero(readCached(reported, vendorOfUsage(reported))),
    write: countOrZero(cacheWriteCount(tokenCounts({ cacheWrite: readWrites(reported) }))),
  };
}

/** The cached part of a prompt; 0 where it is missing or null at any level. */
export function openaiCachedReadTokens(usage: unknown): number {
  return openaiCacheTokens(usage).read;
}

/**
 * Token counts of a Chat Completions usage object. `vendor` is a name such as `xai`; without it the numbers have to speak for themselves.
 */
export function tokensFromOpenAIChat(usage: unknown, options: { readonly vendor?: string } = {}): TokenCounts {
  const reported = asObject(usage) ?? {};
  const { vendor: name = 'unknown' } = options;
  const vendor = name === 'unknown' ? vendorOfUsage(reported) : vendorNamed(name);
  const counters = readCounters(reported, vendor);
  const { prompt, output } = settleTotals(counters, vendor);
  return tokenCounts({
    fresh: isNet(reported) ? prompt : freshCount(prompt, counters.cached, counters.written),
    cacheRead: counters.cached,
    cacheWrite: readWrites(reported, vendor),
    output,
    reasoning: counters.reasoning,
  });
}

interface Counters {
  readonly prompt: Count;
  readonly completion: Count;
  readonly total: Count;
  readonly cached: Count;
  readonly written: Count;
  readonly reasoning: Count;
  readonly promptAudio: Count;
}

type Reported = Readonly<Record<string, unknown>>;

function readCounters(reported: Reported, vendor: ChatVendor): Counters {
  const completionDetails = asObject(reported['completion_tokens_details'] ?? reported['output_tokens_details']);
  return {
    prompt: firstCount(reported['prompt_tokens'], reported['input_tokens']),
    completion: firstCount(reported['completion_tokens'], reported['output_tokens']),
    total: firstCount(reported['total_tokens']),
    cached: readCached(reported, vendor),
    written: cacheWriteCount(tokenCounts({ cacheWrite: readWrites(reported) })),
    reasoning: firstCount(completionDetails?.['reasoning_tokens']),
    promptAudio: firstCount(promptDetails(reported)['audio_tokens']),
  };
}

function readCached(reported: Reported, { cachedField }: ChatVendor): Count {
  return firstCount(
    cachedField === undefined ? undefined : reported[cachedField],
    promptDetails(reported)['cached_tokens'],
    reported['prompt_cache_hit_tokens'],
    reported['cached_tokens'],
    reported['num_cached_tokens'],
    reported['cache_read_input_tokens'],
  );
}

function readWrites(reported: Reported, vendor?: ChatVendor): Partial<TokenCounts['cacheWrite']> {
  const details = promptDetails(reported);
  const own = firstCount(details['cache_write_tokens']);
  if (own !== 'not-reported') return { [vendor?.writeLifetime ?? 'unknown']: own };
  const gateway = firstCount(details['cache_creation_tokens'], details['cache_creation_input_tokens']);
  const total = gateway === 'not-reported' ? positiveCount(reported['cache_creation_input_tokens']) : gateway;
  const split = asObject(
    details['cache_creation_token_details'] ?? details['cache_creation'] ?? reported['cache_creation'],
  );
  const split5m = firstCount(split?.['ephemeral_5m_input_tokens']);
  const split1h = firstCount(split?.['ephemeral_1h_input_tokens']);
  const splits = total !== 'not-reported' && countOrZero(split5m) + countOrZero(split1h) === total && total > 0;
  return splits ? { '5m': split5m, '1h': split1h } : { unknown: total };
}

/** Gateways write a zero of this name for models that report no writes at all (Vercel, 2026-11): it says nothing. */
function positiveCount(value: unknown): Count {
  const count = firstCount(value);
  return count === 0 ? 'not-reported' : count;
}

/** Mistral has sent the name without its first `s`; Responses calls it after the input. */
function promptDetails(reported: Reported): Reported {
  return (
    asObject(reported['prompt_tokens_details']) ??
    asObject(reported['prompt_token_details']) ??
    asObject(reported['input_tokens_details']) ??
    {}
  );
}

/** Anthropic's own shape, passed on by a gateway: its input stands beside the cache counts. */
function isNet(reported: Reported): boolean {
  return (
    reported['prompt_tokens'] === undefined &&
    ('cache_read_input_tokens' in reported || 'cache_creation_input_tokens' in reported)
  );
}

/** More cached than prompt: the vendor keeps cached tokens outside the prompt count (Azure's Grok, 2026-11). */
function freshCount(prompt: Count, cached: Count, written: Count): Count {
  if (prompt === 'not-reported') return prompt;
  const read = countOrZero(cached);
  if (read > prompt) return prompt;
  const fresh = prompt - read - countOrZero(written);
  return fresh < 0 ? 'not-reported' : fresh;
}

/** Prompt and output, as far as the vendor's total confirms or corrects them (U2, U3). */
function settleTotals(counters: Counters, vendor: ChatVendor): { readonly prompt: Count; readonly output: Count } {
  const { prompt, completion, total, reasoning, promptAudio } = counters;
  if (prompt === 'not-reported' || completion === 'not-reported') return { prompt, output: completion };
  const excess = total === 'not-reported' ? 'not-reported' : total - prompt - completion;

  if (excess === 'not-reported' && vendor.completionLacks === 'reasoning') {
    return { prompt, output: completion + countOrZero(reasoning) };
  }
  // A total below its own parts says nothing.
  if (excess === 'not-reported' || excess <= 0) {
    const isTooSmall = reasoning !== 'not-reported' && reasoning > completion && !vendor.estimatesReasoning;
    return { prompt, output: isTooSmall ? 'not-reported' : completion };
  }
  if (excess === reasoning) return { prompt, output: completion + reasoning };
  if (vendor.completionLacks === 'uncounted-reasoning') return { prompt, output: completion + excess };
  if (excess === countOrZero(counters.cached) + countOrZero(counters.written)) {
    // Either the prompt count leaves the cache out, or the total holds it twice.
    const isSettled = vendor.totalRepeatsCache || countOrZero(counters.cached) > prompt;
    return { prompt: isSettled ? prompt : 'not-reported', output: completion };
  }
  // Mistral keeps audio outside the prompt count (2026-11).
  if (excess === promptAudio) return { prompt: prompt + promptAudio, output: completion };
  return { prompt: 'not-reported', output: 'not-reported' };
}

/** The first of the values that is a count. */
function firstCount(...values: readonly unknown[]): Count {
  return values.map(readCount).find((count) => count !== 'not-reported') ?? 'not-reported';
}
