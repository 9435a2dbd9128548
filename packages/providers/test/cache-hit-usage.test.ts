import { describe, expect, it } from 'vitest';
import { tokensFromAnthropic } from '../src/anthropic/decode/decode-usage.ts';
import { tokensFromOllama } from '../src/ollama/decode-usage.ts';
import { tokensFromOpenAIChat } from '../src/openai/chat/decode-usage.ts';
import {
  cacheHit,
  cacheWrote,
  netOfCache,
  promptTokenCount,
  readGrossCount,
  tokenCounts,
} from '../src/token-counts.ts';

describe('whether a response hit the cache, and wrote to it (D-13)', () => {
  it('is yes, no, or unknown where the vendor did not say', () => {
    expect([5, 0, 'not-reported' as const].map((cacheRead) => cacheHit(tokenCounts({ cacheRead })))).toEqual([
      true,
      false,
      'unknown',
    ]);
    const wrote = (cacheWrite: Parameters<typeof tokenCounts>[0] & object) => cacheWrote(tokenCounts(cacheWrite));
    expect(wrote({ cacheWrite: { '1h': 3 } })).toBe(true);
    expect(wrote({ cacheWrite: { '5m': 0 } })).toBe(false);
    expect(wrote({})).toBe('unknown');
  });

  it('tells a cache that was not hit from a vendor that is silent (X-17)', () => {
    const off = tokensFromAnthropic({ input_tokens: 9, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
    const silent = tokensFromOpenAIChat({ prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 });
    expect([cacheHit(off), cacheHit(silent)]).toEqual([false, 'unknown']);
    expect([cacheWrote(off), cacheWrote(silent)]).toEqual([false, 'unknown']);
  });

  it('of Ollama’s three states keeps three', () => {
    const record = { prompt_eval_count: 21, eval_count: 3 };
    expect(cacheHit(tokensFromOllama({ ...record, prompt_eval_cached_count: 16 }))).toBe(true);
    expect(cacheHit(tokensFromOllama({ ...record, prompt_eval_cached_count: 0 }))).toBe(false);
    expect(cacheHit(tokensFromOllama(record))).toBe('unknown');
  });
});

describe('a prompt and its parts (L-20)', () => {
  it('is gross at one vendor and net at another, and comes to the same', () => {
    const net = tokensFromAnthropic({
      input_tokens: 3,
      cache_read_input_tokens: 2_070,
      cache_creation_input_tokens: 0,
    });
    const gross = tokensFromOpenAIChat({ prompt_tokens: 2_073, prompt_tokens_details: { cached_tokens: 2_070 } });
    for (const tokens of [net, gross]) {
      expect(tokens).toMatchObject({ fresh: 3, cacheRead: 2_070 });
      expect(promptTokenCount(tokens)).toBe(2_073);
    }
  });

  it('is left open where the parts exceed the whole', () => {
    expect(netOfCache(readGrossCount(100), 60, 30)).toBe(10);
    expect(netOfCache(readGrossCount(100), 'not-reported')).toBe(100);
    expect(netOfCache(readGrossCount(100), 60, 41)).toBe('not-reported');
    expect(netOfCache(readGrossCount(undefined), 1)).toBe('not-reported');
    expect(readGrossCount(-1)).toBe('not-reported');
  });
});
