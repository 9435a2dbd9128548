/**
 * Chat Completions usage as token counts.
 *
 * Owns: every counter of this format, whoever sends it.
 * Leaves to `vendors.ts`: what a vendor does differently. To `decode-stream.ts`: where in a chunk usage lies. To `settle-usage.ts`: what
 * counters that disagree amount to.
 *
 * U1. A count is right or not reported. It is never negative, and nothing throws.
 * U2. `prompt_tokens` holds cache reads and writes, and `completion_tokens` holds reasoning, unless the vendor's numbers disprove it.
 * U3. Two names for one counter have to agree, or it is not reported.
 */

import { asObject } from '../../json.ts';
import {
  type Count,
  cacheWriteCount,
  countOrZero,
  type GrossCount,
  grossOfCache,
  readCount,
  type TokenCounts,
  tokenCounts,
} from '../../token-counts.ts';
import { type ChatVendor, vendorNamed, vendorOfUsage } from '../vendors.ts';
import { settleUsage, type UsageCounters, type UsageFinding } from './settle-usage.ts';

/** Cache counters as numbers: what was not reported is 0. */
export interface OpenAICacheTokens {
  readonly read: number;
  readonly write: number;
}

export interface ChatUsageOptions {
  /** A name such as `xai`; without it the numbers have to speak for themselves. */
  readonly vendor?: string;
}

/** The cache counters of a Chat Completions or Responses usage object. Anything missing, null or malformed counts 0. */
export function openaiCacheTokens(usage: unknown): OpenAICacheTokens {
  const reported = asObject(usage) ?? {};
  return {
    read: countOrZero(readCached(reported, vendorOfUsage(reported))),
    write: countOrZero(writtenCount(readWrites(reported))),
  };
}

/** The cached part of a prompt; 0 where it is missing or null at any level. */
export function openaiCachedReadTokens(usage: unknown): number {
  return openaiCacheTokens(usage).read;
}

/** Token counts of a Chat Completions usage object. */
export function tokensFromOpenAIChat(usage: unknown, options: ChatUsageOptions = {}): TokenCounts {
  return readUsage(usage, options).tokens;
}

/** What was odd about a Chat Completions usage object, and how it was taken; empty for one that reads as its vendor writes it. */
export function usageFindings(usage: unknown, options: ChatUsageOptions = {}): readonly UsageFinding[] {
  return readUsage(usage, options).findings;
}

function readUsage(
  usage: unknown,
  { vendor: name = 'unknown' }: ChatUsageOptions,
): { readonly tokens: TokenCounts; readonly findings: readonly UsageFinding[] } {
  const reported = asObject(usage) ?? {};
  const vendor = name === 'unknown' ? vendorOfUsage(reported) : vendorNamed(name);
  const writes = readWrites(reported, vendor);
  const conflicts = shapeConflicts(reported);
  const counters = withoutConflicts(readCounters(reported, vendor, writtenCount(writes)), conflicts);
  const { fresh, output, findings } = settleUsage(counters, vendor);
  const tokens = tokenCounts({
    fresh,
    cacheRead: counters.cached,
    cacheWrite: conflicts.includes('written') ? {} : writes,
    output,
    reasoning: counters.reasoning,
  });
  return { tokens, findings: [...conflictFindings(conflicts), ...netFindings(reported), ...findings] };
}

type Reported = Readonly<Record<string, unknown>>;
type CacheWrites = Partial<TokenCounts['cacheWrite']>;

function readCounters(reported: Reported, vendor: ChatVendor, written: Count): UsageCounters {
  const completionDetails = asObject(reported['completion_tokens_details'] ?? reported['output_tokens_details']);
  const cached = readCached(reported, vendor);
  const prompt = firstCount(reported['prompt_tokens'], reported['input_tokens']);
  return {
    prompt: isNet(reported) ? grossOfCache(prompt, cached, written) : gross(prompt),
    completion: firstCount(reported['completion_tokens'], reported['output_tokens']),
    total: firstCount(reported['total_tokens']),
    cached,
    written,
    reasoning: firstCount(completionDetails?.['reasoning_tokens']),
    promptAudio: firstCount(promptDetails(reported)['audio_tokens']),
  };
}

