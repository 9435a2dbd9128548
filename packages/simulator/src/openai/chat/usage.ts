/**
 * Usage in Chat Completions, as each vendor of the format gives it.
 *
 * Owns: what a usage object says, and in which chunks of a stream it stands.
 *
 * V1. Whatever the profile, the counts are the same answer's: only their names, places and sums differ.
 * V2. Source: recorded responses of each vendor, and their own documentation, 2026.
 */

import { type AnswerUsage, promptTokens } from '../../dialect.ts';
import type { UsageProfile } from '../../usage-profile.ts';
import { cacheWrites } from '../marks.ts';

/** The usage object of an answer. */
export function chatUsage(answer: AnswerUsage): object {
  return USAGE[answer.usageProfile](answer);
}

/** What a vendor adds to the chunks of a stream. */
export interface UsageChunks {
  /** To every chunk. */
  readonly each: object;
  /** To the chunk with the finish reason, and to its choice. */
  readonly finish: object;
  readonly finishChoice: object;
  /** To a last chunk without choices; `undefined`: there is none. */
  readonly last: object | undefined;
}

/** `isAsked`: whether the request wants usage (`stream_options.include_usage`). Some vendors do not wait to be asked. */
export function usageChunks(answer: AnswerUsage, isAsked: boolean): UsageChunks {
  const usage = chatUsage(answer);
  const nothing = { each: {}, finish: {}, finishChoice: {}, last: undefined };
  const atEnd = { ...nothing, each: { usage: null }, last: { usage } };
  switch (answer.usageProfile) {
    case 'deepseek':
    case 'mistral':
      return { ...nothing, finish: { usage } };
    case 'groq':
      return { ...nothing, finish: { usage, x_groq: { id: 'req_groq', usage } } };
    case 'moonshotai':
      return { ...nothing, finishChoice: { usage }, last: isAsked ? { usage } : undefined };
    case 'google':
      return { ...nothing, each: { usage: begunUsage(answer) }, finish: { usage } };
    case 'openrouter':
      return atEnd;
    case 'openai':
    case 'xai':
    case 'litellm':
    case 'vllm':
      return isAsked ? atEnd : nothing;
  }
}

type ReadUsage = (answer: AnswerUsage) => object;

const USAGE: Readonly<Record<UsageProfile, ReadUsage>> = {
  openai: (answer) => ({ ...totals(answer), ...promptDetails(answer), ...completionDetails(answer) }),
  groq: (answer) => ({
    queue_time: 0,
    ...totals(answer),
    prompt_time: 0,
    completion_time: 0,
    total_time: 0,
    ...promptDetails(answer),
    ...completionDetails(answer),
  }),
  // Reasoning stands beside the completion, and only the total holds it.
  xai: (answer) => ({ ...totalsWithoutThinking(answer), ...promptDetails(answer), ...completionDetails(answer) }),
  // The same, and nothing says how much it was.
  google: (answer) => ({ ...totalsWithoutThinking(answer), ...promptDetails(answer) }),
  deepseek: (answer) => ({
    ...totals(answer),
    prompt_tokens_details: { cached_tokens: answer.counts.prompt.read },
    ...completionDetails(answer),
    prompt_cache_hit_tokens: answer.counts.prompt.read,
    prompt_cache_miss_tokens: promptTokens(answer.counts.prompt) - answer.counts.prompt.read,
  }),
  moonshotai: (answer) => ({
    ...totals(answer),
    cached_tokens: answer.counts.prompt.read,
    ...completionDetails(answer),
  }),
  // Misspelt, as it was seen.
  mistral: (answer) => ({
    ...totals(answer),
    num_cached_tokens: answer.counts.prompt.read,
    prompt_token_details: { cached_tokens: answer.counts.prompt.read },
  }),
  openrouter: (answer) => ({
    ...totals(answer),
    cost: inventedCost(answer),
    is_byok: false,
    ...promptDetails(answer),
    cost_details: { upstream_inference_cost: null },
    ...completionDetails(answer),
  }),
  litellm: (answer) => ({
    ...totals(answer),
    ...promptDetails(answer),
    ...completionDetails(answer),
    // Anthropic's names, but these tokens are among the prompt tokens.
    cache_read_input_tokens: answer.counts.prompt.read,
    cache_creation_input_tokens: Object.values(answer.counts.prompt.written).reduce((sum, tokens) => sum + tokens, 0),
  }),
  // As a server started with --enable-prompt-tokens-details, which leaves a zero out all the same.
  vllm: (answer) => ({
    ...totals(answer),
    prompt_tokens_details: answer.counts.prompt.read === 0 ? null : { cached_tokens: answer.counts.prompt.read },
  }),
};

/** Gross: the cached tokens are among the prompt tokens. */
function totals({ counts: { prompt, output } }: AnswerUsage): object {
  const all = promptTokens(prompt);
  return { prompt_tokens: all, completion_tokens: output, total_tokens: all + output };
}

function totalsWithoutThinking(answer: AnswerUsage): object {
  const { output, thinking } = answer.counts;
  return { ...totals(answer), completion_tokens: output - thinking };
}

function promptDetails({ model, counts: { prompt } }: AnswerUsage): object {
  return {
    prompt_tokens_details: {
      cached_tokens: prompt.read,
      ...cacheWrites('openai-chat', model, prompt),
      audio_tokens: 0,
    },
  };
}

function completionDetails({ counts: { thinking } }: AnswerUsage): object {
  return { completion_tokens_details: { reasoning_tokens: thinking, audio_tokens: 0 } };
}

/** As far as it is counted before the answer: the prompt, and one token. */
function begunUsage(answer: AnswerUsage): object {
  return chatUsage({ ...answer, counts: { ...answer.counts, output: 1, thinking: 0 } });
}

/** One dollar a million tokens in, and four out: nobody's prices, but a cost that grows with what it pays for. */
function inventedCost({ counts: { prompt, output } }: AnswerUsage): number {
  return (promptTokens(prompt) + 4 * output) / 1_000_000;
}
