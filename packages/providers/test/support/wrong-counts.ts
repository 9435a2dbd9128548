import type { Family, KnownTokenCounts, PriceDoubt } from '../../src/index.ts';

/** A usage object that some program counted wrong, in public, and what is right. */
export interface WrongCount {
  /** The issue or pull request that the numbers are from. A counter it does not name is left out, or 0 where a bill needs it. */
  readonly source: `${string}/${string}#${number}`;
  /** What was counted wrong there. */
  readonly mistake: string;
  readonly family: Family;
  readonly vendor?: string;
  readonly usage: object;
  readonly tokens: KnownTokenCounts;
  readonly bill?: Bill;
}

interface Bill {
  readonly model: string;
  /** Midnight UTC of a day; 21 November 2026 unless told otherwise. */
  readonly at?: string;
  /** Tokens and dollars per million of each bucket, in any order. */
  readonly rates?: readonly (readonly [tokens: number, dollarsPerMillion: number])[];
  /** In dollars, where the vendor names it. */
  readonly charged?: number;
  readonly doubts?: readonly PriceDoubt[];
}

const NO_CACHE = { cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
const NOTHING_WRITTEN = { '5m': 0, '1h': 0 };

/** Anthropic counts net: its input stands beside what was read and written. */
const NET: readonly WrongCount[] = [
  {
    source: 'langfuse/langfuse#12306',
    mistake: 'reads and writes were added to an input that another layer had added them to',
    family: 'anthropic',
    usage: { input_tokens: 5, cache_read_input_tokens: 128_955, cache_creation_input_tokens: 1_253, output_tokens: 0 },
    tokens: { fresh: 5, cacheRead: 128_955, cacheWrite: { unknown: 1_253 }, output: 0 },
    bill: {
      model: 'claude-opus-5',
      rates: [
        [5, 5],
        [128_955, 0.5],
        [1_253, 6.25],
      ],
      doubts: ['unknown-lifetime'],
    },
  },
  {
    source: 'dust-tt/dust#20989',
    mistake: 'the whole prompt was sent on as the fresh part, beside its reads',
    family: 'anthropic',
    usage: { input_tokens: 2, cache_read_input_tokens: 9_842, cache_creation_input_tokens: 0, output_tokens: 0 },
    tokens: { fresh: 2, cacheRead: 9_842, cacheWrite: NOTHING_WRITTEN, output: 0 },
    bill: {
      model: 'claude-sonnet-5',
      rates: [
        [2, 2],
        [9_842, 0.2],
      ],
    },
  },
  {
    source: 'langchain-ai/langsmith-sdk#2519',
    mistake: 'the reads were taken out of an input that does not hold them, and the rest cut off at 0',
    family: 'anthropic',
    usage: { input_tokens: 19, cache_read_input_tokens: 39_000, cache_creation_input_tokens: 0, output_tokens: 0 },
    tokens: { fresh: 19, cacheRead: 39_000, cacheWrite: NOTHING_WRITTEN, output: 0 },
    bill: {
      model: 'claude-opus-4-8',
      rates: [
        [19, 5],
        [39_000, 0.5],
      ],
    },
  },
  {
    source: 'agno-agi/agno#9537',
    mistake: 'reads and writes were left out of the total',
    family: 'anthropic',
    usage: { input_tokens: 10, cache_read_input_tokens: 1_000, cache_creation_input_tokens: 200, output_tokens: 5 },
    tokens: { fresh: 10, cacheRead: 1_000, cacheWrite: { unknown: 200 }, output: 5 },
    bill: {
      model: 'claude-opus-5',
      rates: [
        [10, 5],
        [1_000, 0.5],
        [200, 6.25],
        [5, 25],
      ],
      doubts: ['unknown-lifetime'],
    },
  },
  {
    source: 'pydantic/genai-prices#334',
    mistake:
      'a price list that wants the whole prompt was given the fresh part, which is smaller than what was written',
    family: 'anthropic',
    usage: { input_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 4_735, output_tokens: 255 },
    tokens: { fresh: 5, cacheRead: 0, cacheWrite: { unknown: 4_735 }, output: 255 },
    bill: {
      model: 'claude-opus-5',
      rates: [
        [5, 5],
        [4_735, 6.25],
        [255, 25],
      ],
      doubts: ['unknown-lifetime'],
    },
  },
  {
    source: 'Portkey-AI/gateway#1211',
    mistake: 'a gateway named Bedrock’s net input `prompt_tokens`, beside a total that holds the reads',
    family: 'openai-chat',
    vendor: 'portkey',
    usage: {
      prompt_tokens: 368,
      completion_tokens: 19,
      total_tokens: 10_923,
      cache_read_input_tokens: 10_536,
      cache_creation_input_tokens: 0,
    },
    tokens: { fresh: 368, cacheRead: 10_536, output: 19 },
  },
];

/** OpenAI's formats count gross: the prompt holds what was read and written. */
const GROSS: readonly WrongCount[] = [
  {
    source: 'langfuse/langfuse#10592',
    mistake: 'the reads were added to a prompt that holds them',
    family: 'openai-chat',
    vendor: 'openrouter',
    usage: { prompt_tokens: 17_903, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 17_817 } },
    tokens: { fresh: 86, cacheRead: 17_817, output: 0 },
  },
  {
    source: 'earendil-works/pi#2148',
    mistake: 'the whole prompt was billed at the fresh rate, and its reads once more at theirs',
    family: 'openai-chat',
    vendor: 'google',
    usage: {
      prompt_tokens: 20_212,
      completion_tokens: 931,
      total_tokens: 21_143,
      prompt_tokens_details: { cached_tokens: 16_298 },
    },
    tokens: { fresh: 3_914, cacheRead: 16_298, output: 931 },
    bill: {
      model: 'gemini-3-flash-preview',
      rates: [
        [3_914, 0.5],
        [16_298, 0.05],
        [931, 3],
      ],
    },
  },
  {
    source: 'Aider-AI/aider#5516',
    mistake: 'a proxy’s prompt holds the reads under Anthropic’s names; they were billed twice',
    family: 'openai-chat',
    vendor: 'litellm',
    usage: {
      prompt_tokens: 17_111,
      completion_tokens: 0,
      total_tokens: 17_111,
      cache_read_input_tokens: 17_102,
      cache_creation_input_tokens: 0,
      prompt_tokens_details: { cached_tokens: 17_102, cache_creation_tokens: 0 },
    },
    tokens: { fresh: 9, cacheRead: 17_102, cacheWrite: { unknown: 0 }, output: 0 },
    bill: {
      model: 'claude-haiku-4-5',
      rates: [
        [9, 1],
        [17_102, 0.1],
      ],
    },
  },
  {
    source: 'BerriAI/litellm#11364',
    mistake: 'a prompt of which all but ten tokens were read or written was billed too low by a factor of eight',
    family: 'openai-chat',
    vendor: 'litellm',
    usage: {
      total_tokens: 103_925,
      prompt_tokens: 98_805,
      completion_tokens: 5_120,
      prompt_tokens_details: { audio_tokens: null, cached_tokens: 66_360, cache_creation_tokens: 32_435 },
      cache_read_input_tokens: 66_360,
      completion_tokens_details: { reasoning_tokens: 1_710 },
      cache_creation_input_tokens: 32_435,
    },
    tokens: { fresh: 10, cacheRead: 66_360, cacheWrite: { unknown: 32_435 }, output: 5_120, reasoning: 1_710 },
    bill: {
      model: 'eu.anthropic.claude-opus-4-5-20251101-v1:0',
      rates: [
        [10, 5.5],
        [66_360, 0.55],
        [32_435, 6.875],
        [5_120, 27.5],
      ],
      doubts: ['unknown-lifetime'],
    },
  },
  {
    source: 'PixelPaw-Labs/codex-trace#154',
    mistake: 'the reads were asked to be added to an input that holds them',
    family: 'openai-responses',
    vendor: 'openai',
    usage: {
      input_tokens: 226_616,
      input_tokens_details: { cached_tokens: 176_640 },
      output_tokens: 1_670,
      output_tokens_details: { reasoning_tokens: 529 },
      total_tokens: 228_286,
    },
    tokens: { fresh: 49_976, cacheRead: 176_640, output: 1_670, reasoning: 529 },
    bill: {
      model: 'gpt-5',
      rates: [
        [49_976, 1.25],
        [176_640, 0.125],
        [1_670, 10],
      ],
    },
  },
  {
    source: 'laravel/ai#909',
    mistake: 'Groq’s prompt was reported beside the reads it holds',
    family: 'openai-chat',
    vendor: 'groq',
    usage: { prompt_tokens: 4_641, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 4_608 } },
    tokens: { fresh: 33, cacheRead: 4_608, output: 0 },
  },
  {
    source: 'laravel/ai#705',
    mistake: 'DeepSeek’s misses were taken for writes, and counted beside a prompt that holds hits and misses',
    family: 'openai-chat',
    vendor: 'deepseek',
    usage: { prompt_tokens: 100, completion_tokens: 0, prompt_cache_hit_tokens: 20, prompt_cache_miss_tokens: 80 },
    tokens: { fresh: 80, cacheRead: 20, output: 0 },
  },
  {
    source: 'mnfst/llm-gateway#2051',
    mistake: 'the whole prompt was billed as misses',
    family: 'openai-chat',
    vendor: 'deepseek',
    usage: {
      prompt_tokens: 36_100,
      completion_tokens: 1_200,
      total_tokens: 37_300,
      prompt_cache_hit_tokens: 21_600,
      prompt_cache_miss_tokens: 14_500,
    },
    tokens: { fresh: 14_500, cacheRead: 21_600, output: 1_200 },
    bill: {
      model: 'deepseek-v4-pro',
      at: '2026-05-27',
      rates: [
        [14_500, 0.435],
        [21_600, 0.003625],
        [1_200, 0.87],
      ],
    },
  },
  {
    source: 'ollama/ollama#17943',
    mistake: 'a prompt count that holds what was reused was taken for what was computed',
    family: 'ollama',
    usage: { prompt_eval_count: 21, prompt_eval_cached_count: 16, eval_count: 971 },
    tokens: { fresh: 5, cacheRead: 16, output: 971 },
  },
  {
    source: 'ollama/ollama#16916',
    mistake: 'a server that reused nothing was one with a server that does not say',
    family: 'ollama',
    usage: { prompt_eval_count: 21, prompt_eval_cached_count: 0, eval_count: 1_008 },
    tokens: { fresh: 21, cacheRead: 0, output: 1_008 },
  },
];

