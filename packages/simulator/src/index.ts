export { type VirtualClock, virtualClock } from './clock.ts';
export type { LoggedRequest } from './exchange.ts';
export type { Fault, FaultCondition, FaultRule } from './faults.ts';
export type { Reply, ReplyParts, Script, ScriptedStopReason, ScriptedToolCall, ScriptRequest } from './script.ts';
export {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type Workspace,
  type WorkspaceOptions,
} from './simulator.ts';
