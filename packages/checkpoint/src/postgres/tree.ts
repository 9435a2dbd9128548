import type { SQL } from 'drizzle-orm';
import type { StatementSource } from './statements.ts';

/** The rows that some sessions hold on to, as lists of their numbers for `IN`. */
export interface Tree {
  /** What the sessions committed, what their tips and snapshots stand on, and all before them. */
  readonly turns: SQL;
  /** What the sessions made, and what those turns made. */
  readonly snapshots: SQL;
  /** What the tips, these turns and the sessions' snapshots stand on, and all before them. */
  readonly entries: SQL;
}

/** The rows that the sessions for which `isAmong` holds hold on to. */
export function treeOf({ orm: { sql }, tables }: StatementSource, isAmong: SQL): Tree {
  const { entries, sessions, snapshots, turns } = tables;
  const ofTurns = sql`WITH RECURSIVE
    tree AS (SELECT id, tip, tip_turn FROM ${sessions} WHERE ${isAmong}),
    made AS (SELECT s.seq, s.turn, s.entry FROM tree JOIN ${snapshots} s ON s.session_id = tree.id),
    tree_turns (seq) AS (
      (
        SELECT tip_turn FROM tree WHERE tip_turn IS NOT NULL
        UNION SELECT turn FROM made
        UNION SELECT t.seq FROM tree JOIN ${turns} t ON t.session_id = tree.id
      )
      UNION SELECT t.parent FROM tree_turns JOIN ${turns} t ON t.seq = tree_turns.seq WHERE t.parent < t.seq
    )`;
  const ofEntries = sql`${ofTurns}, tree_entries (seq) AS (
      (
        SELECT tip FROM tree
        UNION SELECT entry FROM made
        UNION SELECT t.entry FROM tree_turns JOIN ${turns} t ON t.seq = tree_turns.seq
      )
      UNION SELECT e.parent FROM tree_entries JOIN ${entries} e ON e.seq = tree_entries.seq WHERE e.parent < e.seq
    )`;
  return {
    turns: sql`(${ofTurns} SELECT seq FROM tree_turns)`,
    snapshots: sql`(${ofTurns}
      SELECT seq FROM made
      UNION SELECT s.seq FROM tree_turns JOIN ${snapshots} s ON s.turn = tree_turns.seq WHERE s.reason = 'turn')`,
    entries: sql`(${ofEntries} SELECT seq FROM tree_entries)`,
  };
}
