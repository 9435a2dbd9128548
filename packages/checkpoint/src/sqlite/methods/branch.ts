import { requireCounts } from '../../checks.ts';
import type { PendingTurn } from '../../ledger.ts';
import { prepareSnapshot, prepareTurn } from '../../prepare-rows.ts';
import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { BlobSeqs } from '../rows/blobs.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSession } from '../rows/stored-session.ts';

type BranchMethods = Pick<
  CheckpointStore,
  | 'appendEntries'
  | 'beginTurn'
  | 'commitTurn'
  | 'abandonTurn'
  | 'readPendingTurn'
  | 'readEntries'
  | 'readEntriesTo'
  | 'readTurns'
  | 'readLastTurn'
  | 'readLedger'
>;

export function branchMethods(context: SqliteContext, rows: Rows): BranchMethods {
  return { ...branchWrites(context, rows), ...branchReads(context, rows) };
}

type BranchWrites = Pick<BranchMethods, 'appendEntries' | 'beginTurn' | 'commitTurn' | 'abandonTurn'>;

function branchWrites({ write, pass }: SqliteContext, rows: Rows): BranchWrites {
  const { blobs, entries, pendingTurns, sessions, toolCalls, turns } = rows;
  const replaceNote = (session: StoredSession, turn: PendingTurn, seqs: BlobSeqs): void => {
    const named = new Set<number | null>(seqs.values());
    blobs.loosen(pendingTurns.remove(session).filter((blob) => !named.has(blob)));
    pendingTurns.insert(turn, session, seqs);
  };
  return {
    appendEntries: (append) =>
      write(() => {
        const session = sessions.requireTip(append);
        requireCounts({ at: append.at }, `An append to session '${append.sessionId}'`);
        const { ranCalls = [], turn } = append;
        if (turn) turns.requireNew(turn.id);
        const named = append.entries.flatMap((entry) => entry.blobs ?? []);
        const seqs = blobs.keep(turn ? [...named, turn.systemHash, turn.toolsHash] : named, append.blobs);
        pass('store/blobs-written');
        for (const ran of ranCalls) toolCalls.writeRan(ran, turns.requireSeq(ran.turnId, session), append.sessionId);
        if (turn) replaceNote(session, turn, seqs);
        if (append.entries.length === 0) return { tip: append.expectedTip };
        let tip = tipOf(session);
        for (const entry of append.entries) tip = entries.append(tip, entry, append.at, seqs);
        pass('store/entries-written');
        sessions.update({ ...session, tip: tip.seq, record: { ...session.record, tip: tip.id, updatedAt: append.at } });
        return { tip: tip.id };
      }),

    beginTurn: (begin) =>
      write(() => {
        const session = sessions.requireTip(begin);
        turns.requireNew(begin.turn.id);
        const seqs = blobs.keep([begin.turn.systemHash, begin.turn.toolsHash], begin.blobs);
        pass('store/blobs-written');
        replaceNote(session, begin.turn, seqs);
      }),

    commitTurn: (commit) =>
      write(() => {
        const session = sessions.requireTip(commit);
        const { at, turn } = commit;
        turns.requireNew(turn.id);
        const seqs = blobs.keep([...(commit.entry.blobs ?? []), turn.systemHash, turn.toolsHash], commit.blobs);
        pass('store/blobs-written');
        const tip = entries.append(tipOf(session), commit.entry, at, seqs);
        pass('store/entries-written');
        const row = prepareTurn(turn, nextPlace(session, tip.id), session.tipTurnHash);
        const tipTurn = turns.insert(row, { parent: session.tipTurn, entry: tip.seq }, seqs);
        pass('store/turn-written');
        const place = {
          sessionId: row.sessionId,
          entryId: tip.id,
          turnId: row.id,
          reason: 'turn',
          createdAt: at,
        } as const;
        const snapshot = prepareSnapshot(commit.snapshot, place);
        rows.snapshots.insert(snapshot, { turn: tipTurn, entry: tip.seq, root: session.root });
        pass('store/snapshot-written');
        const named = new Set<number | null>(seqs.values());
        blobs.loosen(pendingTurns.remove(session).filter((blob) => !named.has(blob)));
        sessions.update({
          ...session,
          tip: tip.seq,
          tipTurn,
          turnsCommitted: row.ordinal,
          snapshotsKept: session.snapshotsKept + 1,
          record: { ...session.record, tip: tip.id, tipTurn: row.id, updatedAt: at },
        });
        return { tip: tip.id, snapshot };
      }),

    abandonTurn: (abandon) => write(() => blobs.loosen(pendingTurns.remove(sessions.requireWritable(abandon)))),
  };
}

function branchReads({ read }: SqliteContext, rows: Rows): Omit<BranchMethods, keyof BranchWrites> {
  const { entries, pendingTurns, sessions, turns } = rows;
  return {
    readPendingTurn: (sessionId) => read(() => pendingTurns.find(sessions.require(sessionId))),

    readEntries: (sessionId) =>
      read(() => entries.branch(sessions.require(sessionId), `session '${sessionId}'`).slice(1)),

    readEntriesTo: (snapshotId) =>
      read(() => {
        const { entry, root } = rows.snapshots.require(snapshotId);
        return entries.branch({ tip: entry, root }, `snapshot '${snapshotId}'`).slice(1);
      }),

    readTurns: (sessionId) =>
      read(() => {
        const { tipTurn } = sessions.require(sessionId);
        return turns.branch(tipTurn, `session '${sessionId}'`).map(({ row }) => row);
      }),

    readLastTurn: (sessionId) =>
      read(() => {
        const { tipTurn } = sessions.require(sessionId);
        return tipTurn === null ? undefined : turns.read(tipTurn).row;
      }),

    readLedger: (sessionId) =>
      read(() => {
        const { turnsCommitted } = sessions.require(sessionId);
        return turns.ledger(sessionId, turnsCommitted).map(({ row }) => row);
      }),
  };
}

function tipOf({ tip, record }: StoredSession): { readonly seq: number; readonly id: string } {
  return { seq: tip, id: record.tip };
}

function nextPlace({ record, turnsCommitted }: StoredSession, entryId: string) {
  return { parentId: record.tipTurn, entryId, sessionId: record.id, ordinal: turnsCommitted + 1 };
}
