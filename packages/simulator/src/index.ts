export { type VirtualClock, virtualClock } from './clock.ts';
export { parseFaultRules } from './faults/fault-rules.ts';
export type { Fault, FaultCondition, FaultRule } from './faults/faults.ts';
export type { LoggedRequest } from './request-log.ts';
export type { ScriptSource } from './script/read-script.ts';
export type {
  RefusalCategory,
  Reply,
  ReplyParts,
  Script,
  ScriptedSearch,
  ScriptedStopReason,
  ScriptedToolCall,
  ScriptRequest,
  SearchResult,
} from './script/script.ts';
export { parseScriptRules, type ScriptRule, scriptFromRules } from './script/script-rules.ts';
export {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
  type Workspace,
  type WorkspaceOptions,
} from './simulator.ts';
export type { UsageProfile } from './usage-profile.ts';
