/**
 * A lease while it is in use.
 *
 * Owns: its renewal, and telling its holder to stop.
 * Leaves to `take-lease.ts`: how it was come by. To the store: whose it is.
 *
 * H1. It is renewed until it is given back, also while nothing else happens. A holder that has to stop has the time that is left.
 * H2. Its holder is told at once when it is lost, when it could not be renewed for as long as it lasts, and when somebody asks it to stop.
 */

import type { CheckpointStore, Lease } from '@reprise/checkpoint';
import { AgentError, hasCode } from '../errors.ts';

export interface KeptLease {
  /** To write with. */
  readonly fence: number;
  /** Aborted when its holder has to stop: with `agent/interrupted`, or with the store's error when it may write no more. */
  readonly signal: AbortSignal;
  giveBack(): Promise<void>;
}

const RENEWALS_PER_TTL = 3;

/** Keeps a lease that was taken for `ttlMs`. Rejects as the store does, and then the lease is given back. */
export async function keepLease(store: CheckpointStore, lease: Lease, ttlMs: number): Promise<KeptLease> {
  const keeper = new LeaseKeeper(store, lease, ttlMs);
  try {
    await keeper.watch();
  } catch (error) {
    await keeper.giveBack();
    throw error;
  }
  return keeper;
}

class LeaseKeeper implements KeptLease {
  readonly fence: number;
  readonly #store: CheckpointStore;
  readonly #ttlMs: number;
  readonly #stop = new AbortController();
  readonly #over = new AbortController();
  #lease: Lease;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: CheckpointStore, lease: Lease, ttlMs: number) {
    this.#store = store;
    this.#lease = lease;
    this.#ttlMs = ttlMs;
    this.fence = lease.fence;
    this.#scheduleRenewal();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  async watch(): Promise<void> {
    const onChange = () => void this.#look();
    await this.#store.watchLease({ sessionId: this.#lease.sessionId, onChange, signal: this.#over.signal });
  }

  async giveBack(): Promise<void> {
    this.#over.abort();
    clearTimeout(this.#timer);
    try {
      await this.#store.releaseLease(this.#lease);
    } catch {
      // A lease that cannot be given back runs out; everything it was taken for is done.
    }
  }

  #scheduleRenewal(): void {
    clearTimeout(this.#timer);
    if (this.#over.signal.aborted || this.#stop.signal.aborted) return;
    // A process that has nothing else to do need not stay for this.
    this.#timer = setTimeout(() => void this.#renew(), this.#ttlMs / RENEWALS_PER_TTL).unref();
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    try {
      this.#lease = await this.#store.renewLease(this.#lease, this.#ttlMs);
      this.#failures = 0;
      if (this.#lease.interruptRequested) this.#stop.abort(interrupted());
    } catch (error) {
      this.#failures += 1;
      if (hasCode(error, 'checkpoint/lease-lost') || this.#failures === RENEWALS_PER_TTL) this.#stop.abort(error);
    }
    this.#scheduleRenewal();
  }

  /** Never rejects: what cannot be read now is found out when the lease is renewed. */
  async #look(): Promise<void> {
    const { sessionId, fence } = this.#lease;
    const seen = await this.#store.readLease(sessionId).catch(() => this.#lease);
    if (this.#over.signal.aborted) return;
    // The store says best what has become of a lease that is not ours any more.
    if (seen?.fence !== fence || seen.holder === null) await this.#renew();
    else if (seen.interruptRequested) this.#stop.abort(interrupted());
  }
}

function interrupted(): AgentError {
  return new AgentError('agent/interrupted', 'Another send has asked for the session.');
}
