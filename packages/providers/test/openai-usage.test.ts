import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openaiCachedReadTokens, openaiCacheTokens, tokensFromOpenAIChat } from '../src/openai/chat/decode-usage.ts';
import { vendorOf } from '../src/openai/vendors.ts';
import { tokenCounts } from '../src/token-counts.ts';

describe('B-11 layer 3: openaiCacheTokens (B-02, P-01)', () => {
  it.each([
    ['Chat details', { prompt_tokens_details: { cached_tokens: 7, cache_write_tokens: 5 } }, { read: 7, write: 5 }],
    ['Responses details', { input_tokens_details: { cached_tokens: 7, cache_write_tokens: 5 } }, { read: 7, write: 5 }],
    ['DeepSeek hits', { prompt_cache_hit_tokens: 7, prompt_cache_miss_tokens: 3 }, { read: 7, write: 0 }],
    ['a top-level count', { cached_tokens: 7, prompt_tokens_details: null }, { read: 7, write: 0 }],
    ["Anthropic's names", { cache_read_input_tokens: 7, cache_creation_input_tokens: 5 }, { read: 7, write: 5 }],
    ["Mistral's misspelling", { prompt_token_details: { cached_tokens: 7 } }, { read: 7, write: 0 }],
    ['no details', { prompt_tokens: 10 }, { read: 0, write: 0 }],
    ['null details', { prompt_tokens: 10, prompt_tokens_details: null }, { read: 0, write: 0 }],
    [
      'null counts',
      { prompt_tokens_details: { cached_tokens: null, cache_write_tokens: null } },
      { read: 0, write: 0 },
    ],
    ['null', null, { read: 0, write: 0 }],
    ['nothing', undefined, { read: 0, write: 0 }],
    [
      'malformed counts',
      { prompt_tokens_details: { cached_tokens: '7', cache_write_tokens: -5 } },
      { read: 0, write: 0 },
    ],
  ])('reads %s', (_name, usage, wanted) => {
    expect(openaiCacheTokens(usage)).toEqual(wanted);
    expect(openaiCachedReadTokens(usage)).toBe(wanted.read);
  });
});

describe('tokensFromOpenAIChat', () => {
  it('takes cached and written tokens out of the prompt', () => {
    const usage = {
      prompt_tokens: 15_000,
      completion_tokens: 40,
      total_tokens: 15_040,
      prompt_tokens_details: { cached_tokens: 11_000, cache_write_tokens: 3_000 },
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    expect(tokensFromOpenAIChat(usage, { vendor: 'openai' })).toEqual(
      tokenCounts({ fresh: 1_000, cacheRead: 11_000, cacheWrite: { '30m': 3_000 }, output: 40, reasoning: 30 }),
    );
    expect(tokensFromOpenAIChat(usage).cacheWrite).toMatchObject({ '30m': 'not-reported', unknown: 3_000 });
  });

  it.each([
    ['missing', { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }],
    ['null', { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14, prompt_tokens_details: null }],
    ['null inside', { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: null } }],
  ])('says nothing of a cache whose counters are %s', (_name, usage) => {
    expect(tokensFromOpenAIChat(usage)).toEqual(tokenCounts({ fresh: 10, output: 4 }));
  });

  it('tells a reported zero from silence (X-17, N-07)', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 0 } };
    expect(tokensFromOpenAIChat(usage).cacheRead).toBe(0);
  });

  it.each([undefined, null, 'usage', [], {}])('reports nothing of %j', (usage) => {
    expect(tokensFromOpenAIChat(usage)).toEqual(tokenCounts());
  });

  it('keeps the split of a gateway whose parts add up', () => {
    const details = { cached_tokens: 20, cache_creation_tokens: 50 };
    const split = { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 10 };
    const usage = { prompt_tokens: 100, completion_tokens: 1, prompt_tokens_details: details };
    const withSplit = { ...usage, prompt_tokens_details: { ...details, cache_creation_token_details: split } };
    expect(tokensFromOpenAIChat(withSplit)).toMatchObject({ fresh: 30, cacheWrite: { '5m': 40, '1h': 10 } });
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 30, cacheWrite: { '5m': 'not-reported', unknown: 50 } });
  });

  it("takes a gateway's zero for models without write counters as silence", () => {
    const usage = { prompt_tokens: 9, completion_tokens: 1, cache_creation_input_tokens: 0 };
    expect(tokensFromOpenAIChat(usage).cacheWrite.unknown).toBe('not-reported');
  });

  it("counts Anthropic's own shape net (B-07, P-11)", () => {
    const usage = { input_tokens: 5, output_tokens: 2, cache_read_input_tokens: 90, cache_creation_input_tokens: 7 };
    expect(tokensFromOpenAIChat(usage)).toEqual(
      tokenCounts({ fresh: 5, cacheRead: 90, cacheWrite: { unknown: 7 }, output: 2 }),
    );
  });
});

