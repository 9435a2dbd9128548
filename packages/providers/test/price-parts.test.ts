import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BilledIteration, type PriceSums, priceTurn, tokenCounts } from '../src/index.ts';

const MODEL = { family: 'anthropic', model: 'claude-opus-5', at: Date.UTC(2026, 10, 21) } as const;

const total = (parts: PriceSums | undefined): bigint =>
  [parts?.fresh, parts?.cacheRead, ...Object.values(parts?.cacheWrite ?? {}), parts?.output, parts?.webSearch]
    .map((part) => part?.picoUsd ?? 0n)
    .reduce((sum, picoUsd) => sum + picoUsd, 0n);

const count = fc.nat(1_000_000);
const counts = fc
  .record({ fresh: count, cacheRead: count, output: count, short: count, long: count })
  .map(({ short, long, ...rest }) => tokenCounts({ ...rest, cacheWrite: { '5m': short, '1h': long } }));

it('the parts of a price add up to it, whatever ran beside the counts (D-16)', () => {
  const beside = fc.array(
    fc.record({ kind: fc.constant('compaction'), isInTokens: fc.constant(false), tokens: counts }),
  );
  fc.assert(
    fc.property(counts, beside, (tokens, iterations: readonly BilledIteration[]) => {
      const { picoUsd, parts } = priceTurn(tokens, { ...MODEL, billing: { iterations } });
      expect(total(parts)).toBe(picoUsd);
    }),
  );
});

it('a part holds its tokens and their price over all iterations', () => {
  const tokens = tokenCounts({ fresh: 10, cacheRead: 100, cacheWrite: { '5m': 4, '1h': 2 }, output: 3 });
  const more = { kind: 'compaction', isInTokens: false, tokens: tokenCounts({ fresh: 5, output: 1 }) };
  const { parts } = priceTurn(tokens, { ...MODEL, billing: { iterations: [more] } });
  expect(parts).toMatchObject({
    fresh: { tokens: 15, picoUsd: 75_000_000n },
    cacheRead: { tokens: 100, picoUsd: 50_000_000n },
    cacheWrite: { '5m': { tokens: 4, picoUsd: 25_000_000n }, '1h': { tokens: 2, picoUsd: 20_000_000n } },
    output: { tokens: 4, picoUsd: 100_000_000n },
  });
});

it('a bucket that nobody reported has no part, and an unknown or a free response has none', () => {
  const tokens = tokenCounts({ fresh: 1, output: 1 });
  expect(priceTurn(tokens, MODEL).parts).toMatchObject({ cacheRead: undefined, webSearch: undefined });
  expect(priceTurn(tokens, { ...MODEL, model: 'nonesuch', family: 'openai-chat' }).parts).toBeUndefined();
  const cost = { picoUsd: 0n, source: 'test' };
  expect(priceTurn(tokens, { ...MODEL, billing: { cost } }).parts).toBeUndefined();
});
