import { systemTimers, type Timers } from '../../src/timers.ts';

/** Time that passes when the test says so. */
export interface VirtualTimers extends Timers {
  /** Lets so much time pass, timer by timer, with everything that each of them sets off. */
  pass(ms: number): Promise<void>;
  /** How many timers wait. */
  readonly waiting: number;
}

export function virtualTimers(startAt = 1_000_000): VirtualTimers {
  let now = startAt;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  function nextBefore(end: number) {
    return [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }

  return {
    clock: () => now,
    after(ms, callback) {
      const timer = { at: now + Math.max(ms, 0), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(ms) {
      const end = now + ms;
      await settled();
      for (let timer = nextBefore(end); timer; timer = nextBefore(end)) {
        timers.delete(timer);
        now = timer.at;
        timer.callback();
        await settled();
      }
      now = end;
    },
    get waiting() {
      return timers.size;
    },
  };
}

/** Real time, in which nobody waits for long. */
export const hasty: Timers = {
  clock: Date.now,
  after: (ms, callback) => systemTimers.after(Math.min(ms, 20), callback),
};

/** Everything that is ready to go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
