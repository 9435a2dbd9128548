/**
 * A session as plain data: what a store keeps, with nothing in it that a store would have to understand.
 *
 * Owns: the shape of sessions, entries and snapshots.
 * Leaves to the agent: what a payload means. To the stores: where these live.
 *
 * S1. An entry is immutable and named by the hash of its parent, its kind and its payload.
 * S2. Texts are Unicode without the character NUL, which one of the databases cannot hold; JSON writes it as an escape.
 * S3. Times are epoch milliseconds, whole.
 */

import type { BlobHash } from './blob.ts';

export type SessionId = string;
export type EntryId = string;
export type SnapshotId = string;
export type TurnId = string;

/** A durable tree of entries seen from one tip. */
export interface SessionRecord {
  readonly id: SessionId;
  /** The entry that the next one is appended to. */
  readonly tip: EntryId;
  /** The last turn of the branch that ends at the tip; `null` before the first. */
  readonly tipTurn: TurnId | null;
  /** Where this session left another one, if it is a fork. That one may have been deleted since. */
  readonly forkedFrom: { readonly sessionId: SessionId; readonly snapshotId: SnapshotId } | null;
  readonly createdAt: number;
  /** When its tip was last moved, by an append, a turn or a rewind. */
  readonly updatedAt: number;
  /** The application's own words about it, such as a title: JSON text the store does not read. `{}` unless told. */
  readonly metadata: string;
}

/** One immutable node of the session tree. */
export interface Entry {
  readonly id: EntryId;
  /** The entry before it; `null` for the root alone. */
  readonly parent: EntryId | null;
  /** The agent's word for what the payload is, such as `user-message`. The store does not read it. */
  readonly kind: string;
  /** JSON text, stored and returned to the byte. */
  readonly payload: string;
  /** When it was first appended: sessions that append the same to the same parent share the entry. */
  readonly createdAt: number;
}

/** What a caller appends: the store adds name, parent and time. */
export interface NewEntry extends Pick<Entry, 'kind' | 'payload'> {
  /** The blobs that the payload names, which live as long as the entry. */
  readonly blobs?: readonly BlobHash[];
}

/** A named point one can return to. */
export interface Snapshot extends SnapshotContent {
  readonly id: SnapshotId;
  /** The session that made it. */
  readonly sessionId: SessionId;
  /** The entry a session resumed here has as its tip. */
  readonly entryId: EntryId;
  /** The last turn of the branch that ends there. */
  readonly turnId: TurnId;
  /** What made it: a turn's commit, or a rewind, which names the place it left. */
  readonly reason: 'turn' | 'rewind';
  readonly createdAt: number;
  /** A name people gave it; `null` unless told. */
  readonly label: string | null;
}

/** The state's counters at a snapshot. */
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
