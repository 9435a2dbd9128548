import { asObject } from '../json.ts';
import {
  cacheWriteCount,
  countOrZero,
  readCount,
  readServerTools,
  type TokenCounts,
  tokenCounts,
} from '../token-counts.ts';

/** Cache counters as numbers: what was not reported is 0. */
export interface AnthropicCacheTokens {
  readonly read: number;
  readonly write: number;
  /** The parts of `write` whose lifetime is known; their sum is smaller where the vendor gave a total only. */
  readonly write5m: number;
  readonly write1h: number;
}

/** The cache counters of an Anthropic usage object. Anything missing, null or malformed counts 0. */
export function anthropicCacheTokens(usage: unknown): AnthropicCacheTokens {
  const tokens = tokensFromAnthropic(usage);
  return {
    read: countOrZero(tokens.cacheRead),
    write: countOrZero(cacheWriteCount(tokens)),
    write5m: countOrZero(tokens.cacheWrite['5m']),
    write1h: countOrZero(tokens.cacheWrite['1h']),
  };
}

/**
 * Token counts of an Anthropic usage object. Input is counted net: reads and writes stand beside `input_tokens`, not inside it.
 * The cache writes always add up to `cache_creation_input_tokens` where that is reported.
 */
export function tokensFromAnthropic(usage: unknown): TokenCounts {
  const reported = asObject(usage) ?? {};
  return tokenCounts({
    fresh: readCount(reported['input_tokens']),
    cacheRead: readCount(reported['cache_read_input_tokens']),
    cacheWrite: readCacheWrites(reported),
    output: readCount(reported['output_tokens']),
    reasoning: readCount(asObject(reported['output_tokens_details'])?.['thinking_tokens']),
    serverTools: readServerTools(reported['server_tool_use'], '_requests'),
  });
}

function readCacheWrites(reported: Readonly<Record<string, unknown>>): Partial<TokenCounts['cacheWrite']> {
  const total = readCount(reported['cache_creation_input_tokens']);
  const split = asObject(reported['cache_creation']);
  const split5m = readCount(split?.['ephemeral_5m_input_tokens']);
  const split1h = readCount(split?.['ephemeral_1h_input_tokens']);
  const hasSplit = split5m !== 'not-reported' || split1h !== 'not-reported';

  if (total === 'not-reported') return { '5m': split5m, '1h': split1h };
  if (total === 0) return { '5m': 0, '1h': 0 };
  if (!hasSplit) return { unknown: total };
  // A stream splits its first total only, and server tools then add five-minute writes of their own (2026-11): the rest of the
  // final total is theirs. Both may shrink, too, when a compaction replaces the turn's counts.
  const write1h = Math.min(countOrZero(split1h), total);
  return { '5m': total - write1h, '1h': write1h };
}
