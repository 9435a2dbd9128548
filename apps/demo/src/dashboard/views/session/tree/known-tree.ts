import type { SnapshotBody, TurnBody } from '@reprise/service/client';

/** What is known of a session's tree. */
export interface KnownTree {
  readonly snapshots: ReadonlyMap<string, SnapshotBody>;
  /** The turn that each turn follows; `null` for the first. */
  readonly parents: ReadonlyMap<string, string | null>;
  /** How many turns the session itself has committed, as far as they are known. */
  readonly committed: number;
  /** The last turn of the branch that the session is on. */
  readonly tip: string | undefined;
}

export const NO_TREE: KnownTree = { snapshots: new Map(), parents: new Map(), committed: 0, tip: undefined };

/** The tree with turns of these parents; `committed` says how many of them the session has committed itself. */
export function withTurns(
  tree: KnownTree,
  turns: readonly Pick<TurnBody, 'id' | 'parentId'>[],
  committed: number = 0,
): KnownTree {
  if (turns.length === 0) return tree;
  const added = turns.map(({ id, parentId }) => [id, parentId] as const);
  return { ...tree, parents: new Map([...tree.parents, ...added]), committed: tree.committed + committed };
}

/** The tree with snapshots that are new, or are called something else now. */
export function withSnapshots(tree: KnownTree, snapshots: readonly SnapshotBody[]): KnownTree {
  if (snapshots.length === 0) return tree;
  const added = snapshots.map((snapshot) => [snapshot.id, snapshot] as const);
  return { ...tree, snapshots: new Map([...tree.snapshots, ...added]) };
}

/** The turns from this one back to the first that is known. */
export function turnsTo(turn: string | undefined, parents: ReadonlyMap<string, string | null>): readonly string[] {
  const turns: string[] = [];
  for (let at: string | null | undefined = turn; at; at = parents.get(at)) turns.push(at);
  return turns;
}

/** Whether the way from this turn to the very first is known. */
export function isKnownToItsRoot({ parents, tip }: KnownTree): boolean {
  const first = turnsTo(tip, parents).at(-1);
  return first === undefined || parents.get(first) === null;
}
