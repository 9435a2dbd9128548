import { asObject } from '../../json.ts';
import { countOrZero, readCount, readServerTools, type TokenCounts, tokenCounts } from '../../token-counts.ts';
import { tokensFromOpenAIChat } from '../chat/decode-usage.ts';
import { vendorNamed } from '../vendors.ts';

export interface ResponsesUsageOptions {
  /** A name such as `xai`; without it the numbers have to speak for themselves. */
  readonly vendor?: string;
  /** The response's `tool_usage`, which stands beside its usage. */
  readonly toolUsage?: unknown;
}

/**
 * Token counts of a Responses usage object. `input_tokens` holds cache reads and writes, and `output_tokens` holds reasoning, at every
 * vendor; where a total disproves that, a count in doubt is not reported.
 */
export function tokensFromOpenAIResponses(
  usage: unknown,
  { vendor, toolUsage }: ResponsesUsageOptions = {},
): TokenCounts {
  const reported = asObject(usage) ?? {};
  // Some vendors leave reasoning out of their completions and count it here (xAI, 2026-11).
  const isDifferentHere = vendor === undefined || vendorNamed(vendor).completionLacks !== undefined;
  const tokens = tokensFromOpenAIChat(reported, isDifferentHere ? {} : { vendor });
  return {
    ...tokens,
    cacheWrite: readWriteSplit(reported) ?? tokens.cacheWrite,
    // xAI counts the calls of its own tools inside its usage (2026-11).
    serverTools: {
      ...readServerTools(reported['server_side_tool_usage_details'], '_calls'),
      ...readWebSearches(toolUsage),
    },
  };
}

/** The writes by lifetime, if the parts add up to the total. */
function readWriteSplit(reported: Readonly<Record<string, unknown>>): TokenCounts['cacheWrite'] | undefined {
  const details = asObject(reported['input_tokens_details']);
  const split = asObject(details?.['cache_write_tokens_details']);
  if (!split) return undefined;
  const for30m = countOrZero(readCount(split['ttl_30m_tokens']));
  const for12h = countOrZero(readCount(split['ttl_12h_tokens']));
  if (for30m + for12h !== readCount(details?.['cache_write_tokens'])) return undefined;
  return tokenCounts({ cacheWrite: { '30m': for30m, '12h': for12h } }).cacheWrite;
}

function readWebSearches(toolUsage: unknown): TokenCounts['serverTools'] {
  const requests = readCount(asObject(asObject(toolUsage)?.['web_search'])?.['num_requests']);
  return requests === 'not-reported' ? {} : { webSearch: requests };
}
