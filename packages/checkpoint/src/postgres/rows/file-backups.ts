import type { FileBackup } from '../../file-backup.ts';
import { hashFileBackup } from '../../row-hash.ts';
import type { SessionId } from '../../session.ts';
import { corrupt, fileBackupFromRow } from '../../sql/rows.ts';
import type { Connection } from '../database.ts';
import { prepared, preparedText, type StatementSource } from '../statements.ts';
import { requireBlobs } from './blobs.ts';
import type { StoredSnapshot } from './snapshots.ts';

/** A backup with its row and that of its snapshot. */
interface StoredBackup {
  readonly seq: number;
  readonly snapshot: number;
  readonly backup: FileBackup;
}

/** The backups that the session made for the snapshot of this row and for later ones, oldest first. */
export async function backupsSince(
  connection: Connection,
  sessionId: SessionId,
  snapshot: number,
): Promise<readonly StoredBackup[]> {
  const rows = await connection.use(prepareFileBackups).since.execute({ sessionId, snapshot });
  return rows.map((row) => {
    const { seq, snapshotId, blobHash } = row;
    if (snapshotId === null) throw corrupt(`the snapshot that the backup of '${row.path}' is for is missing`);
    const backup = fileBackupFromRow({ ...row, snapshotId, blobHash });
    if (hashFileBackup(backup) === row.hash) return { seq, snapshot: row.snapshot, backup };
    throw corrupt(`the backup of '${row.path}' for snapshot '${snapshotId}' is not what it was when it was written`);
  });
}

/** Keeps backups for snapshots that are here. Of a path that has one for the same snapshot, the first one stays. */
export async function keepBackups(
  connection: Connection,
  backups: readonly FileBackup[],
  snapshots: ReadonlyMap<string, number>,
): Promise<void> {
  if (backups.length === 0) return;
  const hashes = backups.map(({ blobHash }) => blobHash).filter((hash) => hash !== null);
  const blobs = await requireBlobs(connection, [...new Set(hashes)]);
  await connection.use(prepareFileBackups).keep({
    sessionIds: backups.map(({ sessionId }) => sessionId),
    snapshots: backups.map(({ snapshotId }) => snapshots.get(snapshotId)),
    paths: backups.map(({ path }) => path),
    blobs: backups.map(({ blobHash }) => (blobHash === null ? null : blobs.get(blobHash))),
    modes: backups.map(({ mode }) => mode),
    states: backups.map(({ state }) => state),
    times: backups.map(({ createdAt }) => createdAt),
    hashes: backups.map(hashFileBackup),
  });
}

/** Gives the backups of the doomed snapshots to the last ones before them that the session made and that stay. */
export async function mergeBackups(
  connection: Connection,
  sessionId: SessionId,
  doomed: readonly StoredSnapshot[],
): Promise<void> {
  const { made, move, remove } = connection.use(prepareFileBackups);
  const backups = await backupsSince(connection, sessionId, 0);
  const doomedRows = new Set(doomed.map(({ seq }) => seq));
  const orphans = backups.filter(({ snapshot }) => doomedRows.has(snapshot));
  if (orphans.length === 0) return;
  const kept = (await made.execute({ sessionId })).filter(({ seq }) => !doomedRows.has(seq));
  const taken = new Set(backups.map(({ snapshot, backup }) => placeOf(snapshot, backup.path)));
  for (const { seq, snapshot, backup } of orphans) {
    const keeper = kept.findLast((candidate) => candidate.seq < snapshot);
    const place = keeper && placeOf(keeper.seq, backup.path);
    if (keeper === undefined || place === undefined || taken.has(place)) await remove.execute({ seq });
    else {
      taken.add(place);
      const hash = hashFileBackup({ ...backup, snapshotId: keeper.id });
      await move.execute({ seq, snapshot: keeper.seq, hash });
    }
  }
}

function placeOf(snapshot: number, path: string): string {
  return JSON.stringify([snapshot, path]);
}

function prepareFileBackups(source: StatementSource) {
  const { db, tables, orm } = source;
  const { blobs, fileBackups, snapshots } = tables;
  const { and, asc, eq, getTableColumns, gte, sql } = orm;
  const { placeholder } = sql;
  const isAsked = eq(fileBackups.seq, placeholder('seq'));
  return {
    since: prepared(
      db
        .select({ ...getTableColumns(fileBackups), snapshotId: snapshots.id, blobHash: blobs.hash })
        .from(fileBackups)
        .leftJoin(snapshots, eq(snapshots.seq, fileBackups.snapshot))
        .leftJoin(blobs, eq(blobs.seq, fileBackups.blob))
        .where(
          and(eq(fileBackups.sessionId, placeholder('sessionId')), gte(fileBackups.snapshot, placeholder('snapshot'))),
        )
        .orderBy(asc(fileBackups.seq)),
    ),
    made: prepared(
      db
        .select({ seq: snapshots.seq, id: snapshots.id })
        .from(snapshots)
        .where(eq(snapshots.sessionId, placeholder('sessionId')))
        .orderBy(asc(snapshots.seq)),
    ),
    move: prepared(
      db
        .update(fileBackups)
        .set({ snapshot: sql`${placeholder('snapshot')}`, hash: sql`${placeholder('hash')}` })
        .where(isAsked),
    ),
    remove: prepared(db.delete(fileBackups).where(isAsked)),
    keep: preparedText(
      source,
      sql`INSERT INTO ${fileBackups} (session_id, snapshot, path, blob, mode, state, created_at, hash)
        SELECT session_id, snapshot, path, blob, mode, state, created_at, hash
        FROM unnest(
          ${placeholder('sessionIds')}::text[], ${placeholder('snapshots')}::bigint[], ${placeholder('paths')}::text[],
          ${placeholder('blobs')}::bigint[], ${placeholder('modes')}::bigint[], ${placeholder('states')}::text[],
          ${placeholder('times')}::bigint[], ${placeholder('hashes')}::text[]
        ) WITH ORDINALITY AS given (session_id, snapshot, path, blob, mode, state, created_at, hash, place)
        ORDER BY place
        ON CONFLICT (snapshot, path) DO NOTHING`,
    ),
  };
}
