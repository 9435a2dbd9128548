import {
  type Billing,
  CACHE_LIFETIMES,
  type Count,
  type KnownTokenCounts,
  priceTurn,
  tokenCounts,
} from '@reprise/providers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheStatement, type LedgerRow, type Money } from '../src/index.ts';
import { ledgerRowOf } from './support/rows.ts';

const count = fc.nat(400_000);
const maybe: fc.Arbitrary<Count> = fc.oneof({ weight: 4, arbitrary: count }, fc.constant('not-reported' as const));
const tokens: fc.Arbitrary<KnownTokenCounts> = fc.record({
  fresh: fc.oneof({ weight: 9, arbitrary: count }, fc.constant('not-reported' as const)),
  cacheRead: maybe,
  cacheWrite: fc.record({ '5m': maybe, '1h': maybe, '30m': maybe, '12h': maybe, unknown: maybe }),
  output: fc.oneof({ weight: 9, arbitrary: count }, fc.constant('not-reported' as const)),
  reasoning: maybe,
  serverTools: fc.oneof(fc.constant({}), fc.record({ webSearch: fc.nat(20) })),
});
const model = fc.constantFrom(
  { family: 'anthropic', model: 'claude-opus-5-5' },
  { family: 'anthropic', model: 'claude-sonnet-5-5' },
  { family: 'anthropic', model: 'claude-haiku-5-5' },
  { family: 'anthropic', model: 'claude-sonnet-4-5' },
  { family: 'anthropic', model: 'claude-nonesuch' },
  { family: 'openai-chat', model: 'gpt-5.6-sol' },
  { family: 'openai-chat', model: 'gpt-5-mini' },
  { family: 'ollama', model: 'llama3.2' },
);
const startedAt = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) });
const row = fc
  .tuple(tokens, model, startedAt)
  .map(([reported, named, at]) => ledgerRowOf(reported, { ...named, startedAt: at }));
const ledger = fc.array(row, { maxLength: 12 });
const iteration = fc
  .tuple(tokens, fc.constantFrom('message', 'compaction', 'advisor_message', 'something_new'), fc.boolean())
  .map(([reported, kind, isInTokens]) => ({ kind, tokens: tokenCounts(reported), isInTokens }));
/** What the vendor says beside the counts: iterations that add up to them or not, a charge of its own, terms known and unknown. */
const billing: fc.Arbitrary<Billing> = fc.record(
  {
    iterations: fc.array(iteration, { maxLength: 4 }),
    cost: fc.record({ picoUsd: fc.bigInt({ min: 0n, max: 10n ** 13n }), source: fc.constant('a vendor') }),
    serviceTier: fc.constantFrom('standard', 'batch', 'priority'),
    inferenceGeo: fc.constantFrom('us', 'global', 'eu'),
  },
  { requiredKeys: [] },
);
const billedLedger = fc.array(
  fc.tuple(row, billing).map(([of, said]) => ({ ...of, billing: said })),
  { maxLength: 12 },
);

function expectClosed(money: Money): void {
  expect(money.paidPicoUsd + money.readSavingsPicoUsd).toBe(money.baselinePicoUsd + money.writeSurchargePicoUsd);
  expect(money.savedPicoUsd).toBe(money.baselinePicoUsd - money.paidPicoUsd);
}

test('paid + read savings = baseline + write surcharge, per turn and in sum, whatever was billed beside the counts', () => {
  fc.assert(
    fc.property(billedLedger, (rows) => {
      const { turns, money, covered } = cacheStatement(rows);
      for (const turn of turns) if (turn.money) expectClosed(turn.money);
      if (money) expectClosed(money);
      expectClosed(covered.money);
    }),
  );
});

test('it closes with any rates, reads dearer than fresh tokens included', () => {
  const rate = fc.bigInt({ min: 0n, max: 10n ** 8n });
  fc.assert(
    fc.property(ledger, rate, rate, rate, rate, (rows, fresh, read, write, output) => {
      const part = (of: Count, picoUsdPerToken: bigint) => {
        const number = of === 'not-reported' ? 0 : of;
        return { tokens: number, picoUsdPerToken, picoUsd: BigInt(number) * picoUsdPerToken, doubt: undefined };
      };
      const price: typeof priceTurn = (used) => {
        const parts = {
          fresh: part(used.fresh, fresh),
          cacheRead: part(used.cacheRead, read),
          cacheWrite: { '5m': part(used.cacheWrite['5m'], write), '1h': part(used.cacheWrite['1h'], 2n * write) },
          output: part(used.output, output),
          webSearch: undefined,
        };
        const all = [parts.fresh, parts.cacheRead, parts.cacheWrite['5m'], parts.cacheWrite['1h'], parts.output];
        const picoUsd = all.reduce((sum, part) => sum + part.picoUsd, 0n);
        const iteration = { kind: 'message', model: 'any', isInTokens: true, picoUsd, parts, doubts: [] };
        return { status: 'exact', picoUsd, parts, reportedBy: undefined, iterations: [iteration], doubts: [] };
      };
      const { turns, money } = cacheStatement(rows, { price });
      for (const turn of turns) expectClosed(turn.money ?? expect.fail('every turn has a price'));
      expectClosed(money ?? expect.fail('there is a sum'));
    }),
  );
});

/** What a row costs if tokens of these buckets had been fresh: another way to each figure, through prices only. */
function costAsFresh(row: LedgerRow, buckets: readonly ('read' | 'written')[]): bigint | undefined {
  const { tokens: used, family, model: id, startedAt: at } = row;
  const asNumber = (of: Count) => (of === 'not-reported' ? 0 : of);
  const read = buckets.includes('read') ? asNumber(used.cacheRead) : 0;
  const written = buckets.includes('written')
    ? CACHE_LIFETIMES.reduce((sum, lifetime) => sum + asNumber(used.cacheWrite[lifetime]), 0)
    : 0;
  const moved = {
    ...used,
    fresh: used.fresh === 'not-reported' ? used.fresh : used.fresh + read + written,
    ...(buckets.includes('read') && { cacheRead: 0 }),
    ...(buckets.includes('written') && { cacheWrite: { '5m': 0, '1h': 0, '30m': 0, '12h': 0, unknown: 0 } }),
  };
  return priceTurn(moved, { family, model: id, at }).picoUsd;
}

test('the sums are those of an independent recomputation from the rows', () => {
  fc.assert(
    fc.property(ledger, (rows) => {
      const { money, unpricedTurns } = cacheStatement(rows);
      const cost = (of: LedgerRow, ...buckets: ('read' | 'written')[]) => costAsFresh(of, buckets) ?? 0n;
      const priced = rows.filter((of) => costAsFresh(of, []) !== undefined);
      const sum = (of: (row: LedgerRow) => bigint) => priced.reduce((total, one) => total + of(one), 0n);
      expect(unpricedTurns).toBe(rows.length - priced.length);
      expect(money).toEqual(
        rows.length > 0 && priced.length === 0
          ? undefined
          : {
              paidPicoUsd: sum((of) => cost(of)),
              baselinePicoUsd: sum((of) => cost(of, 'read', 'written')),
              readSavingsPicoUsd: sum((of) => cost(of, 'read') - cost(of)),
              writeSurchargePicoUsd: sum((of) => cost(of) - cost(of, 'written')),
              savedPicoUsd: sum((of) => cost(of, 'read', 'written') - cost(of)),
              besidePicoUsd: 0n,
            },
      );
    }),
  );
});