/** What was written is a third part of the prompt, at a price of its own. */
const WRITTEN: readonly WrongCount[] = [
  {
    source: 'anomalyco/opencode#47296',
    mistake: 'a total that counts the cache twice was believed, and the session shortened after every message',
    family: 'openai-chat',
    vendor: 'bedrock-mantle',
    usage: {
      prompt_tokens: 151_411,
      completion_tokens: 639,
      total_tokens: 303_459,
      prompt_tokens_details: { cached_tokens: 132_976, cache_write_tokens: 18_433 },
    },
    tokens: { fresh: 2, cacheRead: 132_976, cacheWrite: { unknown: 18_433 }, output: 639 },
  },
  {
    source: 'junhoyeo/tokscale#862',
    mistake: 'the writes were left out of the prompt that picks the long-context price',
    family: 'openai-responses',
    vendor: 'openai',
    usage: {
      input_tokens: 278_000,
      input_tokens_details: { cached_tokens: 5_000, cache_write_tokens: 3_000 },
      output_tokens: 0,
      total_tokens: 278_000,
    },
    tokens: { fresh: 270_000, cacheRead: 5_000, cacheWrite: { '30m': 3_000 }, output: 0 },
    bill: {
      model: 'gpt-5.6-sol',
      rates: [
        [270_000, 8],
        [5_000, 0.8],
        [3_000, 10],
      ],
    },
  },
  {
    source: 'ccusage/ccusage#1617',
    mistake: 'writes were not read, so that nobody knew whether there were any',
    family: 'openai-responses',
    vendor: 'openai',
    usage: {
      input_tokens: 58_697,
      input_tokens_details: { cached_tokens: 57_817, cache_write_tokens: 0 },
      output_tokens: 227,
      output_tokens_details: { reasoning_tokens: 9 },
      total_tokens: 58_924,
    },
    tokens: { fresh: 880, cacheRead: 57_817, cacheWrite: { '30m': 0 }, output: 227, reasoning: 9 },
    bill: {
      model: 'gpt-5.6-terra',
      rates: [
        [880, 2],
        [57_817, 0.2],
        [227, 12],
      ],
    },
  },
  {
    source: 'can1357/oh-my-pi#6876',
    mistake: 'writes for an hour were billed as writes for five minutes',
    family: 'anthropic',
    usage: {
      input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 344_139,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 344_139 },
      output_tokens: 0,
    },
    tokens: { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 0, '1h': 344_139 }, output: 0 },
    bill: { model: 'claude-opus-5', rates: [[344_139, 10]] },
  },
  {
    source: 'earendil-works/pi#5738',
    mistake: 'the hour’s part of the writes was billed as the rest',
    family: 'anthropic',
    usage: {
      input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 1_000_000,
      cache_creation: { ephemeral_5m_input_tokens: 600_000, ephemeral_1h_input_tokens: 400_000 },
      output_tokens: 0,
    },
    tokens: { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 600_000, '1h': 400_000 }, output: 0 },
    bill: {
      model: 'claude-opus-4-8',
      rates: [
        [600_000, 6.25],
        [400_000, 10],
      ],
    },
  },
];

