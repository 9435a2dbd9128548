/**
 * The right to append to one session, held for a limited time.
 *
 * Owns: when a lease is live, and which of two holders wins.
 * Leaves to the store: where leases are kept, and whose clock is asked.
 *
 * L1. A session has at most one live lease.
 * L2. `fence` grows at every takeover; an append with an older fence is refused.
 * L3. A lease that has run out stays its holder's until somebody takes it over.
 */

import { requireCounts, requireText } from './checks.ts';
import { CheckpointError } from './errors.ts';
import { timeText } from './refusals.ts';
import type { SessionId } from './session.ts';

export interface Lease {
  readonly sessionId: SessionId;
  /** Who holds it, in words of the holder's own. */
  readonly holder: string;
  /** Grows with every holder of the session. */
  readonly fence: number;
  /** Epoch milliseconds, by the store's clock. */
  readonly expiresAt: number;
  /** Whether somebody asked the holder to stop. */
  readonly interruptRequested: boolean;
}

/** What a store keeps of a session's leases: the last one, with no holder once it was given back. */
export type LeaseState = Omit<Lease, 'holder'> & { readonly holder: string | null };

export interface LeaseRequest {
  readonly sessionId: SessionId;
  readonly holder: string;
  /** How long it is to last unless it is renewed. */
  readonly ttlMs: number;
  /** Takes over the lease with this fence although it has not run out, because its holder is known to be gone. */
  readonly takeOverFence?: number;
}

/** The lease that a request gets at this time. Throws `checkpoint/session-busy` while another holder's is live. */
export function grantLease(current: LeaseState | undefined, request: LeaseRequest, now: number): Lease {
  const { sessionId, holder, ttlMs, takeOverFence } = request;
  requireText(holder, `The holder of session '${sessionId}'`);
  const expiresAt = now + ttlMs;
  requireCounts({ ttlMs, expiresAt }, `The lease of session '${sessionId}'`);
  if (current && isLive(current, now) && current.fence !== takeOverFence) throw sessionBusy(current);
  return {
    sessionId,
    holder,
    fence: (current?.fence ?? 0) + 1,
    expiresAt,
    interruptRequested: false,
  };
}

/** The lease, lengthened. Throws `checkpoint/lease-lost` if it was taken over or given back. */
export function renewedLease(current: LeaseState | undefined, held: Lease, ttlMs: number, now: number): Lease {
  const expiresAt = now + ttlMs;
  requireCounts({ ttlMs, expiresAt }, `The lease of session '${held.sessionId}'`);
  requireFence(current, held.sessionId, held.fence);
  return { ...held, expiresAt, interruptRequested: current?.interruptRequested ?? false };
}

/** Whether somebody holds it now. */
export function isLive({ holder, expiresAt }: LeaseState, now: number): boolean {
  return holder !== null && now < expiresAt;
}

/**
 * Throws unless a write may go ahead: with a fence, `checkpoint/lease-lost` unless it is the last one given out and not given back;
 * without one, `checkpoint/session-busy` while somebody holds the lease.
 */
export function requireRightToWrite(
  current: LeaseState | undefined,
  write: { readonly sessionId: SessionId; readonly fence?: number | undefined },
  now: number,
): void {
  if (write.fence !== undefined) requireFence(current, write.sessionId, write.fence);
  else if (current && isLive(current, now)) throw sessionBusy(current);
}

function requireFence(current: LeaseState | undefined, sessionId: SessionId, fence: number): void {
  if (current?.fence === fence && current.holder !== null) return;
  throw new CheckpointError(
    'checkpoint/lease-lost',
    `The lease of session '${sessionId}' with fence ${fence} is no longer held${
      current && current.fence > fence ? `: fence ${current.fence} has been given out since` : ''
    }. Nothing was written; open the session again.`,
  );
}

function sessionBusy({ sessionId, holder, expiresAt }: LeaseState): CheckpointError {
  return new CheckpointError(
    'checkpoint/session-busy',
    `Session '${sessionId}' is held by ${holder} until ${timeText(expiresAt)} unless that is renewed. Nothing was written; try again.`,
  );
}
