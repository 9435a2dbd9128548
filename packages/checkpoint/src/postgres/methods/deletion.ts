import { planDeletion, type TreeOutline } from '../../plan-deletion.ts';
import type { SessionId } from '../../session.ts';
import type { Fenced } from '../../writes.ts';
import type { Connection } from '../database.ts';
import { tellWatchers } from '../lease-watch.ts';
import { lockSession } from '../rows/sessions.ts';
import { tellRunWatchers } from '../run-watch.ts';
import { prepared, preparedText, type StatementSource } from '../statements.ts';
import { treeOf } from '../tree.ts';

/**
 * Deletes a session with what no other one shares.
 *
 * Whoever forks or rewinds to a row that is about to go waits for it, or this waits for him: the server refuses to take away a row that
 * another one points at, and then all of this is tried again with what is there by then.
 */
export async function deleteSession(
  connection: Connection,
  deletion: { readonly sessionId: SessionId } & Fenced,
): Promise<void> {
  const { seq, root } = await lockSession(connection, deletion);
  const { deleteRows, deleteBlobs, deleteRuns, lockRuns, namedBlobs } = connection.use(prepareDeletion);
  const plan = planDeletion(await outlineOf(connection, root), deletion.sessionId);
  const doomed = { ...plan, session: seq, sessionId: deletion.sessionId };
  const blobs = (await namedBlobs(doomed)).map((row) => row['seq']);
  await lockRuns(doomed);
  const runs = await deleteRuns(doomed);
  for (const statement of deleteRows) await statement(doomed);
  await deleteBlobs({ blobs });
  await tellWatchers(connection, deletion.sessionId);
  await tellRunWatchers(
    connection,
    runs.map((row) => String(row['id'])),
  );
}

async function outlineOf(connection: Connection, root: number): Promise<TreeOutline<number>> {
  const { sessions, turns, snapshots, entries } = connection.use(prepareOutline);
  return {
    sessions: await sessions.execute({ root }),
    turns: await turns.execute({ root }),
    snapshots: await snapshots.execute({ root }),
    entries: await entries.execute({ root }),
  };
}

function prepareOutline(source: StatementSource) {
  const { db, tables, orm } = source;
  const { entries, sessions, snapshots, turns } = tables;
  const isOfRoot = orm.eq(sessions.root, orm.sql.placeholder('root'));
  const tree = treeOf(source, orm.sql`root = ${orm.sql.placeholder('root')}`);
  const outlineOf = { key: snapshots.seq, turn: snapshots.turn, entry: snapshots.entry, reason: snapshots.reason };
  return {
    sessions: prepared(
      db.select({ id: sessions.id, tip: sessions.tip, tipTurn: sessions.tipTurn }).from(sessions).where(isOfRoot),
    ),
    turns: prepared(
      db
        .select({ key: turns.seq, parent: turns.parent, entry: turns.entry, sessionId: turns.sessionId })
        .from(turns)
        .where(orm.sql`${turns.seq} IN ${tree.turns}`),
    ),
    snapshots: prepared(
      db
        .select({ ...outlineOf, sessionId: snapshots.sessionId })
        .from(snapshots)
        .where(orm.sql`${snapshots.seq} IN ${tree.snapshots}`),
    ),
    entries: prepared(
      db
        .select({ key: entries.seq, parent: entries.parent })
        .from(entries)
        // Downwards from the root: an entry whose snapshot was deleted is held by nobody, and is collected here.
        .where(
          orm.sql`${entries.seq} IN (
            WITH RECURSIVE family (seq) AS (
              SELECT ${orm.sql.placeholder('root')}::bigint
              UNION ALL SELECT e.seq FROM family JOIN ${entries} e ON e.parent = family.seq
            )
            SELECT seq FROM family
          )`,
        ),
    ),
  };
}

function prepareDeletion(source: StatementSource) {
  const { tables, orm } = source;
  const { blobs, entries, entryBlobs, fileBackups, pendingTurns, runs, turns } = tables;
  const { sql } = orm;
  const { placeholder } = sql;
  const among = (name: string) => sql`= ANY(${placeholder(name)}::bigint[])`;
  const isOwnNote = sql`session = ${placeholder('session')}`;
  const isOfSession = sql`session_id = ${placeholder('sessionId')}`;
  return {
    namedBlobs: preparedText(
      source,
      sql`SELECT seq FROM (
          SELECT blob AS seq FROM ${entryBlobs} WHERE entry ${among('entries')}
          UNION SELECT system_blob FROM ${turns} WHERE seq ${among('turns')}
          UNION SELECT tools_blob FROM ${turns} WHERE seq ${among('turns')}
          UNION SELECT system_blob FROM ${pendingTurns} WHERE ${isOwnNote}
          UNION SELECT tools_blob FROM ${pendingTurns} WHERE ${isOwnNote}
          UNION SELECT blob FROM ${fileBackups} WHERE ${isOfSession}
        ) AS named WHERE seq IS NOT NULL`,
    ),
    // In the order in which events are added to runs, so that nobody waits for this who it waits for.
    lockRuns: preparedText(source, sql`SELECT FROM ${runs} WHERE ${isOfSession} ORDER BY id FOR UPDATE`),
    // Their events go with them.
    deleteRuns: preparedText(source, sql`DELETE FROM ${runs} WHERE ${isOfSession} RETURNING id`),
    deleteRows: [
      sql`${pendingTurns} WHERE ${isOwnNote}`,
      sql`${tables.leases} WHERE session = ${placeholder('session')}`,
      sql`${fileBackups} WHERE ${isOfSession}`,
      sql`${tables.sessions} WHERE seq = ${placeholder('session')}`,
      sql`${tables.snapshots} WHERE seq ${among('snapshots')}`,
      sql`${tables.toolCalls} WHERE turn ${among('turns')}`,
      sql`${tables.deletedSnapshots} WHERE turn ${among('turns')}`,
      sql`${turns} WHERE seq ${among('turns')}`,
      sql`${entryBlobs} WHERE entry ${among('entries')}`,
      sql`${entries} WHERE seq ${among('entries')}`,
    ].map((rows) => preparedText(source, sql`DELETE FROM ${rows}`)),
    deleteBlobs: preparedText(
      source,
      sql`DELETE FROM ${blobs} b WHERE seq ${among('blobs')}
          AND NOT EXISTS (SELECT FROM ${entryBlobs} WHERE blob = b.seq)
          AND NOT EXISTS (SELECT FROM ${turns} WHERE system_blob = b.seq)
          AND NOT EXISTS (SELECT FROM ${turns} WHERE tools_blob = b.seq)
          AND NOT EXISTS (SELECT FROM ${pendingTurns} WHERE b.seq IN (system_blob, tools_blob))
          AND NOT EXISTS (SELECT FROM ${fileBackups} WHERE blob = b.seq)`,
    ),
  };
}
