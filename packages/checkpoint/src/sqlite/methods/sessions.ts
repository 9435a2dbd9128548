import { requireCounts, requireText } from '../../checks.ts';
import { rootEntry } from '../../entry-hash.ts';
import { pageBounds, pageOf } from '../../page.ts';
import { checkSession, prepareSnapshot } from '../../prepare-rows.ts';
import { sessionExists, sessionIdInLedger, snapshotMissing } from '../../refusals.ts';
import type { SessionRecord, SnapshotId } from '../../session.ts';
import { checkStandingTerms } from '../../standing.ts';
import type { CheckpointStore } from '../../store.ts';
import type { NewSession, Rewind } from '../../writes.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSnapshot } from '../rows/snapshots.ts';
import type { StoredSession } from '../rows/stored-session.ts';

type SessionMethods = Pick<
  CheckpointStore,
  | 'countSessions'
  | 'countStandings'
  | 'createSession'
  | 'forkSession'
  | 'listSessions'
  | 'readSession'
  | 'readStandings'
  | 'rewindSession'
  | 'setMetadata'
>;

export function sessionMethods({ read, write, pass }: SqliteContext, rows: Rows): SessionMethods {
  const { entries, sessionLists, sessions, snapshots } = rows;
  return {
    createSession: (session) =>
      write(() => {
        requireNewSession(rows, session);
        const root = entries.append(null, rootEntry(session.id), session.createdAt, new Map());
        pass('store/entries-written');
        const record = newSession(session, { tip: root.id, tipTurn: null, forkedFrom: null });
        const place = { root: root.seq, tip: root.seq, tipTurn: null };
        return sessions.insert({ record, ...place, turnsCommitted: 0, snapshotsKept: 0 });
      }),

    readSession: (sessionId) => read(() => sessions.find(sessionId)?.record),

    listSessions: (query = {}) =>
      read(() => {
        const { search, limit, after = NEWEST } = pageBounds(query);
        const { prefix, standing } = query;
        requireText(prefix ?? null, 'The prefix');
        if (standing) checkStandingTerms(standing);
        sessions.requireWhole();
        const found = sessionLists.page({ search, limit, prefix, standing, ...after });
        const placed = found.map(({ seq, record }) => ({ item: record, seq, createdAt: record.createdAt }));
        return pageOf(placed, limit);
      }),

    countSessions: ({ prefix = '' } = {}) =>
      read(() => {
        requireText(prefix, 'The prefix');
        sessions.requireWhole();
        return sessionLists.count(prefix);
      }),

    readStandings: (query) =>
      read(() => {
        checkStandingTerms(query);
        return sessionLists.standings(query);
      }),

    countStandings: (query) =>
      read(() => {
        requireText(query.prefix ?? null, 'The prefix');
        checkStandingTerms(query);
        sessions.requireWhole();
        return sessionLists.countStandings(query);
      }),

    setMetadata: ({ sessionId, metadata }) =>
      write(() => {
        const session = sessions.require(sessionId);
        requireText(metadata, `The metadata of session '${sessionId}'`);
        return sessions.update({ ...session, record: { ...session.record, metadata } });
      }),

    forkSession: (fork) =>
      write(() => {
        requireNewSession(rows, fork);
        const { snapshot, ...place } = snapshots.require(fork.snapshotId);
        const { sessionId, entryId, turnId } = snapshot;
        const forkedFrom = { sessionId, snapshotId: fork.snapshotId };
        const record = newSession(fork, { tip: entryId, tipTurn: turnId, forkedFrom });
        const { root, entry: tip, turn: tipTurn } = place;
        return sessions.insert({ record, root, tip, tipTurn, turnsCommitted: 0, snapshotsKept: 0 });
      }),

    rewindSession: (rewind) =>
      write(() => {
        const session = sessions.requireWritable(rewind);
        const target = findTarget(rows, session, rewind.snapshotId, rewind.leaving.id);
        requireCounts({ at: rewind.at }, `The rewind of session '${rewind.sessionId}'`);
        const left = leaveTip(rows, session, rewind);
        pass('store/snapshot-written');
        const { snapshot, ...place } = target ?? left;
        const { entryId, turnId } = snapshot;
        const record = { ...session.record, tip: entryId, tipTurn: turnId, updatedAt: rewind.at };
        const moved = { tip: place.entry, tipTurn: place.turn, snapshotsKept: session.snapshotsKept + 1 };
        return { session: sessions.update({ ...session, ...moved, record }), left: left.snapshot };
      }),
  };
}

const NEWEST = { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

function newSession(
  { id, createdAt, metadata = '{}' }: NewSession,
  place: Pick<SessionRecord, 'tip' | 'tipTurn' | 'forkedFrom'>,
): SessionRecord {
  return { id, ...place, createdAt, updatedAt: createdAt, metadata };
}

function requireNewSession({ sessions, turns }: Rows, session: NewSession): void {
  checkSession(session);
  if (sessions.find(session.id) !== undefined) throw sessionExists(session.id);
  if (turns.hasLedger(session.id)) throw sessionIdInLedger(session.id);
}

/** Where a rewind goes: `undefined` for the place where the tip is. */
function findTarget(
  { snapshots, turns }: Rows,
  { record: { id }, tipTurn }: StoredSession,
  snapshotId: SnapshotId,
  leavingId: SnapshotId,
): StoredSnapshot | undefined {
  const isOnBranch = ({ snapshot, turn }: StoredSnapshot) =>
    snapshot.sessionId === id || (snapshot.reason === 'turn' && turns.isOnBranch(turn, tipTurn));
  const stored = snapshots.find(snapshotId);
  if (stored !== undefined && isOnBranch(stored)) return stored;
  if (stored === undefined && snapshotId === leavingId && tipTurn !== null) return undefined;
  throw snapshotMissing(snapshotId, stored && `that session '${id}' made or has on its branch`);
}

/** Makes the snapshot of the place that a rewind leaves. */
function leaveTip({ snapshots }: Rows, session: StoredSession, { leaving, at }: Rewind): Omit<StoredSnapshot, 'seq'> {
  const { id, tip, tipTurn } = session.record;
  // A session that has made no turn has no snapshot to go to.
  if (tipTurn === null || session.tipTurn === null) throw snapshotMissing(leaving.id, `that session '${id}' can leave`);
  const place = { sessionId: id, entryId: tip, turnId: tipTurn, reason: 'rewind', createdAt: at } as const;
  const stored = {
    snapshot: prepareSnapshot(leaving, place),
    root: session.root,
    entry: session.tip,
    turn: session.tipTurn,
  };
  snapshots.insert(stored.snapshot, stored);
  return stored;
}
