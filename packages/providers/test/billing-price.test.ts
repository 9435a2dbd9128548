import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BilledIteration, type Billing, type KnownTokenCounts, priceTurn, tokenCounts } from '../src/index.ts';
import { seededRandom } from './support/random.ts';

const NOVEMBER = Date.UTC(2026, 10, 21);
const MICRO = 1_000_000n;

const counts = (known: KnownTokenCounts) =>
  tokenCounts({ fresh: 0, cacheRead: 0, cacheWrite: { '5m': 0 }, output: 0, ...known });

function iteration(kind: string, known: KnownTokenCounts, given: Partial<BilledIteration> = {}): BilledIteration {
  return { kind, tokens: counts(known), isInTokens: kind === 'message', ...given };
}

function priceOf(known: KnownTokenCounts, billing: Billing, model = 'claude-opus-5') {
  return priceTurn(counts(known), { family: 'anthropic', model, at: NOVEMBER, billing });
}

describe('iterations (P-10)', () => {
  test('a compaction is paid at the model’s own price, beside the counts', () => {
    const price = priceOf(
      { fresh: 600, output: 20 },
      {
        iterations: [
          iteration('compaction', { cacheRead: 55_096, output: 83 }),
          iteration('message', { fresh: 600, output: 20 }),
        ],
      },
    );
    expect(price).toMatchObject({
      status: 'exact',
      picoUsd: 600n * 5n * MICRO + 20n * 25n * MICRO + 55_096n * 500_000n + 83n * 25n * MICRO,
      iterations: [
        { kind: 'message', isInTokens: true },
        { kind: 'compaction', model: 'claude-opus-5', isInTokens: false },
      ],
    });
  });

  test('an advisor is paid at its own model’s price', () => {
    const advisor = iteration('advisor_message', { fresh: 2_529, output: 38 }, { model: 'claude-opus-4-8' });
    const price = priceOf(
      { fresh: 2_417, output: 133 },
      {
        iterations: [
          iteration('message', { fresh: 1_128, output: 121 }),
          advisor,
          iteration('message', { fresh: 1_289, output: 12 }),
        ],
      },
      'claude-sonnet-5',
    );
    const sonnet = 2_417n * 2n * MICRO + 133n * 10n * MICRO;
    expect(price).toMatchObject({ status: 'exact', picoUsd: sonnet + 2_529n * 5n * MICRO + 38n * 25n * MICRO });
  });

  test('the model that took over is paid, not the one that was asked', () => {
    const price = priceOf(
      { fresh: 412, output: 264 },
      {
        iterations: [
          iteration('fallback_message', { fresh: 412, output: 264 }, { model: 'claude-opus-4-8', isInTokens: true }),
        ],
      },
      'claude-fable-5',
    );
    expect(price).toMatchObject({
      status: 'exact',
      picoUsd: 412n * 5n * MICRO + 264n * 25n * MICRO,
      iterations: [{ model: 'claude-opus-4-8' }],
    });
  });

  test('a declined try may not have been billed: it is priced, and doubted', () => {
    const declined = iteration('message', { fresh: 408 }, { model: 'claude-fable-5', isInTokens: false });
    const fallback = iteration('fallback_message', { fresh: 412 }, { model: 'claude-opus-4-8', isInTokens: true });
    const price = priceOf({ fresh: 412 }, { iterations: [declined, fallback] }, 'claude-fable-5');
    expect(price).toMatchObject({
      status: 'estimated',
      doubts: ['unconfirmed-charge'],
      picoUsd: 412n * 5n * MICRO + 408n * 10n * MICRO,
    });
  });

  test('each prompt picks its own tier', () => {
    const small = { fresh: 60_000, output: 1_000 };
    const model = 'claude-haiku-5-5';
    const whole = { fresh: 120_000, output: 2_000 };
    const apart = priceOf(whole, { iterations: [iteration('message', small), iteration('message', small)] }, model);
    expect(apart).toMatchObject({ status: 'exact', picoUsd: 120_000n * 100_000n + 2_000n * 500_000n });
    expect(priceOf(whole, {}, model).picoUsd).toBe(120_000n * 500_000n + 2_000n * 2_500_000n);
  });

  test('the rates may differ within one response', () => {
    const large = { fresh: 100_001 };
    const price = priceOf(
      { fresh: 100_002 },
      { iterations: [iteration('message', { fresh: 1 }), iteration('message', large)] },
      'claude-haiku-5-5',
    );
    expect(price.picoUsd).toBe(100_000n + 100_001n * 500_000n);
    expect(price.iterations.map(({ parts }) => parts.fresh.picoUsdPerToken)).toEqual([100_000n, 500_000n]);
  });

  test('iterations that do not add up replace nothing, and are doubted', () => {
    const iterations = [iteration('message', { fresh: 100 }), iteration('compaction', { fresh: 50 })];
    expect(priceOf({ fresh: 101 }, { iterations })).toMatchObject({
      status: 'estimated',
      doubts: ['unadded-iterations'],
      picoUsd: 151n * 5n * MICRO,
    });
  });

  test('a kind nobody described is paid, and doubted', () => {
    const iterations = [iteration('message', { fresh: 100 }), iteration('reflection', { fresh: 50 })];
    expect(priceOf({ fresh: 100 }, { iterations })).toMatchObject({
      doubts: ['unadded-iterations'],
      picoUsd: 750n * MICRO,
    });
  });

  test('an adviser without a price leaves an estimate that says so, not a price of 0', () => {
    const advisor = iteration('advisor_message', { fresh: 9 }, { model: 'claude-nonesuch-9' });
    const price = priceOf({ fresh: 100 }, { iterations: [iteration('message', { fresh: 100 }), advisor] });
    expect(price).toMatchObject({ status: 'estimated', doubts: ['unpriced-extra'], picoUsd: 500n * MICRO });
  });

  test('web searches are paid once, however many iterations there were (L-50)', () => {
    const iterations = [iteration('message', { fresh: 1 }), iteration('message', { fresh: 2 })];
    const price = priceOf({ fresh: 3, serverTools: { webSearch: 2 } }, { iterations });
    expect(price).toMatchObject({ status: 'exact', picoUsd: 15n * MICRO + 20_000n * MICRO });
  });

  test('splitting a response into iterations of one tier never moves its price', () => {
    const random = seededRandom(7);
    for (let run = 0; run < 200; run += 1) {
      const parts = Array.from({ length: 1 + random.upTo(4) }, () =>
        counts({
          fresh: random.upTo(5_000),
          cacheRead: random.upTo(5_000),
          cacheWrite: { '5m': random.upTo(900), '1h': random.upTo(900) },
          output: random.upTo(900),
        }),
      );
      const sum = (of: (one: (typeof parts)[number]) => number | string) =>
        parts.reduce((total, one) => total + Number(of(one)), 0);
      const whole = {
        fresh: sum(({ fresh }) => fresh),
        cacheRead: sum(({ cacheRead }) => cacheRead),
        cacheWrite: {
          '5m': sum(({ cacheWrite }) => cacheWrite['5m']),
          '1h': sum(({ cacheWrite }) => cacheWrite['1h']),
        },
        output: sum(({ output }) => output),
      };
      const iterations = parts.map((tokens) => ({ kind: 'message', tokens, isInTokens: true }));
      expect(priceOf(whole, { iterations }).picoUsd).toBe(priceOf(whole, {}).picoUsd);
    }
  });
});

