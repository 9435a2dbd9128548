import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ollamaCacheTokens, tokensFromOllama } from '../src/ollama/decode-usage.ts';
import { tokenCounts } from '../src/token-counts.ts';

describe('tokensFromOllama', () => {
  it('takes the cached part out of the prompt', () => {
    const record = { prompt_eval_count: 100, prompt_eval_cached_count: 80, eval_count: 7 };
    expect(tokensFromOllama(record)).toEqual(tokenCounts({ fresh: 20, cacheRead: 80, output: 7 }));
    expect(ollamaCacheTokens(record)).toEqual({ read: 80, write: 0 });
  });

  it('tells a reported zero from silence (B-03, P-03)', () => {
    const record = { prompt_eval_count: 100, eval_count: 7 };
    expect(tokensFromOllama({ ...record, prompt_eval_cached_count: 0 }).cacheRead).toBe(0);
    for (const silent of [record, { ...record, prompt_eval_cached_count: null }]) {
      expect(tokensFromOllama(silent)).toEqual(tokenCounts({ fresh: 100, output: 7 }));
      expect(ollamaCacheTokens(silent)).toEqual({ read: 0, write: 0 });
    }
  });

  it('does without a prompt count', () => {
    expect(tokensFromOllama({ eval_count: 7 })).toEqual(tokenCounts({ output: 7 }));
  });

  it.each([undefined, null, 'record', [], {}])('reports nothing of %j', (record) => {
    expect(tokensFromOllama(record)).toEqual(tokenCounts());
  });

  it('never counts below zero and never throws, whatever it is given', () => {
    const count = fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.string());
    const record = fc.record({ prompt_eval_count: count, prompt_eval_cached_count: count, eval_count: count });
    fc.assert(
      fc.property(record, (given) => {
        const { fresh, cacheRead, output } = tokensFromOllama(given);
        return [fresh, cacheRead, output].every((value) => value === 'not-reported' || value >= 0);
      }),
    );
  });
});
