import type { Snapshot, SnapshotId } from '@reprise/checkpoint';
import { type UserMessage, userMessage } from '@reprise/providers';
import type { ApprovalDecision, DecidedApproval, OpenApproval } from './approval/approval.ts';
import { decideApproval } from './approval/decide-approval.ts';
import { checkDecision } from './approval/questions.ts';
import {
  type Compacted,
  type CompactOptions,
  compactHeld,
  type PlannedSession,
  planSessionCompaction,
  readSessionBranch,
} from './context/compact-session.ts';
import type { CompactionPlan, PlanCompactionOptions } from './context/plan-compaction.ts';
import { warmUntilOfSession } from './context/warm-session.ts';
import type { WarmUntil, WarmUntilOptions } from './context/warm-until.ts';
import { AgentError } from './errors.ts';
import { type BusyOptions, type LeaseTerms, leaseTerms } from './lease/lease-options.ts';
import { RunLoop } from './run.ts';
import { createRun, type Run } from './run-handle.ts';
import type { HeldConversation } from './run-options.ts';
import { type LoadedSession, loadSession } from './session/open-session.ts';
import { readOpenApprovals } from './session/read-approvals.ts';
import { answerUndoneTurn, type RewindOptions, type Rewound, rewindHeldSession } from './session/rewind.ts';
import { readRewindTargets } from './session/rewind-targets.ts';
import { type Hold, type SessionContext, SessionHolder } from './session/session-hold.ts';
import type { AgentState } from './state.ts';
import { type Steered, steerOrTake } from './steering/steer-or-take.ts';

/** What a run is asked: text, a message, or nothing to go on from where the conversation stopped. */
export type RunInput = string | UserMessage | undefined;

export interface SendOptions extends BusyOptions {
  readonly signal?: AbortSignal;
}

/**
 * A conversation whose every turn is committed before it is announced. One run at a time, in whichever process: a run has the session's
 * lease from its start to its end, and goes on from what others have added meanwhile.
 */
export interface Session {
  readonly id: string;
  /** As far as it is committed, and this object knows: it catches up with other processes when a run starts. */
  readonly state: AgentState;
  /**
   * Asks the model; without input, goes on from where the conversation stopped, say in a crash, if `canContinue`. While another run has it,
   * `onBusy` says what to do: with `reject`, it throws `agent/session-busy`, or the run ends with that if it only then finds out.
   * Throws `agent/session-closed` after `close`, `agent/empty-message` and `agent/invalid-option`.
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
  /** Names a snapshot, by default the last turn's, or takes its name away. Rejects with `checkpoint/snapshot-missing`. */
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
  /** Default: the last turn's snapshot. */
  readonly at?: SnapshotId;
  /** The new session's id, which must be free. Default: a new id. */
  readonly id?: string;
}

export function createSession(loaded: LoadedSession, context: SessionContext): Session {
  return new StoredSession(loaded, context);
}

class StoredSession implements Session {
  readonly id: string;
  readonly #context: SessionContext;
  readonly #holder: SessionHolder;
  readonly #told = new Set<string>();
  readonly #closed = new AbortController();
  /** The run that has the session. */
  #running: RunLoop | undefined;
  /** Runs that have begun and not ended, waiting ones included. */
  #begun = 0;

  constructor(loaded: LoadedSession, context: SessionContext) {
    this.id = loaded.record.id;
    this.#context = context;
    this.#holder = new SessionHolder(loaded, context);
  }

  get state(): AgentState {
    return this.#running?.state ?? this.#holder.state;
  }