describe('what the vendor charged', () => {
  const cost = { picoUsd: 123n, source: 'OpenRouter: usage.cost' };

  test('is what was paid, whatever the list says, and exact', () => {
    const price = priceOf({ fresh: 10 }, { cost });
    expect(price).toMatchObject({ status: 'exact', picoUsd: 123n, reportedBy: 'OpenRouter: usage.cost', doubts: [] });
    expect(price.iterations[0]?.parts.fresh.picoUsd).toBe(50n * MICRO);
  });

  test('is known also of a model that no list has, or whose counts are missing', () => {
    expect(priceOf({ fresh: 10 }, { cost }, 'claude-nonesuch-9')).toMatchObject({ picoUsd: 123n, iterations: [] });
    expect(priceOf({ fresh: 'not-reported' }, { cost })).toMatchObject({ picoUsd: 123n, iterations: [] });
  });

  test('tells of no list price where the response was free', () => {
    const free = priceOf({ fresh: 10 }, { cost: { ...cost, picoUsd: 0n } });
    expect(free).toMatchObject({ status: 'exact', picoUsd: 0n, iterations: [] });
  });
});

describe('terms that change the price', () => {
  const bill: KnownTokenCounts = { fresh: 10, cacheRead: 100, cacheWrite: { '5m': 8, '1h': 4 }, output: 20 };
  const usual = (model: string) => priceOf(bill, {}, model).picoUsd ?? 0n;

  test.each<[string, Billing, string, (usual: bigint) => bigint]>([
    ['a batch costs half', { serviceTier: 'batch' }, 'claude-opus-5', (picoUsd) => picoUsd / 2n],
    ['fast mode costs twice', { speed: 'fast' }, 'claude-opus-5', (picoUsd) => picoUsd * 2n],
    ['fast mode costs twice', { speed: 'fast' }, 'claude-opus-5-5', (picoUsd) => picoUsd * 2n],
    [
      'running in the US costs a tenth more',
      { inferenceGeo: 'us' },
      'claude-opus-5',
      (picoUsd) => (picoUsd * 11n) / 10n,
    ],
    ['terms multiply', { speed: 'fast', inferenceGeo: 'us' }, 'claude-opus-5', (picoUsd) => (picoUsd * 22n) / 10n],
    [
      'usual terms change nothing',
      { serviceTier: 'standard', speed: 'standard', inferenceGeo: 'global' },
      'claude-opus-5',
      (picoUsd) => picoUsd,
    ],
    [
      'a place that was no choice changes nothing',
      { inferenceGeo: 'not_available' },
      'claude-haiku-4-5',
      (picoUsd) => picoUsd,
    ],
  ])('%s: %j of %s', (_name, billing, model, expected) => {
    expect(priceOf(bill, billing, model)).toMatchObject({ status: 'exact', picoUsd: expected(usual(model)) });
  });

  test('Opus 5 in fast mode costs $10 and $50 per million, Opus 5.5 $8 and $40', () => {
    const fast = (model: string, known: KnownTokenCounts) => priceOf(known, { speed: 'fast' }, model).picoUsd;
    expect([fast('claude-opus-5', { fresh: 1 }), fast('claude-opus-5', { output: 1 })]).toEqual([
      10n * MICRO,
      50n * MICRO,
    ]);
    expect([fast('claude-opus-5-5', { fresh: 1 }), fast('claude-opus-5-5', { output: 1 })]).toEqual([
      8n * MICRO,
      40n * MICRO,
    ]);
  });

  test('a search costs the same in any tier', () => {
    expect(priceOf({ serverTools: { webSearch: 1 } }, { serviceTier: 'batch' }).picoUsd).toBe(10_000n * MICRO);
  });

  test.each<[string, Billing]>([
    ['a tier', { serviceTier: 'priority' }],
    ['a place', { inferenceGeo: 'eu' }],
    ['a speed of this model', { speed: 'fast' }],
  ])('%s without a known price leaves the list price, doubted', (_name, billing) => {
    expect(priceOf(bill, billing, 'claude-sonnet-5')).toMatchObject({
      status: 'estimated',
      doubts: ['unpriced-terms'],
      picoUsd: usual('claude-sonnet-5'),
    });
  });
});

