import { OpenAI } from 'openai';
import { describe, expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { streamOpenAIChat, streamOpenAIResponses } from '../src/openai/provider.ts';
import { type Billing, picoUsdOf } from '../src/price/billing.ts';
import { priceTurn } from '../src/price/price.ts';
import { billingFromUsage } from '../src/read-billing.ts';
import { tokenCounts } from '../src/token-counts.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import { describeWithCorpus, listRecordings, type Recording, readRecording, recordedFetch } from './support/corpus.ts';

describe('what Anthropic says beside its counts', () => {
  const counts = (input: number, output: number) => ({
    input_tokens: input,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    output_tokens: output,
  });
  const tokens = (fresh: number, output: number) =>
    tokenCounts({ fresh, cacheRead: 0, cacheWrite: { '5m': 0, '1h': 0 }, output });
  const iterationsOf = (...iterations: readonly object[]) =>
    billingFromUsage('anthropic', { ...counts(7, 1), iterations }).iterations;

  it('is each iteration, and whether the top level holds it (P-10)', () => {
    const iterations = iterationsOf(
      { type: 'compaction', ...counts(60_385, 522) },
      { type: 'message', ...counts(600, 12) },
      { type: 'advisor_message', model: 'claude-opus-4-8', ...counts(2_529, 38) },
      { type: 'message', ...counts(12, 3) },
    );
    expect(iterations).toEqual([
      { kind: 'compaction', tokens: tokens(60_385, 522), isInTokens: false },
      { kind: 'message', tokens: tokens(600, 12), isInTokens: true },
      { kind: 'advisor_message', model: 'claude-opus-4-8', tokens: tokens(2_529, 38), isInTokens: false },
      { kind: 'message', tokens: tokens(12, 3), isInTokens: true },
    ]);
  });

  it('is the model that took over, whose counts the top level is', () => {
    const iterations = iterationsOf(
      { type: 'message', model: 'claude-fable-5', ...counts(408, 0) },
      { type: 'fallback_message', model: 'claude-opus-4-8', ...counts(412, 264) },
    );
    expect(iterations).toMatchObject([
      { kind: 'message', model: 'claude-fable-5', isInTokens: false },
      { kind: 'fallback_message', model: 'claude-opus-4-8', isInTokens: true },
    ]);
  });

  it('is tier, speed and place, and that its lifetimes are a conclusion', () => {
    const usage = {
      cache_creation_input_tokens: 9,
      cache_creation: { ephemeral_5m_input_tokens: 1 },
      service_tier: 'batch',
      speed: 'fast',
      inference_geo: 'us',
    };
    expect(billingFromUsage('anthropic', usage)).toEqual({
      hasInferredLifetimes: true,
      serviceTier: 'batch',
      speed: 'fast',
      inferenceGeo: 'us',
    });
  });

  it.each([null, undefined, 'usage', {}, { iterations: null, service_tier: null, speed: '' }])(
    'is nothing in %j',
    (usage) => {
      expect(billingFromUsage('anthropic', usage)).toEqual({});
    },
  );

  it('is nothing that makes it throw', () => {
    expect(iterationsOf([], [3], { type: 7, model: {} })).toHaveLength(3);
  });

  it('is what a gateway charged, where one passes the format on', () => {
    const { cost } = billingFromUsage('anthropic', { ...counts(7, 1), cost: 0.5, is_byok: false });
    expect(cost?.picoUsd).toBe(500_000_000_000n);
  });
});

describe('what a vendor of OpenAI’s formats says it charged', () => {
  const costOf = (usage: object, vendor?: string): Billing['cost'] =>
    billingFromUsage('openai-chat', usage, vendor === undefined ? {} : { vendor }).cost;

  it('is OpenRouter’s cost in dollars', () => {
    expect(costOf({ cost: 0.01058775, is_byok: false })).toEqual({
      picoUsd: 10_587_750_000n,
      source: 'OpenRouter: usage.cost',
    });
    expect(costOf({ cost: 0.25 }, 'openrouter')?.picoUsd).toBe(250_000_000_000n);
  });

  it('is OpenRouter’s fee and the upstream charge, with a key of the caller’s own', () => {
    const usage = { cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } };
    expect(costOf(usage)?.picoUsd).toBe(21_000_000_000n);
    expect(costOf({ ...usage, cost_details: { upstream_inference_cost: null } })).toBeUndefined();
  });

  it('is xAI’s ticks, of which 10¹⁰ are a dollar', () => {
    expect(costOf({ cost_in_usd_ticks: 37_756_000 })).toEqual({
      picoUsd: 3_775_600_000n,
      source: 'xAI: usage.cost_in_usd_ticks',
    });
    expect(billingFromUsage('openai-responses', { cost_in_usd_ticks: 1 }).cost?.picoUsd).toBe(100n);
  });

  it('is not the zero that Azure sends for its Grok', () => {
    expect(costOf({ cost_in_usd_ticks: 0 })).toBeUndefined();
    expect(costOf({ cost_in_usd_ticks: 5 }, 'azure')).toBeUndefined();
  });

  it('is Vercel’s cost, but not with a key of the caller’s own', () => {
    expect(costOf({ cost: 0.003561, market_cost: 0.003561, is_byok: false })?.source).toMatch(/^Vercel/);
    expect(costOf({ cost: 0, market_cost: 0.003561, is_byok: true })).toBeUndefined();
  });

  it('is Perplexity’s total, its fee for the search included', () => {
    const cost = { input_tokens_cost: 1e-5, output_tokens_cost: 1e-5, request_cost: 0.005, total_cost: 0.00502 };
    expect(costOf({ cost })?.picoUsd).toBe(5_020_000_000n);
  });

  it('is not a cost whose meaning nobody described', () => {
    expect(costOf({ cost: 0.0003287 })).toBeUndefined();
    expect(costOf({ cost: 0.0003287 }, 'avian')).toBeUndefined();
  });

  it.each([null, 'free', -1, Number.NaN, Number.POSITIVE_INFINITY, {}])('is not %j', (cost) => {
    expect(costOf({ cost, is_byok: false })).toBeUndefined();
  });

  it('may be nothing: a free model has a price', () => {
    expect(costOf({ cost: 0, is_byok: false })?.picoUsd).toBe(0n);
  });
});

