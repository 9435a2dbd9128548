import { describe, expect, it } from 'vitest';
import { openaiCachedReadTokens, openaiCacheTokens } from '../src/openai/chat/decode-usage.ts';
import { tokensFromOpenAIResponses } from '../src/openai/responses/decode-usage.ts';
import { promptTokenCount, tokenCounts } from '../src/token-counts.ts';

const USAGE = {
  input_tokens: 3000,
  input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 1500 },
  output_tokens: 200,
  output_tokens_details: { reasoning_tokens: 150 },
  total_tokens: 3200,
};

describe('tokensFromOpenAIResponses', () => {
  it('takes cache reads and writes out of the input, and leaves reasoning in the output', () => {
    const tokens = tokensFromOpenAIResponses(USAGE);
    expect(tokens).toEqual(
      tokenCounts({ fresh: 476, cacheRead: 1024, cacheWrite: { unknown: 1500 }, output: 200, reasoning: 150 }),
    );
    expect(promptTokenCount(tokens)).toBe(3000);
  });

  it.each([undefined, null, {}, 'usage', { input_tokens: null, output_tokens: -1 }])(
    'reports nothing for %j',
    (usage) => {
      expect(tokensFromOpenAIResponses(usage)).toEqual(tokenCounts());
    },
  );

  it('tells no reads from zero reads', () => {
    const tokens = tokensFromOpenAIResponses({ input_tokens: 7, output_tokens: 1 });
    expect(tokens).toMatchObject({ fresh: 7, cacheRead: 'not-reported', reasoning: 'not-reported' });
    const zero = { ...USAGE, input_tokens_details: { cached_tokens: 0 } };
    expect(tokensFromOpenAIResponses(zero)).toMatchObject({ fresh: 3000, cacheRead: 0 });
  });
});

describe('cache writes by lifetime', () => {
  const withSplit = (split: unknown, vendor?: string) =>
    tokensFromOpenAIResponses(
      { ...USAGE, input_tokens_details: { ...USAGE.input_tokens_details, cache_write_tokens_details: split } },
      vendor === undefined ? {} : { vendor },
    );

  it('are split where the parts add up', () => {
    const tokens = withSplit({ ttl_30m_tokens: 1000, ttl_12h_tokens: 500 });
    expect(tokens.cacheWrite).toMatchObject({ '30m': 1000, '12h': 500, unknown: 'not-reported' });
    expect(tokens.fresh).toBe(476);
  });

  it('are whole where the parts do not', () => {
    for (const split of [{ ttl_30m_tokens: 1000, ttl_12h_tokens: 501 }, {}, null]) {
      expect(withSplit(split).cacheWrite).toMatchObject({ '30m': 'not-reported', unknown: 1500 });
    }
  });

  it("have OpenAI's default lifetime at OpenAI, unless it says otherwise", () => {
    expect(withSplit(undefined, 'openai').cacheWrite).toMatchObject({ '30m': 1500, unknown: 'not-reported' });
    expect(withSplit({ ttl_12h_tokens: 1500 }, 'openai').cacheWrite).toMatchObject({ '30m': 0, '12h': 1500 });
  });
});

describe('counts that contradict each other', () => {
  it('never give a negative one: more cached than input is cached beside it', () => {
    const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 60 }, output_tokens: 5 };
    expect(tokensFromOpenAIResponses(usage)).toMatchObject({ fresh: 10, cacheRead: 60 });
  });

  it('leave out the input that its parts exceed together', () => {
    const details = { cached_tokens: 60, cache_write_tokens: 60 };
    const tokens = tokensFromOpenAIResponses({ input_tokens: 100, input_tokens_details: details, output_tokens: 5 });
    expect(tokens).toMatchObject({ fresh: 'not-reported', cacheRead: 60 });
  });

  it('leave out what a total disproves', () => {
    const tokens = tokensFromOpenAIResponses({ input_tokens: 10, output_tokens: 5, total_tokens: 99 });
    expect(tokens).toMatchObject({ fresh: 'not-reported', output: 'not-reported' });
  });
});

describe('xAI', () => {
  it('counts reasoning inside the output here, whether or not there is a total', () => {
    const { total_tokens: _total, ...usage } = USAGE;
    expect(tokensFromOpenAIResponses(USAGE, { vendor: 'xai' }).output).toBe(200);
    expect(tokensFromOpenAIResponses(usage, { vendor: 'xai' }).output).toBe(200);
    expect(tokensFromOpenAIResponses(usage).output).toBe(200);
  });

  it('counts its own tools inside its usage', () => {
    const details = { web_search_calls: 2, code_interpreter_calls: 0, mcp_calls: null };
    const tokens = tokensFromOpenAIResponses({ ...USAGE, server_side_tool_usage_details: details }, { vendor: 'xai' });
    expect(tokens.serverTools).toEqual({ webSearch: 2, codeInterpreter: 0 });
  });
});

describe('web searches (L-50)', () => {
  it('are counted beside the usage', () => {
    const toolUsage = { web_search: { num_requests: 3 }, image_gen: { total_tokens: 0 } };
    expect(tokensFromOpenAIResponses(USAGE, { toolUsage }).serverTools).toEqual({ webSearch: 3 });
  });

  it.each([undefined, null, {}, { web_search: null }, { web_search: { num_requests: -1 } }])(
    'are not made up from %j',
    (toolUsage) => {
      expect(tokensFromOpenAIResponses(USAGE, { toolUsage }).serverTools).toEqual({});
    },
  );

  it('may be none', () => {
    const toolUsage = { web_search: { num_requests: 0 } };
    expect(tokensFromOpenAIResponses(null, { toolUsage }).serverTools).toEqual({ webSearch: 0 });
  });
});

it('is read by the plain helpers as well', () => {
  expect(openaiCacheTokens(USAGE)).toEqual({ read: 1024, write: 1500 });
  expect(openaiCacheTokens({ ...USAGE, input_tokens_details: null })).toEqual({ read: 0, write: 0 });
  expect(openaiCachedReadTokens(USAGE)).toBe(1024);
});
