import { invalidWrite, snapshotMissing } from '../../refusals.ts';
import { hashSnapshot } from '../../row-hash.ts';
import type { SessionId, Snapshot, SnapshotId, TurnId } from '../../session.ts';
import { corrupt, snapshotFromRow } from '../../sql/rows.ts';
import { chainOf, distinct } from '../chain.ts';
import { boundTo, eachLazily, isStorable, lazily, prepareInsert, type SqliteContext } from '../context.ts';

/** A snapshot with its place and those of what it points at. */
export interface StoredSnapshot {
  readonly seq: number;
  readonly turn: number;
  readonly entry: number;
  readonly root: number;
  readonly snapshot: Snapshot;
}

/** Where a snapshot stands. */
export type SnapshotPlace = Pick<StoredSnapshot, 'turn' | 'entry' | 'root'>;

export function snapshotRows(context: SqliteContext) {
  const insert = lazily(() => prepareInsert<ReturnType<typeof toColumns>>(context, context.tables.snapshots));
  const selects = lazily(() => prepareSelects(context));
  const changes = lazily(() => prepareChanges(context));

  const find = (snapshotId: SnapshotId): StoredSnapshot | undefined => {
    if (!isStorable(snapshotId)) return undefined;
    const row = selects().byId.get({ snapshotId });
    if (row === undefined && selects().hasIdInTable.get(snapshotId) !== undefined) {
      throw corrupt(`snapshot '${snapshotId}' is missing from an index`);
    }
    return row && storedSnapshot(row);
  };

  /** Throws unless the snapshot of this turn was deleted: else it was lost. */
  const requireDeleted = (turn: number, turnId: TurnId): void => {
    if (selects().wasDeleted.get(turn) === undefined) throw corrupt(`the snapshot of turn '${turnId}' is missing`);
  };

  return {
    find,

    read(seq: number): StoredSnapshot {
      const row = selects().bySeq.get({ seq });
      if (row === undefined) throw corrupt(`snapshot ${seq} is missing`);
      return storedSnapshot(row);
    },

    require(snapshotId: SnapshotId): StoredSnapshot {
      const stored = find(snapshotId);
      if (stored === undefined) throw snapshotMissing(snapshotId);
      return stored;
    },

    /** The snapshot, if this session made it. */
    requireMadeBy(sessionId: SessionId, snapshotId: SnapshotId): StoredSnapshot {
      const stored = find(snapshotId);
      if (stored?.snapshot.sessionId !== sessionId) {
        throw snapshotMissing(snapshotId, `that session '${sessionId}' made`);
      }
      return stored;
    },

    /** Writes the snapshot, and returns its place. */
    insert(snapshot: Snapshot, place: SnapshotPlace): number {
      if (selects().hasId.get(snapshot.id) !== undefined) {
        throw invalidWrite(`There is a snapshot '${snapshot.id}' already`);
      }
      return Number(insert().run(toColumns(snapshot, place)).lastInsertRowid);
    },

    /** The snapshots that the turns on the way to `tipTurn` made, by the place of their turn. */
    ofBranch(tipTurn: number): ReadonlyMap<number, Snapshot> {
      return new Map(
        selects()
          .ofBranch.all({ tip: tipTurn })
          .map((row) => [row.turn, storedSnapshot(row).snapshot]),
      );
    },

    /** The snapshot that a turn made; `undefined` once it was deleted. */
    ofTurn(turn: number, turnId: TurnId): StoredSnapshot | undefined {
      const row = selects().ofTurn.get({ turn });
      if (row === undefined) requireDeleted(turn, turnId);
      return row && storedSnapshot(row);
    },

    requireDeleted,

    /** Every snapshot that the session made, the first one first, checked to be complete. */
    madeBy(sessionId: SessionId, snapshotsKept: number): readonly StoredSnapshot[] {
      const made = distinct(selects().madeBy.all({ sessionId }));
      if (made.length !== snapshotsKept) {
        throw corrupt(
          `session '${sessionId}' made ${snapshotsKept} snapshots that it keeps, and ${made.length} are left`,
        );
      }
      return made.map(storedSnapshot);
    },

    /** How many snapshots of a session of this id there are. It may be gone. */
    countMadeBy(sessionId: SessionId): number {
      return selects().countMadeBy.get(sessionId) ?? 0;
    },

    /** The places of the rewinds' snapshots that stand on a turn. */
    markersOf(turn: number): readonly number[] {
      return selects().markersOf.all(turn);
    },

    label({ seq }: StoredSnapshot, snapshot: Snapshot): void {
      changes().label.run({ seq, label: snapshot.label, hash: hashSnapshot(snapshot) });
    },

    /** Deletes the snapshot, and notes what now lacks it: its turn, or the entry that the snapshot of a rewind alone may have led to. */
    delete({ seq, turn, entry, root, snapshot }: StoredSnapshot): void {
      changes().delete.run(seq);
      if (snapshot.reason === 'turn') changes().noteDeleted.run(turn);
      else changes().loosenEntry.run(entry, root);
    },

    /** Takes the row away, to be written anew. */
    drop({ seq }: StoredSnapshot): void {
      changes().delete.run(seq);
    },

    /** Notes that a turn comes without its snapshot. */
    noteDeleted(turn: number): void {
      changes().noteDeleted.run(turn);
    },
  };
}

