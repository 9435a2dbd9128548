import {
  addUsage,
  dollarText,
  hitRate,
  NO_USAGE,
  promptTokens,
  type Usage,
  usageText,
  withMarkup,
} from '@reprise/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const count = fc.nat({ max: 1_000_000 });

const anyUsage: fc.Arbitrary<Usage> = fc.record({
  turns: count,
  fresh: count,
  cacheRead: count,
  cacheWrite: count,
  output: count,
  reasoning: count,
  searches: count,
  unpricedTurns: count,
  silentTurns: count,
  uncountedTurns: count,
  picoUsd: fc.bigInt({ min: 0n, max: 10n ** 15n }),
});

const USAGE: Usage = {
  ...NO_USAGE,
  turns: 2,
  fresh: 3,
  cacheRead: 2070,
  cacheWrite: 2070,
  output: 12,
  picoUsd: 1_230_000_000n,
};

describe('a sum of usages (L-64)', () => {
  it('does not depend on order or grouping, and nothing adds nothing', () => {
    fc.assert(
      fc.property(anyUsage, anyUsage, anyUsage, (a, b, c) => {
        expect(addUsage(a, b)).toEqual(addUsage(b, a));
        expect(addUsage(addUsage(a, b), c)).toEqual(addUsage(a, addUsage(b, c)));
        expect(addUsage(a, NO_USAGE)).toEqual(a);
        expect(promptTokens(addUsage(a, b))).toBe(promptTokens(a) + promptTokens(b));
      }),
    );
  });
});

describe('the hit rate of a usage (L-64)', () => {
  it('is the share of the whole prompt that was read, and unknown without a prompt', () => {
    expect(hitRate({ ...NO_USAGE, fresh: 1, cacheRead: 2, cacheWrite: 1 })).toBe(0.5);
    expect(hitRate(NO_USAGE)).toBeUndefined();
  });
});

describe('a usage as text (L-64)', () => {
  it.each([
    [
      'of reporting vendors',
      USAGE,
      '2 turns: prompt 4,143 tokens (read 2,070, written 2,070), output 12; hit rate 50.0%; $0.00123',
    ],
    [
      'of a vendor that says nothing of its cache',
      { ...USAGE, silentTurns: 1 },
      '2 turns: prompt 4,143 tokens (read ≥ 2,070, written ≥ 2,070), output 12; hit rate ≥ 50.0%; $0.00123',
    ],
    [
      'with a turn that was cut',
      { ...USAGE, silentTurns: 1, uncountedTurns: 1, unpricedTurns: 1 },
      '2 turns: prompt ≥ 4,143 tokens (read ≥ 2,070, written ≥ 2,070), output ≥ 12; hit rate ≥ 50.0%; ≥ $0.00123 (no price for 1 turn)',
    ],
    [
      'with thoughts and searches',
      { ...USAGE, reasoning: 5, searches: 1 },
      '2 turns: prompt 4,143 tokens (read 2,070, written 2,070), output 12 (reasoning 5); 1 search; hit rate 50.0%; $0.00123',
    ],
    [
      'of a model without a price',
      { ...NO_USAGE, turns: 1, fresh: 7, output: 2, unpricedTurns: 1 },
      '1 turn: prompt 7 tokens (read 0, written 0), output 2; hit rate 0.0%; no price for 1 turn',
    ],
    ['of nothing', NO_USAGE, '0 turns: prompt 0 tokens (read 0, written 0), output 0; $0.00'],
  ])('%s', (_case, usage, text) => {
    expect(usageText(usage)).toBe(text);
  });

  it.each([
    [0n, '$0.00'],
    [1n, '$0.000000000001'],
    [-1_500_000_000_000n, '-$1.50'],
    [1_234_567_000_000_000_000n, '$1,234,567.00'],
  ])('shows money to the last digit: %s', (picoUsd, text) => {
    expect(dollarText(picoUsd)).toBe(text);
  });
});

describe('a markup (L-64)', () => {
  it.each([
    [100n, 20, 120n],
    [100n, 12.5, 113n],
    [1_000n, 12.5, 1125n],
    [3n, 0, 3n],
    [0n, 50, 0n],
    [10n ** 18n + 1n, 100, 2n * 10n ** 18n + 2n],
  ])('%s picoUsd and %s percent are %s, rounded up', (picoUsd, percent, raised) => {
    expect(withMarkup({ ...NO_USAGE, picoUsd }, percent).picoUsd).toBe(raised);
  });

  it('changes no count', () => {
    const { picoUsd: _raised, ...counts } = withMarkup(USAGE, 30);
    const { picoUsd: _paid, ...before } = USAGE;
    expect(counts).toEqual(before);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7])('refuses %s percent', (percent) => {
    expect(() => withMarkup(USAGE, percent)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
  });
});
