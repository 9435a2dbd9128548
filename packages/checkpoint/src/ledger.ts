/**
 * The ledger: one row for each model response, whatever became of the conversation it belonged to.
 *
 * Owns: the shape of rows. Leaves to the agent: what a column's text means.
 *
 * G1. Token columns hold `null` where the vendor reported nothing; `null` is not 0.
 * G2. Money is an integer of 10⁻¹² US dollars; `null` is an unknown price, never 0.
 * G3. A row carries its parent's hash within its own, so a row that was changed, dropped or swapped is found (`hashTurn`).
 */

import type { BlobHash } from './blob.ts';
import type { EntryId, SessionId, TurnId } from './session.ts';

/** One model response in the ledger. Every count is the vendor's for this response alone. */
export interface TurnRow extends NewTurn {
  /** The turn before it on its branch; `null` for the first. */
  readonly parentId: TurnId | null;
  /** The assistant entry committed with it. */
  readonly entryId: EntryId;
  /** The session that committed it, and so spent its cost. */
  readonly sessionId: SessionId;
  /** Its place among the turns that session committed, from 1. Without gaps, rewound branches included. */
  readonly ordinal: number;
  /** See `hashTurn`. */
  readonly hash: string;
}

/** A turn as its writer knows it: what was asked, and what came of it. */
export interface NewTurn extends RequestColumns {
  readonly id: TurnId;
  readonly responseId: string | null;
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
  readonly stopReason: string;
  /** How much of the vendor's usage report arrived. */
  readonly usageState: 'final' | 'partial' | 'none';
  readonly tokens: TokenColumns;
  /** Requests to the vendor's own tools, by tool, as JSON text. */
  readonly serverTools: string;
  /** The vendor's usage object as JSON text, untouched; `null` when none arrived. */
  readonly rawUsage: string | null;
  /** The vendor's price class for this response, such as `flex`; `null` when it named none. */
  readonly serviceTier: string | null;
  /** Cost at the price of `startedAt`; `null` when the price is unknown. */
  readonly costPicoUsd: bigint | null;
}

/** What a model was asked, as the ledger keeps it. */
export interface RequestColumns {
  readonly family: string;
  /** The model that answered, or was asked while nothing has answered. */
  readonly model: string;
  /** Epoch milliseconds at which the request was sent. */
  readonly startedAt: number;
  /** Hash of the request's tools, system prompt and messages, without cache marks. */
  readonly prefixFingerprint: string;
  /** How many prefix blocks that hash is over; `null` in rows of format 1, which did not say. */
  readonly prefixBlocks: number | null;
  /** The blob that holds the system prompt as it was asked; `null` for none, and in rows of format 1. */
  readonly systemHash: BlobHash | null;
  /** The blob that holds the tool definitions; `null` for none, and in rows of format 1. */
  readonly toolsHash: BlobHash | null;
  /** The other settings of the request, as JSON text. */
  readonly requestOptions: string;
  /** The cache marks that were placed and why, as JSON text. */
  readonly marks: string;
}

/** A model call that is under way, or was when its process died: the vendor may have billed it. */
export interface PendingTurn extends RequestColumns {
  /** The id its row will have. */
  readonly id: TurnId;
}

/** Disjoint token counts of one response; `null` where the vendor reported nothing. */
export interface TokenColumns {
  readonly fresh: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
  readonly cacheWrite30m: number | null;
  readonly cacheWrite12h: number | null;
  readonly cacheWriteUnknown: number | null;
  readonly output: number | null;
  readonly reasoning: number | null;
}