  send(input?: RunInput, options: SendOptions = {}): Run {
    const terms = leaseTerms(options, this.#context.terms);
    this.#refuseUnlessFree(terms);
    const message = asUserMessage(input);
    return createRun(
      () => this.#start(message, options.signal, terms),
      () => this.#end(),
    );
  }

  async rewind(options: RewindOptions): Promise<Rewound> {
    const terms = { ...this.#context.terms, onBusy: 'reject' } as const;
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    try {
      return await this.#rewindHeld(await this.#take(terms), options);
    } finally {
      this.#end();
    }
  }

  approvals(): Promise<readonly OpenApproval[]> {
    return readOpenApprovals(this.#context.store, this.id);
  }

  async decide(
    approvalId: string,
    decision: ApprovalDecision,
    { signal, onBusy = 'reject', ...options }: DecideOptions = {},
  ): Promise<DecidedApproval> {
    const checked = checkDecision(decision);
    const terms = leaseTerms({ ...options, onBusy }, this.#context.terms);
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    try {
      const hold = await this.#take(terms, signal);
      try {
        return await decideApproval(approvalId, checked, { ...hold, ports: this.#context.settings.ports });
      } finally {
        await this.#holder.giveBack(hold, hold.state);
      }
    } finally {
      this.#end();
    }
  }

  async compact({ dryRun = false, ...options }: CompactOptions = {}): Promise<Compacted> {
    if (dryRun) return planSessionCompaction(this.#planned(), options);
    const terms = { ...this.#context.terms, onBusy: 'reject' } as const;
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    try {
      const { signal } = options;
      const hold = await this.#take(terms, signal);
      const { recorder, state, lease } = hold;
      const held = {
        state,
        recorder,
        signal: signal ? AbortSignal.any([signal, lease.signal]) : lease.signal,
        leave: (last: AgentState) => this.#holder.giveBack(hold, last),
      };
      return await compactHeld(this.#planned(), { ...held, told: this.#told }, options);
    } finally {
      this.#end();
    }
  }

  async planCompaction(options: PlanCompactionOptions = {}): Promise<CompactionPlan> {
    return (await planSessionCompaction(this.#planned(), options)).plan;
  }

  warmUntil(options: WarmUntilOptions = {}): Promise<WarmUntil> {
    return warmUntilOfSession(this.#planned(), options);
  }

  async fork({ at, id }: ForkOptions = {}): Promise<Session> {
    const { store, settings } = this.#context;
    const snapshotId = at ?? (await this.#lastSnapshotId());
    const options = { snapshotId, ...(id === undefined ? {} : { id }) };
    return createSession(await loadSession(store, options, settings.ports), this.#context);
  }

  async label(label: string | null, snapshotId?: SnapshotId): Promise<Snapshot> {
    return this.#context.store.labelSnapshot({ label, snapshotId: snapshotId ?? (await this.#lastSnapshotId()) });
  }

  snapshots(): Promise<readonly Snapshot[]> {
    return readRewindTargets(this.#context.store, this.id);
  }

  async close(): Promise<void> {
    this.#closed.abort(sessionClosed(this.id));
  }

  #start(input: UserMessage | undefined, signal: AbortSignal | undefined, terms: LeaseTerms): RunLoop {
    // Asked again: a run starts when it is first listened to, and another may have been faster.
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    const enter = () => this.#enter(run, input, terms, signal);
    const run: RunLoop = new RunLoop(this.state, { ...this.#context.settings, input, enter, told: this.#told });
    return run;
  }

  #end(): void {
    this.#begun -= 1;
  }

  async #enter(
    run: RunLoop,
    input: UserMessage | undefined,
    terms: LeaseTerms,
    signal: AbortSignal | undefined,
  ): Promise<HeldConversation | Steered> {
    const hold = await this.#takeOrSteer(input, terms, signal);
    if ('steered' in hold) return hold;
    const { recorder, state, lease } = hold;
    const inbox = this.#context.inboxes.of(this.#context.store, this.id);
    this.#running = run;
    return {
      state,
      recorder,
      signal: signal ? AbortSignal.any([signal, lease.signal]) : lease.signal,
      inbox,
      readBranch: () => readSessionBranch(this.#planned()),
      leave: async (last) => {
        inbox.close();
        // Unless another one has it: this one has lost its lease.
        if (this.#running === run) this.#running = undefined;
        await this.#holder.giveBack(hold, last);
      },
    };
  }

  /** A message that may be steered stands in line for a run of its own while it is on offer to the one under way. */
  #takeOrSteer(
    input: UserMessage | undefined,
    terms: LeaseTerms,
    signal: AbortSignal | undefined,
  ): Promise<Hold | Steered> {
    if (terms.onBusy !== 'steer' || !input) return this.#take(terms, signal);
    const offer = this.#context.inboxes.offer(this.#context.store, this.id, input);
    return steerOrTake(offer, {
      take: (taken) => this.#take(terms, signal, taken),
      giveBack: (hold) => this.#holder.giveBack(hold, hold.state),
    });
  }

  #planned(): PlannedSession {
    const { store, settings } = this.#context;
    return { store, settings, sessionId: this.id };
  }

  #take(terms: LeaseTerms, ...signals: readonly (AbortSignal | undefined)[]): Promise<Hold> {
    const ends = [this.#closed.signal, ...signals].filter((signal) => signal !== undefined);
    return this.#holder.take(terms, AbortSignal.any(ends));
  }

  async #rewindHeld(hold: Hold, options: RewindOptions): Promise<Rewound> {
    let [now, { state }] = [hold, hold];
    try {
      const { store, settings } = this.#context;
      const { files, ports, tools } = settings;
      state = (await hold.recorder.recoverTurn(state))?.state ?? state;
      const held = { store, files, ports, sessionId: this.id, fence: hold.lease.fence, state };
      const rewound = await rewindHeldSession(held, options);
      now = await this.#holder.reload(hold);
      state = now.state;
      if (options.what === 'both') {
        state = await answerUndoneTurn({ store, state, tools, recorder: now.recorder }, options.to);
      }
      return { state, ...rewound };
    } finally {
      await this.#holder.giveBack(now, state);
    }
  }

  async #lastSnapshotId(): Promise<SnapshotId> {
    const last = await this.#context.store.readLastSnapshot(this.id);
    if (last) return last.id;
    throw new AgentError(
      'agent/invalid-option',
      `Session ${this.id} has had no turn yet; name a snapshot, or send first.`,
    );
  }

  #refuseUnlessFree({ onBusy }: LeaseTerms): void {
    if (this.#closed.signal.aborted) throw sessionClosed(this.id);
    if (this.#begun > 0 && onBusy === 'reject') {
      throw new AgentError(
        'agent/session-busy',
        `Session ${this.id} has a run going; wait for its end, abort it, or send with onBusy 'queue', 'steer' or 'interrupt'.`,
      );
    }
  }
}

function sessionClosed(id: string): AgentError {
  return new AgentError('agent/session-closed', `Session ${id} is closed; open it again.`);
}

const TRANSIENT_INPUT =
  'The message is transient, and what is sent is kept: give it without `transient`, or inject it with a hook.';

/**
 * What was given as a message a vendor takes: without empty texts. Throws `agent/empty-message` if that leaves nothing to say, and
 * `agent/invalid-option` for a transient one.
 */
export function asUserMessage(input: RunInput): UserMessage | undefined {
  if (input === undefined) return undefined;
  const message = typeof input === 'string' ? userMessage(input) : input;
  if (message.transient) throw new AgentError('agent/invalid-option', TRANSIENT_INPUT);
  const content = message.content.filter((block) => block.type !== 'text' || block.text !== '');
  if (content.length === 0) {
    throw new AgentError(
      'agent/empty-message',
      'The message is empty; give it a text, or leave it out to go on from where the conversation stopped.',
    );
  }
  return content.length === message.content.length ? message : { ...message, content };
}
