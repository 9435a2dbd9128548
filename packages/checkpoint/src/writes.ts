import type { Blob } from './blob.ts';
import type { NewTurn, PendingTurn } from './ledger.ts';
import type {
  EntryId,
  NewEntry,
  SessionId,
  SessionRecord,
  Snapshot,
  SnapshotContent,
  SnapshotId,
  TurnId,
} from './session.ts';
import type { RanToolCall } from './tool-call.ts';

/** The write is refused unless the lease with this fence is held; see C6. */
export interface Fenced {
  readonly fence?: number | undefined;
}

export interface NewSession {
  readonly id: SessionId;
  readonly createdAt: number;
  /** JSON text; default `{}`. */
  readonly metadata?: string;
}

export interface Rewind extends Fenced {
  readonly sessionId: SessionId;
  readonly snapshotId: SnapshotId;
  /** The snapshot that will name the place the tip leaves. */
  readonly leaving: SnapshotContent & { readonly id: SnapshotId };
  readonly at: number;
}

export interface RewindResult {
  readonly session: SessionRecord;
  /** Rewinding to this one undoes the rewind. */
  readonly left: Snapshot;
}

export interface Append extends Fenced {
  readonly sessionId: SessionId;
  /** The tip the caller has seen. */
  readonly expectedTip: EntryId;
  readonly entries: readonly NewEntry[];
  /** Calls that ran without an intent: intent and outcome at once. Of a call that has its outcome, that one stays. */
  readonly ranCalls?: readonly RanToolCall[];
  /** The note that a model is about to be asked with these entries; see `beginTurn`. */
  readonly turn?: PendingTurn;
  /** The blobs that the entries and the turn name, as far as the store may not have them. */
  readonly blobs?: readonly Blob[];
  readonly at: number;
}

export interface AppendResult {
  readonly tip: EntryId;
}

export interface TurnBegin extends Fenced {
  readonly sessionId: SessionId;
  readonly expectedTip: EntryId;
  readonly turn: PendingTurn;
  /** The blobs that the turn names, as far as the store may not have them. */
  readonly blobs?: readonly Blob[];
}

export interface TurnCommit extends Fenced {
  readonly sessionId: SessionId;
  readonly expectedTip: EntryId;
  readonly entry: NewEntry;
  readonly turn: NewTurn;
  readonly snapshot: SnapshotContent & { readonly id: SnapshotId };
  /** The blobs that the entry and the turn name, as far as the store may not have them. */
  readonly blobs?: readonly Blob[];
  readonly at: number;
}

export interface TurnCommitResult extends AppendResult {
  readonly snapshot: Snapshot;
}

export interface ToolCallOutcome extends Fenced {
  readonly sessionId: SessionId;
  readonly turnId: TurnId;
  readonly position: number;
  /** JSON text. */
  readonly outcome: string;
  readonly at: number;
}
