export { type CacheRun, type SimulatorMatchers, simulatorMatchers } from './matchers.ts';
export { useSimulator } from './use-simulator.ts';
