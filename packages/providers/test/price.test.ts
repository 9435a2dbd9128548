import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KnownTokenCounts, priceTurn, tokenCounts } from '../src/index.ts';

const NOVEMBER = Date.UTC(2026, 10, 21);

interface Bill extends KnownTokenCounts {
  readonly family?: string;
  readonly model?: string;
  readonly at?: number;
}

/** The price of a response of an Anthropic model whose vendor reported every counter. */
function priceOf({ family = 'anthropic', model = 'claude-opus-5', at = NOVEMBER, ...known }: Bill) {
  const tokens = tokenCounts({
    fresh: 0,
    cacheRead: 0,
    output: 0,
    ...known,
    cacheWrite: known.cacheWrite ?? { '5m': 0 },
  });
  return priceTurn(tokens, { family, model, at });
}

const LIST_PRICES: readonly (readonly [
  model: string,
  at: string,
  usd: readonly [number, number, number, number, number],
])[] = [
  // USD per million tokens: fresh, output, read, 5-minute write, 1-hour write.
  ['claude-fable-5-2', '2026-11-21', [8, 40, 0.2, 10, 16]],
  ['claude-fable-5-1', '2026-11-21', [10, 50, 0.25, 12.5, 20]],
  ['claude-mythos-5-1', '2026-11-21', [10, 50, 0.25, 12.5, 20]],
  ['claude-fable-5', '2026-11-21', [10, 50, 1, 12.5, 20]],
  ['claude-opus-5-5', '2026-11-21', [4, 20, 0.2, 5, 8]],
  ['claude-opus-5', '2026-11-21', [5, 25, 0.5, 6.25, 10]],
  ['claude-opus-4-8', '2026-11-21', [5, 25, 0.5, 6.25, 10]],
  ['claude-opus-4-7', '2026-11-21', [5, 25, 0.5, 6.25, 10]],
  ['claude-opus-4-6', '2026-11-21', [5, 25, 0.5, 6.25, 10]],
  ['claude-opus-4-5', '2026-11-21', [5, 25, 0.5, 6.25, 10]],
  ['claude-sonnet-5-5', '2026-10-06', [2, 10, 0.2, 2.5, 4]],
  ['claude-sonnet-5-5', '2026-10-07', [2, 10, 0.1, 2.5, 4]],
  ['claude-sonnet-5', '2026-11-21', [2, 10, 0.2, 2.5, 4]],
  ['claude-haiku-5-5', '2026-11-21', [0.1, 0.5, 0.01, 0.125, 0.2]],
  ['claude-haiku-4-5', '2026-11-21', [1, 5, 0.1, 1.25, 2]],
];

describe('list prices', () => {
  test.each(LIST_PRICES)('%s on %s costs what the vendor lists (D-16)', (model, date, usd) => {
    const [fresh, output, read, write, hourWrite] = usd.map((price) => Math.round(price * 1_000_000));
    const price = priceOf({
      model,
      at: Date.parse(date),
      fresh: 1,
      output: 1000,
      cacheRead: 1_000_000 / 100,
      cacheWrite: { '5m': 7, '1h': 3 },
    });
    const expected =
      (fresh ?? 0) + 1000 * (output ?? 0) + 10_000 * (read ?? 0) + 7 * (write ?? 0) + 3 * (hourWrite ?? 0);
    expect(price.picoUsd).toBe(BigInt(expected));
  });

  test('a price the vendor lists is exact, one known from a third party is estimated', () => {
    expect(priceOf({ model: 'claude-sonnet-5-5' }).status).toBe('exact');
    expect(priceOf({ model: 'claude-haiku-5-5' }).status).toBe('exact');
    expect(priceOf({ model: 'claude-fable-5-2' })).toMatchObject({
      status: 'estimated',
      doubts: ['unconfirmed-price'],
    });
  });

  test('the price changes at midnight UTC of its first day', () => {
    const before = priceOf({ model: 'claude-sonnet-5-5', at: Date.UTC(2026, 9, 7) - 1, cacheRead: 1 });
    const after = priceOf({ model: 'claude-sonnet-5-5', at: Date.UTC(2026, 9, 7), cacheRead: 1 });
    expect([before.picoUsd, after.picoUsd]).toEqual([200_000n, 100_000n]);
  });

  test('$5 per million tokens is 5 000 000 picoUsd per token', () => {
    const { parts } = priceOf({ fresh: 3 }).iterations[0] ?? {};
    expect(parts?.fresh).toEqual({ tokens: 3, picoUsdPerToken: 5_000_000n, picoUsd: 15_000_000n, doubt: undefined });
  });

  test('a web search costs one cent (L-50)', () => {
    expect(priceOf({ serverTools: { webSearch: 3 } })).toMatchObject({
      status: 'exact',
      picoUsd: 30_000_000_000n,
      iterations: [{ parts: { webSearch: { requests: 3, picoUsdPerRequest: 10_000_000_000n } } }],
    });
  });

  test('a server tool without a price makes the sum an estimate', () => {
    expect(priceOf({ serverTools: { codeExecution: 1 } }).doubts).toEqual(['unpriced-extra']);
    expect(priceOf({ serverTools: { codeExecution: 0, webFetch: 4 } }).status).toBe('exact');
  });
});