function gross(prompt: Count): GrossCount | 'not-reported' {
  return prompt === 'not-reported' ? prompt : { gross: prompt };
}

function readCached(reported: Reported, vendor: ChatVendor): Count {
  return firstCount(...ownCached(reported, vendor), reported['cache_read_input_tokens']);
}

/** Under the format's own names and those of its vendors, but not under Anthropic's. */
function ownCached(reported: Reported, { cachedField }: ChatVendor): readonly unknown[] {
  return [
    cachedField === undefined ? undefined : reported[cachedField],
    promptDetails(reported)['cached_tokens'],
    reported['prompt_cache_hit_tokens'],
    reported['cached_tokens'],
    reported['num_cached_tokens'],
  ];
}

function readWrites(reported: Reported, vendor?: ChatVendor): CacheWrites {
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

function writtenCount(writes: CacheWrites): Count {
  return cacheWriteCount(tokenCounts({ cacheWrite: writes }));
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
    asObject(reported['input_tokens_details']) === undefined &&
    ('cache_read_input_tokens' in reported || 'cache_creation_input_tokens' in reported)
  );
}

function netFindings(reported: Reported): readonly UsageFinding[] {
  if (!isNet(reported)) return [];
  const message = 'The usage has the shape of Anthropic’s; its input was taken as what is beside the cache counts.';
  return [{ code: 'usage/counted-net', message }];
}

type Conflict = 'prompt' | 'completion' | 'cached' | 'written';

/** The counters that stand there under OpenAI's and under Anthropic's names, with different numbers. */
function shapeConflicts(reported: Reported): readonly Conflict[] {
  const details = promptDetails(reported);
  const read = firstCount(reported['cache_read_input_tokens']);
  const created = positiveCount(reported['cache_creation_input_tokens']);
  const prompt = firstCount(reported['prompt_tokens']);
  const input = firstCount(reported['input_tokens']);
  const wholeInput = grossOfCache(input, read, created);
  const isWholeInput = wholeInput !== 'not-reported' && wholeInput.gross === prompt;
  const disagree = {
    prompt: differ(prompt, input) && !isWholeInput,
    completion: differ(firstCount(reported['completion_tokens']), firstCount(reported['output_tokens'])),
    cached: differ(firstCount(...ownCached(reported, vendorOfUsage(reported))), read),
    written: differ(
      firstCount(
        details['cache_write_tokens'],
        details['cache_creation_tokens'],
        details['cache_creation_input_tokens'],
      ),
      created,
    ),
  };
  return (['prompt', 'completion', 'cached', 'written'] as const).filter((counter) => disagree[counter]);
}

function differ(a: Count, b: Count): boolean {
  return a !== 'not-reported' && b !== 'not-reported' && a !== b;
}

/** Without a sure part, the rest of the prompt is not sure either. */
function withoutConflicts(counters: UsageCounters, conflicts: readonly Conflict[]): UsageCounters {
  const isSure = (counter: Conflict) => !conflicts.includes(counter);
  return {
    ...counters,
    prompt: isSure('prompt') && isSure('cached') && isSure('written') ? counters.prompt : 'not-reported',
    completion: isSure('completion') ? counters.completion : 'not-reported',
    cached: isSure('cached') ? counters.cached : 'not-reported',
    written: isSure('written') ? counters.written : 'not-reported',
  };
}

function conflictFindings(conflicts: readonly Conflict[]): readonly UsageFinding[] {
  if (conflicts.length === 0) return [];
  const message = `The usage gives its ${conflicts.join(', ')} counts under two names, with different numbers; they are not reported.`;
  return [{ code: 'usage/two-shapes', message }];
}

/** The first of the values that is a count. */
function firstCount(...values: readonly unknown[]): Count {
  return values.map(readCount).find((count) => count !== 'not-reported') ?? 'not-reported';
}
