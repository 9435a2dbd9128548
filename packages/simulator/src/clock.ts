/** A clock that stands still until it is moved. */
export interface VirtualClock {
  /** Epoch milliseconds; may be passed on its own. */
  readonly now: () => number;
  /** Moves it forward; negative values are refused, as a cache's time never goes back. */
  advance(ms: number): void;
}

/** A virtual clock that starts at `start`, epoch milliseconds. */
export function virtualClock(start: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let time = start;
  return {
    now: () => time,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`advance(ms) was given ${ms}; expected 0 or more.`);
      time += ms;
    },
  };
}
