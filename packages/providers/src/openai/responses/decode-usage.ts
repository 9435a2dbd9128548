import { asObject } from '../../json.ts';
import { countOrZero, readCount, readServerTools, type TokenCounts, tokenCounts } from '../../token-counts.ts';
import { type ChatUsageOptions, tokensFromOpenAIChat, usageFindings } from '../chat/decode-usage.ts';
import type { UsageFinding } from '../chat/settle-usage.ts';
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
  const tokens = tokensFromOpenAIChat(reported, chatOptions(vendor));
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

/** What was odd about a Responses usage object, and how it was taken; empty for one that reads as its vendor writes it. */
export function responsesUsageFindings(
  usage: unknown,
  { vendor }: ResponsesUsageOptions = {},
): readonly UsageFinding[] {
  return usageFindings(usage, chatOptions(vendor));
}

/** Some vendors leave reasoning out of their completions and count it here (xAI, 2026-11). */
function chatOptions(vendor: string | undefined): ChatUsageOptions {
  return vendor === undefined || vendorNamed(vendor).completionLacks !== undefined ? {} : { vendor };
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
