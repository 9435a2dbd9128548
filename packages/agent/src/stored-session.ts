import type { Snapshot, SnapshotId } from '@reprise/checkpoint';
import type { Message, UserMessage } from '@reprise/providers';
import type { ApprovalDecision, DecidedApproval, OpenApproval } from './approval/approval.ts';
import { decideApproval } from './approval/decide-approval.ts';
import { checkDecision } from './approval/questions.ts';
import { describe } from './content-blocks.ts';
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
import { asUserMessage, type RunInput } from './run-input.ts';
import type { HeldConversation } from './run-options.ts';
import { type LoadedSession, loadSession } from './session/open-session.ts';
import { readOpenApprovals } from './session/read-approvals.ts';
import {
  answerUndoneTurn,
  checkRewind,
  type RewindOptions,
  type Rewound,
  rewindHeldSession,
} from './session/rewind.ts';
import { readRewindTargets } from './session/rewind-targets.ts';
import { type Hold, type SessionContext, SessionHolder } from './session/session-hold.ts';
import type { DecideOptions, ForkOptions, SendOptions, Session } from './session.ts';
import { type AgentSettings, withCachePolicy } from './settings.ts';
import { type AgentState, withLockedMessages } from './state.ts';
import type { SentMessage } from './steering/inbox.ts';
import { type Steered, steerOrTake } from './steering/steer-or-take.ts';

export function createSession(loaded: LoadedSession, context: SessionContext): Session {
  return new StoredSession(loaded, context);
}

class StoredSession implements Session {
  readonly id: string;
  readonly #context: SessionContext;
  readonly #holder: SessionHolder;
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
    return withLockedMessages(this.#running?.state ?? this.#holder.state);
  }

  messagesSince(key: string): readonly Message[] | undefined {
    const place = this.#holder.placeOf(key);
    return place === undefined ? undefined : this.state.messages.slice(place);
  }

  send(input?: RunInput, options: SendOptions = {}): Run {
    const terms = leaseTerms(options, this.#context.terms);
    this.#refuseUnlessFree(terms);
    const message = asUserMessage(input);
    checkKey(options.key, message);
    const settings = withCachePolicy(this.#context.settings, options.cache);
    return createRun(
      () => this.#start(message, options, { terms, settings }),
      () => this.#end(),
    );
  }

  async rewind(options: RewindOptions): Promise<Rewound> {
    checkRewind(options);
    return this.#exclusively({ onBusy: 'reject' }, undefined, (hold) => this.#rewindHeld(hold, options));
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
    return this.#exclusively({ ...options, onBusy }, signal, async (hold) => {
      try {
        return await decideApproval(approvalId, checked, { ...hold, ports: this.#context.settings.ports });
      } finally {
        await this.#holder.giveBack(hold, hold.state);
      }
    });
  }

  async compact({ dryRun = false, ...options }: CompactOptions = {}): Promise<Compacted> {
    if (dryRun) return planSessionCompaction(this.#planned(), options);
    const { signal } = options;
    return this.#exclusively({ onBusy: 'reject' }, signal, (hold) => {
      const { recorder, state, lease } = hold;
      const held = {
        state,
        recorder,
        signal: signal ? AbortSignal.any([signal, lease.signal]) : lease.signal,
        leave: (last: AgentState) => this.#holder.giveBack(hold, last),
      };
      return compactHeld(this.#planned(), held, options);
    });
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
    checkLabel(label);
    return this.#context.store.labelSnapshot({ label, snapshotId: snapshotId ?? (await this.#lastSnapshotId()) });
  }

  snapshots(): Promise<readonly Snapshot[]> {
    return readRewindTargets(this.#context.store, this.id);
  }

  async close(): Promise<void> {
    this.#closed.abort(sessionClosed(this.id));
  }

  #start(
    input: UserMessage | undefined,
    { signal, key }: SendOptions,
    { terms, settings }: { readonly terms: LeaseTerms; readonly settings: AgentSettings },
  ): RunLoop {
    // Asked again: a run starts when it is first listened to, and another may have been faster.
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    const enter = () => this.#enter(run, input && { message: input, key }, terms, signal);
    const run: RunLoop = new RunLoop(this.state, { ...settings, input, key, enter });
    return run;
  }

  #end(): void {
    this.#begun -= 1;
  }

  /** Does something that no run may go on beside. `work` gives the session back. */
  async #exclusively<Result>(
    options: BusyOptions,
    signal: AbortSignal | undefined,
    work: (hold: Hold) => Promise<Result>,
  ): Promise<Result> {
    const terms = leaseTerms(options, this.#context.terms);
    this.#refuseUnlessFree(terms);
    this.#begun += 1;
    try {
      return await work(await this.#take(terms, signal));
    } finally {
      this.#end();
    }
  }

  async #enter(
    run: RunLoop,
    input: SentMessage | undefined,
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
    input: SentMessage | undefined,
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

function checkKey(key: string | undefined, message: UserMessage | undefined): void {
  if (key === undefined || (message && typeof key === 'string' && key !== '')) return;
  const what = message
    ? `key is '${key}'; it must be a text that is not empty.`
    : 'key names a message, and there is none.';
  throw new AgentError('agent/invalid-option', what);
}

function checkLabel(label: string | null): void {
  if (label === null || (typeof label === 'string' && label.trim() !== '')) return;
  throw new AgentError(
    'agent/invalid-option',
    `The label is ${typeof label === 'string' ? 'empty' : describe(label)}; give a text, or null to take it away.`,
  );
}

function sessionClosed(id: string): AgentError {
  return new AgentError('agent/session-closed', `Session ${id} is closed; open it again.`);
}
