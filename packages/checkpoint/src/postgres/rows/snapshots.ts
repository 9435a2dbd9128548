import { isText } from '../../checks.ts';
import { prepareSnapshot } from '../../prepare-rows.ts';
import { invalidWrite, snapshotMissing } from '../../refusals.ts';
import { hashSnapshot } from '../../row-hash.ts';
import type { SessionId, Snapshot, SnapshotContent, SnapshotId } from '../../session.ts';
import { corrupt, snapshotFromRow } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { filling, prepared, type StatementSource, valuesOf } from '../statements.ts';
import type { StoredSession } from './sessions.ts';

/** A snapshot as it is stored. Numbers name rows. */
export interface StoredSnapshot {
  readonly seq: number;
  readonly root: number;
  readonly turn: number;
  readonly entry: number;
  readonly snapshot: Snapshot;
}

export async function findSnapshot(
  connection: Connection,
  snapshotId: SnapshotId,
): Promise<StoredSnapshot | undefined> {
  const [stored] = await findSnapshots(connection, [snapshotId]);
  return stored;
}

/** How a snapshot is locked for a transaction: `share` keeps it from being deleted, `update` keeps others from going to it as well. */
type Strength = 'share' | 'update';

/** The snapshot, locked. Throws `checkpoint/snapshot-missing`. */
export async function lockSnapshot(
  connection: Connection,
  snapshotId: SnapshotId,
  strength: Strength,
): Promise<StoredSnapshot> {
  const [stored] = await lockSnapshots(connection, [snapshotId], strength);
  if (stored === undefined) throw snapshotMissing(snapshotId);
  return stored;
}

/** The snapshots, locked, if this session made all of them. Throws `checkpoint/snapshot-missing`. */
export async function lockMade(
  connection: Connection,
  { sessionId, snapshotIds }: { readonly sessionId: SessionId; readonly snapshotIds: readonly SnapshotId[] },
  strength: Strength,
): Promise<readonly StoredSnapshot[]> {
  const found = await lockSnapshots(connection, snapshotIds, strength);
  const made = new Map(found.map((stored) => [stored.snapshot.id, stored]));
  return [...new Set(snapshotIds)].map((id) => {
    const stored = made.get(id);
    if (stored?.snapshot.sessionId === sessionId) return stored;
    throw snapshotMissing(id, `that session '${sessionId}' made`);
  });
}

async function lockSnapshots(
  connection: Connection,
  snapshotIds: readonly SnapshotId[],
  strength: Strength,
): Promise<readonly StoredSnapshot[]> {
  // The rows are read by a statement of their own, which sees what the writer that held a lock has left.
  await connection.use(prepareSnapshotRows)[strength].execute({ snapshotIds: snapshotIds.filter(isText) });
  return findSnapshots(connection, snapshotIds);
}

async function findSnapshots(
  connection: Connection,
  snapshotIds: readonly SnapshotId[],
): Promise<readonly StoredSnapshot[]> {
  const rows = await connection.use(prepareSnapshotRows).find.execute({ snapshotIds: snapshotIds.filter(isText) });
  return rows.map(storedSnapshot);
}

/** The snapshot as it will be kept. Throws `checkpoint/invalid-write`, also if its id is taken. */
export function newSnapshot(
  { isSnapshotTaken }: Pick<StoredSession, 'isSnapshotTaken'>,
  content: SnapshotContent & { readonly id: SnapshotId },
  place: Parameters<typeof prepareSnapshot>[1],
): Snapshot {
  if (isSnapshotTaken) throw invalidWrite(`There is a snapshot '${content.id}' already`);
  return prepareSnapshot(content, place);
}

export function storedSnapshot(row: Awaited<ReturnType<typeof selectSnapshots>>[number]): StoredSnapshot {
  const { seq, root, turn, entry, turnId, entryId } = row;
  if (turnId === null || entryId === null) throw corrupt(`the place that snapshot '${row.id}' names is missing`);
  return { seq, root, turn, entry, snapshot: snapshotFromRow({ ...row, turnId, entryId }) };
}

/** Every column of a snapshot, with the names of what it points at. */
export function selectSnapshots({ db, tables, orm }: StatementSource) {
  const { snapshots, turns, entries } = tables;
  const { getTableColumns, eq } = orm;
  return db
    .select({
      ...getTableColumns(snapshots),
      turnId: turns.id,
      entryId: entries.id,
    })
    .from(snapshots)
    .leftJoin(turns, eq(turns.seq, snapshots.turn))
    .leftJoin(entries, eq(entries.seq, snapshots.entry))
    .$dynamic();
}

/** The columns of a snapshot, but for the rows it points at. */
export function snapshotColumns(snapshot: Snapshot) {
  const { tokenSnapshot, turnId, entryId, ...columns } = snapshot;
  return { ...columns, ...tokenSnapshot, hash: hashSnapshot(snapshot) };
}

/** Keeps a snapshot of rows that are here. */
export async function keepSnapshot(
  connection: Connection,
  { snapshot, ...place }: Omit<StoredSnapshot, 'seq'>,
): Promise<void> {
  const columns = { ...snapshotColumns(snapshot), ...place };
  await connection.use(prepareSnapshotRows).keep.execute(filling('snapshot', columns));
  connection.reach('store/snapshot-written');
}

function prepareSnapshotRows(source: StatementSource) {
  const { orm, tables } = source;
  const { snapshots } = tables;
  const { asc, sql } = orm;
  const isAsked = sql`${snapshots.id} = ANY(${sql.placeholder('snapshotIds')}::text[])`;
  // In one order for all writers, so that no two of them wait for each other.
  const rows = () =>
    source.db.select({ seq: snapshots.seq }).from(snapshots).where(isAsked).orderBy(asc(snapshots.seq));
  return {
    find: prepared(selectSnapshots(source).where(isAsked)),
    share: prepared(rows().for('share')),
    update: prepared(rows().for('update')),
    keep: prepared(source.db.insert(snapshots).values(valuesOf(source, snapshots, { row: 'snapshot' }))),
  };
}
