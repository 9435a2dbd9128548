import { requireText } from '../../checks.ts';
import { contains, newestFirst } from '../../newest-first.ts';
import { pageBounds } from '../../page.ts';
import { invalidWrite } from '../../refusals.ts';
import type { Snapshot } from '../../session.ts';
import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSnapshot } from '../rows/snapshots.ts';
import type { StoredSession } from '../rows/stored-session.ts';

type SnapshotMethods = Pick<
  CheckpointStore,
  'readSnapshots' | 'readLastSnapshot' | 'readSnapshot' | 'listSnapshots' | 'labelSnapshot' | 'deleteSnapshots'
>;

export function snapshotMethods({ read, write }: SqliteContext, rows: Rows): SnapshotMethods {
  const { sessions, snapshots } = rows;
  return {
    readSnapshots: (sessionId) => read(() => branchSnapshots(rows, sessions.require(sessionId))),

    readLastSnapshot: (sessionId) =>
      read(() => {
        const { tipTurn, record } = sessions.require(sessionId);
        if (tipTurn === null || record.tipTurn === null) return undefined;
        return snapshots.ofTurn(tipTurn, record.tipTurn)?.snapshot;
      }),

    readSnapshot: (snapshotId) => read(() => snapshots.find(snapshotId)?.snapshot),

    listSnapshots: (sessionId, query = {}) =>
      read(() => {
        const { snapshotsKept } = sessions.require(sessionId);
        const bounds = pageBounds(query);
        const made = snapshots.madeBy(sessionId, snapshotsKept).map(({ seq, snapshot }) => ({ seq, item: snapshot }));
        const { search } = bounds;
        const isFound = ({ promptPreview, label }: Snapshot) =>
          contains(promptPreview, search) || contains(label ?? '', search);
        return newestFirst(
          made.filter(({ item }) => isFound(item)),
          bounds,
        );
      }),

    labelSnapshot: ({ snapshotId, label }) =>
      write(() => {
        const stored = snapshots.require(snapshotId);
        requireText(label, `The label of snapshot '${snapshotId}'`);
        const snapshot = { ...stored.snapshot, label };
        snapshots.label(stored, snapshot);
        return snapshot;
      }),

    deleteSnapshots: (deletion) =>
      write(() => {
        const { sessionId } = deletion;
        const session = sessions.requireWritable(deletion);
        const ids = [...new Set(deletion.snapshotIds)];
        const doomed = ids.map((snapshotId) => snapshots.requireMadeBy(sessionId, snapshotId));
        requireDeletable(rows, session, doomed);
        mergeBackups(rows, session, doomed);
        for (const stored of doomed) snapshots.delete(stored);
        sessions.update({ ...session, snapshotsKept: session.snapshotsKept - doomed.length });
      }),
  };
}

function branchSnapshots({ snapshots, turns }: Rows, { record, tipTurn }: StoredSession): readonly Snapshot[] {
  const branch = turns.branch(tipTurn, `session '${record.id}'`);
  const ofTurns = tipTurn === null ? new Map<number, Snapshot>() : snapshots.ofBranch(tipTurn);
  return branch.flatMap(({ seq, row }) => {
    const snapshot = ofTurns.get(seq);
    if (snapshot === undefined) snapshots.requireDeleted(seq, row.id);
    return snapshot ?? [];
  });
}

function requireDeletable(
  { sessions, snapshots }: Rows,
  { root }: StoredSession,
  doomed: readonly StoredSnapshot[],
): void {
  sessions.requireWhole();
  const seqs = new Set(doomed.map(({ seq }) => seq));
  const tipTurns = new Set(sessions.tipTurnsOf(root));
  const isNeeded = ({ turn, snapshot }: StoredSnapshot) =>
    snapshot.reason === 'turn' && (tipTurns.has(turn) || snapshots.markersOf(turn).some((marker) => !seqs.has(marker)));
  const needed = doomed.find(isNeeded);
  if (needed !== undefined) {
    throw invalidWrite(
      `Snapshot '${needed.snapshot.id}' holds the counters at the tip of a session, or at a place one was rewound from`,
    );
  }
}

/** Gives the backups of the doomed snapshots to the last ones before them that stay. */
function mergeBackups(
  { blobs, fileBackups, snapshots }: Rows,
  { record, snapshotsKept }: StoredSession,
  doomed: readonly StoredSnapshot[],
): void {
  const doomedSeqs = new Set(doomed.map(({ seq }) => seq));
  const kept = snapshots.madeBy(record.id, snapshotsKept).filter(({ seq }) => !doomedSeqs.has(seq));
  const backups = fileBackups.since(record.id, 0);
  const placeOf = (snapshot: number, path: string) => JSON.stringify([snapshot, path]);
  const taken = new Set(backups.map(({ snapshot, backup }) => placeOf(snapshot, backup.path)));
  for (const stored of backups.filter(({ snapshot }) => doomedSeqs.has(snapshot))) {
    const keeper = kept.findLast(({ seq }) => seq < stored.snapshot);
    const place = keeper && placeOf(keeper.seq, stored.backup.path);
    if (keeper === undefined || place === undefined || taken.has(place)) {
      fileBackups.delete(stored);
      blobs.loosen([stored.blob]);
    } else {
      fileBackups.move(stored, { ...stored.backup, snapshotId: keeper.snapshot.id }, keeper.seq);
      taken.add(place);
    }
  }
}
