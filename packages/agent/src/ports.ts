import { randomUUID } from 'node:crypto';

/** What differs from run to run, passed in so that a test can hold it still. */
export interface Ports {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** A new name for a session, run, turn or snapshot; never the same twice. */
  readonly createId: () => string;
}

export const systemPorts: Ports = { clock: Date.now, createId: randomUUID };
