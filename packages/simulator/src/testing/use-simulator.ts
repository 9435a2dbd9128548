import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator.ts';

/**
 * One simulator for the tests of a file or a `describe`: started before them, reset before each, closed after them. To be called where
 * tests are defined; what it gives may be used inside tests only, and throws a `TypeError` before.
 */
export function useSimulator(options: SimulatorOptions): () => Simulator {
  let simulator: Simulator | undefined;
  beforeAll(async () => {
    simulator = await startSimulator(options);
  });
  beforeEach(() => simulator?.reset());
  afterAll(() => simulator?.close());
  return () => {
    if (!simulator) throw new TypeError('The simulator has not been started; use it inside a test.');
    return simulator;
  };
}
