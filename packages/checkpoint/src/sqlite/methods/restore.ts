import { type RecordsHere, requireRestorable } from '../../check-restore.ts';
import { sessionExists } from '../../refusals.ts';
import type { SessionRecord } from '../../session.ts';
import type { SessionDump } from '../../session-dump.ts';
import { corrupt } from '../../sql/rows.ts';
import type { SqliteContext } from '../context.ts';
import type { BlobSeqs } from '../rows/blobs.ts';
import type { EntryPlace } from '../rows/entries.ts';
import type { Rows } from '../rows/rows.ts';
import type { SnapshotPlace } from '../rows/snapshots.ts';

/** Writes a dumped session. To be called within a transaction. */
export function restoreDump({ pass }: Pick<SqliteContext, 'pass'>, rows: Rows, dump: SessionDump): SessionRecord {
  const { session } = dump;
  if (rows.sessions.find(session.id) !== undefined) throw sessionExists(session.id);
  requireRestorable(dump, recordsHere(rows, dump));

  const blobs = rows.blobs.keep(
    dump.blobs.map(({ hash }) => hash),
    dump.blobs,
  );
  pass('store/blobs-written');
  const entries = restoreEntries(rows, dump, blobs);
  pass('store/entries-written');
  const turns = restoreTurns(rows, dump, { blobs, entries });
  pass('store/turn-written');
  const snapshots = restoreSnapshots(rows, dump, { entries, turns });
  pass('store/snapshot-written');
  restoreToolCalls(rows, dump, turns);
  for (const backup of dump.fileBackups) {
    rows.fileBackups.insert(backup, placeIn(snapshots, backup.snapshotId), blobs);
  }
  return restoreSession(rows, dump, { blobs, entries, turns });
}

interface Places {
  readonly blobs: BlobSeqs;
  readonly entries: ReadonlyMap<string, number>;
  readonly turns: ReadonlyMap<string, number>;
}

function recordsHere({ sessions, snapshots, toolCalls, turns }: Rows, dump: SessionDump): RecordsHere {
  const sameTurns = dump.turns.flatMap(({ id, sessionId, ordinal }) => [
    turns.find(id) ?? [],
    turns.findByOrdinal(sessionId, ordinal) ?? [],
  ]);
  const owners = new Set(dump.turns.map(({ sessionId }) => sessionId));
  return {
    sessionIds: new Set([...owners].filter((id) => sessions.find(id) !== undefined)),
    turns: [...sameTurns.flat(), ...turns.madeBy(dump.session.id)].map(({ row }) => row),
    snapshots: dump.snapshots.flatMap(({ id }) => snapshots.find(id)?.snapshot ?? []),
    toolCalls: dump.turns.flatMap(({ id }) => {
      const turn = turns.find(id);
      return turn === undefined ? [] : toolCalls.ofTurn(turn.seq, id);
    }),
  };
}

function restoreEntries({ entries }: Rows, dump: SessionDump, blobs: BlobSeqs): ReadonlyMap<string, number> {
  const places = new Map<string, EntryPlace>();
  for (const entry of dump.entries) {
    const parent = entry.parent === null ? null : (places.get(entry.parent) ?? null);
    places.set(entry.id, entries.append(parent, entry, entry.createdAt, blobs));
  }
  return new Map([...places].map(([id, { seq }]) => [id, seq]));
}

function restoreTurns(
  { snapshots, turns }: Rows,
  dump: SessionDump,
  { blobs, entries }: Pick<Places, 'blobs' | 'entries'>,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const withSnapshot = new Set(dump.snapshots.filter(({ reason }) => reason === 'turn').map(({ turnId }) => turnId));
  for (const row of dump.turns) {
    const here = turns.find(row.id);
    const parent = row.parentId === null ? null : placeIn(places, row.parentId);
    const seq = here?.seq ?? turns.insert(row, { parent, entry: placeIn(entries, row.entryId) }, blobs);
    if (here === undefined && !withSnapshot.has(row.id)) snapshots.noteDeleted(seq);
    places.set(row.id, seq);
  }
  return places;
}

/** Snapshots of the session that its forks have kept are written anew, so that it has them in the order it made them. */
function restoreSnapshots(
  { snapshots }: Rows,
  dump: SessionDump,
  { entries, turns }: Pick<Places, 'entries' | 'turns'>,
): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const root = placeIn(entries, dump.entries[0]?.id ?? '');
  for (const snapshot of dump.snapshots) {
    const here = snapshots.find(snapshot.id);
    if (here !== undefined && snapshot.sessionId !== dump.session.id) continue;
    const place: SnapshotPlace = {
      turn: placeIn(turns, snapshot.turnId),
      entry: placeIn(entries, snapshot.entryId),
      root,
    };
    if (here !== undefined) snapshots.drop(here);
    places.set(snapshot.id, snapshots.insert(here?.snapshot ?? snapshot, place));
  }
  return places;
}

function restoreToolCalls({ toolCalls }: Rows, dump: SessionDump, turns: ReadonlyMap<string, number>): void {
  for (const call of dump.toolCalls) {
    const turn = placeIn(turns, call.turnId);
    const isHere = toolCalls.ofTurn(turn, call.turnId).some(({ position }) => position === call.position);
    if (!isHere) toolCalls.write(call, turn);
  }
}

function restoreSession(
  { pendingTurns, sessions, snapshots }: Rows,
  dump: SessionDump,
  { blobs, entries, turns }: Places,
): SessionRecord {
  const { session: record } = dump;
  const restored = sessions.insert({
    record,
    root: placeIn(entries, dump.entries[0]?.id ?? ''),
    tip: placeIn(entries, record.tip),
    tipTurn: record.tipTurn === null ? null : placeIn(turns, record.tipTurn),
    turnsCommitted: dump.turns.filter(({ sessionId }) => sessionId === record.id).length,
    snapshotsKept: snapshots.countMadeBy(record.id),
  });
  if (dump.pendingTurn !== null) pendingTurns.insert(dump.pendingTurn, sessions.require(record.id), blobs);
  return restored;
}

function placeIn(places: ReadonlyMap<string, number>, id: string): number {
  const place = places.get(id);
  if (place === undefined) throw corrupt(`'${id}' was written and is missing`);
  return place;
}
