import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSnapshot } from '../src/index.ts';

const state = {
  messages: ['a', 'b', 'c'],
  turnCount: 2,
  totalInputTokens: 10,
  totalOutputTokens: 20,
  totalReasoningTokens: 5,
  totalCacheReadTokens: 300,
  totalCacheWriteTokens: 40,
  silentTurnCount: 1,
};

describe('makeSnapshot', () => {
  test('a snapshot has the totals of the state', () => {
    expect(makeSnapshot({ sessionId: 's', state, prompt: 'hi' })).toEqual({
      sessionId: 's',
      turnCount: 2,
      messageCount: 3,
      silentTurnCount: 1,
      promptPreview: 'hi',
      tokenSnapshot: { input: 10, output: 20, reasoning: 5, cacheRead: 300, cacheWrite: 40 },
    });
  });

  test('a state from before the cache counters snapshots with 0 in their place', () => {
    const { totalCacheReadTokens, totalCacheWriteTokens, silentTurnCount, ...older } = state;
    const snapshot = makeSnapshot({ sessionId: 's', state: older, prompt: '' });
    expect(snapshot.tokenSnapshot).toEqual({ input: 10, output: 20, reasoning: 5, cacheRead: 0, cacheWrite: 0 });
    expect(snapshot.silentTurnCount).toBe(0);
  });

  test.each([
    ['nothing', {}],
    ['null', { messages: null, turnCount: null, totalCacheReadTokens: null }],
    ['text', { messages: 'abc', turnCount: '2', totalCacheReadTokens: '300' }],
    ['no number', { messages: { length: 3 }, turnCount: Number.NaN, totalCacheReadTokens: Number.POSITIVE_INFINITY }],
  ])('a counter that is %s counts 0', (_, broken) => {
    expect(makeSnapshot({ sessionId: 's', state: broken, prompt: '' })).toEqual({
      sessionId: 's',
      turnCount: 0,
      messageCount: 0,
      silentTurnCount: 0,
      promptPreview: '',
      tokenSnapshot: { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
    });
  });

  test('counters that a class keeps behind getters are read', () => {
    class State {
      get turnCount(): number {
        return 4;
      }
    }
    expect(makeSnapshot({ sessionId: 's', state: new State(), prompt: '' }).turnCount).toBe(4);
  });

  test('the preview is the first 80 characters of the prompt, none of them cut', () => {
    const prompts = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\n'), maxLength: 200 });
    fc.assert(
      fc.property(prompts, (prompt) => {
        const { promptPreview } = makeSnapshot({ sessionId: 's', state, prompt });
        expect(promptPreview).toBe(Array.from(prompt).slice(0, 80).join(''));
      }),
    );
  });

  test('the preview of a prompt that is not well-formed can be stored', () => {
    expect(makeSnapshot({ sessionId: 's', state, prompt: 'a\ud800' }).promptPreview).toBe('a\ufffd');
  });
});
