import type { SnapshotBody } from '@reprise/service/client';

/** A snapshot in the graph: how far from the beginning, and in which lane. */
export interface TreeNode {
  readonly snapshot: SnapshotBody;
  /** Turns from the beginning of its branch. */
  readonly depth: number;
  readonly lane: number;
  readonly parent: TreeNode | undefined;
  /** Whether the session's tip is on the branch that it is on. */
  readonly isOnBranch: boolean;
}

/**
 * The snapshots as a tree, oldest first: each goes on from the newest one before it that has fewer turns, on its own branch. Turns know
 * their parents, so `parentOf` says which turn a turn follows.
 */
export function treeOf(
  snapshots: readonly SnapshotBody[],
  parentOf: ReadonlyMap<string, string | null>,
  branchTurns: ReadonlySet<string>,
): readonly TreeNode[] {
  const byTurn = new Map<string, TreeNode>();
  const tips = new Map<number, string>();
  const nodes: TreeNode[] = [];
  for (const snapshot of snapshots) {
    const before = snapshot.reason === 'rewind' ? snapshot.turnId : (parentOf.get(snapshot.turnId) ?? undefined);
    const parent = before === undefined ? undefined : byTurn.get(before);
    const lane = laneFor(parent, tips);
    const node = { snapshot, depth: snapshot.turnCount, lane, parent, isOnBranch: branchTurns.has(snapshot.turnId) };
    tips.set(lane, snapshot.id);
    if (snapshot.reason === 'turn') byTurn.set(snapshot.turnId, node);
    nodes.push(node);
  }
  return nodes;
}

/** The lane of what it goes on from, if nothing else has gone on from there; or else a new one. */
function laneFor(parent: TreeNode | undefined, tips: ReadonlyMap<number, string>): number {
  if (parent && tips.get(parent.lane) === parent.snapshot.id) return parent.lane;
  return tips.size;
}

/** How many turns two branches have in common, from the beginning on; each is named by its last turn. */
export function sharedTurns(one: string, two: string, parents: ReadonlyMap<string, string | null>): number {
  const path = (from: string) => {
    const turns = [from];
    for (let at = parents.get(from); at; at = parents.get(at)) turns.unshift(at);
    return turns;
  };
  const [first, second] = [path(one), path(two)];
  const parting = first.findIndex((turn, index) => turn !== second[index]);
  return parting === -1 ? first.length : parting;
}
