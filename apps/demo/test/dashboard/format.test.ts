import { describe, expect, it } from 'vitest';
import { agoText, durationText, moneyText, percentText, tokenText } from '../../src/dashboard/data/format.ts';

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
