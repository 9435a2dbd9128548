import type { Snapshot } from '@reprise/checkpoint';
import type { AssistantTurn, StopReason, StreamEvent, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { AgentState } from './state.ts';

/**
 * What a listener hears of a run, numbered from 0.
 *
 * V1. `run-start` comes first, `run-end` last and exactly once.
 * V2. `turn-end` follows the turn's commit: what it tells is already durable.
 */
export type AgentEvent = AgentEventBody & { readonly sequence: number };

export type AgentEventBody = RunStartEvent | StreamEvent | ToolStartEvent | ToolEndEvent | TurnEndEvent | RunEndEvent;

export interface RunStartEvent {
  readonly type: 'run-start';
  readonly runId: string;
}

export interface ToolStartEvent {
  readonly type: 'tool-start';
  readonly call: ToolCallBlock;
}

export interface ToolEndEvent {
  readonly type: 'tool-end';
  readonly call: ToolCallBlock;
  readonly result: ToolResultBlock;
  readonly durationMs: number;
}

export interface TurnEndEvent {
  readonly type: 'turn-end';
  readonly turn: AssistantTurn;
  readonly state: AgentState;
  /** Present when the run has a store. */
  readonly snapshot?: Snapshot;
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
  /** A hook ended it. */
  | 'hook-stop';

export interface RunEndEvent {
  readonly type: 'run-end';
  readonly reason: RunEndReason;
  readonly state: AgentState;
  /** Present with the reasons `error` and `aborted`. */
  readonly error?: Error;
}
