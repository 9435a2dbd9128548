/**
 * Whether a dump can be the whole of a session: what every store asks before it writes one, and an import before it asks a store.
 *
 * Owns: hash chains, and that whatever one record names is there. Pure, and the same for every store.
 * Leaves to the stores: whether a record agrees with one that they hold already.
 *
 * D1. A parent comes before its children; no record comes twice.
 * D2. Entries, blobs and turns are what their hashes say.
 * D3. A dump holds every record that another of its records names, and no blob that none names.
 */

import { type BlobHash, hashBlob } from './blob.ts';
import { hashEntry } from './entry-hash.ts';
import type { FileBackup } from './file-backup.ts';
import type { RequestColumns, TurnRow } from './ledger.ts';
import { invalidImport } from './refusals.ts';
import { hashTurn } from './row-hash.ts';
import type { EntryId, SessionId, Snapshot, SnapshotId, TurnId } from './session.ts';
import type { DumpedEntry, SessionDump } from './session-dump.ts';
import type { ToolCallRecord } from './tool-call.ts';

/** What is wrong in a dump, and with which of its records. */
export interface Contradiction {
  readonly list: keyof SessionDump;
  /** The record's place in its list; 0 for what is no list. */
  readonly index: number;
  readonly problem: string;
}

/** Throws `checkpoint/invalid-import` for a dump that contradicts itself. */
export function requireConsistentDump(dump: SessionDump): void {
  for (const { problem } of findContradictions(dump)) {
    throw invalidImport(`The dump of session '${dump.session.id}' contradicts itself: ${problem}`);
  }
}

/** Where a dump contradicts itself: blobs first, then entries, turns and what belongs to them, and the session itself last. */
export function* findContradictions(dump: SessionDump): Generator<Contradiction> {
  const { session, pendingTurn } = dump;
  const seen = nothingSeen(dump);
  yield* inList('blobs', dump.blobs, (blob) => blobProblem(blob.hash, blob.bytes, seen));
  yield* inList('entries', dump.entries, (entry) => entryProblem(entry, seen));
  yield* inList('turns', dump.turns, (turn) => turnProblem(turn, seen) ?? ordinalProblem(turn, session.id, seen));
  yield* inList('snapshots', dump.snapshots, (snapshot) => snapshotProblem(snapshot, seen));
  yield* inList('toolCalls', dump.toolCalls, (call) => toolCallProblem(call, seen));
  yield* inList('fileBackups', dump.fileBackups, (backup) => fileBackupProblem(backup, seen));
  yield* inList('pendingTurn', pendingTurn === null ? [] : [pendingTurn], (turn) =>
    seen.turns.has(turn.id) ? `turn '${turn.id}' is pending and has come to an end` : requestProblem(turn, seen),
  );
  yield* inList('session', [session], () => tipProblem(dump, seen));
}

/** The records that came before the one that is looked at. */
interface Seen {
  readonly blobs: Set<BlobHash>;
  readonly entries: Map<EntryId, DumpedEntry>;
  readonly turns: Map<TurnId, TurnRow>;
  readonly ordinals: Map<SessionId, Set<number>>;
  readonly snapshots: Map<SnapshotId, Snapshot>;
  /** Tool calls and file backups have no names of their own: these are their keys as JSON. */
  readonly unnamed: Set<string>;
  /** The blobs that anything in the dump names. */
  readonly named: ReadonlySet<BlobHash>;
}

function nothingSeen({ entries, turns, fileBackups, pendingTurn }: SessionDump): Seen {
  const requests: readonly RequestColumns[] = pendingTurn === null ? turns : [...turns, pendingTurn];
  const named = new Set<BlobHash>();
  const name = (hash: BlobHash | null) => hash !== null && named.add(hash);
  for (const { blobs } of entries) blobs.forEach(name);
  for (const { systemHash, toolsHash } of requests) [systemHash, toolsHash].forEach(name);
  for (const { blobHash } of fileBackups) name(blobHash);
  return {
    blobs: new Set(),
    entries: new Map(),
    turns: new Map(),
    ordinals: new Map(),
    snapshots: new Map(),
    unnamed: new Set(),
    named,
  };
}

function* inList<Item>(
  list: Contradiction['list'],
  items: readonly Item[],
  problemOf: (item: Item) => string | undefined,
): Generator<Contradiction> {
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item);
    if (problem !== undefined) yield { list, index, problem };
  }
}

function blobProblem(hash: BlobHash, bytes: Uint8Array, { blobs, named }: Seen): string | undefined {
  if (blobs.has(hash)) return `blob ${hash} comes twice`;
  blobs.add(hash);
  if (hashBlob(bytes) !== hash) return `the bytes of blob ${hash} are others than its hash says`;
  return named.has(hash) ? undefined : `nothing names blob ${hash}`;
}

