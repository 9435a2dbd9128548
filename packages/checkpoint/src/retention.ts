/**
 * What is kept of old sessions, where an application says so. Nothing is ever dropped by default.
 *
 * Owns: which sessions and snapshots a policy lets go.
 * Leaves to the store: dropping them, and what they share with others.
 *
 * R1. What people named stays: a labelled snapshot, and the session that made it.
 * R2. The snapshot of a turn stays while it holds the counters of a place: the tip of any session, or one that a rewind left and whose
 *     snapshot stays.
 * R3. Only snapshots and whole sessions go. A session that stays keeps its entries and turns, and so what it has spent.
 * R4. A session that somebody is using, or has asked for a run that has not ended, is left as it is, and reported.
 */

import { CheckpointError } from './errors.ts';
import { isLive } from './lease.ts';
import { itemsOf, pagesOf } from './page.ts';
import type { SessionId, SessionRecord, SnapshotId, TurnId } from './session.ts';
import type { CheckpointStore } from './store.ts';

export interface RetentionPolicy {
  /** How many snapshots of each session stay: the newest that it made, and older ones that always stay. All unless told. */
  readonly keepSnapshots?: number;
  /** Sessions whose tip was last moved longer ago than this are deleted. None unless told. */
  readonly deleteSessionsOlderThanMs?: number;
  /** The time it is, in epoch milliseconds. */
  readonly now: number;
  /** Whether only to report what would go. */
  readonly dryRun?: boolean;
}

/** What went, or would go. */
export interface RetentionReport {
  readonly deletedSessions: readonly SessionId[];
  /** Of sessions that stay. */
  readonly deletedSnapshots: readonly SnapshotId[];
  /** Sessions that were left as they are although the policy would have them changed. */
  readonly skipped: readonly SkippedSession[];
}

export interface SkippedSession {
  readonly sessionId: SessionId;
  /** Somebody holds its lease, waits for a run of it or has moved its tip meanwhile; or it is old, and people named one of its snapshots. */
  readonly reason: 'in-use' | 'labelled';
}

/**
 * Applies a policy to every session of a store, one after the other. It may be stopped at any time and run again. Rejects with
 * `checkpoint/invalid-write` for a policy that is none, before anything is dropped.
 */
export async function applyRetention(store: CheckpointStore, policy: RetentionPolicy): Promise<RetentionReport> {
  requireWhole('keepSnapshots', policy.keepSnapshots);
  requireWhole('deleteSessionsOlderThanMs', policy.deleteSessionsOlderThanMs);
  requireWhole('now', policy.now);
  const report: Run['report'] = { deletedSessions: [], deletedSnapshots: [], skipped: [] };
  const run: Run = { store, policy, report, placesOfForks: await placesOfForks(store) };
  for await (const session of itemsOf((query) => store.listSessions(query))) {
    if (!(await unlessInUse(() => applyTo(session, run)))) {
      report.skipped.push({ sessionId: session.id, reason: 'in-use' });
    }
  }
  return report;
}

interface Run {
  readonly store: CheckpointStore;
  readonly policy: RetentionPolicy;
  readonly report: {
    readonly deletedSessions: SessionId[];
    readonly deletedSnapshots: SnapshotId[];
    readonly skipped: SkippedSession[];
  };
  readonly placesOfForks: ReadonlySet<TurnId>;
}

/**
 * Turns where a fork is, or was before a rewind: their snapshots may be another session's, and that one does not say so. Where a session
 * that is no fork was can be told from its own snapshots.
 */
async function placesOfForks(store: CheckpointStore): Promise<ReadonlySet<TurnId>> {
  const turns = new Set<TurnId>();
  for await (const { id, forkedFrom, tipTurn } of itemsOf((query) => store.listSessions(query))) {
    if (forkedFrom === null) continue;
    if (tipTurn !== null) turns.add(tipTurn);
    for await (const { reason, turnId } of itemsOf((query) => store.listSnapshots(id, query))) {
      if (reason === 'rewind') turns.add(turnId);
    }
  }
  return turns;
}

