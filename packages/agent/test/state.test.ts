import { applyTurn, initialState, modelFromStream, runAgent } from '@reprise/agent';
import { assistantTurn, tokenCounts } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textTurn } from './support/scripted-stream.ts';

const count = fc.oneof(fc.constant('not-reported' as const), fc.nat(1_000_000));
const turn = fc
  .record({ fresh: count, cacheRead: count, write5m: count, write1h: count, output: count, reasoning: count })
  .map(({ write5m, write1h, ...counts }) =>
    textTurn('.', { tokens: { ...counts, cacheWrite: { '5m': write5m, '1h': write1h } } }),
  );
const numberOf = (value: number | 'not-reported' | undefined) => (typeof value === 'number' ? value : 0);

describe('B-11 layer 1: an assistant turn', () => {
  it('carries its cache counts as plain numbers beside the buckets', () => {
    const made = assistantTurn(textTurn('hi', { tokens: { cacheRead: 7, cacheWrite: { '5m': 2, '1h': 3 } } }));
    expect([made.cacheReadTokens, made.cacheWriteTokens]).toEqual([7, 5]);
  });

  it('without cache fields counts 0 and stays not reported (B-05, B-06)', () => {
    const made = assistantTurn(textTurn('hi'));
    expect([made.cacheReadTokens, made.cacheWriteTokens]).toEqual([0, 0]);
    expect(made.tokens).toEqual(tokenCounts());
  });

  it('with nothing but the two plain counts reports those', () => {
    const made = assistantTurn(textTurn('hi', { cacheReadTokens: 9, cacheWriteTokens: 4 }));
    expect([made.tokens.cacheRead, made.tokens.cacheWrite.unknown]).toEqual([9, 4]);
  });
});

describe('B-11 layer 1: the state', () => {
  it('sums every counter over its turns, for any turns', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20 }), (turns) => {
        const state = turns.reduce(applyTurn, initialState());
        const sum = (pick: (tokens: NonNullable<(typeof turns)[number]['tokens']>) => number) =>
          turns.reduce((total, { tokens }) => total + (tokens ? pick(tokens) : 0), 0);
        expect(state.turnCount).toBe(turns.length);
        expect(state.totalInputTokens).toBe(sum((tokens) => numberOf(tokens.fresh)));
        expect(state.totalOutputTokens).toBe(sum((tokens) => numberOf(tokens.output)));
        expect(state.totalReasoningTokens).toBe(sum((tokens) => numberOf(tokens.reasoning)));
        expect(state.totalCacheReadTokens).toBe(sum((tokens) => numberOf(tokens.cacheRead)));
        expect(state.totalCacheWriteTokens).toBe(
          sum(({ cacheWrite }) => numberOf(cacheWrite?.['5m']) + numberOf(cacheWrite?.['1h'])),
        );
      }),
    );
  });

  it('is not changed by a turn it has already counted: one response id counts once (B-08, N-05)', () => {
    const once = applyTurn(initialState(), textTurn('hi', { responseId: 'msg_1', tokens: { fresh: 5, cacheRead: 1 } }));
    expect(applyTurn(once, textTurn('hi', { responseId: 'msg_1', tokens: { fresh: 5, cacheRead: 1 } }))).toBe(once);
  });

  it('counts turns without a response id each time', () => {
    const state = [textTurn('a'), textTurn('a')].reduce(applyTurn, initialState());
    expect(state.turnCount).toBe(2);
  });

  it('counts a turn as silent only if no cache counter was reported', () => {
    const turns = [textTurn('a'), textTurn('b', { tokens: { cacheRead: 0 } }), textTurn('c', { tokens: { fresh: 3 } })];
    expect(turns.reduce(applyTurn, initialState()).silentTurnCount).toBe(2);
  });

  it('is JSON: writing and reading it changes nothing', () => {
    const state = applyTurn(initialState(), textTurn('hi', { responseId: 'msg_1', tokens: { fresh: 5 } }));
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('takes a stream function that knows nothing of caching as a silent provider (B-06, N-07)', async () => {
    const model = modelFromStream({
      id: 'plain',
      async *stream() {
        yield { type: 'assistant-turn', turn: textTurn('hello') };
      },
    });
    const { state, text } = await runAgent(initialState(), 'hi', { model }).result();
    expect(text).toBe('hello');
    expect(state).toMatchObject({
      turnCount: 1,
      totalCacheReadTokens: 0,
      totalCacheWriteTokens: 0,
      silentTurnCount: 1,
    });
  });

  it('counts a live response of its own even if the server repeats response ids', async () => {
    const model = modelFromStream({
      id: 'constant-id',
      async *stream() {
        yield { type: 'assistant-turn', turn: textTurn('same', { responseId: 'chatcmpl-xxx', tokens: { fresh: 2 } }) };
      },
    });
    const first = await runAgent(initialState(), 'one', { model }).result();
    const second = await runAgent(first.state, 'two', { model }).result();
    expect(second.state).toMatchObject({ turnCount: 2, totalInputTokens: 4 });
    expect(second.state.messages).toHaveLength(4);
  });
});