describe('what the total proves', () => {
  const reasoning = (tokens: number) => ({ completion_tokens_details: { reasoning_tokens: tokens } });

  it('adds reasoning that the completion leaves out', () => {
    const usage = { prompt_tokens: 12, completion_tokens: 1, total_tokens: 303, ...reasoning(290) };
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 12, output: 291, reasoning: 290 });
  });

  it('does not add reasoning that the completion holds', () => {
    const usage = { prompt_tokens: 17, completion_tokens: 1107, total_tokens: 1124, ...reasoning(963) };
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ output: 1107, reasoning: 963 });
    expect(tokensFromOpenAIChat(usage, { vendor: 'xai' })).toMatchObject({ output: 1107 });
  });

  it('is replaced by the vendor where there is none', () => {
    const usage = { prompt_tokens: 12, completion_tokens: 1, ...reasoning(290) };
    expect(tokensFromOpenAIChat(usage, { vendor: 'xai' }).output).toBe(291);
    expect(tokensFromOpenAIChat(usage).output).toBe('not-reported');
  });

  it('leaves the output open where reasoning exceeds it and the total holds neither', () => {
    const usage = { prompt_tokens: 57, completion_tokens: 10, total_tokens: 67, ...reasoning(37) };
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 57, output: 'not-reported', reasoning: 37 });
  });

  it("believes OpenRouter's completion count beside its reasoning estimate", () => {
    const usage = { prompt_tokens: 43, completion_tokens: 10, total_tokens: 53, is_byok: false, ...reasoning(11) };
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ output: 10, reasoning: 11 });
  });

  it("finds Google's uncounted thinking", () => {
    const usage = { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 };
    expect(tokensFromOpenAIChat(usage, { vendor: 'google' })).toMatchObject({ fresh: 35, output: 74 });
    expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 'not-reported', output: 'not-reported' });
  });

  it('counts audio that stands outside the prompt', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 201, total_tokens: 585 };
    const details = { prompt_tokens_details: { cached_tokens: 0, audio_tokens: 375 } };
    expect(tokensFromOpenAIChat({ ...usage, ...details })).toMatchObject({ fresh: 384, output: 201 });
  });

  it('doubts the prompt only, where the total may hold the cache twice', () => {
    const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 165 };
    const details = { prompt_tokens_details: { cached_tokens: 60 } };
    expect(tokensFromOpenAIChat({ ...usage, ...details })).toMatchObject({ fresh: 'not-reported', output: 5 });
    const known = tokensFromOpenAIChat({ ...usage, ...details }, { vendor: 'bedrock-mantle' });
    expect(known).toMatchObject({ fresh: 40, cacheRead: 60, output: 5 });
  });
});

it('takes more cached than prompt tokens as a prompt count without them', () => {
  const usage = { prompt_tokens: 202, completion_tokens: 15, prompt_tokens_details: { cached_tokens: 314 } };
  expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 202, cacheRead: 314 });
});

it('leaves the fresh part open where reads and writes do not fit the prompt', () => {
  const details = { cached_tokens: 2161, cache_write_tokens: 2161 };
  const usage = { prompt_tokens: 2168, completion_tokens: 100, prompt_tokens_details: details };
  expect(tokensFromOpenAIChat(usage)).toMatchObject({ fresh: 'not-reported', cacheRead: 2161 });
});

it('never counts below zero and never throws, whatever it is given', () => {
  const count = fc.oneof(fc.integer(), fc.nat(500), fc.constant(null), fc.constant('5'), fc.double());
  const details = fc.record(
    { cached_tokens: count, cache_write_tokens: count, cache_creation_tokens: count, audio_tokens: count },
    { requiredKeys: [] },
  );
  const usage = fc.record(
    {
      prompt_tokens: count,
      completion_tokens: count,
      total_tokens: count,
      cached_tokens: count,
      prompt_cache_hit_tokens: count,
      cache_creation_input_tokens: count,
      prompt_tokens_details: fc.oneof(details, fc.constant(null)),
      completion_tokens_details: fc.record({ reasoning_tokens: count }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(usage, fc.constantFrom('xai', 'google', 'bedrock-mantle', 'openrouter', 'unknown'), (given, vendor) => {
      const { fresh, cacheRead, cacheWrite, output, reasoning } = tokensFromOpenAIChat(given, { vendor });
      const counts = [fresh, cacheRead, output, reasoning, ...Object.values(cacheWrite)];
      return counts.every((value) => value === 'not-reported' || (Number.isSafeInteger(value) && value >= 0));
    }),
  );
});

it.each([
  ['https://api.openai.com/v1', 'openai'],
  ['https://my-resource.openai.azure.com/openai', 'azure'],
  ['https://api.x.ai/v1', 'xai'],
  ['https://api.deepseek.com', 'deepseek'],
  ['https://api.moonshot.cn/v1', 'moonshotai'],
  ['https://notx.ai/v1', 'unknown'],
  ['http://localhost:1234/v1', 'unknown'],
  ['not a URL', 'unknown'],
  [undefined, 'unknown'],
])('%s belongs to %s', (baseURL, name) => {
  expect(vendorOf(baseURL).name).toBe(name);
});
