import './tree.css';
import type { SnapshotBody } from '@reprise/service/client';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { Empty, Failure, Loading } from '../../../parts/notice.tsx';
import { useVirtualList } from '../../../parts/use-virtual-list.ts';
import { CompareDialog } from './compare.tsx';
import { GoBack } from './go-back.tsx';
import { edgesOf, type TreeNode } from './tree-graph.ts';
import { LANE_PX, STEP_PX, TreeLines } from './tree-lines.tsx';
import { TreeNodeRow } from './tree-node.tsx';
import { useTree } from './use-tree.ts';

/** The session's snapshots as a graph, the newest at the top: where it was, where it is, and where it can go back to. */
export function Tree({ sessionId, turnCount }: { readonly sessionId: string; readonly turnCount: number }) {
  const tree = useTree(sessionId, turnCount);
  const [picked, setPicked] = useState<readonly SnapshotBody[]>([]);
  const [goal, setGoal] = useState<SnapshotBody>();
  const { nodes, parents } = tree;
  const [one, two] = picked;
  if (tree.error && !nodes) return <Failure error={tree.error} onRetry={tree.reload} />;
  if (!nodes) return <Loading what="the snapshots" />;
  if (nodes.length === 0) return <Empty title="No snapshots yet">Each turn makes one.</Empty>;
  const toggle = (snapshot: SnapshotBody) =>
    setPicked((before) =>
      before.some(({ id }) => id === snapshot.id)
        ? before.filter(({ id }) => id !== snapshot.id)
        : [...before.slice(-1), snapshot],
    );
  return (
    <div class="tree">
      <p class="quiet">
        The newest is at the top. Rewinding loses nothing: the place it leaves gets a snapshot, too. Pick two to compare
        them; arrow keys go from one to the next.
      </p>
      {one && two && (
        <CompareDialog
          sessionId={sessionId}
          pair={[one, two]}
          nodes={nodes}
          parents={parents}
          onClose={() => setPicked([])}
        />
      )}
      {goal && (
        <GoBack
          sessionId={sessionId}
          snapshot={goal}
          onRewound={tree.reload}
          onRenamed={tree.renamed}
          onClose={() => setGoal(undefined)}
        />
      )}
      <Nodes nodes={nodes} picked={picked} onPick={toggle} onGoBack={setGoal} />
    </div>
  );
}

function Nodes({
  nodes,
  picked,
  onPick,
  onGoBack,
}: {
  readonly nodes: readonly TreeNode[];
  readonly picked: readonly SnapshotBody[];
  readonly onPick: (snapshot: SnapshotBody) => void;
  readonly onGoBack: (snapshot: SnapshotBody) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  // With another function all nodes would be placed anew.
  const keyAt = useCallback((index: number) => nodes[index]?.snapshot.id ?? index, [nodes]);
  const list = useVirtualList(scroller, {
    count: nodes.length,
    estimate: () => STEP_PX,
    keyOf: keyAt,
  });
  const { edges, lanes } = useMemo(
    () => ({ edges: edgesOf(nodes), lanes: nodes.reduce((most, { lane }) => Math.max(most, lane + 1), 1) }),
    [nodes],
  );
  const [first, last] = [list.items[0]?.index ?? 0, list.items.at(-1)?.index ?? 0];
  return (
    <div class="tree-scroller" ref={scroller}>
      <ol class="tree-nodes" style={{ blockSize: `${list.totalSize}px`, '--lanes': `${LANE_PX * lanes}px` }}>
        <TreeLines nodes={nodes} edges={edges} lanes={lanes} first={first} last={last} />
        {list.items.map(({ index, start }) => {
          const node = nodes[index];
          return (
            node && (
              <TreeNodeRow
                key={node.snapshot.id}
                node={node}
                place={{ index, start, count: nodes.length }}
                isPicked={picked.some(({ id }) => id === node.snapshot.id)}
                onPick={() => onPick(node.snapshot)}
                onGoBack={() => onGoBack(node.snapshot)}
              />
            )
          );
        })}
      </ol>
    </div>
  );
}
