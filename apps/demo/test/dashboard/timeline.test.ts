import type { TurnBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { fromPage, lastDoubt, withEarlier, withLater } from '../../src/dashboard/views/session/timeline/known-turns.ts';
import { pauseText } from '../../src/dashboard/views/session/timeline/pause-text.ts';
import { BAR_PX, barsBetween, layStrip, scaleOf } from '../../src/dashboard/views/session/timeline/strip.ts';
import { type CacheBreak, readsLess, turnBars } from '../../src/dashboard/views/session/timeline/turn-bars.ts';

const MINUTE = 60_000;
const NOTHING = {
  fresh: null,
  cacheRead: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  cacheWrite30m: null,
  cacheWrite12h: null,
  cacheWriteUnknown: null,
  output: null,
  reasoning: null,
};

function turn(id: string, tokens: Partial<TurnBody['tokens']> = {}, startedAt = 0): TurnBody {
  return { id, startedAt, durationMs: 1000, tokens: { ...NOTHING, ...tokens } } as TurnBody;
}

describe('bars', () => {
  it('are numbered by the place of their turn, and hold what broke its cache', () => {
    const broken = { turnId: 'b', missedTokens: 7 } as CacheBreak;
    const bars = turnBars([turn('a'), turn('b')], [broken], 41);
    expect(bars.map(({ number, brokenBy }) => [number, brokenBy?.missedTokens])).toEqual([
      [41, undefined],
      [42, 7],
    ]);
  });

  it('add up writes of all lifetimes; of what nothing was reported stays unknown', () => {
    const [bar, silent] = turnBars([turn('a', { fresh: 1, cacheWrite5m: 2, cacheWrite1h: 3 }), turn('b')]);
    expect(bar?.tokens).toEqual({ fresh: 1, cacheRead: null, cacheWrite: 5, output: null });
    expect(silent?.tokens.cacheWrite).toBeNull();
  });
});

describe('a turn that raises the question of what broke its cache', () => {
  const before = turn('a', { fresh: 0, cacheRead: 900, cacheWrite5m: 100 });

  it('read less than the one before it had read and written', () => {
    expect(readsLess(before, turn('b', { cacheRead: 999 }))).toBe(true);
    expect(readsLess(before, turn('b', { cacheRead: 1000 }))).toBe(false);
    expect(readsLess(before, turn('b'))).toBe(false);
  });

  it('read nothing where the prompt before it can have been kept without a word', () => {
    const told = turn('a', { fresh: 5000, cacheRead: 0 });
    expect(readsLess(told, turn('b', { fresh: 5100, cacheRead: 0 }))).toBe(true);
    expect(readsLess(told, turn('b', { fresh: 200, cacheRead: 4864 }))).toBe(false);
  });

  it('is the last of its kind: an explanation that holds it holds those before it', () => {
    const turns = [
      before,
      turn('b', { cacheRead: 0, cacheWrite5m: 50 }),
      turn('c', { cacheRead: 10 }),
      turn('d', { cacheRead: 10 }),
    ];
    expect(lastDoubt(turns)).toBe('c');
    expect(lastDoubt([before])).toBeUndefined();
  });
});

describe('turns that are known', () => {
  const known = fromPage({ items: [turn('c'), turn('d')], previous: '2' });

  it('grow by what came since, and only that', () => {
    const grown = withLater(known, { items: [turn('d'), turn('e')], total: 5 });
    expect([grown?.start, grown?.turns.map(({ id }) => id)]).toEqual([2, ['c', 'd', 'e']]);
    expect(withLater(known, { items: [turn('d')], total: 4 })).toBe(known);
  });

  it('are of no use once the branch is another one', () => {
    expect(withLater(known, { items: [turn('x'), turn('e')], total: 5 })).toBeUndefined();
    expect(withLater(known, { items: [], total: 1 })).toBeUndefined();
  });

  it('grow at their beginning', () => {
    const all = withEarlier(known, { items: [turn('a'), turn('b')], previous: null });
    expect([all.start, all.turns.map(({ id }) => id)]).toEqual([0, ['a', 'b', 'c', 'd']]);
  });
});

describe('the strip', () => {
  const written = { cacheWrite5m: 10 };
  const strip = (...starts: readonly number[]) =>
    layStrip(turnBars(starts.map((at, index) => turn(`${index}`, written, at))));

  it('has bars in order that never touch', () => {
    const { bars, width } = strip(0, 1000, 1000, 30 * MINUTE);
    for (const [index, { x }] of bars.entries()) {
      expect(x).toBeGreaterThan((bars[index - 1]?.x ?? -BAR_PX) + BAR_PX);
    }
    expect(width).toBeGreaterThan((bars.at(-1)?.x ?? 0) + BAR_PX);
  });

  it('leaves more room the more of the lifetime went by, and the same for every pause that outlives it', () => {
    const [, short, long] = strip(0, 10_000, 10_000 + 3 * MINUTE).bars;
    expect(long?.pause?.width).toBeGreaterThan(short?.pause?.width ?? Number.POSITIVE_INFINITY);
    const [, cold, colder] = strip(0, 6 * MINUTE, 600 * MINUTE).bars;
    expect([cold?.pause?.isCold, colder?.pause?.isCold, short?.pause?.isCold]).toEqual([true, true, false]);
    expect(cold?.pause?.width).toBe(colder?.pause?.width);
  });

  it('goes by the lifetime that was last written', () => {
    const bars = turnBars([
      turn('a', { cacheWrite1h: 10 }, 0),
      turn('b', { cacheRead: 10 }, 20 * MINUTE),
      turn('c', { cacheRead: 10 }, 70 * MINUTE),
      turn('d', { cacheRead: 10 }, 140 * MINUTE),
    ]);
    expect(layStrip(bars).bars.map(({ pause }) => pause?.isCold)).toEqual([undefined, false, false, true]);
  });

  it('draws what is in sight of thousands', () => {
    const long = strip(...Array.from({ length: 2000 }, (_, index) => index * 2000));
    const shown = barsBetween(long, 5000, 5500);
    expect(shown.length).toBeLessThan(60);
    expect(shown[0]?.x).toBeLessThanOrEqual(5000);
    expect(shown.at(-1)?.x).toBeGreaterThanOrEqual(5500);
  });

  it('has a scale that no bar outgrows and that stays for a while', () => {
    const scale = (tokens: number) => scaleOf(layStrip(turnBars([turn('a', { fresh: tokens })])).bars);
    expect([0, 1, 80, 101, 88_500].map(scale)).toEqual([1, 1, 100, 150, 100_000]);
  });
});

it('a pause is told in its two largest units', () => {
  expect([0, 59_000, 61_000, 3 * 3_600_000 + 12 * MINUTE, 26 * 3_600_000].map(pauseText)).toEqual([
    '0 s',
    '59 s',
    '1 min 1 s',
    '3 h 12 min',
    '1 d 2 h',
  ]);
});
