/**
 * Getting hold of a session that others may hold.
 *
 * Owns: what happens when it is busy, and for how long one waits.
 * Leaves to the store: who holds it. To `lease-keeper.ts`: what follows.
 *
 * W1. Those who wait in this process get the session in the order in which they came; who interrupts goes before them.
 * W2. Nobody waits longer than told, and an abort ends the wait.
 * W3. A holder whose process is known to be gone is not waited for.
 */

import type { CheckpointStore, Lease, LeaseState, SessionId } from '@reprise/checkpoint';
import { ProviderError } from '@reprise/providers';
import { AgentError, hasCode } from '../errors.ts';
import { isHolderGone } from './holder.ts';
import { createPulse, waitFor } from './wait.ts';
import type { Place, WaitingLines } from './waiting-lines.ts';

/** What a send does when another run has the session. */
export type OnBusy =
  /** Fails at once. */
  | 'reject'
  /** Waits for its turn, behind those who came before it. */
  | 'queue'
  /**
   * Goes into that run, if it is one of this agent in this process: its message comes before the next request of that run, after the
   * results of tools under way, and the send ends with the reason `steered`. A run that ends without having taken it, or is elsewhere, or
   * may use no more tools, leaves it to wait for its turn, as with `queue`.
   */
  | 'steer'
  /** Has that run aborted, here or in another process, and goes next. */
  | 'interrupt';

export interface LeaseTaking {
  readonly sessionId: SessionId;
  readonly holder: string;
  readonly leaseTtlMs: number;
  readonly onBusy: OnBusy;
  /** How long to wait at most. */
  readonly queueTimeoutMs: number;
  /** An abort with an error of ours ends the wait with that. */
  readonly signal: AbortSignal;
  readonly clock: () => number;
  readonly lines: WaitingLines;
}

/** The least time between two looks at a lease that has run out by this clock, which may not be the store's. */
const MIN_WAIT_MS = 200;

/** Rejects with `agent/session-busy`, with `provider/aborted` when the signal ends the wait, or as the store does. */
export async function takeLease(store: CheckpointStore, taking: LeaseTaking): Promise<Lease> {
  if (taking.onBusy !== 'reject') return waitForLease(store, taking);
  const attempt = await tryLease(store, taking);
  if (attempt.lease) return attempt.lease;
  throw sessionBusy(taking.sessionId, attempt);
}

async function waitForLease(store: CheckpointStore, taking: LeaseTaking): Promise<Lease> {
  const { sessionId, onBusy, lines } = taking;
  const wait = limitWait(taking);
  const place = lines.join(store, sessionId, onBusy === 'interrupt' ? 'front' : 'back');
  try {
    return await tryUntilFree(store, taking, place, wait.signal);
  } finally {
    place.leave();
    wait.end();
  }
}

async function tryUntilFree(
  store: CheckpointStore,
  taking: LeaseTaking,
  place: Place,
  signal: AbortSignal,
): Promise<Lease> {
  const { sessionId, onBusy } = taking;
  const changes = createPulse();
  let isWatching = false;
  let askedFence: number | undefined;
  for (;;) {
    await place.reachFront(signal);
    // Asked for before the attempt: a lease given back right after it is not missed.
    const changed = changes.next();
    const { lease, heldBy } = await tryLease(store, taking);
    if (lease) return lease;
    if (onBusy === 'interrupt' && heldBy && heldBy.fence !== askedFence) {
      await store.requestInterrupt(sessionId);
      askedFence = heldBy.fence;
    }
    if (isWatching) await waitFor(changed, { signal, timeoutMs: waitMs(heldBy, taking) });
    else await store.watchLease({ sessionId, onChange: changes.fire, signal });
    isWatching = true;
  }
}

/** Until the lease runs out, by a clock that may not be the store's. */
function waitMs(heldBy: LeaseState | undefined, { clock, leaseTtlMs }: LeaseTaking): number {
  const untilExpiry = heldBy ? heldBy.expiresAt - clock() : 0;
  return Math.min(Math.max(untilExpiry, MIN_WAIT_MS), Math.max(leaseTtlMs, MIN_WAIT_MS));
}

/** A signal that is aborted with what the wait is to end with, until `end`. */
function limitWait({ sessionId, queueTimeoutMs, signal }: LeaseTaking): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const over = new AbortController();
  const onTimeout = () => over.abort(waitedTooLong(sessionId, queueTimeoutMs));
  const onAbort = () => over.abort(abortedWhileWaiting(signal));
  const timer = setTimeout(onTimeout, queueTimeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    over.abort();
  };
  return { signal: over.signal, end };
}

interface Attempt {
  readonly lease?: Lease;
  /** Who has it, if it was not given back in the meantime. */
  readonly heldBy?: LeaseState;
  readonly error?: Error;
}

/** Asks for the lease once, and once more if its holder turns out to be gone. */
async function tryLease(store: CheckpointStore, taking: LeaseTaking): Promise<Attempt> {
  const first = await askFor(store, taking, undefined);
  const { heldBy } = first;
  return heldBy?.holder && isHolderGone(heldBy.holder) ? askFor(store, taking, heldBy.fence) : first;
}

async function askFor(
  store: CheckpointStore,
  { sessionId, holder, leaseTtlMs }: LeaseTaking,
  takeOverFence: number | undefined,
): Promise<Attempt> {
  const request = { sessionId, holder, ttlMs: leaseTtlMs, ...(takeOverFence === undefined ? {} : { takeOverFence }) };
  try {
    return { lease: await store.acquireLease(request) };
  } catch (error) {
    if (!hasCode(error, 'checkpoint/session-busy')) throw error;
    const heldBy = await store.readLease(sessionId);
    return heldBy?.holder ? { error, heldBy } : { error };
  }
}

function sessionBusy(sessionId: SessionId, { heldBy, error }: Attempt): AgentError {
  const who = heldBy ? ` It is held by ${heldBy.holder} until ${new Date(heldBy.expiresAt).toISOString()}.` : '';
  return new AgentError(
    'agent/session-busy',
    `Session ${sessionId} has a run going.${who} Wait for its end, or send with onBusy 'queue', 'steer' or 'interrupt'.`,
    { cause: error },
  );
}

function waitedTooLong(sessionId: SessionId, queueTimeoutMs: number): AgentError {
  return new AgentError(
    'agent/session-busy',
    `Session ${sessionId} was busy for the ${queueTimeoutMs} ms of queueTimeoutMs. Nothing was sent; try again.`,
  );
}

function abortedWhileWaiting(signal: AbortSignal): Error {
  if (signal.reason instanceof AgentError) return signal.reason;
  return new ProviderError('provider/aborted', 'The run was aborted while it waited for the session.', {
    cause: signal.reason,
  });
}
