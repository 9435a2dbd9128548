/**
 * A session as one object knows it, and the right to go on with it.
 *
 * Owns: when what is known is out of date, and which fence a recorder writes with.
 * Leaves to `lease/`: how the right is come by and kept. To the session: what is done with it.
 *
 * N1. Whoever takes the session goes on from where the store is, whoever wrote that.
 * N2. A recorder keeps its fence: the right of a later hold is not lent to an earlier one that is still winding down.
 */

import type { CheckpointStore } from '@reprise/checkpoint';
import { createHolderName } from '../lease/holder.ts';
import { type KeptLease, keepLease } from '../lease/lease-keeper.ts';
import type { LeaseTerms } from '../lease/lease-options.ts';
import { takeLease } from '../lease/take-lease.ts';
import type { WaitingLines } from '../lease/waiting-lines.ts';
import type { SessionRecorder } from '../recorder.ts';
import type { AgentSettings } from '../settings.ts';
import type { AgentState } from '../state.ts';
import type { Inboxes } from '../steering/inbox.ts';
import { type LoadedSession, reloadSession } from './open-session.ts';
import { createSessionRecorder } from './session-recorder.ts';

export interface SessionContext {
  readonly store: CheckpointStore;
  readonly settings: AgentSettings;
  readonly terms: LeaseTerms;
  readonly lines: WaitingLines;
  readonly inboxes: Inboxes;
}

/** The session, while nobody else may write to it. */
export interface Hold {
  readonly lease: KeptLease;
  readonly recorder: SessionRecorder;
  /** As the store has it. */
  readonly state: AgentState;
}

/** What the store had when it was last looked at, and who writes on top of that. */
interface Known {
  readonly recorder: SessionRecorder;
  readonly right: { fence: number | undefined };
  state: AgentState;
}

export class SessionHolder {
  readonly id: string;
  readonly #context: SessionContext;
  readonly #name = createHolderName();
  #known: Known;
  #hold: Hold | undefined;
  /** The fence it wrote with last: if the next one is the next number, nobody else has had the session. */
  #lastFence: number | undefined;

  constructor(loaded: LoadedSession, context: SessionContext) {
    this.id = loaded.record.id;
    this.#context = context;
    this.#known = know(loaded, context, undefined);
  }

  /** As far as it is committed and this object knows. */
  get state(): AgentState {
    return this.#known.state;
  }

  /** See `Recorder`. */
  placeOf(key: string): number | undefined {
    return this.#known.recorder.placeOf(key);
  }

  /** Takes the lease, and goes to where the store is. Rejects as `takeLease` and the store do. */
  async take(terms: LeaseTerms, signal: AbortSignal): Promise<Hold> {
    const { store, settings, lines } = this.#context;
    const { clock, onFaultPoint } = settings.ports;
    const taking = { ...terms, sessionId: this.id, holder: this.#name, signal, clock, lines };
    const lease = await keepLease(store, await takeLease(store, taking), terms.leaseTtlMs);
    onFaultPoint?.('agent/lease-taken');
    try {
      await this.#catchUp(lease.fence);
    } catch (error) {
      await lease.giveBack();
      throw error;
    }
    onFaultPoint?.('agent/session-loaded');
    const { recorder, state } = this.#known;
    this.#hold = { lease, recorder, state };
    return this.#hold;
  }

  /** Loads the session anew, for a holder that has moved it. */
  async reload({ lease }: Hold): Promise<Hold> {
    await this.#load(lease.fence);
    const { recorder, state } = this.#known;
    this.#hold = { lease, recorder, state };
    return this.#hold;
  }

  /** Gives the lease back; `last` is the state that the session was left in. */
  async giveBack(hold: Hold, last: AgentState): Promise<void> {
    // Unless this one has lost its lease, and another one of this object has followed it.
    if (this.#hold === hold) {
      this.#known.state = last;
      this.#known.right.fence = undefined;
      this.#lastFence = hold.lease.fence;
      this.#hold = undefined;
    }
    await hold.lease.giveBack();
    this.#context.settings.ports.onFaultPoint?.('agent/lease-released');
  }

  async #catchUp(fence: number): Promise<void> {
    const stored = await this.#context.store.readSession(this.id);
    const { recorder, right } = this.#known;
    const isOurs = this.#lastFence === undefined || fence === this.#lastFence + 1;
    if (isOurs && stored?.tip === recorder.tip && !this.#hold) right.fence = fence;
    else await this.#load(fence);
  }

  async #load(fence: number): Promise<void> {
    this.#known = know(await reloadSession(this.#context.store, this.id), this.#context, fence);
  }
}

function know(loaded: LoadedSession, { store, settings }: SessionContext, fence: number | undefined): Known {
  const right = { fence };
  return { right, state: loaded.state, recorder: createSessionRecorder(store, loaded, settings, () => right.fence) };
}
