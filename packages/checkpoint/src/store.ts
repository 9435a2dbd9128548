import type {
  Entry,
  EntryId,
  NewEntry,
  SessionId,
  SessionRecord,
  Snapshot,
  SnapshotContent,
  SnapshotId,
  TurnRow,
} from './session.ts';

/**
 * The contract of every store.
 *
 * Owns: what is atomic, and what is refused.
 * Leaves to the implementations: tables and transactions.
 *
 * C1. Entries, ledger row and snapshot of one `commitTurn` become visible together or not at all.
 * C2. A write names the tip it builds on; if the session has moved, nothing is written and `checkpoint/tip-moved` is thrown.
 * C3. What a method returned is durable: a process killed right after it loses nothing of it.
 * C4. Reading never writes.
 *
 * C5. An entry belongs to every session that appended it, a ledger row and a snapshot to the one session that committed them.
 *     A branch shows its own, and up to where it left another branch, that one's.
 *
 * Every method rejects with a `CheckpointError`; its `code` says what to do.
 */
export interface CheckpointStore {
  /** Creates an empty session. Rejects with `checkpoint/session-exists` if the id is taken. */
  createSession(session: { readonly id: SessionId; readonly createdAt: number }): Promise<SessionRecord>;

  /** The session, or `undefined` if there is none of that id. */
  readSession(sessionId: SessionId): Promise<SessionRecord | undefined>;

  /** All sessions, newest first. */
  listSessions(): Promise<readonly SessionRecord[]>;

  /** A new session whose tip is the snapshot's entry. Copies no entry. Rejects with `checkpoint/snapshot-missing`. */
  forkSession(fork: {
    readonly id: SessionId;
    readonly snapshotId: SnapshotId;
    readonly createdAt: number;
  }): Promise<SessionRecord>;

  /** Appends entries in order and moves the tip to the last of them. */
  appendEntries(append: Append): Promise<AppendResult>;

  /** Appends an assistant entry with its ledger row and snapshot, in one transaction. */
  commitTurn(commit: TurnCommit): Promise<TurnCommitResult>;

  /** The entries from the root to the tip, the session's own root entry left out. */
  readEntries(sessionId: SessionId): Promise<readonly Entry[]>;

  /** The ledger rows of the branch that ends at the tip, oldest first, turns inherited from a fork's origin included. */
  readTurns(sessionId: SessionId): Promise<readonly TurnRow[]>;

  /** The snapshots of the branch that ends at the tip, oldest first. */
  readSnapshots(sessionId: SessionId): Promise<readonly Snapshot[]>;

  /** The last snapshot of the branch that ends at the tip, or `undefined` before the first turn. */
  readLastSnapshot(sessionId: SessionId): Promise<Snapshot | undefined>;

  /** Closes the store. Further calls reject with `checkpoint/closed`; closing twice is harmless. */
  close(): Promise<void>;
}

export interface Append {
  readonly sessionId: SessionId;
  /** The tip the caller has seen. */
  readonly expectedTip: EntryId;
  readonly entries: readonly NewEntry[];
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface AppendResult {
  readonly tip: EntryId;
}

export interface TurnCommit {
  readonly sessionId: SessionId;
  readonly expectedTip: EntryId;
  readonly entry: NewEntry;
  readonly turn: Omit<TurnRow, 'entryId' | 'sessionId'>;
  readonly snapshot: SnapshotContent & { readonly id: SnapshotId };
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface TurnCommitResult extends AppendResult {
  readonly snapshot: Snapshot;
}