function entryProblem(entry: DumpedEntry, { entries, blobs }: Seen): string | undefined {
  const { id, parent } = entry;
  if (entries.has(id)) return `entry ${id} comes twice`;
  if (hashEntry(parent, entry) !== id) return `entry ${id} is another than its hash says`;
  if (entries.size === 0 && parent !== null) return `entry ${id} comes first and is not the root`;
  if (entries.size > 0 && !(parent !== null && entries.has(parent))) {
    return `entry ${id} does not come after its parent, ${parent}`;
  }
  entries.set(id, entry);
  const missing = entry.blobs.find((hash) => !blobs.has(hash));
  return missing === undefined ? undefined : `entry ${id} names blob ${missing}, which is missing`;
}

function turnProblem(turn: TurnRow, seen: Seen): string | undefined {
  const { id, parentId, entryId } = turn;
  if (seen.turns.has(id)) return `turn '${id}' comes twice`;
  const parent = parentId === null ? undefined : seen.turns.get(parentId);
  seen.turns.set(id, turn);
  if (parentId !== null && parent === undefined) return `turn '${id}' does not come after its parent, '${parentId}'`;
  if (hashTurn(turn, parent?.hash ?? null) !== turn.hash) return `turn '${id}' is not what it was when it was written`;
  if (!seen.entries.has(entryId)) return `turn '${id}' names entry ${entryId}, which is missing`;
  return requestProblem(turn, seen);
}

/** The turns that the session itself committed are numbered from 1 without gaps. */
function ordinalProblem({ id, sessionId, ordinal }: TurnRow, own: SessionId, { ordinals }: Seen): string | undefined {
  const before = ordinals.get(sessionId) ?? new Set();
  ordinals.set(sessionId, before);
  const isExpected = sessionId === own ? ordinal === before.size + 1 : !before.has(ordinal);
  before.add(ordinal);
  return isExpected ? undefined : `turn '${id}' is number ${ordinal} of session '${sessionId}', which cannot be`;
}

function requestProblem(
  { id, systemHash, toolsHash }: RequestColumns & { readonly id: TurnId },
  { blobs }: Seen,
): string | undefined {
  const missing = [systemHash, toolsHash].find((hash) => hash !== null && !blobs.has(hash));
  return missing === undefined ? undefined : `turn '${id}' names blob ${missing}, which is missing`;
}

function snapshotProblem(snapshot: Snapshot, { snapshots, entries, turns }: Seen): string | undefined {
  const { id, entryId, turnId, reason } = snapshot;
  if (snapshots.has(id)) return `snapshot '${id}' comes twice`;
  snapshots.set(id, snapshot);
  if (!entries.has(entryId)) return `snapshot '${id}' names entry ${entryId}, which is missing`;
  const turn = turns.get(turnId);
  if (turn === undefined) return `snapshot '${id}' names turn '${turnId}', which is missing`;
  return reason === 'turn' && turn.entryId !== entryId
    ? `snapshot '${id}' is of turn '${turnId}' and names another entry`
    : undefined;
}

function toolCallProblem(
  { turnId, position, outcome, finishedAt }: ToolCallRecord,
  { unnamed, turns }: Seen,
): string | undefined {
  const call = `tool call ${position} of turn '${turnId}'`;
  if (comesTwice(unnamed, ['tool-call', turnId, position])) return `${call} comes twice`;
  if (!turns.has(turnId)) return `${call} comes without that turn`;
  return (outcome === null) === (finishedAt === null) ? undefined : `${call} has an outcome or its time, but not both`;
}

function fileBackupProblem(
  { snapshotId, path, blobHash, state }: FileBackup,
  { unnamed, snapshots, blobs }: Seen,
): string | undefined {
  const backup = `the backup of '${path}' for snapshot '${snapshotId}'`;
  if (comesTwice(unnamed, ['file-backup', snapshotId, path])) return `${backup} comes twice`;
  if (!snapshots.has(snapshotId)) return `${backup} comes without that snapshot`;
  if ((state === 'kept') !== (blobHash !== null)) return `${backup} is '${state}', which its content contradicts`;
  return blobHash === null || blobs.has(blobHash) ? undefined : `${backup} names blob ${blobHash}, which is missing`;
}

function comesTwice(unnamed: Set<string>, key: readonly (string | number)[]): boolean {
  const { size } = unnamed;
  return unnamed.add(JSON.stringify(key)).size === size;
}

function tipProblem({ session: { id, tip, tipTurn } }: SessionDump, { entries, turns }: Seen): string | undefined {
  if (!entries.has(tip)) return `the tip of session '${id}' is entry ${tip}, which is missing`;
  if (tipTurn === null) return undefined;
  const last = turns.get(tipTurn);
  if (last === undefined) return `the last turn of session '${id}' is '${tipTurn}', which is missing`;
  for (let at: EntryId | null = tip; at !== null; at = entries.get(at)?.parent ?? null) {
    if (at === last.entryId) return undefined;
  }
  return `the last turn of session '${id}', '${tipTurn}', is not on the branch of its tip`;
}
