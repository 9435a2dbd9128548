import type Database from 'better-sqlite3';
import { type Deletion, planDeletion, type TreeOutline } from '../../plan-deletion.ts';
import type { Snapshot } from '../../session.ts';
import { corrupt } from '../../sql/rows.ts';
import type { CheckpointStore } from '../../store.ts';
import { lazily, type SqliteContext } from '../context.ts';
import type { LeaseWatch } from '../lease-watch.ts';
import type { Rows } from '../rows/rows.ts';
import type { StoredSession } from '../rows/stored-session.ts';
import type { RunWatch } from '../run-watch.ts';

/**
 * Deleting a session.
 *
 * Foreign keys are not checked meanwhile: half of them have no index, which only this would need, and without one each deleted row costs
 * a walk through a table. The plan keeps whatever a row that stays points at.
 */
export function deletion(
  context: SqliteContext,
  { fileBackups, runs, sessions }: Rows,
  { leaseWatch, runWatch }: { readonly leaseWatch: LeaseWatch; readonly runWatch: RunWatch },
): Pick<CheckpointStore, 'deleteSession'> {
  const statements = lazily(() => prepare(context.connection));
  return {
    deleteSession: async (deletion) => {
      const runIds = await context.writeUnchecked(() => {
        const session = sessions.requireWritable(deletion);
        sessions.requireWhole();
        const plan = planDeletion(readOutline(statements(), session), deletion.sessionId);
        const backups = fileBackups.since(deletion.sessionId, 0).map(({ seq }) => seq);
        remove(statements(), plan, { backups: JSON.stringify(backups), session: session.seq });
        return runs.deleteOf(deletion.sessionId);
      });
      leaseWatch.look(deletion.sessionId);
      runWatch.tell(runIds);
    },
  };
}

type Statements = ReturnType<typeof prepare>;

/** The tree of the session, checked to hang together: a row that was lost would seem to let go of all that is before it. */
function readOutline(statements: Statements, { root }: StoredSession): TreeOutline<number> {
  const incomplete = statements.incompleteSession.get(root);
  if (incomplete !== undefined) throw corrupt(`a turn or a snapshot of session '${incomplete}' is missing`);
  const turns = statements.turns.all({ root });
  const entries = statements.entries.all({ root });
  if (isCut(turns) || isCut(entries)) throw corrupt('a branch beside the one that was to be deleted is cut');
  return { sessions: statements.sessions.all({ root }), turns, snapshots: statements.snapshots.all({ root }), entries };
}

function isCut(rows: readonly { readonly key: number; readonly parent: number | null }[]): boolean {
  const keys = new Set(rows.map(({ key }) => key));
  return rows.some(({ parent }) => parent !== null && !keys.has(parent));
}

function remove(
  statements: Statements,
  plan: Deletion<number>,
  own: { readonly backups: string; readonly session: number },
): void {
  const entries = JSON.stringify(plan.entries);
  const turns = JSON.stringify(plan.turns);
  const blobs = JSON.stringify(statements.blobs.all({ entries, turns, ...own }));
  for (const statement of statements.ofSession) statement.run(own.session);
  statements.deleteBackups.run(own.backups);
  statements.deleteSnapshots.run(JSON.stringify(plan.snapshots));
  for (const statement of statements.ofTurns) statement.run(turns);
  for (const statement of statements.ofEntries) statement.run(entries);
  statements.tieBlobs.run();
  statements.deleteBlobs.run(blobs);
}

/** The turns of a tree: those that its sessions committed, those their snapshots and tips stand on, and all before them. */
const TREE_TURNS = `
  tree (id, tip, tip_turn) AS (SELECT id, tip, tip_turn FROM sessions WHERE root = @root),
  tree_turns (seq) AS (
    SELECT tip_turn FROM tree WHERE tip_turn IS NOT NULL
    UNION SELECT t.seq FROM tree JOIN turns AS t ON t.session_id = tree.id
    UNION SELECT s.turn FROM tree JOIN snapshots AS s ON s.session_id = tree.id
    UNION SELECT t.parent FROM tree_turns JOIN turns AS t ON t.seq = tree_turns.seq WHERE t.parent IS NOT NULL
  ),
  tree_snapshots (seq) AS (
    SELECT s.seq FROM tree JOIN snapshots AS s ON s.session_id = tree.id
    UNION SELECT s.seq FROM tree_turns JOIN snapshots AS s ON s.turn = tree_turns.seq
  )`;

const AMONG = '(SELECT value FROM json_each(?))';

