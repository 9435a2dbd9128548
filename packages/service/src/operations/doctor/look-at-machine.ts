import { Finding, type Look } from './check.ts';

/** As `engines` of the packages has it. */
const LEAST_NODE = 22;

/** It is later than when this was written. */
const LEAST_TIME = Date.UTC(2026, 0, 1);

/** How far two clocks may be apart, in milliseconds, before leases and days of the ledger suffer. */
export const MAX_APART_MS = 2000;

/** Of the process that asks, so that a test can ask for another one. */
export interface Machine {
  /** Such as `24.1.0`. */
  readonly nodeVersion: string;
  /** Epoch milliseconds, as the clock on the wall has it. */
  readonly clock: () => number;
  /** Epoch milliseconds, as they have passed since the process began. */
  readonly steadyClock: () => number;
}

export const thisMachine: Machine = {
  nodeVersion: process.versions.node,
  clock: Date.now,
  steadyClock: () => performance.timeOrigin + performance.now(),
};

export function lookAtNode({ nodeVersion }: Machine): Look {
  return {
    name: 'Node.js',
    advice: '',
    look() {
      if (Number.parseInt(nodeVersion, 10) >= LEAST_NODE) return `version ${nodeVersion}`;
      throw new Finding(`version ${nodeVersion}`, `Install Node.js ${LEAST_NODE} or later.`);
    },
  };
}

export function lookAtClock({ clock, steadyClock }: Machine): Look {
  return {
    name: 'clock',
    advice: '',
    look() {
      const now = clock();
      const time = new Date(now).toISOString();
      if (now < LEAST_TIME) throw new Finding(`it is ${time}, which is over`, 'Set the clock, and keep it with NTP.');
      const apartMs = Math.round(Math.abs(now - steadyClock()));
      if (apartMs <= MAX_APART_MS) return time;
      throw new Finding(
        `it was set by ${apartMs} ms while this process ran`,
        'Keep the clock with NTP, which slews it; leases and prices go by it.',
      );
    },
  };
}
