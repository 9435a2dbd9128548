import type { BlobHash } from '../blob.ts';
import { type RecordsHere, requireRestorable } from '../check-restore.ts';
import { orderDump } from '../order-dump.ts';
import { sessionExists } from '../refusals.ts';
import type { SessionId, SessionRecord, Snapshot } from '../session.ts';
import type { SessionDump } from '../session-dump.ts';
import type { Fenced } from '../writes.ts';
import { keepBlobs, readBlobs } from './blobs.ts';
import { keepEntry, keepTurn } from './branch.ts';
import { tellWatchers } from './leases.ts';
import { frozen, type MemoryData, numbered, requireSession, requireWritable } from './memory-data.ts';
import { blobsOf, reach } from './reach.ts';
import { deleteRunsOf } from './runs.ts';
import { dropSnapshot, keepSnapshot } from './snapshot-records.ts';
import { readToolCalls } from './tool-journal.ts';

export function dumpSession(data: MemoryData, sessionId: SessionId): SessionDump {
  const session = requireSession(data, sessionId);
  const { entries, turns, snapshots } = reach(data, session);
  const dump = {
    session,
    entries: [...entries],
    turns: [...turns],
    snapshots: [...snapshots].sort((a, b) => a.seq - b.seq).map(({ item }) => item),
    toolCalls: [...turns].flatMap(({ id }) => readToolCalls(data, id)),
    fileBackups: data.fileBackups.get(sessionId) ?? [],
    pendingTurn: data.pendingTurns.get(sessionId) ?? null,
  };
  const hashes = [...blobsOf(dump)];
  return orderDump({ ...dump, blobs: [...readBlobs(data, hashes)].map(([hash, bytes]) => ({ hash, bytes })) });
}

export function restoreSession(data: MemoryData, dump: SessionDump): SessionRecord {
  const { session } = dump;
  if (data.sessions.has(session.id)) throw sessionExists(session.id);
  requireRestorable(dump, recordsHere(data, dump));

  keepBlobs(data, dump.blobs);
  for (const entry of dump.entries) keepEntry(data, entry.parent, entry, entry.createdAt);
  for (const turn of dump.turns) if (!data.turns.has(turn.id)) keepTurn(data, turn);
  for (const snapshot of dump.snapshots) restoreSnapshot(data, snapshot, session.id);
  restoreToolCalls(data, dump);
  data.fileBackups.set(session.id, frozen(dump.fileBackups));
  if (dump.pendingTurn !== null) data.pendingTurns.set(session.id, frozen(dump.pendingTurn));
  const kept = numbered(data, session);
  data.sessions.set(session.id, kept);
  return kept.item;
}

export function deleteSession(
  data: MemoryData,
  deletion: { readonly sessionId: SessionId } & Fenced,
  now: number,
): void {
  const { id } = requireWritable(data, deletion, now);
  for (const records of [data.sessions, data.leases, data.pendingTurns, data.fileBackups]) records.delete(id);
  deleteRunsOf(data, id);
  dropUnreached(data);
  tellWatchers(data, id);
}

function recordsHere(data: MemoryData, { session, turns, snapshots }: SessionDump): RecordsHere {
  const sameTurns = turns.flatMap(({ id, sessionId, ordinal }) => {
    const samePlace = data.ledgers.get(sessionId)?.find((turn) => turn.ordinal === ordinal);
    return [data.turns.get(id) ?? [], samePlace ?? []].flat();
  });
  return {
    sessionIds: new Set(turns.map(({ sessionId }) => sessionId).filter((id) => data.sessions.has(id))),
    turns: [...sameTurns, ...(data.ledgers.get(session.id) ?? [])],
    snapshots: snapshots.flatMap(({ id }) => data.snapshots.get(id)?.item ?? []),
    toolCalls: turns.flatMap(({ id }) => readToolCalls(data, id)),
  };
}

/** Snapshots of the session that its forks have kept are written anew, so that it has them in the order it made them. */
function restoreSnapshot(data: MemoryData, snapshot: Snapshot, sessionId: SessionId): void {
  const here = data.snapshots.get(snapshot.id)?.item;
  if (here !== undefined && snapshot.sessionId !== sessionId) return;
  dropSnapshot(data, snapshot.id);
  keepSnapshot(data, here ?? snapshot);
}

function restoreToolCalls(data: MemoryData, { toolCalls }: SessionDump): void {
  for (const call of toolCalls) {
    const calls = data.toolCalls.get(call.turnId) ?? new Map();
    if (!calls.has(call.position)) data.toolCalls.set(call.turnId, new Map([...calls, [call.position, frozen(call)]]));
  }
}

function dropUnreached(data: MemoryData): void {
  const reached = [...data.sessions.values()].map(({ item }) => reach(data, item));
  const turns = new Set(reached.flatMap((each) => [...each.turns].map(({ id }) => id)));
  const snapshots = new Set(reached.flatMap((each) => [...each.snapshots].map(({ item }) => item.id)));
  const entries = new Set(reached.flatMap((each) => [...each.entries].map(({ id }) => id)));
  for (const id of data.snapshots.keys()) if (!snapshots.has(id)) dropSnapshot(data, id);
  dropAllBut(data.entries, entries);
  dropAllBut(data.turns, turns);
  dropAllBut(data.toolCalls, turns);
  for (const [id, ledger] of data.ledgers)
    data.ledgers.set(
      id,
      ledger.filter((turn) => turns.has(turn.id)),
    );
  for (const [id, ledger] of data.ledgers) if (ledger.length === 0) data.ledgers.delete(id);
  dropAllBut(data.blobs, namedBlobs(data));
}

function namedBlobs(data: MemoryData): ReadonlySet<BlobHash> {
  const records = {
    entries: [...data.entries.values()],
    turns: [...data.turns.values(), ...data.pendingTurns.values()],
    fileBackups: [...data.fileBackups.values()].flat(),
  };
  return blobsOf({ ...records, pendingTurn: null });
}

function dropAllBut(records: Map<string, unknown>, kept: ReadonlySet<string>): void {
  for (const id of records.keys()) if (!kept.has(id)) records.delete(id);
}