describe('whole-request tiers', () => {
  test('one token above the threshold reprices every bucket', () => {
    const model = 'claude-haiku-5-5';
    const small = priceOf({ model, fresh: 10_000, cacheRead: 80_000, cacheWrite: { '5m': 10_000 }, output: 100 });
    const large = priceOf({ model, fresh: 10_001, cacheRead: 80_000, cacheWrite: { '5m': 10_000 }, output: 100 });
    expect(small.picoUsd).toBe(10_000n * 100_000n + 80_000n * 10_000n + 10_000n * 125_000n + 100n * 500_000n);
    expect(large.picoUsd).toBe(10_001n * 500_000n + 80_000n * 50_000n + 10_000n * 625_000n + 100n * 2_500_000n);
  });

  test('OpenAI’s long-context price begins at 272 000 prompt tokens', () => {
    const openai = { family: 'openai-chat', model: 'gpt-5.6-sol', cacheWrite: { '30m': 0 } };
    const small = priceOf({ ...openai, fresh: 1_999, cacheRead: 270_000, output: 1 });
    const large = priceOf({ ...openai, fresh: 2_000, cacheRead: 270_000, output: 1 });
    expect(small.picoUsd).toBe(1_999n * 4_000_000n + 270_000n * 400_000n + 20_000_000n);
    expect(large.picoUsd).toBe(2_000n * 8_000_000n + 270_000n * 800_000n + 30_000_000n);
  });
});

describe('which model', () => {
  test.each([
    'claude-opus-5',
    'claude-opus-5-20260801',
    'claude-opus-5@20260801',
    'anthropic/claude-opus-5',
    'anthropic/claude-opus-5-20260801',
    'global.anthropic.claude-opus-5-v1:0',
  ])('%s is claude-opus-5', (model) => {
    expect(priceOf({ model, fresh: 1 })).toMatchObject({ status: 'exact', picoUsd: 5_000_000n });
  });

  test.each([
    ['gpt-5-2025-08-07', 1_250_000n],
    ['openai/gpt-5', 1_250_000n],
    ['gpt-5.6', 4_000_000n],
  ])('the alias %s is exact', (model, picoUsd) => {
    const price = priceOf({ family: 'openai-chat', model, fresh: 1, cacheWrite: { '30m': 0 } });
    expect(price).toMatchObject({ status: 'exact', picoUsd });
  });

  test('a new model priced like an older sibling is estimated', () => {
    expect(priceOf({ model: 'claude-sonnet-5-9', fresh: 1 })).toMatchObject({
      status: 'estimated',
      doubts: ['other-model'],
    });
  });

  test('a Bedrock region costs what Bedrock lists', () => {
    expect(priceOf({ model: 'eu.anthropic.claude-opus-5', fresh: 1 })).toMatchObject({ picoUsd: 5_500_000n });
  });

  test('Bedrock has no price of its own for an override: estimated', () => {
    expect(priceOf({ model: 'us.anthropic.claude-haiku-5-5', fresh: 1 }).doubts).toEqual(['unconfirmed-price']);
  });

  test.each([
    ['anthropic', 'claude-nonesuch-9'],
    ['openai-chat', 'nonesuch'],
    ['openai-chat', 'gpt-9'],
    ['scripted', 'scripted'],
    ['ollama', 'llama3.2'],
    // Local models that share a name with a hosted one.
    ['ollama', 'deepseek-chat'],
    ['openai-chat', 'deepseek-r1:8b'],
  ])('%s %s has no known price, which is not 0 (N-07)', (family, model) => {
    expect(priceOf({ family, model, fresh: 1 })).toEqual({
      status: 'unknown',
      picoUsd: undefined,
      parts: undefined,
      reportedBy: undefined,
      iterations: [],
      doubts: [],
    });
  });
});

