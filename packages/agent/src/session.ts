import type { Snapshot, SnapshotId } from '@reprise/checkpoint';
import { type UserMessage, userMessage } from '@reprise/providers';
import { AgentError } from './errors.ts';
import { type BusyOptions, type LeaseTerms, leaseTerms } from './lease/lease-options.ts';
import { RunLoop } from './run.ts';
import { createRun, type Run } from './run-handle.ts';
import type { HeldConversation } from './run-options.ts';
import { type LoadedSession, loadSession } from './session/open-session.ts';
import { answerUndoneTurn, type RewindOptions, type Rewound, rewindHeldSession } from './session/rewind.ts';
import { readRewindTargets } from './session/rewind-targets.ts';
import { type Hold, type SessionContext, SessionHolder } from './session/session-hold.ts';
import type { AgentState } from './state.ts';

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
   * Asks the model; without input, goes on from where the conversation stopped, say in a crash. While another run has the session,
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
  /** A new session that shares everything up to a snapshot with this one. Rejects with a `CheckpointError`. */
  fork(options?: ForkOptions): Promise<Session>;
  /** Names a snapshot, by default the last turn's, or takes its name away. Rejects with `checkpoint/snapshot-missing`. */
  label(label: string | null, snapshotId?: SnapshotId): Promise<Snapshot>;
  /** Every snapshot it can be rewound to, oldest first: its branch's, and all it has made, those that rewinds made included. */
  snapshots(): Promise<readonly Snapshot[]>;
  /** Gives the session up: runs that wait for it end, and a run still going ends as it would. The store stays open. */
  close(): Promise<void>;
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
    const enter = () => this.#enter(run, terms, signal);
    const run: RunLoop = new RunLoop(this.state, { ...this.#context.settings, input, enter, told: this.#told });
    return run;
  }

  #end(): void {
    this.#begun -= 1;
  }

  async #enter(run: RunLoop, terms: LeaseTerms, signal: AbortSignal | undefined): Promise<HeldConversation> {
    const hold = await this.#take(terms, signal);
    const { recorder, state, lease } = hold;
    this.#running = run;
    return {
      state,
      recorder,
      signal: signal ? AbortSignal.any([signal, lease.signal]) : lease.signal,
      leave: async (last) => {
        // Unless another one has it: this one has lost its lease.
        if (this.#running === run) this.#running = undefined;
        await this.#holder.giveBack(hold, last);
      },
    };
  }

  #take(terms: LeaseTerms, signal?: AbortSignal): Promise<Hold> {
    const closed = this.#closed.signal;
    return this.#holder.take(terms, signal ? AbortSignal.any([signal, closed]) : closed);
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
        `Session ${this.id} has a run going; wait for its end, abort it, or send with onBusy 'queue' or 'interrupt'.`,
      );
    }
  }
}

function sessionClosed(id: string): AgentError {
  return new AgentError('agent/session-closed', `Session ${id} is closed; open it again.`);
}

/** What was given as a message a vendor takes: without empty texts. Throws `agent/empty-message` if that leaves nothing to say. */
export function asUserMessage(input: RunInput): UserMessage | undefined {
  if (input === undefined) return undefined;
  const message = typeof input === 'string' ? userMessage(input) : input;
  const content = message.content.filter((block) => block.type !== 'text' || block.text !== '');
  if (content.length === 0) {
    throw new AgentError(
      'agent/empty-message',
      'The message is empty; give it a text, or leave it out to go on from where the conversation stopped.',
    );
  }
  return content.length === message.content.length ? message : { ...message, content };
}
