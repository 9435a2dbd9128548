import { requireCounts, requireText } from '../checks.ts';
import { rootEntry } from '../entry-hash.ts';
import { contains, newestFirst } from '../newest-first.ts';
import { type Page, pageBounds } from '../page.ts';
import { checkSession } from '../prepare-rows.ts';
import { sessionExists, sessionIdInLedger, snapshotMissing } from '../refusals.ts';
import type { SessionId, SessionRecord, Snapshot, SnapshotId } from '../session.ts';
import type { SessionListQuery } from '../store.ts';
import type { NewSession, Rewind, RewindResult } from '../writes.ts';
import { keepEntry, readTurns } from './branch.ts';
import { type MemoryData, numbered, replaceSession, requireSession, requireWritable } from './memory-data.ts';
import { keepSnapshot, newSnapshot, requireSnapshot } from './snapshot-records.ts';
import { says } from './snapshots.ts';
import { standingFilter } from './standings.ts';

export function createSession(data: MemoryData, session: NewSession): SessionRecord {
  requireNewSession(data, session);
  const tip = keepEntry(data, null, rootEntry(session.id), session.createdAt);
  return keepSession(data, { ...session, tip, tipTurn: null, forkedFrom: null });
}

export function listSessions(data: MemoryData, query: SessionListQuery = {}): Page<SessionRecord> {
  const bounds = pageBounds(query);
  const { search } = bounds;
  const { prefix = '', standing } = query;
  requireText(prefix, 'The prefix');
  const stands = standing ? standingFilter(data, standing) : () => true;
  const makers = [...data.snapshots.values()]
    .filter(({ item }) => says(item, search))
    .map(({ item }) => item.sessionId);
  const found = new Set(makers);
  const isFound = ({ id, metadata }: SessionRecord) =>
    contains(id, search) || contains(metadata, search) || found.has(id);
  return newestFirst(
    [...data.sessions.values()].filter(({ item }) => item.id.startsWith(prefix) && isFound(item) && stands(item)),
    bounds,
  );
}

export function countSessions(
  data: MemoryData,
  { prefix = '' }: { readonly prefix?: string | undefined } = {},
): number {
  requireText(prefix, 'The prefix');
  return data.sessions.keys().reduce((count, id) => (id.startsWith(prefix) ? count + 1 : count), 0);
}

export function setMetadata(
  data: MemoryData,
  { sessionId, metadata }: { readonly sessionId: SessionId; readonly metadata: string },
): SessionRecord {
  const session = requireSession(data, sessionId);
  requireText(metadata, `The metadata of session '${sessionId}'`);
  return replaceSession(data, { ...session, metadata });
}

export function forkSession(data: MemoryData, fork: NewSession & { readonly snapshotId: SnapshotId }): SessionRecord {
  requireNewSession(data, fork);
  const { sessionId, entryId, turnId } = requireSnapshot(data, fork.snapshotId).item;
  const forkedFrom = { sessionId, snapshotId: fork.snapshotId };
  return keepSession(data, { ...fork, tip: entryId, tipTurn: turnId, forkedFrom });
}

export function rewindSession(data: MemoryData, rewind: Rewind, now: number): RewindResult {
  const session = requireWritable(data, rewind, now);
  const here = session.tipTurn === null ? undefined : { entryId: session.tip, turnId: session.tipTurn };
  const isStaying = rewind.snapshotId === rewind.leaving.id;
  const target = isStaying && here ? here : requireOwnPlace(data, session, rewind.snapshotId);
  requireCounts({ at: rewind.at }, `The rewind of session '${session.id}'`);
  const place = {
    sessionId: session.id,
    entryId: session.tip,
    turnId: session.tipTurn ?? target.turnId,
    reason: 'rewind',
    createdAt: rewind.at,
  } as const;
  const left = newSnapshot(data, rewind.leaving, place);

  const kept = keepSnapshot(data, left);
  const moved = { ...session, tip: target.entryId, tipTurn: target.turnId, updatedAt: rewind.at };
  return { session: replaceSession(data, moved), left: kept };
}

function keepSession(
  data: MemoryData,
  {
    id,
    tip,
    tipTurn,
    forkedFrom,
    createdAt,
    metadata = '{}',
  }: NewSession & Pick<SessionRecord, 'tip' | 'tipTurn' | 'forkedFrom'>,
): SessionRecord {
  const kept = numbered(data, { id, tip, tipTurn, forkedFrom, createdAt, updatedAt: createdAt, metadata });
  data.sessions.set(id, kept);
  return kept.item;
}

function requireNewSession(data: MemoryData, session: NewSession): void {
  checkSession(session);
  if (data.sessions.has(session.id)) throw sessionExists(session.id);
  if (data.ledgers.has(session.id)) throw sessionIdInLedger(session.id);
}

/** The snapshot, if the session made it or it is a turn's of the branch it is on. */
function requireOwnPlace(data: MemoryData, { id }: SessionRecord, snapshotId: SnapshotId): Snapshot {
  const { item } = requireSnapshot(data, snapshotId);
  const isInherited = () => item.reason === 'turn' && readTurns(data, id).some((turn) => turn.id === item.turnId);
  if (item.sessionId !== id && !isInherited()) {
    throw snapshotMissing(snapshotId, `that session '${id}' made or has on its branch`);
  }
  return item;
}
