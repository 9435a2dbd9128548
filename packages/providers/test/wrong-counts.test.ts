import { Anthropic } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import {
  billingFromUsage,
  priceTurn,
  streamAnthropic,
  type TokenCounts,
  tokenCounts,
  tokensFromAnthropic,
  tokensFromOllama,
  tokensFromOpenAIChat,
  tokensFromOpenAIResponses,
} from '../src/index.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';
import { WRONG_COUNTS, type WrongCount } from './support/wrong-counts.ts';

describe('usage that others counted wrong (N-05)', () => {
  it('is that of at least twenty public issues, each once', () => {
    const sources = WRONG_COUNTS.map(({ source }) => source);
    expect(new Set(sources).size).toBe(sources.length);
    expect(sources.length).toBeGreaterThanOrEqual(20);
  });

  it.each(WRONG_COUNTS)('$source: $mistake', (one) => {
    expect(countsOf(one)).toEqual(tokenCounts(one.tokens));
  });

  it.each(WRONG_COUNTS.filter(({ bill }) => bill !== undefined))('$source is billed right', (one) => {
    const { family, usage, vendor, bill } = one;
    if (!bill) expect.fail('there is a bill');
    const price = priceTurn(countsOf(one), {
      family,
      model: bill.model,
      at: Date.parse(bill.at ?? '2026-11-21'),
      billing: billingFromUsage(family, usage, vendor === undefined ? {} : { vendor }),
    });
    const listed = bill.rates?.reduce((sum, [tokens, dollars]) => sum + tokens * Math.round(dollars * 1e6), 0);
    expect(price.picoUsd).toBe(BigInt(listed ?? Math.round((bill.charged ?? Number.NaN) * 1e12)));
    expect(price.doubts).toEqual(bill.doubts ?? []);
  });
});

function countsOf({ family, usage, vendor }: WrongCount): TokenCounts {
  const options = vendor === undefined ? {} : { vendor };
  switch (family) {
    case 'anthropic':
      return tokensFromAnthropic(usage);
    case 'ollama':
      return tokensFromOllama(usage);
    case 'openai-responses':
      return tokensFromOpenAIResponses(usage, options);
    default:
      return tokensFromOpenAIChat(usage, options);
  }
}

/** The counters at the end of a stream are totals of all of it. Adding them to those at its beginning counts twice. */
describe('usage that others added up over a stream (N-05)', () => {
  it.each<[string, object, object, Partial<TokenCounts>]>([
    [
      'tensorzero/tensorzero#5481',
      { input_tokens: 25, output_tokens: 1 },
      { output_tokens: 15 },
      { fresh: 25, output: 15 },
    ],
    [
      'modelbus/one-api-pro#13',
      { input_tokens: 27, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
      { input_tokens: 27, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 47 },
      { fresh: 27, cacheRead: 0, output: 47 },
    ],
    [
      'microsoft/agent-framework#7143',
      { input_tokens: 25, output_tokens: 1 },
      { input_tokens: 25, output_tokens: 15 },
      { fresh: 25, output: 15 },
    ],
  ])('%s', async (_source, first, last, counts) => {
    const events = [
      {
        type: 'message_start',
        message: { id: 'm', model: 'claude-opus-5', role: 'assistant', content: [], usage: first },
      },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: last },
      { type: 'message_stop' },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    const fetch = recordedFetch({ headers: { 'content-type': 'text/event-stream' }, body });
    const client = new Anthropic({ apiKey: 'none', fetch, maxRetries: 0 });
    const turn = await collectTurn(streamAnthropic(client, userRequest('Hi'), { model: 'claude-opus-5' }));
    expect(turn.tokens).toMatchObject(counts);
  });
});

describe('mistakes of counting that no usage of ours repeats', () => {
  it('a gross input is not added to its reads (X-02)', () => {
    const tokens = tokensFromOpenAIChat({
      prompt_tokens: 100,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 60 },
    });
    const { fresh, cacheRead } = tokens;
    expect([fresh, cacheRead]).toEqual([40, 60]);
  });

  it('a net input is not clamped at 0 by what stands beside it, and an hour is not billed as five minutes (X-10)', () => {
    const usage = {
      input_tokens: 50,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 10,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 10 },
      output_tokens: 0,
    };
    const price = priceTurn(tokensFromAnthropic(usage), {
      family: 'anthropic',
      model: 'claude-opus-5',
      at: Date.UTC(2026, 10, 21),
    });
    expect(price.picoUsd).toBe(50n * 5_000_000n + 1_000n * 500_000n + 10n * 10_000_000n);
  });

  it('a response that paused is counted and priced like any other (X-03)', async () => {
    const usage = { input_tokens: 30, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 4 };
    const events = [
      { type: 'message_start', message: { id: 'm', model: 'claude-opus-5', role: 'assistant', content: [], usage } },
      { type: 'message_delta', delta: { stop_reason: 'pause_turn' }, usage: { output_tokens: 4 } },
      { type: 'message_stop' },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    const fetch = recordedFetch({ headers: { 'content-type': 'text/event-stream' }, body });
    const client = new Anthropic({ apiKey: 'none', fetch, maxRetries: 0 });
    const turn = await collectTurn(streamAnthropic(client, userRequest('Hi'), { model: 'claude-opus-5' }));
    expect(turn).toMatchObject({ stopReason: 'pause', tokens: { fresh: 30, output: 4 } });
    const { tokens, family, model, rawUsage } = turn;
    const price = priceTurn(tokens, { family, model, at: 0, billing: billingFromUsage(family, rawUsage) });
    expect(price.picoUsd).toBe(30n * 5_000_000n + 4n * 25_000_000n);
  });
});
