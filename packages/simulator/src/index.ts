export { type VirtualClock, virtualClock } from './clock.ts';
export type { LoggedRequest } from './exchange.ts';
export { parseFaultRules } from './faults/fault-rules.ts';
export type { Fault, FaultCondition, FaultRule } from './faults/faults.ts';
export type {
  Reply,
  ReplyParts,
  Script,
  ScriptedStopReason,
  ScriptedToolCall,
  ScriptRequest,
} from './script/script.ts';
export { parseScriptRules, type ScriptRule, scriptFromRules } from './script/script-rules.ts';
export {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type Workspace,
  type WorkspaceOptions,
} from './simulator.ts';
