import { describe, expect, it } from 'vitest';
import {
  anthropicCacheTokens,
  hasInferredLifetimes,
  tokensFromAnthropic,
} from '../src/anthropic/decode/decode-usage.ts';
import { cacheWriteCount, promptTokenCount } from '../src/token-counts.ts';

describe('B-11 layer 3: cache tokens as numbers (B-01, D-14)', () => {
  it('are read where the vendor reports them', () => {
    const usage = {
      input_tokens: 12,
      cache_read_input_tokens: 300,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 4,
    };
    expect(anthropicCacheTokens(usage)).toEqual({ read: 300, write: 50, write5m: 20, write1h: 30 });
  });

  it.each([
    ['missing', { input_tokens: 12, output_tokens: 4 }],
    ['null', { cache_read_input_tokens: null, cache_creation_input_tokens: null, cache_creation: null }],
    ['in a usage that is null', null],
    ['in no usage at all', undefined],
    ['malformed', { cache_read_input_tokens: '7', cache_creation_input_tokens: -1, cache_creation: [1] }],
  ])('are 0 where they are %s', (_name, usage) => {
    expect(anthropicCacheTokens(usage)).toEqual({ read: 0, write: 0, write5m: 0, write1h: 0 });
  });

  it('have no lifetime where only the total is reported', () => {
    expect(anthropicCacheTokens({ cache_creation_input_tokens: 9 })).toEqual({
      read: 0,
      write: 9,
      write5m: 0,
      write1h: 0,
    });
  });
});

describe('token counts', () => {
  it('are taken as reported: input is net of the cache', () => {
    const tokens = tokensFromAnthropic({
      input_tokens: 12,
      cache_read_input_tokens: 300,
      cache_creation_input_tokens: 50,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 25 },
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    });
    expect(tokens).toEqual({
      fresh: 12,
      cacheRead: 300,
      cacheWrite: { '5m': 20, '1h': 30, '30m': 'not-reported', '12h': 'not-reported', unknown: 'not-reported' },
      output: 40,
      reasoning: 25,
      serverTools: { webSearch: 2, webFetch: 0 },
    });
    expect(promptTokenCount(tokens)).toBe(362);
  });

  it.each([
    ['missing', {}],
    ['null', { input_tokens: null, cache_read_input_tokens: null, output_tokens_details: null, server_tool_use: null }],
    ['malformed', { input_tokens: '12', cache_read_input_tokens: Number.NaN, output_tokens: {}, server_tool_use: [3] }],
  ])('are not reported where they are %s, which is not zero', (_name, usage) => {
    const tokens = tokensFromAnthropic(usage);
    expect([tokens.fresh, tokens.cacheRead, cacheWriteCount(tokens), tokens.output, tokens.reasoning]).toEqual(
      Array(5).fill('not-reported'),
    );
    expect(tokens.serverTools).toEqual({});
  });

  it('tell reported zero from not reported', () => {
    const tokens = tokensFromAnthropic({ cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
    expect([tokens.cacheRead, cacheWriteCount(tokens)]).toEqual([0, 0]);
  });
});

describe('the split of cache writes by lifetime (P-09)', () => {
  const writes = (usage: unknown) => tokensFromAnthropic(usage).cacheWrite;

  it('gives the rest of a total that grew after the split to five minutes', () => {
    const cache_creation = { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 3068 };
    expect(writes({ cache_creation_input_tokens: 3337, cache_creation })).toMatchObject({ '5m': 269, '1h': 3068 });
  });

  it('never exceeds a total that shrank after the split', () => {
    const cache_creation = { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 500 };
    expect(writes({ cache_creation_input_tokens: 200, cache_creation })).toMatchObject({ '5m': 0, '1h': 200 });
  });

  it('is unknown where the vendor gave a total only', () => {
    expect(writes({ cache_creation_input_tokens: 9 })).toMatchObject({ unknown: 9, '5m': 'not-reported' });
    expect(writes({ cache_creation_input_tokens: 9, cache_creation: {} })).toMatchObject({ unknown: 9 });
  });

  it('stands where the vendor gave the split only', () => {
    const cache_creation = { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: null };
    expect(writes({ cache_creation })).toMatchObject({ '5m': 7, '1h': 'not-reported' });
  });

  const split = (write5m: number, write1h: number) => ({
    ephemeral_5m_input_tokens: write5m,
    ephemeral_1h_input_tokens: write1h,
  });

  it('is exactly that of the iterations, where they add up to the total and the first split does not (P-10)', () => {
    const usage = {
      cache_creation_input_tokens: 3337,
      cache_creation: split(0, 3068),
      iterations: [
        { type: 'message', cache_creation_input_tokens: 3068, cache_creation: split(0, 3068) },
        { type: 'message', cache_creation_input_tokens: 269, cache_creation: split(69, 200) },
      ],
    };
    expect(writes(usage)).toMatchObject({ '5m': 69, '1h': 3268 });
    expect(hasInferredLifetimes(usage)).toBe(false);
  });

  it('takes no part of a compaction, which the total leaves out', () => {
    const usage = {
      cache_creation_input_tokens: 300,
      cache_creation: split(100, 0),
      iterations: [
        { type: 'compaction', cache_creation_input_tokens: 55_096, cache_creation: split(55_096, 0) },
        { type: 'message', cache_creation_input_tokens: 300, cache_creation: split(50, 250) },
      ],
    };
    expect(writes(usage)).toMatchObject({ '5m': 50, '1h': 250 });
  });

  it('is inferred, and known to be, where nothing the vendor split adds up to the total', () => {
    const usage = {
      cache_creation_input_tokens: 3337,
      cache_creation: split(0, 3068),
      iterations: [{ type: 'message', cache_creation_input_tokens: 1, cache_creation: split(1, 0) }],
    };
    expect(writes(usage)).toMatchObject({ '5m': 269, '1h': 3068 });
    expect(hasInferredLifetimes(usage)).toBe(true);
  });

  it.each([
    ['adds up', { cache_creation_input_tokens: 50, cache_creation: split(20, 30) }],
    ['stands alone', { cache_creation: split(20, 30) }],
    ['is missing', { cache_creation_input_tokens: 50 }],
    ['splits nothing', { cache_creation_input_tokens: 0, cache_creation: split(5, 0) }],
    ['is in no usage', null],
  ])('is not inferred where it %s', (_name, usage) => {
    expect(hasInferredLifetimes(usage)).toBe(false);
  });
});