function prepare(connection: Database.Database) {
  const outline = <Row>(sql: string) => connection.prepare<[{ readonly root: number }], Row>(sql);
  const remove = (sql: string) => connection.prepare<[string]>(`${sql} IN ${AMONG}`);
  return {
    incompleteSession: connection
      .prepare<[number], string>(`
      SELECT id FROM sessions AS s WHERE root = ?
        AND (turns_committed <> (SELECT count(DISTINCT t.seq) FROM turns AS t WHERE t.session_id = s.id)
          OR snapshots_kept <> (SELECT count(DISTINCT p.seq) FROM snapshots AS p WHERE p.session_id = s.id))`)
      .pluck(),
    sessions: outline<TreeOutline<number>['sessions'][number]>(
      'SELECT id, tip, tip_turn AS tipTurn FROM sessions WHERE root = @root',
    ),
    turns: outline<TreeOutline<number>['turns'][number]>(`WITH RECURSIVE ${TREE_TURNS}
      SELECT seq AS key, parent, entry, session_id AS sessionId FROM turns WHERE seq IN (SELECT seq FROM tree_turns)`),
    snapshots: outline<TreeOutline<number>['snapshots'][number] & { readonly reason: Snapshot['reason'] }>(
      `WITH RECURSIVE ${TREE_TURNS}
      SELECT seq AS key, turn, entry, session_id AS sessionId, reason FROM snapshots
      WHERE seq IN (SELECT seq FROM tree_snapshots)`,
    ),
    entries: outline<TreeOutline<number>['entries'][number]>(`WITH RECURSIVE ${TREE_TURNS},
      tree_entries (seq) AS (
        SELECT tip FROM tree
        UNION SELECT entry FROM turns WHERE seq IN (SELECT seq FROM tree_turns)
        UNION SELECT entry FROM snapshots WHERE seq IN (SELECT seq FROM tree_snapshots)
        UNION SELECT entry FROM loose_entries WHERE root = @root
        UNION SELECT e.parent FROM tree_entries JOIN entries AS e ON e.seq = tree_entries.seq WHERE e.parent IS NOT NULL
      )
      SELECT seq AS key, parent FROM entries WHERE seq IN (SELECT seq FROM tree_entries)`),
    blobs: connection.prepare<BlobsOf, number>(BLOBS_OF).pluck(),
    ofSession: ['leases WHERE session', 'pending_turns WHERE session', 'sessions WHERE seq'].map((rows) =>
      connection.prepare<[number]>(`DELETE FROM ${rows} = ?`),
    ),
    deleteBackups: remove('DELETE FROM file_backups WHERE seq'),
    deleteSnapshots: remove('DELETE FROM snapshots WHERE seq'),
    ofTurns: ['tool_calls WHERE turn', 'deleted_snapshots WHERE turn', 'turns WHERE seq'].map((rows) =>
      remove(`DELETE FROM ${rows}`),
    ),
    ofEntries: ['loose_entries WHERE entry', 'entry_blobs WHERE entry', 'entries WHERE seq'].map((rows) =>
      remove(`DELETE FROM ${rows}`),
    ),
    tieBlobs: connection.prepare<[]>('DELETE FROM loose_blobs'),
    deleteBlobs: connection.prepare<[string]>(DELETE_UNNAMED_BLOBS),
  };
}

interface BlobsOf {
  readonly entries: string;
  readonly turns: string;
  readonly backups: string;
  readonly session: number;
}

/** The blobs that what goes has named, and those that may have lost their last name before. */
const BLOBS_OF = `
  SELECT blob FROM entry_blobs WHERE entry IN (SELECT value FROM json_each(@entries))
  UNION SELECT system_blob FROM turns WHERE system_blob IS NOT NULL AND seq IN (SELECT value FROM json_each(@turns))
  UNION SELECT tools_blob FROM turns WHERE tools_blob IS NOT NULL AND seq IN (SELECT value FROM json_each(@turns))
  UNION SELECT system_blob FROM pending_turns WHERE system_blob IS NOT NULL AND session = @session
  UNION SELECT tools_blob FROM pending_turns WHERE tools_blob IS NOT NULL AND session = @session
  UNION SELECT blob FROM file_backups WHERE blob IS NOT NULL AND seq IN (SELECT value FROM json_each(@backups))
  UNION SELECT blob FROM loose_blobs`;

const DELETE_UNNAMED_BLOBS = `
  DELETE FROM blobs WHERE seq IN ${AMONG}
    AND NOT EXISTS (SELECT 1 FROM entry_blobs WHERE blob = blobs.seq)
    AND NOT EXISTS (SELECT 1 FROM turns WHERE system_blob = blobs.seq)
    AND NOT EXISTS (SELECT 1 FROM turns WHERE tools_blob = blobs.seq)
    AND NOT EXISTS (SELECT 1 FROM pending_turns WHERE blobs.seq IN (system_blob, tools_blob))
    AND NOT EXISTS (SELECT 1 FROM file_backups WHERE blob = blobs.seq)`;
