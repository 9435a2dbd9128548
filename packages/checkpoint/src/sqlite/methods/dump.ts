import type { BlobHash } from '../../blob.ts';
import type { TurnRow } from '../../ledger.ts';
import { orderDump } from '../../order-dump.ts';
import type { DumpedEntry, SessionDump } from '../../session-dump.ts';
import { corrupt } from '../../sql/rows.ts';
import { lazily, type SqliteContext } from '../context.ts';
import type { EntryColumns } from '../rows/entries.ts';
import { entryFromRow } from '../rows/entries.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSnapshot } from '../rows/snapshots.ts';
import type { StoredSession } from '../rows/stored-session.ts';
import type { StoredTurn } from '../rows/turns.ts';

/** Everything that makes the session up, checked. To be called within a transaction. */
export type ReadDump = (session: StoredSession) => SessionDump;

export function createReadDump(context: SqliteContext, rows: Rows): ReadDump {
  const { blobs, fileBackups, pendingTurns, snapshots, toolCalls } = rows;
  const readEntries = createReadEntries(context);
  return (session) => {
    const { id } = session.record;
    const made = snapshots.madeBy(id, session.snapshotsKept);
    const turns = readTurns(rows, session, made);
    const dump = {
      session: session.record,
      entries: readEntries(session, [
        session.tip,
        ...made.map(({ entry }) => entry),
        ...turns.map(({ entry }) => entry),
      ]),
      turns: turns.map(({ row }) => row),
      snapshots: withSnapshotsOfTurns(rows, made, turns),
      toolCalls: turns.flatMap(({ seq, row }) => toolCalls.ofTurn(seq, row.id)),
      fileBackups: fileBackups.since(id, 0).map(({ backup }) => backup),
      pendingTurn: pendingTurns.find(session) ?? null,
    };
    const bytes = blobs.read(namedBlobs(dump));
    return orderDump({ ...dump, blobs: [...bytes].map(([hash, each]) => ({ hash, bytes: each })) });
  };
}

/** The turns that the session committed, those that its tip and its snapshots stand on, and all before them. */
function readTurns({ turns }: Rows, session: StoredSession, made: readonly StoredSnapshot[]): readonly StoredTurn[] {
  const owner = `session '${session.record.id}'`;
  const ledger = turns.ledger(session.record.id, session.turnsCommitted);
  const found = new Map(ledger.map((turn) => [turn.seq, turn]));
  const ends = [...ledger.map(({ parent }) => parent), session.tipTurn, ...made.map(({ turn }) => turn)];
  for (const end of ends) {
    if (end === null || found.has(end)) continue;
    for (const turn of turns.branch(end, owner)) found.set(turn.seq, turn);
  }
  return [...found.values()].toSorted((a, b) => a.seq - b.seq);
}

/** The session's snapshots and those of inherited turns, as they were written. */
function withSnapshotsOfTurns({ snapshots }: Rows, made: readonly StoredSnapshot[], turns: readonly StoredTurn[]) {
  const found = new Map(made.map((stored) => [stored.seq, stored]));
  for (const { seq, row } of turns) {
    const stored = snapshots.ofTurn(seq, row.id);
    if (stored !== undefined) found.set(stored.seq, stored);
  }
  return [...found.values()].toSorted((a, b) => a.seq - b.seq).map(({ snapshot }) => snapshot);
}

function namedBlobs({ entries, turns, fileBackups, pendingTurn }: Omit<SessionDump, 'blobs'>): ReadonlySet<BlobHash> {
  const requests: readonly Pick<TurnRow, 'systemHash' | 'toolsHash'>[] = pendingTurn ? [...turns, pendingTurn] : turns;
  const named = [
    ...entries.flatMap((entry) => entry.blobs),
    ...requests.flatMap(({ systemHash, toolsHash }) => [systemHash, toolsHash]),
    ...fileBackups.map(({ blobHash }) => blobHash),
  ];
  return new Set(named.filter((hash) => hash !== null));
}

/** Reads every entry on the way to one of the ends, with the blobs it names. */
function createReadEntries(
  context: SqliteContext,
): (session: StoredSession, ends: readonly number[]) => readonly DumpedEntry[] {
  const statements = lazily(() => prepare(context));
  const blobsOf = (row: EntryColumns): readonly BlobHash[] => {
    const hashes = statements().blobsOf.all(row.seq);
    if (hashes.length !== row.blobCount || hashes.includes(null)) {
      throw corrupt(`a blob that entry ${row.id} names is missing`);
    }
    return hashes.filter((hash) => hash !== null);
  };
  return ({ root, record }, ends) => {
    const rows = statements().entries.all(JSON.stringify(ends));
    const stranger = rows.find(({ seq, parent }) => parent === null && seq !== root);
    if (stranger !== undefined) throw corrupt(`session '${record.id}' is not in the tree that it names`);
    const ids = new Map(rows.map(({ seq, id }) => [seq, id]));
    return rows.map((row) => {
      const parent = row.parent === null ? null : ids.get(row.parent);
      if (parent === undefined) throw corrupt(`entry ${row.id} has lost its parent`);
      return { ...entryFromRow(row, parent), blobs: blobsOf(row) };
    });
  };
}

function prepare({ connection }: SqliteContext) {
  return {
    entries: connection.prepare<[string], EntryColumns>(`
      WITH RECURSIVE ways (seq) AS (
        SELECT value FROM json_each(?)
        UNION
        SELECT e.parent FROM ways JOIN entries AS e ON e.seq = ways.seq WHERE e.parent < e.seq
      )
      SELECT seq, id, parent, kind, payload, created_at AS createdAt, blob_count AS blobCount, checksum
      FROM entries WHERE seq IN (SELECT seq FROM ways) ORDER BY seq`),
    // By another way than the rows are deleted, so that a blob which one of the trees has lost is missed.
    blobsOf: connection
      .prepare<[number], string | null>(`
      SELECT (SELECT hash FROM blobs WHERE blobs.seq = eb.blob AND EXISTS (
        SELECT 1 FROM entry_blobs AS again INDEXED BY entry_blobs_of_blob WHERE again.blob = eb.blob AND again.entry = eb.entry
      )) FROM entry_blobs AS eb WHERE eb.entry = ?`)
      .pluck(),
  };
}
