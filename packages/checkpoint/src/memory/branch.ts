import { hashEntry } from '../entry-hash.ts';
import type { PendingTurn, TurnRow } from '../ledger.ts';
import { checkEntry, preparePendingTurn, prepareTurn } from '../prepare-rows.ts';
import { invalidWrite } from '../refusals.ts';
import type { Entry, EntryId, NewEntry, SessionId, SessionRecord, SnapshotId, TurnId } from '../session.ts';
import type { Append, AppendResult, Fenced, TurnBegin, TurnCommit, TurnCommitResult } from '../writes.ts';
import { keepBlobs, requireBlobs } from './blobs.ts';
import { frozen, type MemoryData, replaceSession, requireSession, requireTip, requireWritable } from './memory-data.ts';
import { keepSnapshot, newSnapshot, requireSnapshot } from './snapshot-records.ts';
import { keepToolCall, planRanCalls } from './tool-journal.ts';

export function appendEntries(data: MemoryData, append: Append, now: number): AppendResult {
  const session = requireTip(data, append, now);
  const { turn } = append;
  for (const entry of append.entries) checkEntry(entry, append.at);
  const ranCalls = planRanCalls(data, append);
  const note = turn && newNote(data, turn);
  const named = append.entries.flatMap(({ blobs = [] }) => blobs);
  const blobs = requireBlobs(data, turn ? [...named, turn.systemHash, turn.toolsHash] : named, append.blobs);

  for (const call of ranCalls) keepToolCall(data, call);
  keepBlobs(data, blobs);
  if (note) data.pendingTurns.set(append.sessionId, note);
  if (append.entries.length === 0) return { tip: session.tip };
  const tip = append.entries.reduce((parent, entry) => keepEntry(data, parent, entry, append.at), session.tip);
  replaceSession(data, { ...session, tip, updatedAt: append.at });
  return { tip };
}

export function beginTurn(data: MemoryData, begin: TurnBegin, now: number): void {
  requireTip(data, begin, now);
  const note = newNote(data, begin.turn);
  keepBlobs(data, requireBlobs(data, [begin.turn.systemHash, begin.turn.toolsHash], begin.blobs));
  data.pendingTurns.set(begin.sessionId, note);
}

function newNote(data: MemoryData, turn: PendingTurn): PendingTurn {
  const note = preparePendingTurn(turn);
  requireNewTurn(data, turn.id);
  return frozen(note);
}

export function commitTurn(data: MemoryData, commit: TurnCommit, now: number): TurnCommitResult {
  const session = requireTip(data, commit, now);
  checkEntry(commit.entry, commit.at);
  requireNewTurn(data, commit.turn.id);
  const tip = hashEntry(session.tip, commit.entry);
  const turn = nextTurn(data, session, commit, tip);
  const place = { sessionId: session.id, entryId: tip, turnId: turn.id, reason: 'turn', createdAt: commit.at } as const;
  const snapshot = newSnapshot(data, commit.snapshot, place);
  const named = [...(commit.entry.blobs ?? []), turn.systemHash, turn.toolsHash];
  const blobs = requireBlobs(data, named, commit.blobs);

  keepBlobs(data, blobs);
  keepEntry(data, session.tip, commit.entry, commit.at);
  keepTurn(data, turn);
  data.pendingTurns.delete(session.id);
  replaceSession(data, { ...session, tip, tipTurn: turn.id, updatedAt: commit.at });
  return { tip, snapshot: keepSnapshot(data, snapshot) };
}

export function abandonTurn(data: MemoryData, abandon: { readonly sessionId: SessionId } & Fenced, now: number): void {
  requireWritable(data, abandon, now);
  data.pendingTurns.delete(abandon.sessionId);
}

export function readPendingTurn(data: MemoryData, sessionId: SessionId): PendingTurn | undefined {
  requireSession(data, sessionId);
  return data.pendingTurns.get(sessionId);
}

export function readEntries(data: MemoryData, sessionId: SessionId): readonly Entry[] {
  return entriesTo(data, requireSession(data, sessionId).tip);
}

export function readEntriesTo(data: MemoryData, snapshotId: SnapshotId): readonly Entry[] {
  return entriesTo(data, requireSnapshot(data, snapshotId).item.entryId);
}

function entriesTo(data: MemoryData, tip: EntryId): readonly Entry[] {
  const branch = pathTo(tip, data.entries, ({ parent }) => parent);
  return branch.slice(1).map(({ blobs, ...entry }) => Object.freeze(entry));
}

export function readTurns(data: MemoryData, sessionId: SessionId): readonly TurnRow[] {
  return pathTo(requireSession(data, sessionId).tipTurn, data.turns, ({ parentId }) => parentId);
}

export function readLastTurn(data: MemoryData, sessionId: SessionId): TurnRow | undefined {
  return data.turns.get(requireSession(data, sessionId).tipTurn ?? '');
}

export function readLedger(data: MemoryData, sessionId: SessionId): readonly TurnRow[] {
  requireSession(data, sessionId);
  return [...(data.ledgers.get(sessionId) ?? [])];
}

/** From the first to this one. */
function pathTo<Item>(
  end: string | null,
  items: ReadonlyMap<string, Item>,
  parentOf: (item: Item) => string | null,
): readonly Item[] {
  const path: Item[] = [];
  for (let item = items.get(end ?? ''); item !== undefined; item = items.get(parentOf(item) ?? '')) path.push(item);
  return path.reverse();
}

/** Keeps an entry after its parent. One that is there already is shared, and lives as long as any blob it was given with. */
export function keepEntry(data: MemoryData, parent: EntryId | null, entry: NewEntry, createdAt: number): EntryId {
  const { kind, payload, blobs = [] } = entry;
  const id = hashEntry(parent, entry);
  const kept = data.entries.get(id) ?? { id, parent, kind, payload, createdAt, blobs: [] };
  data.entries.set(id, frozen({ ...kept, blobs: [...new Set([...kept.blobs, ...blobs])] }));
  return id;
}

export function keepTurn(data: MemoryData, turn: TurnRow): void {
  const kept = frozen(turn);
  const ledger = data.ledgers.get(turn.sessionId) ?? [];
  data.turns.set(turn.id, kept);
  data.ledgers.set(turn.sessionId, ledger);
  const place = ledger.findLastIndex(({ ordinal }) => ordinal < turn.ordinal) + 1;
  ledger.splice(place, 0, kept);
}

function nextTurn(data: MemoryData, session: SessionRecord, { turn }: TurnCommit, entryId: EntryId): TurnRow {
  const parent = data.turns.get(session.tipTurn ?? '');
  const ordinal = (data.ledgers.get(session.id)?.length ?? 0) + 1;
  const place = { parentId: session.tipTurn, entryId, sessionId: session.id, ordinal };
  return prepareTurn(turn, place, parent?.hash ?? null);
}

function requireNewTurn(data: MemoryData, turnId: TurnId): void {
  if (data.turns.has(turnId)) throw invalidWrite(`There is a turn '${turnId}' already`);
}
