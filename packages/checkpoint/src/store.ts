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
 * C5. Sessions that append the same to the same parent share the entry; a ledger row and a snapshot belong to the one session that
 *     committed them. A branch shows its own, and up to where it left another branch, that one's.
 * C6. A write to a session's tip with a fence needs the lease with that fence; one without needs that nobody holds the lease.
 * C7. Nothing is dropped but by `deleteSession` and `deleteSnapshots`. A rewind moves a tip and drops nothing.
 * C8. What is handed out is what was written: a damaged row is `checkpoint/corrupt` and named, never skipped.
 *
 * Every method rejects with a `CheckpointError`; its `code` says what to do. Every method of a session that does not exist rejects with
 * `checkpoint/session-missing`, unless it says otherwise.
 */

import type { Blob, BlobHash } from './blob.ts';
import type { FileBackup, FileState } from './file-backup.ts';
import type { Lease, LeaseRequest, LeaseState } from './lease.ts';
import type { PendingTurn, TurnRow } from './ledger.ts';
import type { Page, PageQuery } from './page.ts';
import type { RunId, RunMethods } from './run.ts';
import type { Entry, EntryId, SessionId, SessionRecord, Snapshot, SnapshotId, TurnId } from './session.ts';
import type { SessionDump } from './session-dump.ts';
import type { Standing, StandingCountQuery, StandingFilter, StandingQuery } from './standing.ts';
import type { ToolCallIntent, ToolCallRecord } from './tool-call.ts';
import type { TurnRange, TurnSum, TurnSumQuery } from './turn-sums.ts';
import type {
  Append,
  AppendResult,
  Fenced,
  NewSession,
  Rewind,
  RewindResult,
  ToolCallOutcome,
  TurnBegin,
  TurnCommit,
  TurnCommitResult,
} from './writes.ts';

export interface CheckpointStore
  extends SessionMethods,
    BranchMethods,
    LedgerMethods,
    SnapshotMethods,
    ToolJournal,
    LeaseMethods,
    BlobMethods,
    FileBackupMethods,
    RunMethods,
    MaintenanceMethods {
  /** Closes the store. Further calls reject with `checkpoint/closed`; closing twice is harmless. */
  close(): Promise<void>;
}

/** Which sessions are listed; all of them unless told. */
export interface SessionListQuery extends PageQuery {
  readonly prefix?: string | undefined;
  readonly standing?: StandingFilter | undefined;
}

interface SessionMethods {
  /**
   * Creates an empty session. Rejects with `checkpoint/session-exists` if the id is taken, or was a session's whose forks keep turns that
   * it committed.
   */
  createSession(session: NewSession): Promise<SessionRecord>;

  /** The session, or `undefined` if there is none of that id. */
  readSession(sessionId: SessionId): Promise<SessionRecord | undefined>;

  /**
   * Sessions, newest first; with `prefix` those whose ids begin with it. `search` looks at their ids and metadata, and at the prompt previews
   * and labels of the snapshots they made, `standing` at what they are doing.
   */
  listSessions(query?: SessionListQuery): Promise<Page<SessionRecord>>;

  /** How many sessions there are; with `prefix` how many whose ids begin with it. */
  countSessions(query?: { readonly prefix?: string | undefined }): Promise<number>;

  /** What these sessions are doing; one that does not exist is left out. */
  readStandings(query: StandingQuery): Promise<ReadonlyMap<SessionId, Standing>>;

  /** How many sessions are doing what; with `prefix` of those whose ids begin with it. */
  countStandings(query: StandingCountQuery): Promise<Readonly<Record<Standing, number>>>;

  /** Replaces the session's metadata. Needs no lease, and does not count as an update of the session. */
  setMetadata(change: { readonly sessionId: SessionId; readonly metadata: string }): Promise<SessionRecord>;

  /**
   * A new session whose tip is the snapshot's entry. Copies nothing. Rejects as `createSession` does, and with
   * `checkpoint/snapshot-missing`.
   */
  forkSession(fork: NewSession & { readonly snapshotId: SnapshotId }): Promise<SessionRecord>;

  /**
   * Moves the tip to the snapshot's entry, and makes a snapshot of the place it left. The snapshot may be any that the session made, any
   * of the branch it is on, and the one it makes (`leaving.id`), with which the tip stays where it is. Rejects with
   * `checkpoint/snapshot-missing` for any other.
   */
  rewindSession(rewind: Rewind): Promise<RewindResult>;

  /**
   * Deletes the session for good, with its runs, everything that no other session shares and every blob that nothing names any more. Its
   * forks keep what they have. Rejects with `checkpoint/session-busy` while somebody else holds its lease.
   */
  deleteSession(deletion: { readonly sessionId: SessionId } & Fenced): Promise<void>;
}

