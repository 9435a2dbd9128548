import { requireText } from '../../checks.ts';
import { type Page, type PageQuery, pageBounds, pageOf } from '../../page.ts';
import { invalidWrite } from '../../refusals.ts';
import { hashSnapshot } from '../../row-hash.ts';
import type { SessionId, Snapshot, SnapshotId } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { CheckpointStore } from '../../store.ts';
import type { Fenced } from '../../writes.ts';
import { chainOf } from '../chain.ts';
import type { Connection, Database } from '../database.ts';
import { pageValues, says } from '../lists.ts';
import { mergeBackups } from '../rows/file-backups.ts';
import { lockSession, requireSession, type StoredSession, updateSession } from '../rows/sessions.ts';
import {
  findSnapshot,
  lockMade,
  lockSnapshot,
  type StoredSnapshot,
  selectSnapshots,
  storedSnapshot,
} from '../rows/snapshots.ts';
import { prepared, type StatementSource } from '../statements.ts';
import { branchTurns } from './branch.ts';

type SnapshotMethods = Pick<
  CheckpointStore,
  'readSnapshots' | 'readLastSnapshot' | 'readSnapshot' | 'listSnapshots' | 'labelSnapshot' | 'deleteSnapshots'
>;

export function createSnapshotMethods(database: Database): SnapshotMethods {
  const ofSession = <T>(read: (connection: Connection, session: StoredSession) => Promise<T>) => {
    return (sessionId: SessionId) =>
      database.read(async (connection) => read(connection, await requireSession(connection, sessionId)));
  };
  return {
    readSnapshots: ofSession(branchSnapshots),
    readLastSnapshot: ofSession(lastSnapshot),
    readSnapshot: (snapshotId) =>
      database.ask(async (connection) => (await findSnapshot(connection, snapshotId))?.snapshot),
    listSnapshots: (sessionId, query) =>
      ofSession((connection, session) => listSnapshots(connection, session, query))(sessionId),
    labelSnapshot: (change) => database.write((connection) => labelSnapshot(connection, change)),
    deleteSnapshots: (deletion) => database.write((connection) => deleteSnapshots(connection, deletion)),
  };
}

async function branchSnapshots(connection: Connection, session: StoredSession): Promise<readonly Snapshot[]> {
  const { tipTurn } = session;
  if (tipTurn === null) return [];
  const { ofBranch, deleted } = connection.use(prepareSnapshots);
  const rows = (await ofBranch.execute({ tip: tipTurn })).map(storedSnapshot);
  const byTurn = new Map(rows.map(({ turn, snapshot }) => [turn, snapshot]));
  const turns = await branchTurns(connection, session);
  const without = turns.filter(({ seq }) => !byTurn.has(seq));
  const known = new Set((await deleted.execute({ turns: without.map(({ seq }) => seq) })).map(({ turn }) => turn));
  const lost = without.find(({ seq }) => !known.has(seq));
  if (lost !== undefined) throw snapshotLost(lost.row.id);
  return turns.flatMap(({ seq }) => byTurn.get(seq) ?? []);
}

async function lastSnapshot(connection: Connection, { tipTurn, record }: StoredSession): Promise<Snapshot | undefined> {
  if (tipTurn === null) return undefined;
  const { ofTurn, deleted } = connection.use(prepareSnapshots);
  const [row] = await ofTurn.execute({ turn: tipTurn });
  if (row !== undefined) return storedSnapshot(row).snapshot;
  const [known] = await deleted.execute({ turns: [tipTurn] });
  if (known === undefined) throw snapshotLost(record.tipTurn);
  return undefined;
}

async function listSnapshots(
  connection: Connection,
  { record, snapshotsKept }: StoredSession,
  query: PageQuery = {},
): Promise<Page<Snapshot>> {
  const bounds = pageBounds(query);
  const { count, page } = connection.use(prepareSnapshots);
  const [made] = await count.execute({ sessionId: record.id });
  if (made?.count !== snapshotsKept) {
    throw corrupt(`session '${record.id}' made ${snapshotsKept} snapshots that it keeps, and ${made?.count} are left`);
  }
  const rows = (await page.execute({ ...pageValues(bounds), sessionId: record.id })).map(storedSnapshot);
  return pageOf(
    rows.map(({ seq, snapshot }) => ({ seq, createdAt: snapshot.createdAt, item: snapshot })),
    bounds.limit,
  );
}

async function labelSnapshot(
  connection: Connection,
  { snapshotId, label }: { readonly snapshotId: SnapshotId; readonly label: string | null },
): Promise<Snapshot> {
  const stored = await lockSnapshot(connection, snapshotId, 'update');
  requireText(label, `The label of snapshot '${snapshotId}'`);
  const snapshot = { ...stored.snapshot, label };
  await connection.use(prepareSnapshots).label.execute({ seq: stored.seq, label, hash: hashSnapshot(snapshot) });
  return snapshot;
}