test('lifetimes that are a conclusion leave an estimate', () => {
  expect(priceOf({ cacheWrite: { '5m': 5 } }, { hasInferredLifetimes: true })).toMatchObject({
    status: 'estimated',
    doubts: ['inferred-lifetime'],
  });
});

test('nothing a vendor says makes a price negative, or lose its parts', () => {
  const count = fc.nat(300_000);
  const known = fc.record({ fresh: count, cacheRead: count, output: count });
  const one = fc
    .tuple(known, fc.constantFrom('message', 'compaction', 'other'), fc.boolean())
    .map(([of, kind, isInTokens]) => iteration(kind, of, { isInTokens }));
  fc.assert(
    fc.property(known, fc.array(one, { maxLength: 4 }), (whole, iterations) => {
      const price = priceOf(whole, { iterations }, 'claude-haiku-5-5');
      const parts = price.iterations.reduce((sum, { picoUsd }) => sum + picoUsd, 0n);
      const own = price.iterations
        .filter(({ isInTokens }) => isInTokens)
        .reduce((sum, { picoUsd }) => sum + picoUsd, 0n);
      return price.picoUsd === parts && own > -1n && own <= (priceOf(whole, {}, 'claude-haiku-5-5').picoUsd ?? 0n);
    }),
  );
});
