import { requireCounts, requireText } from '../../checks.ts';
import { snapshotMissing } from '../../refusals.ts';
import type { CheckpointStore } from '../../store.ts';
import type { Connection, Database } from '../database.ts';
import { keepBlobs, readBlobs } from '../rows/blobs.ts';
import { backupsSince, keepBackups } from '../rows/file-backups.ts';
import { lockSession, requireSession } from '../rows/sessions.ts';
import { findSnapshot, lockMade } from '../rows/snapshots.ts';

/** The methods for blobs and for the files that are backed up in them. */
export function createFileMethods(
  database: Database,
): Pick<CheckpointStore, 'readBlobs' | 'recordFileBackups' | 'readFileBackups'> {
  return {
    readBlobs: (hashes) => database.ask((connection) => readBlobs(connection, hashes)),
    recordFileBackups: (record) => database.write((connection) => recordFileBackups(connection, record)),
    readFileBackups: ({ sessionId, snapshotId }) =>
      database.read(async (connection) => {
        await requireSession(connection, sessionId);
        const found = await findSnapshot(connection, snapshotId);
        if (found === undefined) throw snapshotMissing(snapshotId);
        // Whatever a session made itself is later than what it inherited.
        const since = found.snapshot.sessionId === sessionId ? found.seq : 0;
        return (await backupsSince(connection, sessionId, since)).map(({ backup }) => backup);
      }),
  };
}

async function recordFileBackups(
  connection: Connection,
  record: Parameters<CheckpointStore['recordFileBackups']>[0],
): Promise<void> {
  const { sessionId, snapshotId, files, at } = record;
  await lockSession(connection, record);
  const made = await lockMade(connection, { sessionId, snapshotIds: [snapshotId] }, 'share');
  for (const { path, mode } of files) {
    requireText(path, 'The path of a file');
    requireCounts({ at, mode }, `The backup of '${path}'`);
  }
  await keepBlobs(
    connection,
    files.map(({ blobHash }) => blobHash),
    record.blobs,
  );
  const backups = files.map(({ path, blobHash, mode, state }) => {
    return { sessionId, snapshotId, createdAt: at, path, blobHash, mode, state };
  });
  await keepBackups(connection, backups, new Map(made.map(({ seq }) => [snapshotId, seq])));
}
