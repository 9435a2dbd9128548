import type { BlobHash } from '../blob.ts';
import type { FileBackup } from '../file-backup.ts';
import { type LeaseState, requireRightToWrite } from '../lease.ts';
import type { PendingTurn, TurnRow } from '../ledger.ts';
import { sessionMissing, tipMoved } from '../refusals.ts';
import type { RunEvent, RunId, RunRecord } from '../run.ts';
import type { EntryId, SessionId, SessionRecord, Snapshot, SnapshotId, TurnId } from '../session.ts';
import type { DumpedEntry } from '../session-dump.ts';
import type { ToolCallRecord } from '../tool-call.ts';
import type { Fenced } from '../writes.ts';

/**
 * What memory stores keep, in maps whose order is the order of writing.
 *
 * Records are frozen copies, so what a caller holds and what is kept cannot change each other. A write checks everything before it
 * changes anything, and does not wait in between: it is whole or it is not.
 */
export interface MemoryData {
  readonly sessions: Map<SessionId, Numbered<SessionRecord>>;
  readonly entries: Map<EntryId, DumpedEntry>;
  readonly turns: Map<TurnId, TurnRow>;
  /** The turns by the session that committed them, by ordinal. It may be gone while a fork keeps some. */
  readonly ledgers: Map<SessionId, TurnRow[]>;
  readonly snapshots: Map<SnapshotId, Numbered<Snapshot>>;
  /** The snapshots that turns made, by turn. */
  readonly turnSnapshots: Map<TurnId, SnapshotId>;
  /** A turn's calls by their position. */
  readonly toolCalls: Map<TurnId, ReadonlyMap<number, ToolCallRecord>>;
  readonly fileBackups: Map<SessionId, readonly FileBackup[]>;
  readonly pendingTurns: Map<SessionId, PendingTurn>;
  readonly leases: Map<SessionId, LeaseState>;
  readonly blobs: Map<BlobHash, Uint8Array>;
  readonly leaseWatchers: Map<SessionId, ReadonlySet<() => void>>;
  readonly runs: Map<RunId, Numbered<RunRecord> & { readonly events: RunEvent[] }>;
  readonly runWatchers: Set<(runId: RunId) => void>;
  /** Counts what is numbered. */
  lastSeq: number;
}

/** A record with its place in the order of writing. */
export interface Numbered<Item> {
  readonly item: Item;
  readonly seq: number;
}

export function createMemoryData(): MemoryData {
  return {
    sessions: new Map(),
    entries: new Map(),
    turns: new Map(),
    ledgers: new Map(),
    snapshots: new Map(),
    turnSnapshots: new Map(),
    toolCalls: new Map(),
    fileBackups: new Map(),
    pendingTurns: new Map(),
    leases: new Map(),
    blobs: new Map(),
    leaseWatchers: new Map(),
    runs: new Map(),
    runWatchers: new Set(),
    lastSeq: 0,
  };
}

export function numbered<Item>(data: MemoryData, item: Item): Numbered<Item> {
  data.lastSeq += 1;
  return { item: frozen(item), seq: data.lastSeq };
}

/** A copy of plain data that nobody can change. */
export function frozen<T>(value: T): T {
  return deepFreeze(structuredClone(value));
}

export function requireSession(data: MemoryData, sessionId: SessionId): SessionRecord {
  const session = data.sessions.get(sessionId);
  if (session === undefined) throw sessionMissing(sessionId);
  return session.item;
}

/** The session, if this write to it may go ahead. */
export function requireWritable(
  data: MemoryData,
  write: { readonly sessionId: SessionId } & Fenced,
  now: number,
): SessionRecord {
  const session = requireSession(data, write.sessionId);
  requireRightToWrite(data.leases.get(write.sessionId), write, now);
  return session;
}

/** The session, if this write may go ahead and builds on its tip. */
export function requireTip(
  data: MemoryData,
  write: { readonly sessionId: SessionId; readonly expectedTip: EntryId } & Fenced,
  now: number,
): SessionRecord {
  const session = requireWritable(data, write, now);
  if (session.tip !== write.expectedTip) throw tipMoved(session.id, write.expectedTip, session.tip);
  return session;
}

/** Puts the session in the place of what it was. */
export function replaceSession(data: MemoryData, session: SessionRecord): SessionRecord {
  const seq = data.sessions.get(session.id)?.seq ?? 0;
  const item = frozen(session);
  data.sessions.set(session.id, { item, seq });
  return item;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
