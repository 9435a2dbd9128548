// Row D-17: which plan to use, and when there is no telling.

import { describe, expect, it } from 'vitest';
import { advise, CANDIDATES, type RecordedTurn, whatIf } from '../src/index.ts';
import { block, recordedTurn } from './support/recorded-turns.ts';

const MINUTE_MS = 60_000;

/** The same question every `gapMs`, cached for five minutes. */
function repeated(gapMs: number, cacheReads: readonly number[]): readonly RecordedTurn[] {
  const blocks = [block('system', 'rules', 4950), block('user', '0', 50)];
  return cacheReads.map((cacheRead, index) =>
    recordedTurn({
      at: index * gapMs,
      tokens: { fresh: 0, cacheRead, cacheWrite: { '5m': 5000 - cacheRead }, output: 10 },
      blocks,
      marks: [1],
    }),
  );
}

describe('advice (D-17)', () => {
  it('is to switch where another plan is cheaper by more than the residual', () => {
    const advice = advise(repeated(20 * MINUTE_MS, [0, 0, 0, 0]));
    expect(advice).toMatchObject({ verdict: 'switch', residualPicoUsd: 0n, best: { scenario: { ttl: '1h' } } });
    // Written four times for five minutes, or once for an hour and read three times: per token 4 × 6.25 against 10 + 3 × 0.5.
    expect(advice.savesPicoUsd).toBe(5000n * (4n * 6_250_000n - 10_000_000n - 3n * 500_000n));
    expect(advice.savesPicoUsd).toBe(-(advice.best?.differencePicoUsd ?? 0n));
    expect(advice.marginPicoUsd).toBe((advice.runnerUp?.paidPicoUsd ?? 0n) - (advice.best?.paidPicoUsd ?? 0n));
    expect((advice.marginPicoUsd ?? 0n) > 0n).toBe(true);
  });

  it('is to stay where none is', () => {
    const advice = advise(repeated(MINUTE_MS, [0, 5000, 5000, 5000]), { candidates: ['none', { ttl: '1h' }, 'auto'] });
    expect(advice).toMatchObject({ verdict: 'stay', best: { name: 'as recorded' }, savesPicoUsd: 0n });
    expect(advice.runnerUp?.name).toBe('kept for 1h');
  });

  it('is none where the difference is less than the replay may be wrong by', () => {
    // The vendor kept the prefix for longer than it says: the replay is off by more than an hour would save.
    const advice = advise(repeated(20 * MINUTE_MS, [0, 5000]), { candidates: ['none', { ttl: '1h' }] });
    expect(advice.residualPicoUsd).toBe(5000n * (6_250_000n - 500_000n));
    expect(advice).toMatchObject({ verdict: 'too-close', best: { name: 'none' } });
    expect(advice.savesPicoUsd > 0n).toBe(true);
    expect(advice.savesPicoUsd <= advice.residualPicoUsd).toBe(true);
  });

  it.each([
    [
      'no price is known',
      repeated(MINUTE_MS, [0, 0]).map((turn) => ({ ...turn, row: { ...turn.row, model: 'nonesuch' } })),
    ],
    ['no content is known', repeated(MINUTE_MS, [0, 0]).map((turn) => ({ ...turn, prefix: undefined }))],
    ['nothing was recorded', []],
  ])('is none where %s', (_why, turns) => {
    expect(advise(turns)).toMatchObject({ verdict: 'unknown', savesPicoUsd: 0n, marginPicoUsd: undefined });
  });

  it('compares every policy and never one that needs to know when the last turn was', () => {
    const policies = CANDIDATES.map(({ policy }) => policy);
    for (const name of ['auto', 'none', 'automatic', 'system_and_tools', 'tools_only', 'last_user_message']) {
      expect(policies).toContain(name);
    }
    for (const { keepWarm } of CANDIDATES) if (keepWarm) expect(keepWarm.atMost).toBeGreaterThan(0);
  });

  it('says what it takes for granted', () => {
    const turns = repeated(20 * MINUTE_MS, [0, 0, 0]);
    const other = { model: { family: 'anthropic', model: 'claude-haiku-5-5' } };
    const { assumptions } = advise(turns, { candidates: [other] });
    expect(assumptions).toEqual([
      ...whatIf(turns, other).assumptions,
      'The next turns are like these.',
      'claude-haiku-5-5 answers well enough.',
    ]);
  });
});