async function deleteSnapshots(
  connection: Connection,
  deletion: { readonly sessionId: SessionId; readonly snapshotIds: readonly SnapshotId[] } & Fenced,
): Promise<void> {
  const { sessionId } = deletion;
  const session = await lockSession(connection, deletion);
  // Locked before the tips are looked at: whoever goes to one of these afterwards finds it gone.
  const doomed = await lockMade(connection, deletion, 'update');
  await requireDeletable(connection, doomed);
  await mergeBackups(connection, sessionId, doomed);
  const { remove, noteDeleted } = connection.use(prepareSnapshots);
  const turns = doomed.filter(({ snapshot }) => snapshot.reason === 'turn').map(({ turn }) => turn);
  await noteDeleted.execute({ turns });
  await remove.execute({ seqs: doomed.map(({ seq }) => seq) });
  await updateSession(connection, { ...session, snapshotsKept: session.snapshotsKept - doomed.length });
}

async function requireDeletable(connection: Connection, doomed: readonly StoredSnapshot[]): Promise<void> {
  const ofTurns = doomed.filter(({ snapshot }) => snapshot.reason === 'turn');
  const values = { turns: ofTurns.map(({ turn }) => turn), seqs: doomed.map(({ seq }) => seq) };
  const needed = new Set((await connection.use(prepareSnapshots).neededTurns.execute(values)).map(({ seq }) => seq));
  const kept = ofTurns.find(({ turn }) => needed.has(turn));
  if (kept === undefined) return;
  throw invalidWrite(
    `Snapshot '${kept.snapshot.id}' holds the counters at the tip of a session, or at a place one was rewound from`,
  );
}

function snapshotLost(turnId: string | null): Error {
  return corrupt(`the snapshot of turn '${turnId}' is missing`);
}

function prepareSnapshots(source: StatementSource) {
  return { ...prepareReads(source), ...prepareChanges(source) };
}

function prepareReads(source: StatementSource) {
  const { db, tables, orm } = source;
  const { deletedSnapshots, snapshots } = tables;
  const { and, desc, eq, sql } = orm;
  const { placeholder } = sql;
  const { createdAt, label, promptPreview, reason, seq, sessionId, turn } = snapshots;
  const isOfTurn = eq(reason, 'turn');
  const isOfSession = eq(sessionId, placeholder('sessionId'));
  const isAfter = sql`(${createdAt}, ${seq}) < (${placeholder('createdAt')}::bigint, ${placeholder('seq')}::bigint)`;
  const isFound = sql`(${placeholder('search')} = '' OR ${says(source, promptPreview)} OR ${says(source, label)})`;
  return {
    ofBranch: prepared(selectSnapshots(source).where(and(sql`${turn} IN ${chainOf(source, 'turns')}`, isOfTurn))),
    ofTurn: prepared(selectSnapshots(source).where(and(eq(turn, placeholder('turn')), isOfTurn))),
    deleted: prepared(
      db
        .select()
        .from(deletedSnapshots)
        .where(sql`${deletedSnapshots.turn} = ANY(${placeholder('turns')}::bigint[])`),
    ),
    count: prepared(
      db
        .select({ count: sql`count(*)`.mapWith(seq) })
        .from(snapshots)
        .where(isOfSession),
    ),
    page: prepared(
      selectSnapshots(source)
        .where(and(isOfSession, isAfter, isFound))
        .orderBy(desc(createdAt), desc(seq))
        .limit(placeholder('count')),
    ),
  };
}

function prepareChanges(source: StatementSource) {
  const { db, tables, orm } = source;
  const { deletedSnapshots, sessions, snapshots, turns } = tables;
  const { eq, sql } = orm;
  const { placeholder } = sql;
  const given = (name: string) => sql`${placeholder(name)}`;
  const ofTurns = sql`unnest(${placeholder('turns')}::bigint[])`;
  return {
    label: prepared(
      db
        .update(snapshots)
        .set({ label: given('label'), hash: given('hash') })
        .where(eq(snapshots.seq, placeholder('seq'))),
    ),
    remove: prepared(db.delete(snapshots).where(sql`${snapshots.seq} = ANY(${placeholder('seqs')}::bigint[])`)),
    noteDeleted: prepared(db.insert(deletedSnapshots).select(sql`SELECT ${ofTurns}`).onConflictDoNothing()),
    /** The turns at some session's tip, or at a place that a rewind has left and that stays. */
    neededTurns: prepared(
      db
        .select({ seq: turns.seq })
        .from(turns)
        .where(sql`${turns.seq} = ANY(${placeholder('turns')}::bigint[]) AND (
          EXISTS (SELECT FROM ${sessions} WHERE tip_turn = ${turns.seq})
          OR EXISTS (
            SELECT FROM ${snapshots} m
            WHERE m.turn = ${turns.seq} AND m.reason = 'rewind' AND m.seq <> ALL(${placeholder('seqs')}::bigint[])
          )
        )`),
    ),
  };
}