interface BranchMethods {
  /**
   * Appends entries in order and moves the tip to the last of them. With `ranCalls` and `turn`, which reject as the methods do that write
   * them alone, a round of tools and the next request cost one transaction.
   */
  appendEntries(append: Append): Promise<AppendResult>;

  /**
   * Notes that a model is about to be asked, so that a crash before its answer leaves a trace. A session has one such note at most: the
   * next one replaces it. Forks and rewinds do not touch it. Rejects with `checkpoint/invalid-write` for a turn that is in the ledger.
   */
  beginTurn(begin: TurnBegin): Promise<void>;

  /** Appends an assistant entry with its ledger row and snapshot, and takes the note of `beginTurn` away, in one transaction. */
  commitTurn(commit: TurnCommit): Promise<TurnCommitResult>;

  /** Takes the note of `beginTurn` away: the vendor has billed nothing. Harmless if there is none. */
  abandonTurn(abandon: { readonly sessionId: SessionId } & Fenced): Promise<void>;

  /** The note of `beginTurn` that no `commitTurn` or `abandonTurn` has taken away. */
  readPendingTurn(sessionId: SessionId): Promise<PendingTurn | undefined>;

  /** The entries from the root to the tip, the session's own root entry left out. */
  readEntries(sessionId: SessionId): Promise<readonly Entry[]>;

  /** The same up to a snapshot, whichever session is there. Rejects with `checkpoint/snapshot-missing`. */
  readEntriesTo(snapshotId: SnapshotId): Promise<readonly Entry[]>;

  /** The ledger rows of the branch that ends at the tip, oldest first, turns inherited from a fork's origin included. */
  readTurns(sessionId: SessionId): Promise<readonly TurnRow[]>;

  /** The last ledger row of the branch that ends at the tip, or `undefined` before the first turn. */
  readLastTurn(sessionId: SessionId): Promise<TurnRow | undefined>;

  /** Every ledger row that this session has committed, in order, on branches it was rewound from, too: what it has spent in its lifetime. */
  readLedger(sessionId: SessionId): Promise<readonly TurnRow[]>;
}

interface LedgerMethods {
  /**
   * Ledger rows of the whole store, added up: one sum for each combination of what `by` names, in no order. Rows are added up as they stand,
   * unchecked. Rejects with `checkpoint/invalid-write` for a query that is none.
   */
  sumTurns(query: TurnSumQuery): Promise<readonly TurnSum[]>;

  /**
   * Ledger rows of the whole store, one after the other, in the order of writing; those of deleted sessions included that forks keep. What
   * is committed meanwhile may be among them. Each row is checked; whether one is missing is told by `readLedger` and `findDamage`. Rejects
   * with `checkpoint/invalid-write` for a range that is none.
   */
  streamTurns(range?: TurnRange): AsyncIterable<TurnRow>;
}

interface SnapshotMethods {
  /** The turns' snapshots of the branch that ends at the tip, oldest first. */
  readSnapshots(sessionId: SessionId): Promise<readonly Snapshot[]>;

  /** The last turn's snapshot of the branch that ends at the tip, or `undefined` before the first turn. */
  readLastSnapshot(sessionId: SessionId): Promise<Snapshot | undefined>;

  /** The snapshot of this id, or `undefined`. */
  readSnapshot(snapshotId: SnapshotId): Promise<Snapshot | undefined>;

  /** Every snapshot that this session has made, newest first. `search` looks at prompt previews and labels. */
  listSnapshots(sessionId: SessionId, query?: PageQuery): Promise<Page<Snapshot>>;

  /** Names a snapshot, or takes its name away. Needs no lease. Rejects with `checkpoint/snapshot-missing`. */
  labelSnapshot(change: { readonly snapshotId: SnapshotId; readonly label: string | null }): Promise<Snapshot>;

  /**
   * Deletes snapshots that this session made, all or none; its turns and entries stay. Rejects with `checkpoint/snapshot-missing` for an
   * id it did not make, and with `checkpoint/invalid-write` for the snapshot of a turn at some session's tip, or at a place that was left by
   * a rewind and can be returned to: it holds the counters there.
   * File backups of a deleted snapshot go to the one the session made before it, unless that has an older one of the same path.
   */
  deleteSnapshots(
    deletion: { readonly sessionId: SessionId; readonly snapshotIds: readonly SnapshotId[] } & Fenced,
  ): Promise<void>;
}

