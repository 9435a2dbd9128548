export { createSynth, type Synth, synth } from '@reprise/providers';
export { type Agent, createAgent, runAgent } from './agent.ts';
export type {
  AgentEvent,
  AgentEventBody,
  ApprovalNeededEvent,
  CompactionEndEvent,
  CompactionStartEvent,
  MessageFoundEvent,
  MessageSteeredEvent,
  RunEndEvent,
  RunEndReason,
  RunStartEvent,
  ToolAnsweredEvent,
  ToolEndEvent,
  ToolStartEvent,
  TurnEndEvent,
} from './agent-event.ts';
export type {
  ApprovalContext,
  ApprovalDecision,
  ApprovalNeed,
  ApprovalRequest,
  Approve,
  DecidedApproval,
  OpenApproval,
} from './approval/approval.ts';
export { type BatchItem, type BatchOutcome, type RunManyOptions, runMany } from './batch/run-many.ts';
export type { BatchProgress } from './batch/tell-batch.ts';
export type { Budget } from './budget/budget.ts';
export { usd } from './budget/usd.ts';
export type { CallGuardOptions } from './call-guards.ts';
export type { AnswerOptions, AnswerSchema } from './chat/answer.ts';
export { Chat, type ChatCost, type ChatResult, type ChatRun, type StructuredResult } from './chat/chat.ts';
export type { ChatMessage } from './chat/chat-input.ts';
export type { AskOptions, ChatCacheOptions, ChatCallOptions, ChatOptions } from './chat/chat-options.ts';
export { displayRun, type TextOutput } from './chat/display-run.ts';
export type { RequestForecast } from './context/branch-cache.ts';
export type { Compacted, CompactOptions } from './context/compact-session.ts';
export type { OverflowContext, OverflowPolicy, RelieveOverflow } from './context/overflow.ts';
export {
  type CompactionPlan,
  DEFAULT_COMPACTION_PROMPT,
  type PlanCompactionOptions,
} from './context/plan-compaction.ts';
export type { KeepAliveAdvice, WarmBreakpoint, WarmUntil, WarmUntilOptions } from './context/warm-until.ts';
export { createDeterminism, type Determinism, type DeterminismOptions } from './determinism.ts';
export { AgentError, type AgentErrorCode } from './errors.ts';
export type { UsageEstimate } from './estimate-usage.ts';
export type { AgentFaultPoint } from './fault-points.ts';
export type {
  AfterToolContext,
  AfterTurnContext,
  BeforeRequestContext,
  BeforeToolContext,
  CallVerdict,
  Hook,
  HookPoint,
  HookResult,
  HookVerdict,
  HookVerdictEvent,
  RequestVerdict,
  ResultVerdict,
  StopVerdict,
  TurnVerdict,
} from './hooks/hook.ts';
export type { HookOptions } from './hooks/hook-options.ts';
export { createHolderName, isHolderGone } from './lease/holder.ts';
export type { BusyOptions, LeaseOptions } from './lease/lease-options.ts';
export type { OnBusy } from './lease/take-lease.ts';
export type { LimitedCall, Limiter } from './limiter.ts';
export { type LooseStreamEvent, modelFromStream, type StreamModelOptions } from './model-from-stream.ts';
export type { ModelSwitchEvent, NamedModel, SwitchPrice } from './model-switch.ts';
export { type Ports, systemPorts } from './ports.ts';
export type { Run, RunResult } from './run-handle.ts';
export type { RunInput } from './run-input.ts';
export type { MessageOrigin } from './session/message-origins.ts';
export type { SessionOptions } from './session/open-session.ts';
export type { PrefixChangePolicy } from './session/prefix-change.ts';
export { readApproval, readOpenApprovals } from './session/read-approvals.ts';
export { readMessages, type StoredMessage } from './session/read-messages.ts';
export { APPROVAL_ENTRY_KINDS } from './session/record.ts';
export type { ReconcileCall, UnknownOutcomePolicy } from './session/repair.ts';
export type { RewindOptions, Rewound } from './session/rewind.ts';
export type { DecideOptions, ForkOptions, SendOptions, Session } from './session.ts';
export type { AgentOptions } from './settings.ts';
export { type AgentState, appendMessage, applyTurn, canContinue, initialState } from './state.ts';
export { DEFAULT_FINAL_PROMPT, type ForceText, type LimitOptions } from './stop-condition.ts';
export { type StructuredOptions, structured } from './structured.ts';
export { ToolInputError, type ToolInputSchema } from './tools/input-schema.ts';
export { type StopOutput, stop } from './tools/stop.ts';
export {
  type EffectClass,
  type PreparedCall,
  type Tool,
  type ToolContext,
  type ToolOptions,
  type ToolOutput,
  tool,
} from './tools/tool.ts';
export { type ToolBlocks, toolBlocks } from './tools/tool-blocks.ts';
export type { ToolRunOptions } from './tools/tool-terms.ts';
export { formatToolResult, formatTranscript } from './transcript/format.ts';
export { full } from './transcript/full.ts';
export { fromJSONL, toJSONL } from './transcript/json-lines.ts';
export type { TranscriptOptions } from './transcript/options.ts';
export { type ParseOptions, parseTranscript, stateFromTranscript } from './transcript/parse.ts';
export { printHistory } from './transcript/print-history.ts';
export { type ResolveHash, resolveFrom } from './transcript/reference.ts';
export { TranscriptFormatter, type TranscriptFormatterOptions } from './transcript/transcript-formatter.ts';
export { type PricedResponse, priceResponse } from './usage/price-response.ts';
export { addUsage, hitRate, NO_USAGE, promptTokens, type Usage, usageOfTurn, withMarkup } from './usage/usage.ts';
export { totalUsage, type UsageEntry, type UsageQuery, usageEntries } from './usage/usage-entries.ts';
export { dollarText, usageText } from './usage/usage-text.ts';
