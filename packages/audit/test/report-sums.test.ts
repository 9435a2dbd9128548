import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheStatement, type LedgerRow } from '../src/index.ts';
import { createReportCollector, type GroupBy } from '../src/report/collect-report.ts';
import { addSums } from '../src/report/statement-sums.ts';
import { createSeriesBuilder } from '../src/report/time-series.ts';
import { statementOf } from '../src/statement.ts';
import { FIRST_TURN, ledgerRowOf, SECOND_TURN, SILENT_TURN, UNPRICED_TURN } from './support/rows.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);

const kind = fc.constantFrom(
  FIRST_TURN,
  SECOND_TURN,
  SILENT_TURN,
  UNPRICED_TURN,
  ledgerRowOf({ cacheRead: 5 }, { model: 'claude-fable-5-2' }),
);
const rows: fc.Arbitrary<readonly LedgerRow[]> = fc
  .array(fc.tuple(kind, fc.integer({ min: 0, max: 400 })), { maxLength: 12 })
  .map((drawn) =>
    drawn
      .toSorted(([, one], [, other]) => one - other)
      .map(([row, hours], index) => ({ ...row, id: `turn-${index}`, startedAt: START + hours * HOUR_MS })),
  );

describe('sums', () => {
  test('I2 of any two parts are those of the whole, whatever is unknown in them', () => {
    fc.assert(
      fc.property(rows, fc.nat(12), fc.boolean(), (ledger, cut, allowPartial) => {
        const { turns, ...whole } = cacheStatement(ledger, { allowPartial });
        const part = (of: typeof turns) => {
          const { turns: _turns, ...sums } = statementOf(of, { allowPartial });
          return sums;
        };
        expect(addSums(part(turns.slice(0, cut)), part(turns.slice(cut)), { allowPartial })).toEqual(whole);
      }),
    );
  });

  test.each<GroupBy>(['session', 'model', 'day', 'tag'])('I2 the groups by %s add up to the whole', (by) => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 4 }), (ledgers) => {
        const collector = createReportCollector(by);
        for (const [index, ledger] of ledgers.entries()) {
          collector.add({
            sessionId: `session-${index}`,
            source: 'test',
            statement: cacheStatement(ledger),
            tags: index % 2 === 0 ? ['even'] : [],
            turnTags: new Map(),
            recordedTurns: async () => [],
          });
        }
        const { groups, sums, sessionCount } = collector.report();
        const none = statementOf([]);
        const { turns: _turns, ...added } = groups.reduce(
          (total, group) => ({ turns: [], ...addSums(total, group.sums) }),
          none,
        );
        expect(added).toEqual(sums);
        expect(sessionCount).toBe(ledgers.filter((ledger) => ledger.length > 0).length);
      }),
    );
  });
});

describe('the series over time', () => {
  test('has a point a turn while they are few, and never more than it may but for days', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), (ledger, maxPoints) => {
        const builder = createSeriesBuilder(maxPoints);
        const { turns, money, ...counts } = cacheStatement(ledger);
        for (const turn of turns.toReversed()) builder.add(turn);
        const { unit, points } = builder.series();
        expect(unit === 'turn').toBe(turns.length <= maxPoints);
        if (unit === 'hour') expect(points.length).toBeLessThanOrEqual(maxPoints);
        expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((one, other) => one - other));
        const span = unit === 'hour' ? HOUR_MS : 24 * HOUR_MS;
        if (unit !== 'turn') expect(points.every(({ at }) => at % span === 0)).toBe(true);
        expect(points.reduce((sum, { turnCount }) => sum + turnCount, 0)).toBe(turns.length);
        expect(points.reduce((sum, { paidPicoUsd }) => sum + paidPicoUsd, 0n)).toBe(money?.paidPicoUsd ?? 0n);
        expect(points.reduce((sum, { unpricedTurns }) => sum + unpricedTurns, 0)).toBe(counts.unpricedTurns);
      }),
    );
  });

  test('I11 a turn that reported nothing is counted apart, and not as one of 0 tokens', () => {
    const builder = createSeriesBuilder();
    for (const turn of cacheStatement([SILENT_TURN, UNPRICED_TURN]).turns) builder.add(turn);
    expect(builder.series().points.map(({ silentTurns, unpricedTurns }) => [silentTurns, unpricedTurns])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});
