import { randomUUID } from 'node:crypto';
import type { AgentFaultPoint } from './fault-points.ts';

/** What differs from run to run, passed in so that a test can hold it still. */
export interface Ports {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A new name for a session, run, turn or snapshot; never the same twice. */
  readonly createId: () => string;
  /** From 0 to below 1; spreads the waits between attempts of a model call. Default `Math.random`. */
  readonly random?: () => number;
  /** Called at every place where a crash may happen. For tests. */
  readonly onFaultPoint?: (point: AgentFaultPoint) => void;
}

export const systemPorts: Ports = { clock: Date.now, createId: randomUUID, random: Math.random };
