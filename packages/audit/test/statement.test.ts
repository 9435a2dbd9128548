import { describe, expect, test } from 'vitest';
import { cacheStatement } from '../src/index.ts';
import { FIRST_TURN, ledgerRowOf, SECOND_TURN, SILENT_TURN, UNPRICED_TURN } from './support/rows.ts';

const MICRO = 1_000_000n;

describe('the figures', () => {
  test('a turn that writes pays a surcharge and saves nothing', () => {
    expect(cacheStatement([FIRST_TURN]).money).toEqual({
      paidPicoUsd: 100n * 5n * MICRO + 2_000n * 6_250_000n + 50n * 25n * MICRO,
      baselinePicoUsd: 2_100n * 5n * MICRO + 50n * 25n * MICRO,
      readSavingsPicoUsd: 0n,
      writeSurchargePicoUsd: 2_000n * 1_250_000n,
      savedPicoUsd: -2_000n * 1_250_000n,
      besidePicoUsd: 0n,
    });
  });

  test('a turn that reads saves the difference between fresh and read', () => {
    expect(cacheStatement([SECOND_TURN]).money).toMatchObject({
      readSavingsPicoUsd: 2_000n * 4_500_000n,
      writeSurchargePicoUsd: 160n * 1_250_000n,
      savedPicoUsd: 2_000n * 4_500_000n - 160n * 1_250_000n,
    });
  });

  test('a web search is paid with and without caching', () => {
    const { money } = cacheStatement([
      ledgerRowOf({ fresh: 0, cacheRead: 0, output: 0, serverTools: { webSearch: 2 } }),
    ]);
    expect(money).toMatchObject({ paidPicoUsd: 20_000n * MICRO, baselinePicoUsd: 20_000n * MICRO, savedPicoUsd: 0n });
  });

  test('each turn is priced at the time it was sent', () => {
    const row = (startedAt: number) =>
      ledgerRowOf({ fresh: 0, cacheRead: 10, output: 0 }, { model: 'claude-sonnet-5-5', startedAt });
    const { turns } = cacheStatement([row(Date.UTC(2026, 9, 6)), row(Date.UTC(2026, 9, 8))]);
    expect(turns.map((turn) => turn.money?.paidPicoUsd)).toEqual([2n * MICRO, 1n * MICRO]);
  });

  test('the hit ratio is what was read among all prompt tokens', () => {
    const statement = cacheStatement([FIRST_TURN, SECOND_TURN]);
    expect(statement.hitRatio).toBeCloseTo(2_000 / 4_300, 5);
    expect(statement.turns.map((turn) => turn.hitRatio)).toEqual([0, expect.closeTo(2_000 / 2_200, 5)]);
  });

  test('no turns cost nothing and have no ratio', () => {
    expect(cacheStatement([])).toMatchObject({
      turnCount: 0,
      money: { paidPicoUsd: 0n, baselinePicoUsd: 0n },
      hitRatio: undefined,
      savedRatio: undefined,
    });
  });
});

describe('what is not known', () => {
  test('a silent turn makes sums lower bounds and takes the ratios away (N-07)', () => {
    const statement = cacheStatement([SECOND_TURN, SILENT_TURN]);
    expect(statement).toMatchObject({ silentTurns: 1, unpricedTurns: 0, hitRatio: undefined, savedRatio: undefined });
    expect(statement.tokens.cacheRead).toEqual({ tokens: 2_000, missingTurns: 1 });
    expect(statement.turns[1]).toMatchObject({
      isSilent: true,
      hitRatio: undefined,
      tokens: { cacheRead: 'not-reported', cacheWrite: 'not-reported', fresh: 300 },
    });
  });

  test('a turn without a price has no money and takes the ratios away', () => {
    const statement = cacheStatement([SECOND_TURN, UNPRICED_TURN]);
    expect(statement).toMatchObject({ silentTurns: 0, unpricedTurns: 1, hitRatio: undefined, savedRatio: undefined });
    expect(statement.turns[1]?.money).toBeUndefined();
    expect(statement.money).toEqual(cacheStatement([SECOND_TURN]).money);
  });

  test('where no turn has a price there is no sum, not a sum of 0 (N-07)', () => {
    expect(cacheStatement([UNPRICED_TURN]).money).toBeUndefined();
  });

  test('if asked, the ratios are those of the covered turns alone', () => {
    const statement = cacheStatement([SECOND_TURN, SILENT_TURN, UNPRICED_TURN], { allowPartial: true });
    const alone = cacheStatement([SECOND_TURN]);
    expect(statement.covered.turnCount).toBe(1);
    expect([statement.hitRatio, statement.savedRatio]).toEqual([alone.hitRatio, alone.savedRatio]);
  });

  test('a response that was cut off is priced by estimate', () => {
    const cut = ledgerRowOf({ fresh: 1, cacheRead: 0, output: 1 }, { usageState: 'partial' });
    expect(cacheStatement([cut, SECOND_TURN])).toMatchObject({ estimatedTurns: 1 });
  });

  test('a cost recorded at another price is counted', () => {
    const paid = cacheStatement([SECOND_TURN]).money?.paidPicoUsd ?? 0n;
    const rows = [
      { ...SECOND_TURN, recordedPicoUsd: paid },
      { ...SECOND_TURN, recordedPicoUsd: paid + 1n },
      { ...UNPRICED_TURN, recordedPicoUsd: 5n },
      SECOND_TURN,
    ];
    expect(cacheStatement(rows).priceChangedTurns).toBe(2);
  });
});