type SnapshotSelectionRow = NonNullable<ReturnType<ReturnType<typeof prepareSelects>['byId']['get']>>;

function storedSnapshot({ seq, turn, entry, root, turnId, entryId, ...row }: SnapshotSelectionRow): StoredSnapshot {
  if (turnId === null || entryId === null) throw corrupt(`the place that snapshot '${row.id}' names is missing`);
  return { seq, turn, entry, root, snapshot: snapshotFromRow({ ...row, turnId, entryId }) };
}

function toColumns(snapshot: Snapshot, place: SnapshotPlace) {
  const { tokenSnapshot, entryId, turnId, ...columns } = snapshot;
  const { turn, entry, root } = place;
  return { ...columns, ...tokenSnapshot, turn, entry, root, hash: hashSnapshot(snapshot) };
}

function prepareSelects(context: SqliteContext) {
  const { connection, drizzle } = context;
  const { and, asc, eq, sql } = drizzle;
  const { snapshots } = context.tables;
  const isOfTurn = sql`${snapshots.reason} = 'turn'`;
  return eachLazily({
    byId: () =>
      selectSnapshots(context)
        .where(eq(snapshots.id, boundTo(context, 'snapshotId')))
        .prepare(),
    bySeq: () =>
      selectSnapshots(context)
        .where(eq(snapshots.seq, boundTo(context, 'seq')))
        .prepare(),
    ofTurn: () =>
      selectSnapshots(context)
        .where(and(eq(snapshots.turn, boundTo(context, 'turn')), isOfTurn))
        .prepare(),
    ofBranch: () =>
      selectSnapshots(context)
        .where(and(sql`${snapshots.turn} IN ${chainOf(context, 'turns')}`, isOfTurn))
        .prepare(),
    madeBy: () =>
      selectSnapshots(context)
        .where(eq(snapshots.sessionId, boundTo(context, 'sessionId')))
        .orderBy(asc(snapshots.seq))
        .prepare(),
    hasId: () => connection.prepare<[string]>('SELECT 1 FROM snapshots WHERE id = ?'),
    hasIdInTable: () => connection.prepare<[string]>('SELECT 1 FROM snapshots NOT INDEXED WHERE id = ?'),
    wasDeleted: () => connection.prepare<[number]>('SELECT 1 FROM deleted_snapshots WHERE turn = ?'),
    countMadeBy: () =>
      connection.prepare<[string], number>('SELECT count(*) FROM snapshots WHERE session_id = ?').pluck(),
    markersOf: () =>
      connection.prepare<[number], number>("SELECT seq FROM snapshots WHERE turn = ? AND reason = 'rewind'").pluck(),
  });
}

function selectSnapshots({ db, drizzle, tables }: SqliteContext) {
  const { eq, getTableColumns } = drizzle;
  const { entries, snapshots, turns } = tables;
  return db
    .select({ ...getTableColumns(snapshots), entryId: entries.id, turnId: turns.id })
    .from(snapshots)
    .leftJoin(entries, eq(entries.seq, snapshots.entry))
    .leftJoin(turns, eq(turns.seq, snapshots.turn))
    .$dynamic();
}

function prepareChanges({ connection }: SqliteContext) {
  return {
    label: connection.prepare<{ readonly seq: number; readonly label: string | null; readonly hash: string }>(
      'UPDATE snapshots SET label = @label, hash = @hash WHERE seq = @seq',
    ),
    delete: connection.prepare<[number]>('DELETE FROM snapshots WHERE seq = ?'),
    loosenEntry: connection.prepare<[number, number]>(
      'INSERT INTO loose_entries (entry, root) VALUES (?, ?) ON CONFLICT DO NOTHING',
    ),
    noteDeleted: connection.prepare<[number]>('INSERT INTO deleted_snapshots (turn) VALUES (?) ON CONFLICT DO NOTHING'),
  };
}
