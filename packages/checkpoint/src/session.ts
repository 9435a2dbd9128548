/**
 * A session as plain data: what a store keeps, with nothing in it that a store would have to understand.
 *
 * Owns: the shape of sessions, entries, ledger rows and snapshots.
 * Leaves to the agent: what a payload means. To the stores: where these live.
 *
 * S1. An entry is immutable and named by the hash of its parent, its kind and its payload.
 * S2. Token columns hold `null` where the vendor reported nothing; `null` is not 0.
 * S3. Money is an integer of 10⁻¹² US dollars; `null` is an unknown price, never 0.
 */

export type SessionId = string;
export type EntryId = string;
export type SnapshotId = string;

/** A durable tree of entries seen from one tip. */
export interface SessionRecord {
  readonly id: SessionId;
  /** The entry that the next one is appended to. */
  readonly tip: EntryId;
  /** Where this session left another one, if it is a fork. */
  readonly forkedFrom: { readonly sessionId: SessionId; readonly snapshotId: SnapshotId } | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** One immutable node of the session tree. */
export interface Entry extends NewEntry {
  readonly id: EntryId;
  /** The entry before it; `null` for the root alone. */
  readonly parent: EntryId | null;
  /** Epoch milliseconds at which it was first appended: sessions that append the same to the same parent share the entry. */
  readonly createdAt: number;
}

/** What a caller appends: the store adds name, parent and time. */
export interface NewEntry {
  /** The agent's word for what the payload is, such as `user-message`. The store does not read it. */
  readonly kind: string;
  /** JSON text, stored and returned to the byte. */
  readonly payload: string;
}

/** One model response in the ledger. Every column is the vendor's count for this response alone. */
export interface TurnRow {
  readonly id: string;
  /** The assistant entry committed with it. */
  readonly entryId: EntryId;
  readonly sessionId: SessionId;
  readonly responseId: string | null;
  readonly family: string;
  readonly model: string;
  /** Epoch milliseconds at which the request was sent. */
  readonly startedAt: number;
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
  /** Hash of the request's tools, system prompt and messages, without cache marks. */
  readonly prefixFingerprint: string;
  /** The cache marks that were placed and why, as JSON text. */
  readonly marks: string;
  /** Cost at the price of `startedAt`; `null` when the price is unknown. */
  readonly costPicoUsd: bigint | null;
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

/** A named point one can return to: the state's totals right after one turn. */
export interface Snapshot extends SnapshotContent {
  readonly id: SnapshotId;
  readonly sessionId: SessionId;
  /** The entry a session resumed here has as its tip. */
  readonly entryId: EntryId;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export interface SnapshotContent {
  readonly turnCount: number;
  readonly messageCount: number;
  /** Turns so far whose provider reported no cache counters. */
  readonly silentTurnCount: number;
  /** The first 80 characters of the prompt that the turn answered. */
  readonly promptPreview: string;
  readonly tokenSnapshot: TokenSnapshot;
}

/** Totals of a branch up to a turn, in tokens. Counters nobody reported count 0. */
export interface TokenSnapshot {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}
