import type { SnapshotBody } from '@reprise/service/client';
import { useMemo } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { useResource } from '../../../data/use-resource.ts';
import { isKnownToItsRoot, type KnownTree, NO_TREE, turnsTo, withSnapshots, withTurns } from './known-tree.ts';
import { type TreeNode, treeOf } from './tree-graph.ts';

const SNAPSHOTS = 200;
const TURNS = 1000;

export interface SessionTree {
  /** Newest first; `undefined` until they have come. */
  readonly nodes: readonly TreeNode[] | undefined;
  readonly parents: KnownTree['parents'];
  readonly error: Error | undefined;
  readonly reload: () => void;
  /** Takes note of a snapshot that is called something else now. */
  readonly renamed: (snapshot: SnapshotBody) => void;
}

/** A session's tree. With each new version of the session only what is new is asked for. */
export function useTree(sessionId: string, version: number): SessionTree {
  const tree = useResource(
    (signal, known: KnownTree = NO_TREE) => readOn(sessionId, known, signal),
    [sessionId, version],
  );
  const { value, error, reload } = tree;
  const nodes = useMemo(() => value && nodesOf(value), [value]);
  return {
    nodes,
    parents: (value ?? NO_TREE).parents,
    error,
    reload,
    renamed: (snapshot) => tree.change((known) => withSnapshots(known, [snapshot])),
  };
}

function nodesOf({ snapshots, parents, tip }: KnownTree): readonly TreeNode[] {
  const sorted = [...snapshots.values()].sort((a, b) => a.createdAt - b.createdAt || a.turnCount - b.turnCount);
  return treeOf(sorted, parents, new Set(turnsTo(tip, parents))).toReversed();
}

/** The tree as it is now: what was known, with what came since. What a fork has inherited is asked for once. */
async function readOn(sessionId: string, before: KnownTree, signal: AbortSignal): Promise<KnownTree> {
  const { sessions } = client.value;
  const [committed, made, last] = await Promise.all([
    readTurnsFrom(sessionId, before.committed, signal),
    readNewSnapshots(sessionId, before, signal),
    sessions.turnsBefore(sessionId, { limit: 1, signal }),
  ]);
  const own = withSnapshots(withTurns(before, committed, committed.length), made);
  const tree = { ...withTurns(own, last.items), tip: last.items.at(-1)?.id };
  if (isKnownToItsRoot(tree)) return tree;
  const [turns, snapshots] = await Promise.all([
    Array.fromAsync(sessions.turns(sessionId, { limit: TURNS, signal })),
    Array.fromAsync(sessions.snapshots(sessionId, { scope: 'branch', limit: SNAPSHOTS, signal })),
  ]);
  return withSnapshots(withTurns(tree, turns), snapshots);
}

async function readTurnsFrom(sessionId: string, start: number, signal: AbortSignal) {
  const pages = client.value.sessions.turns(sessionId, { scope: 'lifetime', limit: TURNS, signal });
  const first = await pages.page(start === 0 ? undefined : `${start}`);
  const turns = [...first.items];
  for (let { next } = first; next !== null; ) {
    const page = await pages.page(next);
    turns.push(...page.items);
    next = page.next;
  }
  return turns;
}

/** The snapshots that the session has made since the last that is known: they come newest first. */
async function readNewSnapshots(sessionId: string, { snapshots }: KnownTree, signal: AbortSignal) {
  const added: SnapshotBody[] = [];
  for await (const snapshot of client.value.sessions.snapshots(sessionId, { limit: SNAPSHOTS, signal })) {
    if (snapshots.has(snapshot.id)) break;
    added.push(snapshot);
  }
  return added;
}