it('says nothing for a family that reports no bill', () => {
  expect(billingFromUsage('ollama', { cost: 1, is_byok: false, service_tier: 'batch' })).toEqual({});
});

describe('dollars', () => {
  it.each([
    [0, 0n],
    [1, 1_000_000_000_000n],
    [0.1, 100_000_000_000n],
    [0.0000879, 87_900_000n],
    [3.9e-6, 3_900_000n],
    [5e-7, 500_000n],
    [1e-12, 1n],
    [1.5e21, 1_500_000_000_000_000_000_000_000_000_000_000n],
    // A double beside a decimal, and one that is finer than our unit: rounded half up.
    [0.0076509169000000005, 7_650_916_900n],
    [0.0004970133333333333, 497_013_333n],
    [2.5e-12, 3n],
    [1e-13, 0n],
  ])('%d is %d picoUsd', (dollars, picoUsd) => {
    expect(picoUsdOf(dollars)).toBe(picoUsd);
  });
});

/** Recorded charges: what the vendor says it took for a response of a model with a list price. */
describeWithCorpus('recorded charges', () => {
  for (const [vendor, responses, sameAsListed] of [
    ['xai', 38, 33],
    ['openrouter', 25, 19],
    ['vercel-gateway', 19, 12],
    ['perplexity', 3, 0],
  ] as const) {
    it(`of ${vendor} are read, and ${sameAsListed} of ${responses} are to the picoUsd what the list says`, async () => {
      const entries = listRecordings({ vendor, status: 200 });
      const turns = await Promise.all(entries.map((entry) => replay(readRecording(entry))));
      const charged = turns.flatMap(({ tokens, family, model, rawUsage }) => {
        const { cost } = billingFromUsage(family, rawUsage, { vendor });
        return cost === undefined
          ? []
          : [{ charged: cost.picoUsd, listed: priceTurn(tokens, { family, model, at: JUNE }).picoUsd }];
      });
      expect(charged).toHaveLength(responses);
      expect(charged.filter(({ charged: picoUsd, listed }) => picoUsd === listed)).toHaveLength(sameAsListed);
    });
  }
});

/** When most of them were recorded. */
const JUNE = Date.UTC(2026, 5, 1);

async function replay({ family, response, vendor, model }: Recording): Promise<AssistantTurn> {
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: 'http://localhost/v1',
    fetch: recordedFetch(response),
    maxRetries: 0,
  });
  const stream = family === 'openai-chat' ? streamOpenAIChat : streamOpenAIResponses;
  return collectTurn(stream(client, userRequest('Hi'), { model, vendor }));
}