function isOld({ updatedAt }: SessionRecord, { deleteSessionsOlderThanMs: limit, now }: RetentionPolicy): boolean {
  return limit !== undefined && now - updatedAt > limit;
}

/** Resolves to whether the policy was applied; false where the session is in use. */
async function applyTo(session: SessionRecord, run: Run): Promise<boolean> {
  const { keepSnapshots } = run.policy;
  if (isOld(session, run.policy)) return retireSession(session.id, run);
  return keepSnapshots === undefined || thinSnapshots(session, keepSnapshots, run);
}

async function retireSession(sessionId: SessionId, { store, policy, report }: Run): Promise<boolean> {
  for await (const { label } of itemsOf((query) => store.listSnapshots(sessionId, query))) {
    if (label === null) continue;
    report.skipped.push({ sessionId, reason: 'labelled' });
    return true;
  }
  const goes = policy.dryRun
    ? !(await isHeld(store, sessionId, policy.now)) && !(await isAwaited(store, sessionId))
    : await deleteIfStillOld(store, sessionId, policy);
  if (goes) report.deletedSessions.push(sessionId);
  return goes;
}

/** Under a lease, so that nobody goes on with the session between the last look at it and its end. */
async function deleteIfStillOld(
  store: CheckpointStore,
  sessionId: SessionId,
  policy: RetentionPolicy,
): Promise<boolean> {
  const lease = await store.acquireLease({ sessionId, holder: 'retention', ttlMs: LEASE_MS });
  try {
    const session = await store.readSession(sessionId);
    if (session === undefined || !isOld(session, policy) || (await isAwaited(store, sessionId))) return false;
    await store.deleteSession({ sessionId, fence: lease.fence });
    return true;
  } finally {
    await store.releaseLease(lease);
  }
}

async function thinSnapshots(session: SessionRecord, keep: number, run: Run): Promise<boolean> {
  const { store, policy, report } = run;
  const places = new Set([...run.placesOfForks, session.tipTurn]);
  let seen = 0;
  for await (const page of pagesOf((query) => store.listSnapshots(session.id, query))) {
    const snapshotIds: SnapshotId[] = [];
    for (const { id, label, reason, turnId } of page) {
      seen += 1;
      const stays = seen <= keep || label !== null || (reason === 'turn' && places.has(turnId));
      if (!stays) snapshotIds.push(id);
      // It comes before the snapshot of its turn, which is older.
      else if (reason === 'rewind') places.add(turnId);
    }
    if (snapshotIds.length === 0) continue;
    if (!policy.dryRun) await store.deleteSnapshots({ sessionId: session.id, snapshotIds });
    else if (await isHeld(store, session.id, policy.now)) return false;
    report.deletedSnapshots.push(...snapshotIds);
  }
  return true;
}

async function isHeld(store: CheckpointStore, sessionId: SessionId, now: number): Promise<boolean> {
  const lease = await store.readLease(sessionId);
  return lease !== undefined && isLive(lease, now);
}

async function isAwaited(store: CheckpointStore, sessionId: SessionId): Promise<boolean> {
  const { waiting, going } = await store.countRuns({ sessionId });
  return waiting + going > 0;
}

/** What the work came to, or false where somebody else holds the session, or has moved or deleted it meanwhile. */
async function unlessInUse(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CheckpointError && IN_USE.has(error.code)) return false;
    throw error;
  }
}

/** `invalid-write` is what `deleteSnapshots` says of the snapshot of a turn that has become a place meanwhile. */
const IN_USE: ReadonlySet<string> = new Set<CheckpointError['code']>([
  'checkpoint/session-busy',
  'checkpoint/session-missing',
  'checkpoint/snapshot-missing',
  'checkpoint/lease-lost',
  'checkpoint/invalid-write',
]);

const LEASE_MS = 60_000;

function requireWhole(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new CheckpointError(
    'checkpoint/invalid-write',
    `The retention policy has ${name}: ${value}, but an integer of at least 0 is expected. Nothing was dropped.`,
  );
}
