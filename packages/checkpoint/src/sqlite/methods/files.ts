import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';

/** The methods for blobs and for the files that are backed up in them. */
export function fileMethods(
  { read, write, pass }: SqliteContext,
  { blobs, fileBackups, sessions, snapshots }: Rows,
): Pick<CheckpointStore, 'readBlobs' | 'recordFileBackups' | 'readFileBackups'> {
  return {
    readBlobs: (hashes) => read(() => blobs.read(hashes)),

    recordFileBackups: (record) =>
      write(() => {
        const { sessionId, snapshotId, files, at } = record;
        sessions.requireWritable(record);
        const { seq } = snapshots.requireMadeBy(sessionId, snapshotId);
        const seqs = blobs.keep(
          files.map(({ blobHash }) => blobHash),
          record.blobs,
        );
        pass('store/blobs-written');
        for (const { path, blobHash, mode, state } of files) {
          fileBackups.insert({ sessionId, snapshotId, createdAt: at, path, blobHash, mode, state }, seq, seqs);
        }
      }),

    readFileBackups: ({ sessionId, snapshotId }) =>
      read(() => {
        sessions.require(sessionId);
        const { seq, snapshot } = snapshots.require(snapshotId);
        // Whatever a session made itself is later than what it inherited.
        const since = snapshot.sessionId === sessionId ? seq : 0;
        return fileBackups.since(sessionId, since).map(({ backup }) => backup);
      }),
  };
}