/** Reasoning is a part of the output, except where it is not. */
const REASONING: readonly WrongCount[] = [
  {
    source: 'hugalafutro/model-hotel#991',
    mistake: 'reasoning was added to a completion that holds it',
    family: 'openai-chat',
    vendor: 'openai',
    usage: {
      prompt_tokens: 2_008,
      completion_tokens: 266,
      total_tokens: 2_274,
      completion_tokens_details: { reasoning_tokens: 261 },
    },
    tokens: { fresh: 2_008, output: 266, reasoning: 261 },
  },
  {
    source: 'theopenco/llmgateway#3435',
    mistake: 'thinking was added to an output that holds it',
    family: 'anthropic',
    usage: { input_tokens: 51, output_tokens: 136, output_tokens_details: { thinking_tokens: 31 }, ...NO_CACHE },
    tokens: { fresh: 51, cacheRead: 0, cacheWrite: NOTHING_WRITTEN, output: 136, reasoning: 31 },
    bill: {
      model: 'claude-sonnet-5',
      rates: [
        [51, 2],
        [136, 10],
      ],
    },
  },
  {
    source: 'theopenco/llmgateway#3486',
    mistake: 'and to the total',
    family: 'anthropic',
    usage: { input_tokens: 64, output_tokens: 135, output_tokens_details: { thinking_tokens: 78 }, ...NO_CACHE },
    tokens: { fresh: 64, cacheRead: 0, cacheWrite: NOTHING_WRITTEN, output: 135, reasoning: 78 },
    bill: {
      model: 'claude-opus-5-5',
      rates: [
        [64, 4],
        [135, 20],
      ],
    },
  },
  {
    source: 'Wei-Shaw/sub2api#5771',
    mistake: 'xAI’s reasoning stands outside its completion; it was not billed',
    family: 'openai-chat',
    vendor: 'xai',
    usage: {
      prompt_tokens: 10_120,
      completion_tokens: 1_499,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2_809 },
    },
    tokens: { fresh: 9_992, cacheRead: 128, output: 4_308, reasoning: 2_809 },
    bill: {
      model: 'grok-4.20',
      rates: [
        [9_992, 1.25],
        [128, 0.2],
        [4_308, 2.5],
      ],
    },
  },
  {
    source: 'vercel/ai#12425',
    mistake: 'the text was counted below zero',
    family: 'openai-chat',
    vendor: 'xai',
    usage: {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 399,
      completion_tokens_details: { reasoning_tokens: 386 },
    },
    tokens: { fresh: 12, output: 387, reasoning: 386 },
    bill: {
      model: 'grok-3-mini',
      rates: [
        [12, 0.3],
        [387, 0.5],
      ],
      doubts: ['hidden-cache'],
    },
  },
  {
    source: 'vercel/ai#9774',
    mistake: 'xAI’s reads were not read, and its reasoning not counted',
    family: 'openai-chat',
    vendor: 'xai',
    usage: {
      prompt_tokens: 2_640,
      completion_tokens: 182,
      total_tokens: 3_494,
      prompt_tokens_details: { text_tokens: 2_640, audio_tokens: 0, image_tokens: 0, cached_tokens: 473 },
      completion_tokens_details: { reasoning_tokens: 672, audio_tokens: 0 },
      num_sources_used: 0,
    },
    tokens: { fresh: 2_167, cacheRead: 473, output: 854, reasoning: 672 },
  },
  {
    source: 'promptfoo/promptfoo#9507',
    mistake: 'reasoning was added although the total leaves no room for it',
    family: 'openai-chat',
    vendor: 'xai',
    usage: {
      prompt_tokens: 500,
      completion_tokens: 500,
      total_tokens: 1_000,
      completion_tokens_details: { reasoning_tokens: 200 },
    },
    tokens: { fresh: 500, output: 500, reasoning: 200 },
  },
  {
    source: 'vercel/ai#12485',
    mistake: 'more was read than the prompt holds, and the rest counted below zero',
    family: 'openai-chat',
    vendor: 'xai',
    usage: { prompt_tokens: 4_142, completion_tokens: 0, prompt_tokens_details: { cached_tokens: 4_328 } },
    tokens: { fresh: 4_142, cacheRead: 4_328, output: 0 },
  },
];

