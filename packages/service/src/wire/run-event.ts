/**
 * What a client hears of a run: the agent's events as JSON.
 *
 * Owns: their shape.
 * Leaves to `encode-event.ts`: how an agent's event becomes one. To `runs/`: their numbers.
 *
 * W1. Money is a text of picoUSD (10⁻¹² dollars), an error its code and message; a history is never in an event but in `run-resumed`.
 * W2. `run-start` comes first, `run-end` last and exactly once.
 * W3. After `run-resumed` everything of the run that went before it is void, but for what it says itself.
 */

import type {
  AgentState,
  ApprovalNeededEvent,
  CompactionEndEvent,
  CompactionStartEvent,
  HookVerdictEvent,
  MessageSteeredEvent,
  ModelSwitchEvent,
  RunEndReason,
  ToolAnsweredEvent,
  ToolEndEvent,
  ToolStartEvent,
  TurnEndEvent,
} from '@reprise/agent';
import type { AssistantTurn, Block, JsonValue, Message, StreamEvent, UserMessage } from '@reprise/providers';

/** A value as JSON has it: money as text, what is undefined left out, an error as its code and message. Messages are JSON as they are. */
export type Wire<Value> = Value extends Block | JsonValue | Message
  ? Value
  : Value extends bigint
    ? string
    : Value extends Error
      ? WireError
      : Value extends (...args: never) => unknown
        ? never
        : Value extends readonly unknown[]
          ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
          : Value extends object
            ? { readonly [Key in keyof Value]: Wire<Value[Key]> }
            : Value;

export interface WireError {
  /** Such as `provider/overloaded`; `service/internal` for what clients must not see. */
  readonly code: string;
  readonly message: string;
}

/** Everything of an `AgentState` but its messages. */
export type Totals = Omit<AgentState, 'messages'>;

/** A turn as clients see it; what it cost is `null` where no price is known. */
export type WireTurn = Wire<Omit<AssistantTurn, 'rawUsage'>> & { readonly costPicoUsd: string | null };

/** Events that reach a client as the agent tells them. */
type PassedOn = Exclude<StreamEvent, { type: 'assistant-turn' }>;

export type RunEventBody =
  | RunStarted
  | RunResumed
  | Wire<PassedOn>
  | Wire<
      ToolStartEvent | ToolEndEvent | ToolAnsweredEvent | ApprovalNeededEvent | MessageSteeredEvent | HookVerdictEvent
    >
  | Wire<ModelSwitchEvent | CompactionStartEvent | Omit<CompactionEndEvent, 'state'>>
  | TurnEnded
  | RunEnded;

interface RunStarted {
  readonly type: 'run-start';
  readonly runId: string;
  readonly sessionId: string;
  /** What the run was asked; absent when it goes on from where the conversation stopped. */
  readonly input?: UserMessage;
  /** How many messages the conversation had then. */
  readonly messageCount: number;
}

/** Another process has taken the run up after the one before it died, lost its connection or handed over. */
export interface RunResumed {
  readonly type: 'run-resumed';
  readonly attempt: number;
  /** What the conversation has since the run began, its input first if it has come to that. */
  readonly messages: readonly Message[];
  readonly totals: Totals;
}

export interface TurnEnded {
  readonly type: 'turn-end';
  readonly turn: WireTurn;
  readonly totals: Totals;
  readonly snapshotId: string;
  readonly estimate?: Wire<TurnEndEvent['estimate']>;
}

export interface RunEnded extends RunOutcome {
  readonly type: 'run-end';
}

/** How a run ended; also what the store keeps of it. */
export interface RunOutcome {
  readonly reason: RunEndReason;
  /** The text of the last turn. */
  readonly text: string;
  readonly totals: Totals;
  readonly error?: WireError;
}

/** A run's event with its number, which counts from 1 and is the id that a client comes back with. */
export type RunEvent = RunEventBody & { readonly number: number };
