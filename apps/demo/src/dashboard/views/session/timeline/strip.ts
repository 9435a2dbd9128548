/**
 * Turns along time, each as a bar.
 *
 * Owns: where each bar stands, and how wide the pause before it is drawn.
 *
 * T1. Bars stand in order and never touch: a turn that takes a second is as good to hit as any.
 * T2. The room before a bar is the part of the cache's lifetime that went by since the turn before: what a full one looks like, a reader
 *     learns from the first. A pause that outlives the cache has a room of one width, and its length in words: behind it all has to be
 *     written again, however long it was.
 */

import { lifetimeOf, type TurnBar, tokensOf } from './turn-bars.ts';

/** How wide a bar is. */
export const BAR_PX = 12;
const LEAST_GAP_PX = 2;
const LIFETIME_PX = 48;
const COLD_PX = 84;
const EDGE_PX = 8;
/** How far apart two times stand beneath the bars at least. */
const TICK_PX = 64;

/** Vendors that do not say how long they keep something keep it for some minutes. */
const ASSUMED_LIFETIME_MS = 5 * 60_000;

/** A turn's bar, and where it stands. */
export interface PlacedBar {
  readonly bar: TurnBar;
  /** Where it begins, in pixels. */
  readonly x: number;
  /** The pause before it; absent before the first. */
  readonly pause?: Pause;
  /** What of its time stands beneath it: there is not room for all. */
  readonly tick?: 'day' | 'time';
}

interface Pause {
  readonly ms: number;
  /** Where it begins and how wide it is, in pixels. */
  readonly x: number;
  readonly width: number;
  /** Whether it was longer than the cache lives. */
  readonly isCold: boolean;
}

/** All bars, and how wide they are together, in pixels. */
export interface Strip {
  readonly bars: readonly PlacedBar[];
  readonly width: number;
}

/** Gives each bar its place, as T1 and T2 say. */
export function layStrip(bars: readonly TurnBar[]): Strip {
  const placed: PlacedBar[] = [];
  let [x, lastTick] = [EDGE_PX, Number.NEGATIVE_INFINITY];
  let lastDay: string | undefined;
  let lifetimeMs = ASSUMED_LIFETIME_MS;
  let before: TurnBar | undefined;
  for (const bar of bars) {
    const pause = before && pauseBefore(bar, before, lifetimeMs, x);
    x += pause?.width ?? 0;
    const tick = x - lastTick < TICK_PX ? undefined : dayOf(bar) === lastDay ? 'time' : 'day';
    if (tick) [lastTick, lastDay] = [x, dayOf(bar)];
    placed.push({ bar, x, ...(tick && { tick }), ...(pause && { pause }) });
    x += BAR_PX;
    lifetimeMs = lifetimeOf(bar.turn) ?? lifetimeMs;
    before = bar;
  }
  return { bars: placed, width: x + EDGE_PX };
}

/** In the reader's zone. */
function dayOf({ turn }: TurnBar): string {
  return new Date(turn.startedAt).toDateString();
}

function pauseBefore({ turn }: TurnBar, { turn: last }: TurnBar, lifetimeMs: number, x: number): Pause {
  // A lifetime runs from the start of the request that renewed it.
  const sinceMs = Math.max(0, turn.startedAt - last.startedAt);
  const ms = Math.max(0, sinceMs - last.durationMs);
  const isCold = sinceMs > lifetimeMs;
  const share = Math.min(1, ms / lifetimeMs);
  return { ms, x, width: isCold ? COLD_PX : LEAST_GAP_PX + share * LIFETIME_PX, isCold };
}

/** The bars that show between two places, in pixels, and a few around them. */
export function barsBetween({ bars }: Strip, from: number, to: number): readonly PlacedBar[] {
  return bars.slice(firstFrom(bars, from - COLD_PX), firstFrom(bars, to + COLD_PX));
}

/** What the full height stands for: the most tokens of these bars, rounded up to a number that stays as a reader scrolls. */
export function scaleOf(bars: readonly PlacedBar[]): number {
  const most = Math.max(1, ...bars.map(({ bar }) => tokensOf(bar.tokens)));
  const unit = 10 ** Math.floor(Math.log10(most));
  return unit * ([1, 1.5, 2, 3, 5, 7.5].find((factor) => factor * unit >= most) ?? 10);
}

/** The first bar that begins there or behind. */
function firstFrom(bars: readonly PlacedBar[], x: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.x ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
