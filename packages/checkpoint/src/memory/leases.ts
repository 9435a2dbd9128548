import { grantLease, isLive, type Lease, type LeaseRequest, type LeaseState, renewedLease } from '../lease.ts';
import type { SessionId } from '../session.ts';
import { frozen, type MemoryData, requireSession } from './memory-data.ts';

export function acquireLease(data: MemoryData, request: LeaseRequest, now: number): Lease {
  requireSession(data, request.sessionId);
  const before = data.leases.get(request.sessionId);
  const lease = frozen(grantLease(before, request, now));
  data.leases.set(request.sessionId, lease);
  if (before !== undefined && before.holder !== null) tellWatchers(data, request.sessionId);
  return lease;
}

export function renewLease(data: MemoryData, held: Lease, ttlMs: number, now: number): Lease {
  requireSession(data, held.sessionId);
  const lease = frozen(renewedLease(data.leases.get(held.sessionId), held, ttlMs, now));
  data.leases.set(held.sessionId, lease);
  return lease;
}

export function releaseLease(data: MemoryData, { sessionId, fence }: Lease): void {
  const current = data.leases.get(sessionId);
  if (current === undefined || current.fence !== fence || current.holder === null) return;
  data.leases.set(sessionId, frozen({ ...current, holder: null, interruptRequested: false }));
  tellWatchers(data, sessionId);
}

export function readLease(data: MemoryData, sessionId: SessionId): LeaseState | undefined {
  requireSession(data, sessionId);
  return data.leases.get(sessionId);
}

export function requestInterrupt(data: MemoryData, sessionId: SessionId, now: number): boolean {
  requireSession(data, sessionId);
  const current = data.leases.get(sessionId);
  if (current === undefined || !isLive(current, now)) return false;
  data.leases.set(sessionId, frozen({ ...current, interruptRequested: true }));
  tellWatchers(data, sessionId);
  return true;
}

/** Calls `onChange` until the signal ends it. */
export function watchLease(
  data: MemoryData,
  {
    sessionId,
    onChange,
    signal,
  }: { readonly sessionId: SessionId; readonly onChange: () => void; readonly signal: AbortSignal },
): void {
  requireSession(data, sessionId);
  if (signal.aborted) return;
  const watcher = () => {
    if (!signal.aborted) onChange();
  };
  const others = () => [...(data.leaseWatchers.get(sessionId) ?? [])].filter((other) => other !== watcher);
  data.leaseWatchers.set(sessionId, new Set([...others(), watcher]));
  signal.addEventListener('abort', () => data.leaseWatchers.set(sessionId, new Set(others())), { once: true });
}

export function tellWatchers(data: MemoryData, sessionId: SessionId): void {
  for (const watcher of data.leaseWatchers.get(sessionId) ?? []) queueMicrotask(watcher);
}
