import { asArray, asObject } from '../../json.ts';
import {
  type Count,
  cacheWriteCount,
  countOrZero,
  readCount,
  readServerTools,
  type TokenCounts,
  tokenCounts,
} from '../../token-counts.ts';

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
 * Token counts of an Anthropic usage object, or of one of its iterations. Input is counted net: reads and writes stand beside
 * `input_tokens`, not inside it. The cache writes always add up to `cache_creation_input_tokens` where that is reported.
 */
export function tokensFromAnthropic(usage: unknown): TokenCounts {
  const reported = asObject(usage) ?? {};
  return tokenCounts({
    fresh: readCount(reported['input_tokens']),
    cacheRead: readCount(reported['cache_read_input_tokens']),
    cacheWrite: readCacheWrites(reported).writes,
    output: readCount(reported['output_tokens']),
    reasoning: readCount(asObject(reported['output_tokens_details'])?.['thinking_tokens']),
    serverTools: readServerTools(reported['server_tool_use'], '_requests'),
  });
}

/** Whether the lifetimes of the cache writes are a conclusion, because no split of the vendor's adds up to its total. */
export function hasInferredLifetimes(usage: unknown): boolean {
  return readCacheWrites(asObject(usage) ?? {}).isInferred;
}

/** One run of a model within a response, as the wire has it. */
export interface UsageIteration {
  readonly kind: string;
  readonly model: string | undefined;
  readonly usage: Reported;
  readonly isInTopLevel: boolean;
}

/**
 * The iterations of a usage object. The top level sums up the `message` ones; where another model took over, it is that model's
 * `fallback_message`, and the declined `message` is not in it. It never holds compaction or an advisor (2026-11).
 */
export function readIterations(usage: unknown): readonly UsageIteration[] {
  const iterations = asArray(asObject(usage)?.['iterations']).map((iteration) => asObject(iteration) ?? {});
  const kindInTopLevel = iterations.some((iteration) => iteration['type'] === 'fallback_message')
    ? 'fallback_message'
    : 'message';
  return iterations.map((iteration) => ({
    kind: text(iteration['type']) ?? 'unknown',
    model: text(iteration['model']),
    usage: iteration,
    isInTopLevel: iteration['type'] === kindInTopLevel,
  }));
}

type Reported = Readonly<Record<string, unknown>>;

interface CacheWrites {
  readonly writes: Partial<TokenCounts['cacheWrite']>;
  readonly isInferred: boolean;
}

interface LifetimeSplit {
  readonly '5m': Count;
  readonly '1h': Count;
}

function readCacheWrites(reported: Reported): CacheWrites {
  const total = readCount(reported['cache_creation_input_tokens']);
  const split = readSplit(reported);
  if (total === 'not-reported') return { writes: split ?? {}, isInferred: false };
  if (total === 0) return { writes: { '5m': 0, '1h': 0 }, isInferred: false };
  const exact = [split, ...iterationSplits(reported)].find((candidate) => candidate && sumOf(candidate) === total);
  if (exact) return { writes: exact, isInferred: false };
  if (!split) return { writes: { unknown: total }, isInferred: false };
  // A stream splits its first total only, and server tools then add five-minute writes of their own (2026-11): the rest of the
  // final total is theirs. Both may shrink, too, when a compaction replaces the turn's counts.
  const write1h = Math.min(countOrZero(split['1h']), total);
  return { writes: { '5m': total - write1h, '1h': write1h }, isInferred: true };
}

function readSplit(reported: Reported): LifetimeSplit | undefined {
  const split = asObject(reported['cache_creation']);
  const write5m = readCount(split?.['ephemeral_5m_input_tokens']);
  const write1h = readCount(split?.['ephemeral_1h_input_tokens']);
  return write5m === 'not-reported' && write1h === 'not-reported' ? undefined : { '5m': write5m, '1h': write1h };
}

/** Each iteration splits its own writes: those in the top level together, and all of them. */
function iterationSplits(reported: Reported): readonly LifetimeSplit[] {
  const iterations = readIterations(reported);
  const sets = [iterations.filter(({ isInTopLevel }) => isInTopLevel), iterations];
  return sets.map((set) => {
    const splits = set.map(({ usage }) => readSplit(usage));
    const sum = (lifetime: keyof LifetimeSplit) =>
      splits.reduce((total, split) => total + countOrZero(split?.[lifetime] ?? 0), 0);
    return { '5m': sum('5m'), '1h': sum('1h') };
  });
}

function sumOf(split: LifetimeSplit): number {
  return countOrZero(split['5m']) + countOrZero(split['1h']);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
