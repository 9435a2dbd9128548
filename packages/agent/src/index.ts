export { type Agent, createAgent, runAgent } from './agent.ts';
export type {
  AgentEvent,
  AgentEventBody,
  RunEndEvent,
  RunEndReason,
  RunStartEvent,
  ToolEndEvent,
  ToolStartEvent,
  TurnEndEvent,
} from './agent-event.ts';
export { createDeterminism, type Determinism, type DeterminismOptions } from './determinism.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
export type { AgentFaultPoint } from './fault-points.ts';
export type { BusyOptions, LeaseOptions } from './lease/lease-options.ts';
export type { OnBusy } from './lease/take-lease.ts';
export { type LooseStreamEvent, modelFromStream, type StreamModelOptions } from './model-from-stream.ts';
export { type Ports, systemPorts } from './ports.ts';
export type { Run, RunResult } from './run-handle.ts';
export { type RunManyOptions, runMany } from './run-many.ts';
export type { SessionOptions } from './session/open-session.ts';
export type { PrefixChangePolicy } from './session/prefix-change.ts';
export type { ReconcileCall, UnknownOutcomePolicy } from './session/repair.ts';
export type { RewindOptions, Rewound } from './session/rewind.ts';
export type { ForkOptions, RunInput, SendOptions, Session } from './session.ts';
export type { AgentOptions } from './settings.ts';
export { type AgentState, appendMessage, applyTurn, initialState } from './state.ts';
export { DEFAULT_FINAL_PROMPT, type ForceText, type LimitOptions } from './stop-condition.ts';
export {
  type EffectClass,
  type PreparedCall,
  type Tool,
  type ToolContext,
  ToolInputError,
  type ToolInputSchema,
  type ToolOptions,
  type ToolOutput,
  tool,
} from './tool.ts';
export { type ToolBlocks, toolBlocks } from './tool-blocks.ts';