describe('what was not reported', () => {
  test('no price without the fresh or the output count', () => {
    expect(priceOf({ fresh: 'not-reported' }).picoUsd).toBeUndefined();
    expect(priceOf({ output: 'not-reported' }).picoUsd).toBeUndefined();
  });

  test('an unreported cache costs nothing; it is exact where caching has to be asked for', () => {
    const tokens = tokenCounts({ fresh: 2, output: 1 });
    const price = priceTurn(tokens, { family: 'anthropic', model: 'claude-opus-5', at: NOVEMBER });
    expect(price).toMatchObject({
      status: 'exact',
      picoUsd: 35_000_000n,
      iterations: [{ parts: { cacheRead: undefined, cacheWrite: {} } }],
    });
  });

  test('it is an estimate where the vendor caches unasked at a lower rate', () => {
    const price = priceOf({ family: 'openai-chat', model: 'gpt-5', fresh: 1, cacheRead: 'not-reported' });
    expect(price).toMatchObject({ status: 'estimated', doubts: ['hidden-cache'], picoUsd: 1_250_000n });
  });

  test('unreported writes matter only where writing costs extra', () => {
    const silentWrite = { family: 'openai-chat', fresh: 1, cacheWrite: {} };
    expect(priceOf({ ...silentWrite, model: 'gpt-5' }).status).toBe('exact');
    expect(priceOf({ ...silentWrite, model: 'gpt-5.6-sol' }).status).toBe('estimated');
  });
});

describe('cache writes (P-09)', () => {
  test('an hour costs twice the input price also where the list leaves it out', () => {
    const price = priceOf({ model: 'global.anthropic.claude-opus-4-8-v1:0', cacheWrite: { '1h': 1 } });
    expect(price).toMatchObject({ status: 'exact', picoUsd: 10_000_000n });
  });

  test('a write of unknown lifetime takes the 5-minute rate and is estimated', () => {
    const price = priceOf({ cacheWrite: { unknown: 4 } });
    expect(price).toMatchObject({ status: 'estimated', doubts: ['unknown-lifetime'], picoUsd: 25_000_000n });
  });

  test('a 30-minute write at OpenAI costs 1.25 times the input price', () => {
    const openai = { family: 'openai-chat', model: 'gpt-5.6-sol' };
    expect(priceOf({ ...openai, cacheWrite: { '30m': 2 } })).toMatchObject({ status: 'exact', picoUsd: 10_000_000n });
    expect(priceOf({ ...openai, cacheWrite: { '12h': 2 } })).toMatchObject({ doubts: ['missing-rate'] });
  });

  test('a lifetime of no tokens raises no doubt', () => {
    expect(priceOf({ cacheWrite: { '5m': 1, unknown: 0, '12h': 0 } }).status).toBe('exact');
  });
});

test('the parts add up to the price', () => {
  const price = priceOf({
    fresh: 11,
    cacheRead: 13,
    cacheWrite: { '5m': 17, '1h': 19 },
    output: 23,
    serverTools: { webSearch: 1 },
  });
  const { fresh, cacheRead, cacheWrite, output, webSearch } = price.iterations[0]?.parts ?? {};
  const parts = [fresh, cacheRead, cacheWrite?.['5m'], cacheWrite?.['1h'], output, webSearch];
  expect(parts.reduce((sum, part) => sum + (part?.picoUsd ?? 0n), 0n)).toBe(price.picoUsd);
});

test('the price is the one the base list computes from the same usage', () => {
  const count = fc.nat(300_000);
  const models = fc.constantFrom('claude-opus-5-5', 'claude-sonnet-4-5', 'claude-opus-4-6', 'claude-haiku-4-5');
  const at = fc.constantFrom(Date.UTC(2026, 0, 1), NOVEMBER);
  fc.assert(
    fc.property(models, at, count, count, count, count, count, (model, time, fresh, cacheRead, w5m, w1h, output) => {
      const usage = {
        input_tokens: fresh + cacheRead + w5m + w1h,
        cache_read_tokens: cacheRead,
        cache_write_tokens: w5m + w1h,
        cache_write_1h_tokens: w1h,
        output_tokens: output,
      };
      const listed = calcPrice(usage, model, { providerId: 'anthropic', timestamp: new Date(time) })?.total_price;
      const ours = priceOf({ model, at: time, fresh, cacheRead, cacheWrite: { '5m': w5m, '1h': w1h }, output });
      expect(Number(ours.picoUsd) / 1e12).toBeCloseTo(listed ?? Number.NaN, 9);
    }),
  );
});