/** A bill may say more than the counts. */
const BILLED: readonly WrongCount[] = [
  {
    source: 'pydantic/pydantic-ai#5065',
    mistake: 'a compaction, which the top level leaves out, was not counted',
    family: 'anthropic',
    usage: {
      input_tokens: 23_000,
      output_tokens: 1_000,
      iterations: [
        { type: 'compaction', input_tokens: 180_000, output_tokens: 3_500 },
        { type: 'message', input_tokens: 23_000, output_tokens: 1_000 },
      ],
    },
    tokens: { fresh: 23_000, output: 1_000 },
    bill: {
      model: 'claude-opus-5',
      rates: [
        [23_000, 5],
        [1_000, 25],
        [180_000, 5],
        [3_500, 25],
      ],
    },
  },
  {
    source: 'anomalyco/opencode#534',
    mistake: 'a price was computed where the gateway names the charge',
    family: 'openai-chat',
    vendor: 'openrouter',
    usage: {
      prompt_tokens: 15_328,
      completion_tokens: 457,
      total_tokens: 15_785,
      prompt_tokens_details: { cached_tokens: 15_252 },
      cost: 0.0117111,
      is_byok: false,
    },
    tokens: { fresh: 76, cacheRead: 15_252, output: 457 },
    bill: { model: 'anthropic/claude-3-7-sonnet-20250219', charged: 0.0117111 },
  },
  {
    source: 'RooCodeInc/Roo-Code#5145',
    mistake: 'with a key of the caller’s own the charge was the gateway’s fee alone, times twenty',
    family: 'openai-chat',
    vendor: 'openrouter',
    usage: {
      prompt_tokens: 40_600,
      completion_tokens: 1_900,
      total_tokens: 42_500,
      prompt_tokens_details: { cached_tokens: 12_400 },
      cost: 0.00389,
      is_byok: true,
      cost_details: { upstream_inference_cost: 0.0778 },
    },
    tokens: { fresh: 28_200, cacheRead: 12_400, output: 1_900 },
    bill: { model: 'openai/gpt-4.1', charged: 0.08169 },
  },
];

export const WRONG_COUNTS: readonly WrongCount[] = [...NET, ...GROSS, ...WRITTEN, ...REASONING, ...BILLED];