interface ToolJournal {
  /**
   * Notes that a tool is about to run. Starting a call again counts an attempt, unless it is an `effect`: that rejects with
   * `checkpoint/tool-call-started` unless `again` says that its owner wants it. So does a call that has its outcome, always.
   * Rejects with `checkpoint/turn-missing` for a turn that is not in the ledger.
   */
  startToolCall(start: ToolCallIntent & Fenced & { readonly again?: boolean }): Promise<ToolCallRecord>;

  /**
   * Notes what came of a tool call. The first outcome stays: a call that has one is returned as it is. Rejects with
   * `checkpoint/turn-missing`, and with `checkpoint/invalid-write` for a call that was not started.
   */
  finishToolCall(finish: ToolCallOutcome): Promise<ToolCallRecord>;

  /** The journal of a turn's calls, in their order; empty when none was started. */
  readToolCalls(turnId: TurnId): Promise<readonly ToolCallRecord[]>;
}

interface LeaseMethods {
  /** Takes the session's lease. Rejects with `checkpoint/session-busy` while another holder's is live. */
  acquireLease(request: LeaseRequest): Promise<Lease>;

  /** Lengthens the lease by `ttlMs` from now. Rejects with `checkpoint/lease-lost` if it was taken over or given back. */
  renewLease(lease: Lease, ttlMs: number): Promise<Lease>;

  /** Gives the lease back. Harmless if it is lost already, and if its session is gone. */
  releaseLease(lease: Lease): Promise<void>;

  /** The last lease of the session, live or not; `undefined` if nobody ever had one. */
  readLease(sessionId: SessionId): Promise<LeaseState | undefined>;

  /** Asks the holder to stop. Resolves to whether the session is held. */
  requestInterrupt(sessionId: SessionId): Promise<boolean>;

  /**
   * Calls `onChange` soon after the session's lease may have been given back, taken over or asked to stop, in any process. Resolves once
   * it watches; `signal` ends it. A lease that runs out is no change.
   */
  watchLease(watch: {
    readonly sessionId: SessionId;
    readonly onChange: () => void;
    readonly signal: AbortSignal;
  }): Promise<void>;
}

interface BlobMethods {
  /**
   * The bytes of each hash, checked against it. Rejects with `checkpoint/blob-missing`, or `checkpoint/corrupt`. Blobs are written with
   * what names them: see `Append`, `TurnBegin` and `TurnCommit`. Such a write rejects with `checkpoint/blob-missing` for bytes that are
   * neither with it nor in the store, and with `checkpoint/invalid-write` for bytes that are others than their hash says.
   */
  readBlobs(hashes: readonly BlobHash[]): Promise<ReadonlyMap<BlobHash, Uint8Array>>;
}

interface FileBackupMethods {
  /** Keeps what files were before a change. Of a path that has a backup for this snapshot already, the first one stays. */
  recordFileBackups(
    record: {
      readonly sessionId: SessionId;
      /** A snapshot that the session made. */
      readonly snapshotId: SnapshotId;
      readonly files: readonly FileState[];
      /** The blobs that `files` names, as far as the store may not have them. */
      readonly blobs: readonly Blob[];
      readonly at: number;
    } & Fenced,
  ): Promise<void>;

  /**
   * The backups that this session made for that snapshot and for those it made after it, oldest first. Of a snapshot that
   * another session made they are all, since a fork makes its own after those it inherits. Rejects with `checkpoint/snapshot-missing`.
   */
  readFileBackups(since: {
    readonly sessionId: SessionId;
    readonly snapshotId: SnapshotId;
  }): Promise<readonly FileBackup[]>;
}

interface MaintenanceMethods {
  /** Everything that makes the session up, on every branch it has been on, checked. */
  dumpSession(sessionId: SessionId): Promise<SessionDump>;

  /**
   * Writes a dumped session. Rows that are here already, shared with another session, are left as they are. Rejects with
   * `checkpoint/session-exists`, and with `checkpoint/invalid-import` for a dump that contradicts itself or a row that is here.
   */
  restoreSession(dump: SessionDump): Promise<SessionRecord>;

  /**
   * Looks for damage in everything the store holds, one finding after the other; none means that all of it was read and is whole.
   * `onSession` is told of each session before it is read, so that who waits can say how far it is.
   */
  findDamage(options?: { readonly onSession?: (sessionId: SessionId) => void }): AsyncIterable<Damage>;
}

/** One thing that is not as it was written. */
export interface Damage {
  /** What is damaged and how, for people. */
  readonly message: string;
  /** The session that it is of, as far as a row says so. */
  readonly sessionId?: SessionId;
  readonly entryId?: EntryId;
  readonly turnId?: TurnId;
  readonly snapshotId?: SnapshotId;
  readonly runId?: RunId;
}
