import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { agoText, durationText, moneyText, percentText, tokenText } from '../../src/dashboard/data/format.ts';
import { dollarsOf, periodOf } from '../../src/dashboard/views/money/period.ts';

describe('what is shown of a number', () => {
  it.each([
    ['0', '$0.00'],
    ['1500000000000', '$1.50'],
    ['-1650000000', '-$0.00165'],
    ['29900000000', '$0.0299'],
    [null, 'price unknown'],
  ])('%s picoUSD is %s', (picoUsd, text) => {
    expect(moneyText(picoUsd)).toBe(text);
  });

  it('a count that nobody reported is not zero', () => {
    expect([tokenText(0), tokenText(null), tokenText('not-reported'), tokenText(undefined)]).toEqual([
      '0',
      'not reported',
      'not reported',
      'not reported',
    ]);
  });

  it('a share of nothing is none', () => {
    expect([percentText(Number.NaN), percentText(undefined), percentText(0.5)]).toEqual(['–', '–', '50%']);
  });

  it.each([
    [12.4, '12 ms'],
    [1500, '1.5 s'],
    [59_999, '1 min 0 s'],
    [61_000, '1 min 1 s'],
    [119_700, '2 min 0 s'],
  ])('%s milliseconds are %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('a moment is told by its largest whole unit', () => {
    const now = Date.UTC(2026, 0, 2);
    expect([agoText(now - 90_000, now), agoText(now - 86_400_000, now)]).toEqual(['1 min. ago', 'yesterday']);
  });
});

describe('a period', () => {
  it('begins at midnight of its first day, today being its last', () => {
    const now = new Date(2026, 4, 10, 15, 30).getTime();
    expect(periodOf('7 days', now)).toEqual({ since: new Date(2026, 4, 4).getTime() });
    expect(periodOf('all time', now)).toEqual({});
  });

  it('counts days and not hours where clocks are set', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    onTestFinished(() => void vi.unstubAllEnvs());
    // Clocks there are set on 29 March and on 25 October of 2026.
    for (const month of [2, 9]) {
      const since = new Date(periodOf('30 days', new Date(2026, month, 30, 0, 30).getTime()).since ?? 0);
      expect([since.getHours(), since.getMonth(), since.getDate()]).toEqual([0, month, 1]);
    }
  });

  it('draws dollars from picoUSD', () => {
    expect(dollarsOf('1234567000000')).toBe(1.234567);
  });
});
