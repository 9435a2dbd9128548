/**
 * What goes with a session: everything of its tree that no other session can reach any more.
 *
 * Owns: the rules of `deleteSession`, for stores whose rows point at each other by keys of their own. Pure.
 * Leaves to the stores: loading the outline of the tree, deleting, and the blobs that nothing names afterwards.
 *
 * P1. A session reaches its tip, its last turn, every turn that it committed and every snapshot that it made, and all before them.
 * P2. A reached turn keeps its journal and the snapshot that it made, whichever session that was: it lies on a branch.
 * P3. The snapshot of a rewind goes with the session that was rewound.
 *
 * To use it, load every session that begins with the same root entry, every turn and snapshot of these sessions, and all that is
 * before them; delete what the plan names, the session's own row, lease, pending turn and file backups, and then the blobs.
 */

import type { SessionId, Snapshot } from './session.ts';

/** A tree of sessions: how its rows hang together, without their content. */
export interface TreeOutline<Key> {
  readonly sessions: readonly { readonly id: SessionId; readonly tip: Key; readonly tipTurn: Key | null }[];
  readonly entries: readonly { readonly key: Key; readonly parent: Key | null }[];
  readonly turns: readonly TurnOutline<Key>[];
  readonly snapshots: readonly SnapshotOutline<Key>[];
}

interface TurnOutline<Key> {
  readonly key: Key;
  readonly parent: Key | null;
  readonly entry: Key;
  readonly sessionId: SessionId;
}

interface SnapshotOutline<Key> {
  readonly key: Key;
  readonly turn: Key;
  readonly entry: Key;
  readonly sessionId: SessionId;
  readonly reason: Snapshot['reason'];
}

/** The keys of what goes. */
export interface Deletion<Key> {
  readonly entries: readonly Key[];
  readonly turns: readonly Key[];
  readonly snapshots: readonly Key[];
}

export function planDeletion<Key>(tree: TreeOutline<Key>, sessionId: SessionId): Deletion<Key> {
  const staying = tree.sessions.filter(({ id }) => id !== sessionId);
  const ids = new Set(staying.map(({ id }) => id));
  const turns = tree.turns.filter((turn) => ids.has(turn.sessionId));
  const snapshots = tree.snapshots.filter((snapshot) => ids.has(snapshot.sessionId));

  const keptTurns = waysTo(tree.turns, [
    ...staying.map(({ tipTurn }) => tipTurn),
    ...turns.map(({ key }) => key),
    ...snapshots.map(({ turn }) => turn),
  ]);
  const keptEntries = waysTo(tree.entries, [
    ...staying.map(({ tip }) => tip),
    ...snapshots.map(({ entry }) => entry),
    ...tree.turns.filter(({ key }) => keptTurns.has(key)).map(({ entry }) => entry),
  ]);
  const isKept = (snapshot: SnapshotOutline<Key>) =>
    ids.has(snapshot.sessionId) || (snapshot.reason === 'turn' && keptTurns.has(snapshot.turn));
  return {
    entries: keysOf(tree.entries.filter(({ key }) => !keptEntries.has(key))),
    turns: keysOf(tree.turns.filter(({ key }) => !keptTurns.has(key))),
    snapshots: keysOf(tree.snapshots.filter((snapshot) => !isKept(snapshot))),
  };
}

/** Every row on the way from the first one to one of the ends. */
function waysTo<Key>(
  rows: readonly { readonly key: Key; readonly parent: Key | null }[],
  ends: readonly (Key | null)[],
): ReadonlySet<Key> {
  const parents = new Map(rows.map(({ key, parent }) => [key, parent]));
  const reached = new Set<Key>();
  for (const end of ends) {
    for (let key = end; key !== null && !reached.has(key); key = parents.get(key) ?? null) reached.add(key);
  }
  return reached;
}

function keysOf<Key>(rows: readonly { readonly key: Key }[]): readonly Key[] {
  return rows.map(({ key }) => key);
}
