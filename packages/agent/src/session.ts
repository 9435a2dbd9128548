import type { Snapshot, SnapshotId } from '@reprise/checkpoint';
import type { CachePolicy, Message } from '@reprise/providers';
import type { ApprovalDecision, DecidedApproval, OpenApproval } from './approval/approval.ts';
import type { Compacted, CompactOptions } from './context/compact-session.ts';
import type { CompactionPlan, PlanCompactionOptions } from './context/plan-compaction.ts';
import type { WarmUntil, WarmUntilOptions } from './context/warm-until.ts';
import type { BusyOptions } from './lease/lease-options.ts';
import type { Run } from './run-handle.ts';
import type { RunInput } from './run-input.ts';
import type { RewindOptions, Rewound } from './session/rewind.ts';
import type { AgentState } from './state.ts';

export interface SendOptions extends BusyOptions {
  /**
   * Aborts the run. With an `AgentError` of the code `agent/handed-over` as its reason the run is left to go on elsewhere: as in a crash,
   * nothing is kept of an answer or a tool that is cut off, and no call is answered in its place; a send with the same `key` goes on.
   */
  readonly signal?: AbortSignal;
  /**
   * Names the message, so that sending it again, after a crash or from another process, adds it once: a send whose key the conversation
   * has goes on from where that one was left, and ends with the reason `already-answered` if there is nothing to go on with. The branch
   * that a rewind has left does not count. Throws `agent/invalid-option` without a message, and for an empty one. Default: none.
   */
  readonly key?: string;
  /**
   * Where cache marks go in the requests of this run. A message that is steered goes with the policy of the run that it comes into. Throws
   * `agent/invalid-option`, or `provider/invalid-request` for a lifetime that the vendor does not know. Default: the agent's.
   */
  readonly cache?: CachePolicy;
}

/**
 * A conversation whose every turn is committed before it is announced. One run at a time, in whichever process: a run has the session's
 * lease from its start to its end, and goes on from what others have added meanwhile.
 */
export interface Session {
  readonly id: string;
  /** As far as it is committed, and this object knows: it catches up with other processes when a run starts. */
  readonly state: AgentState;
  /** The conversation from the message on that was sent with this key, as far as `state` has it; `undefined` if it holds none. */
  messagesSince(key: string): readonly Message[] | undefined;
  /**
   * Asks the model; without input, goes on from where the conversation stopped, say in a crash, if `canContinue`. While another run has it,
   * `onBusy` says what to do: with `reject`, it throws `agent/session-busy`, or the run ends with that if it only then finds out.
   * Throws `agent/session-closed` after `close`, `agent/empty-message`, `agent/invalid-option`, and what `cache` may.
   * A message that the model cannot be sent, say a file of a type that it does not read, is not stored: the run ends with the model's error.
   */
  send(input?: RunInput, options?: SendOptions): Run;
  /**
   * Takes the conversation, the files that tools have declared, or both back to a snapshot. Lifetime spend stays. With `both`, calls of
   * the turn at that snapshot are answered as undone; with `conversation`, the next send uses what they came to. Rejects with
   * `agent/session-busy` while a run has the session, in whichever process, `agent/session-closed`, `agent/invalid-option`, or a
   * `CheckpointError`; then nothing has moved.
   */
  rewind(options: RewindOptions): Promise<Rewound>;
  /** The requests whose calls are not answered yet, in call order, as the store has them now, whoever has the session. */
  approvals(): Promise<readonly OpenApproval[]>;
  /**
   * Decides on a request, in any process and after any time; the next `send` without input carries it out. It is durable when this
   * resolves, to the decision that stands: the same one again is harmless. Rejects with `agent/approval-refused`, and its message says
   * why, with `agent/session-busy` while a run has the session, `agent/session-closed`, `agent/invalid-option`, or a `CheckpointError`;
   * then nothing is written.
   */
  decide(approvalId: string, decision: ApprovalDecision, options?: DecideOptions): Promise<DecidedApproval>;
  /**
   * Asks the model for a summary, which takes the place of all but the last user messages. What was there stays stored: a fork or a rewind
   * to a snapshot before has it, and lifetime spend counts the summary. Rejects with `agent/nothing-to-compact` before anything is sent,
   * `agent/compaction-failed` if no summary came, what the model call ended with, and as `rewind` does; then the conversation is as it was.
   */
  compact(options?: CompactOptions): Promise<Compacted>;
  /** What `compact` would cost and save, and after how many turns it has paid for itself. Sends nothing. */
  planCompaction(options?: PlanCompactionOptions): Promise<CompactionPlan>;
  /** Until when the vendor's cache holds what was sent, what the next message costs before and after, and whether to keep it alive. */
  warmUntil(options?: WarmUntilOptions): Promise<WarmUntil>;
  /** A new session that shares everything up to a snapshot with this one. Rejects with a `CheckpointError`. */
  fork(options?: ForkOptions): Promise<Session>;
  /**
   * Names a snapshot, by default the last turn's, or takes its name away. Rejects with `checkpoint/snapshot-missing`, and with
   * `agent/invalid-option` for a name that is empty.
   */
  label(label: string | null, snapshotId?: SnapshotId): Promise<Snapshot>;
  /** Every snapshot it can be rewound to, oldest first: its branch's, and all it has made, those that rewinds made included. */
  snapshots(): Promise<readonly Snapshot[]>;
  /** Gives the session up: runs that wait for it end, and a run still going ends as it would. The store stays open. */
  close(): Promise<void>;
}

export interface DecideOptions extends Pick<BusyOptions, 'queueTimeoutMs'> {
  /** What to do while a run has the session. Default `reject`. */
  readonly onBusy?: 'reject' | 'queue';
  /** Ends the wait of `queue`. */
  readonly signal?: AbortSignal;
}

export interface ForkOptions {
  /** Default: the last turn's snapshot. A compaction made since that turn is not part of it. */
  readonly at?: SnapshotId;
  /** The new session's id, which must be free. Default: a new id. */
  readonly id?: string;
}
