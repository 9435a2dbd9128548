import type { AssistantTurn } from './assistant-turn.ts';
import type { ProviderError } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { AssistantBlock, Family } from './message.ts';

/**
 * What a provider stream says, in order.
 *
 * E1. `assistant-turn` comes last and exactly once, whatever the vendor, the network or the caller did.
 * E2. Deltas carry only what is new; nothing carries the message so far.
 * E3. `blockIndex` numbers the blocks of a turn in the order they begin.
 * E4. `retry` comes before the first delta, if at all: once a response has begun, it is not asked for again.
 */
export type StreamEvent = DeltaEvent | BlockEndEvent | VendorEvent | WarningEvent | RetryEvent | AssistantTurnEvent;

export type DeltaEvent = TextDeltaEvent | ThinkingDeltaEvent | ToolCallDeltaEvent | CitationEvent;

export interface TextDeltaEvent {
  readonly type: 'text-delta';
  readonly blockIndex: number;
  readonly text: string;
}

export interface ThinkingDeltaEvent {
  readonly type: 'thinking-delta';
  readonly blockIndex: number;
  readonly text: string;
}

export interface ToolCallDeltaEvent {
  readonly type: 'tool-call-delta';
  readonly blockIndex: number;
  readonly id: string;
  readonly name: string;
  /** The next piece of the arguments' JSON text; empty in the event that opens the call. */
  readonly argumentsText: string;
}

export interface CitationEvent {
  readonly type: 'citation';
  readonly blockIndex: number;
  /** As the vendor sent it. */
  readonly citation: JsonObject;
}

export interface BlockEndEvent {
  readonly type: 'block-end';
  readonly blockIndex: number;
  readonly block: AssistantBlock;
}

/** An event of the vendor's that has no word here, such as the progress of its own tools, passed on as it came. */
export interface VendorEvent {
  readonly type: 'vendor-event';
  readonly family: Family;
  readonly event: JsonObject;
}

/** Something the caller asked for was adapted, or something odd was seen; the stream goes on. */
export interface WarningEvent {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
}

/** An attempt failed before its response began; the request is sent again after `delayMs`. */
export interface RetryEvent {
  readonly type: 'retry';
  /** The one that failed, counted from 1. */
  readonly attempt: number;
  readonly error: ProviderError;
  readonly delayMs: number;
}

export interface AssistantTurnEvent {
  readonly type: 'assistant-turn';
  readonly turn: AssistantTurn;
}
