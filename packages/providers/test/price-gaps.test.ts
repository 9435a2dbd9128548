import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { type KnownTokenCounts, priceTurn, tokenCounts } from '../src/index.ts';

/**
 * What `@pydantic/genai-prices` 0.1.8 lacks or has wrong, each with what is done about it. Where a test here says that the base list
 * still has the gap and it fails, the list has caught up and the override can go.
 */

const NOVEMBER = Date.UTC(2026, 10, 21);
const NOTHING: KnownTokenCounts = { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 0, '30m': 0 }, output: 0 };

function dollarsOf(model: string, known: KnownTokenCounts, { at = NOVEMBER, family = 'openai-chat' } = {}) {
  const price = priceTurn(tokenCounts({ ...NOTHING, ...known }), { family, model, at });
  return { dollars: price.picoUsd === undefined ? undefined : Number(price.picoUsd) / 1e12, doubts: price.doubts };
}

const MILLION = 1_000_000;

describe('models that the base list lacks', () => {
  test.each(['claude-haiku-5-5', 'claude-fable-5-2', 'gpt-6.1-sol', 'gpt-6.1-terra', 'gemini-4-argon'])(
    '%s is not there',
    (model) => {
      expect(calcPrice({}, model, { timestamp: new Date(NOVEMBER) })).toBeNull();
    },
  );

  // USD per million: fresh, read, output.
  test.each<[string, number, [number, number, number], string[]]>([
    ['claude-haiku-5-5', 10_000, [0.1, 0.01, 0.5], []],
    ['claude-haiku-5-5', MILLION, [0.5, 0.05, 2.5], []],
    ['claude-fable-5-2', MILLION, [8, 0.2, 40], ['unconfirmed-price']],
    ['gpt-6.1-sol', 100_000, [2, 0.1, 10], []],
    ['gpt-6.1-sol', MILLION, [4, 0.2, 15], []],
    ['gpt-6.1-terra', 100_000, [1, 0.05, 5], []],
    ['gpt-6.1-terra', MILLION, [2, 0.1, 7.5], []],
    ['gpt-6.2-sol', 100_000, [2, 0.1, 10], []],
    ['gpt-6.2-sol', MILLION, [4, 0.2, 15], []],
    ['gemini-4-argon', MILLION, [2, 0.1, 10], []],
  ])('%s with a prompt of %i tokens has the price its vendor lists', (model, prompt, [fresh, read, output], doubts) => {
    const half = prompt / 2;
    const bill = dollarsOf(model, { fresh: half, cacheRead: half, output: half });
    expect(bill.dollars).toBeCloseTo((half / MILLION) * (fresh + read + output), 9);
    expect(bill.doubts).toEqual(doubts);
  });

  test('Gemini 4 Argon costs twice as much from December on', () => {
    const december = Date.UTC(2026, 11, 1);
    expect(dollarsOf('gemini-4-argon', { fresh: MILLION }, { at: december - 1 }).dollars).toBe(2);
    expect(dollarsOf('gemini-4-argon', { fresh: MILLION }, { at: december }).dollars).toBe(4);
  });

  test.each(['gpt-7', 'claude-haiku-9', 'gemini-5-xenon'])('%s stays unknown, which is not 0 (N-07)', (model) => {
    expect(dollarsOf(model, { fresh: MILLION }).dollars).toBeUndefined();
  });
});

test('Sonnet 5.5 matches the entry of Sonnet 5, whose reads cost twice as much', () => {
  const listed = calcPrice({}, 'claude-sonnet-5-5', { providerId: 'anthropic', timestamp: new Date(NOVEMBER) });
  expect(listed?.model.id).toBe('claude-sonnet-5');
  expect(dollarsOf('claude-sonnet-5-5', { cacheRead: MILLION })).toEqual({ dollars: 0.1, doubts: [] });
});

test('a model that takes an older sibling’s price is estimated', () => {
  expect(dollarsOf('claude-sonnet-5-7', { fresh: 1 }, { family: 'anthropic' }).doubts).toEqual(['other-model']);
});

test('Opus 4.8 on Bedrock has no hour rate there; an hour is twice the input price all the same', () => {
  const listed = calcPrice({}, 'global.anthropic.claude-opus-4-8-v1:0', { providerId: 'aws' });
  expect(listed?.model_price['cache_write_1h_mtok']).toBeUndefined();
  const bill = dollarsOf(
    'global.anthropic.claude-opus-4-8-v1:0',
    { cacheWrite: { '1h': MILLION } },
    { family: 'anthropic' },
  );
  expect(bill).toEqual({ dollars: 10, doubts: [] });
});

test('a model on Bedrock that only its vendor lists costs a tenth more in a region', () => {
  const bill = (model: string) => dollarsOf(model, { fresh: 100_000 }, { family: 'anthropic' });
  expect(bill('us.anthropic.claude-haiku-5-5')).toEqual({ dollars: 0.011, doubts: ['unconfirmed-price'] });
  expect(bill('global.anthropic.claude-haiku-5-5')).toEqual({ dollars: 0.01, doubts: ['unconfirmed-price'] });
});

describe('cache writes of OpenAI’s for 12 hours', () => {
  test('cost what is listed, where they are', () => {
    expect(dollarsOf('gpt-6.2-sol', { cacheWrite: { '12h': 100_000 } })).toEqual({ dollars: 0.5, doubts: [] });
    expect(dollarsOf('gpt-6.1-terra', { cacheWrite: { '12h': 100_000 } })).toEqual({ dollars: 0.25, doubts: [] });
  });

  test.each(['gpt-5.6-sol', 'gpt-6-sol', 'gpt-6.1-sol'])(
    'of %s are taken at twice the 30-minute rate, doubted',
    (model) => {
      const short = dollarsOf(model, { cacheWrite: { '30m': 100_000 } });
      const long = dollarsOf(model, { cacheWrite: { '12h': 100_000 } });
      expect(short.doubts).toEqual([]);
      expect(long.doubts).toEqual(['missing-rate']);
      expect(long.dollars).toBeCloseTo((short.dollars ?? 0) * 2, 9);
    },
  );
});

test('a price hangs on the size of each prompt, never on a sum of them', () => {
  const apart = 2 * (dollarsOf('gpt-6.1-sol', { fresh: 200_000 }).dollars ?? 0);
  expect(apart).toBeCloseTo(0.8, 9);
  expect(dollarsOf('gpt-6.1-sol', { fresh: 400_000 }).dollars).toBeCloseTo(1.6, 9);
});

test('reads and writes count towards the size of a prompt', () => {
  const dollars = (written: number) =>
    dollarsOf('gpt-6.1-sol', { fresh: 1_000, cacheRead: 270_000, cacheWrite: { '30m': written }, output: 0 }).dollars;
  expect(dollars(1_000)).toBeCloseTo((1_000 * 2 + 270_000 * 0.1 + 1_000 * 2.5) / MILLION, 9);
  expect(dollars(1_001)).toBeCloseTo((1_000 * 4 + 270_000 * 0.2 + 1_001 * 5) / MILLION, 9);
});
