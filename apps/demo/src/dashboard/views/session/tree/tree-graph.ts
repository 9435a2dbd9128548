import type { SnapshotBody } from '@reprise/service/client';
import { turnsTo } from './known-tree.ts';

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

/** A line of the graph, by the places of its ends in a list of nodes: it goes down from the newer one. */
export interface Edge {
  readonly from: number;
  readonly to: number;
}

/** The lines between these nodes, the newest of which stands first; those that run past other nodes apart, of which there are few. */
export function edgesOf(nodes: readonly TreeNode[]): {
  readonly near: ReadonlyMap<number, Edge>;
  readonly far: readonly Edge[];
} {
  const placeOf = new Map(nodes.map((node, place) => [node.snapshot.id, place]));
  const edges = nodes.flatMap(({ parent }, from): readonly Edge[] => {
    const to = parent && placeOf.get(parent.snapshot.id);
    return to === undefined ? [] : [{ from, to }];
  });
  const isNear = ({ from, to }: Edge) => to === from + 1;
  return {
    near: new Map(edges.filter(isNear).map((edge) => [edge.from, edge])),
    far: edges.filter((edge) => !isNear(edge)),
  };
}

/** The lines that are seen where the nodes from the first place to the last are. */
export function edgesBetween({ near, far }: ReturnType<typeof edgesOf>, first: number, last: number): readonly Edge[] {
  const seen = far.filter(({ from, to }) => from <= last && to >= first);
  for (let place = Math.max(0, first - 1); place <= last; place += 1) {
    const edge = near.get(place);
    if (edge) seen.push(edge);
  }
  return seen;
}

/** The turns that two branches have in common, from the beginning on; each is named by its last turn. */
export function sharedTurns(one: string, two: string, parents: ReadonlyMap<string, string | null>): readonly string[] {
  const [first, second] = [turnsTo(one, parents).toReversed(), turnsTo(two, parents).toReversed()];
  const parting = first.findIndex((turn, index) => turn !== second[index]);
  return parting === -1 ? first : first.slice(0, parting);
}
