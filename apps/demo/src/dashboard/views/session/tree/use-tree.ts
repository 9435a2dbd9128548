import type { SnapshotBody } from '@reprise/service/client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { asError } from '../../../data/as-error.ts';
import { client, heedRefusal } from '../../../data/client.ts';
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
  const [tree, setTree] = useState<KnownTree>();
  const [error, setError] = useState<Error>();
  const [round, setRound] = useState(0);
  const known = useRef<{ readonly of: string; readonly tree: KnownTree }>(undefined);
  useEffect(() => {
    const left = new AbortController();
    const before = known.current?.of === sessionId ? known.current.tree : NO_TREE;
    readOn(sessionId, before, left.signal).then(
      (now) => {
        if (left.signal.aborted) return;
        known.current = { of: sessionId, tree: now };
        setTree(now);
        setError(undefined);
      },
      (reason: unknown) => {
        if (!left.signal.aborted && !heedRefusal(reason)) setError(asError(reason));
      },
    );
    return () => left.abort();
  }, [sessionId, version, round]);
  const nodes = useMemo(() => tree && nodesOf(tree), [tree]);
  const renamed = (snapshot: SnapshotBody) => {
    if (!known.current) return;
    const now = withSnapshots(known.current.tree, [snapshot]);
    known.current = { ...known.current, tree: now };
    setTree(now);
  };
  const reload = () => setRound((before) => before + 1);
  return { nodes, parents: tree?.parents ?? NO_TREE.parents, error, reload, renamed };
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
