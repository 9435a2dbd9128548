import { requireCounts, requireText } from '../../checks.ts';
import type { FileBackup } from '../../file-backup.ts';
import { hashFileBackup } from '../../row-hash.ts';
import type { SessionId } from '../../session.ts';
import { corrupt, fileBackupFromRow } from '../../sql/rows.ts';
import { distinct } from '../chain.ts';
import { boundTo, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import { type BlobSeqs, seqOf } from './blobs.ts';

/** A backup with its place and that of its snapshot. */
export interface StoredBackup {
  readonly seq: number;
  readonly snapshot: number;
  readonly blob: number | null;
  readonly backup: FileBackup;
}

export function fileBackupRows(context: SqliteContext) {
  const { connection, tables } = context;
  const insert = lazily(() => prepareInsert<ReturnType<typeof toColumns>>(context, tables.fileBackups, FIRST_STAYS));
  const select = lazily(() => prepareSelect(context));
  const count = lazily(() => connection.prepare<[string, number], number>(COUNT_AGAIN).pluck());
  const changes = lazily(() => prepareChanges(context));

  return {
    /** Of a path that has a backup for this snapshot already, the first one stays. */
    insert(backup: FileBackup, snapshot: number, seqs: BlobSeqs): void {
      const { path, createdAt, mode } = backup;
      requireText(path, 'The path of a file');
      requireCounts({ at: createdAt, mode }, `The backup of '${path}'`);
      insert().run(toColumns(backup, snapshot, seqs));
    },

    /** The backups that the session made for this snapshot and later ones, oldest first, checked to be complete. */
    since(sessionId: SessionId, snapshot: number): readonly StoredBackup[] {
      const rows = distinct(select().all({ sessionId, snapshot }));
      if (rows.length !== count().get(sessionId, snapshot)) {
        throw corrupt(`a file backup of session '${sessionId}' is missing`);
      }
      return rows.map(storedBackup);
    },

    /** Gives the backup to another snapshot. */
    move({ seq }: StoredBackup, backup: FileBackup, snapshot: number): void {
      changes().move.run({ seq, snapshot, hash: hashFileBackup(backup) });
    },

    delete({ seq }: StoredBackup): void {
      changes().delete.run(seq);
    },
  };
}

const FIRST_STAYS = 'ON CONFLICT (snapshot, path) DO NOTHING';

/** Counts on another way than they are read, so that a lost one is missed. */
const COUNT_AGAIN = `
  SELECT count(*) FROM snapshots AS s CROSS JOIN file_backups AS b INDEXED BY file_backups_of_snapshot ON b.snapshot = s.seq
  WHERE s.session_id = ? AND s.seq >= ?`;

function toColumns(backup: FileBackup, snapshot: number, seqs: BlobSeqs) {
  const { snapshotId, blobHash, ...columns } = backup;
  return { ...columns, snapshot, blob: seqOf(seqs, blobHash), hash: hashFileBackup(backup) };
}

type BackupSelectionRow = ReturnType<ReturnType<typeof prepareSelect>['all']>[number];

function storedBackup({ seq, snapshot, blob, snapshotId, ...row }: BackupSelectionRow): StoredBackup {
  if (snapshotId === null) throw corrupt(`the snapshot that the backup of '${row.path}' is for is missing`);
  const backup = fileBackupFromRow({ ...row, snapshotId });
  if (hashFileBackup(backup) !== row.hash) {
    throw corrupt(`the backup of '${row.path}' for snapshot '${snapshotId}' is not what it was when it was written`);
  }
  return { seq, snapshot, blob, backup };
}

function prepareSelect(context: SqliteContext) {
  const { db, drizzle, tables } = context;
  const { and, asc, eq, getTableColumns, gte } = drizzle;
  const { blobs, fileBackups, snapshots } = tables;
  return db
    .select({ ...getTableColumns(fileBackups), blobHash: blobs.hash, snapshotId: snapshots.id })
    .from(fileBackups)
    .leftJoin(blobs, eq(blobs.seq, fileBackups.blob))
    .leftJoin(snapshots, eq(snapshots.seq, fileBackups.snapshot))
    .where(
      and(
        eq(fileBackups.sessionId, boundTo(context, 'sessionId')),
        gte(fileBackups.snapshot, boundTo(context, 'snapshot')),
      ),
    )
    .orderBy(asc(fileBackups.seq))
    .prepare();
}

function prepareChanges({ connection }: SqliteContext) {
  return {
    move: connection.prepare<{ readonly seq: number; readonly snapshot: number; readonly hash: string }>(
      'UPDATE file_backups SET snapshot = @snapshot, hash = @hash WHERE seq = @seq',
    ),
    delete: connection.prepare<[number]>('DELETE FROM file_backups WHERE seq = ?'),
  };
}
