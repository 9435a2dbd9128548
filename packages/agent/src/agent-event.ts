import type { Snapshot } from '@reprise/checkpoint';
import type {
  AssistantTurn,
  Message,
  StopReason,
  StreamEvent,
  ToolCallBlock,
  ToolResultBlock,
  UserMessage,
} from '@reprise/providers';
import type { ApprovalRequest } from './approval/approval.ts';
import type { CompactionPlan } from './context/plan-compaction.ts';
import type { UsageEstimate } from './estimate-usage.ts';
import type { HookVerdictEvent } from './hooks/hook.ts';
import type { ModelSwitchEvent } from './model-switch.ts';
import type { AgentState } from './state.ts';
import type { EffectClass } from './tools/tool.ts';

/**
 * What a listener hears of a run, numbered from 0.
 *
 * V1. `run-start` comes first, `run-end` last and exactly once.
 * V2. `turn-end` follows the turn's commit: what it tells is already durable.
 */
export type AgentEvent = AgentEventBody & { readonly sequence: number };

export type AgentEventBody =
  | RunStartEvent
  | StreamEvent
  | HookVerdictEvent
  | ApprovalNeededEvent
  | ToolStartEvent
  | ToolEndEvent
  | ToolAnsweredEvent
  | TurnEndEvent
  | MessageFoundEvent
  | MessageSteeredEvent
  | CompactionStartEvent
  | CompactionEndEvent
  | ModelSwitchEvent
  | RunEndEvent;

export interface RunStartEvent {
  readonly type: 'run-start';
  readonly runId: string;
}

/** A call waits for a decision; see `Session.decide`. The request is durable by then. */
export interface ApprovalNeededEvent {
  readonly type: 'approval-needed';
  readonly approval: ApprovalRequest;
}

/** What the events of a call tell of its tool. */
interface ToolTold {
  readonly call: ToolCallBlock;
  /** What running the tool twice would do. Absent where there is no tool of that name. */
  readonly effect?: EffectClass;
}

export interface ToolStartEvent extends ToolTold {
  readonly type: 'tool-start';
}

export interface ToolEndEvent extends ToolTold {
  readonly type: 'tool-end';
  readonly result: ToolResultBlock;
  readonly durationMs: number;
}

/**
 * A call has its result, and did not run for it: it was refused or never begun, a hook has given the result, or it is known from before a
 * crash.
 */
export interface ToolAnsweredEvent extends ToolTold {
  readonly type: 'tool-answered';
  readonly result: ToolResultBlock;
}

export interface TurnEndEvent {
  readonly type: 'turn-end';
  readonly turn: AssistantTurn;
  readonly state: AgentState;
  /** Present when the run has a store. */
  readonly snapshot?: Snapshot;
  /** What the response has probably used. Present where its vendor did not tell to the end, so that `turn.usageState` is not `final`. */
  readonly estimate?: UsageEstimate;
}

/**
 * The conversation holds the message that was sent with this key: it is not added again, and the run goes on from where it was left. Comes
 * before anything that the run does.
 */
export interface MessageFoundEvent {
  readonly type: 'message-found';
  /** From that message on: what of the conversation is durable. Where a compaction took it, from what stands in its place. */
  readonly messages: readonly Message[];
  readonly state: AgentState;
}

/** A message that was sent meanwhile, with `onBusy: 'steer'`, has come into this run. It is durable, and the next request holds it. */
export interface MessageSteeredEvent {
  readonly type: 'message-steered';
  readonly message: UserMessage;
}

/** The conversation is about to be compacted, and nothing is sent yet. */
export interface CompactionStartEvent {
  readonly type: 'compaction-start';
  readonly plan: CompactionPlan;
}

/** The conversation is compacted: what is told is durable. */
export interface CompactionEndEvent {
  readonly type: 'compaction-end';
  /** With what the summary has cost, and its length. */
  readonly plan: CompactionPlan;
  readonly state: AgentState;
}

/** Why a run ended: the last turn's stop reason, or what ended it before. */
export type RunEndReason =
  | StopReason
  | 'tool-round-limit'
  | 'request-limit'
  | 'output-limit'
  /** A tool returned `stop(result)`. */
  | 'tool-stop'
  /** The next request could have cost more than the budget has left. */
  | 'budget-limit'
  /** Calls wait for somebody to decide; the run goes on with the next `send` after that. */
  | 'approval-needed'
  /** The message went into the run that had the session. */
  | 'steered'
  /** The message was in the conversation already, and there was nothing to go on with; see `SendOptions.key`. */
  | 'already-answered'
  /** A hook ended it. */
  | 'hook-stop';

export interface RunEndEvent {
  readonly type: 'run-end';
  readonly reason: RunEndReason;
  readonly state: AgentState;
  /** Present with the reasons `error` and `aborted`. */
  readonly error?: Error;
}
