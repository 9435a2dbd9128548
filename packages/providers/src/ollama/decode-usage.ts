import { asObject } from '../json.ts';
import { countOrZero, netOfCache, readCount, readGrossCount, type TokenCounts, tokenCounts } from '../token-counts.ts';

/** Cache counters as numbers: what was not reported is 0. */
export interface OllamaCacheTokens {
  readonly read: number;
  /** Always 0: Ollama reports no writes. */
  readonly write: number;
}

/** The cache counters of an Ollama response or of the last record of its stream. Anything missing, null or malformed counts 0. */
export function ollamaCacheTokens(record: unknown): OllamaCacheTokens {
  return { read: countOrZero(tokensFromOllama(record).cacheRead), write: 0 };
}

/**
 * Token counts of an Ollama response or of the last record of its stream. Input is counted gross: `prompt_eval_count` holds the cached
 * part. Servers before 0.33.3 do not report that part, and some leave out the whole prompt count when all of it was cached.
 */
export function tokensFromOllama(record: unknown): TokenCounts {
  const reported = asObject(record) ?? {};
  const prompt = readGrossCount(reported['prompt_eval_count']);
  const cached = readCount(reported['prompt_eval_cached_count']);
  return tokenCounts({
    // More cached than prompt contradicts the format, and leaves the rest unknown.
    fresh: netOfCache(prompt, cached),
    cacheRead: cached,
    output: readCount(reported['eval_count']),
  });
}
