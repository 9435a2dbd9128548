import './tree.css';
import type { SnapshotBody } from '@reprise/service/client';
import { useMemo, useState } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { useResource } from '../../../data/use-resource.ts';
import { Empty, Failure, Loading } from '../../../parts/notice.tsx';
import { Time } from '../../../parts/time.tsx';
import { CompareDialog } from './compare.tsx';
import { GoBack } from './go-back.tsx';
import { type TreeNode, treeOf } from './tree-graph.ts';

const STEP_PX = 44;
const LANE_PX = 18;

/** The session's snapshots as a graph, the newest at the top: where it was, where it is, and where it can go back to. */
export function Tree({ sessionId, turnCount }: { readonly sessionId: string; readonly turnCount: number }) {
  const [round, setRound] = useState(0);
  const tree = useResource((signal) => readTree(sessionId, signal), [sessionId, turnCount, round]);
  const [picked, setPicked] = useState<readonly SnapshotBody[]>([]);
  const [goal, setGoal] = useState<SnapshotBody>();
  if (tree.error) return <Failure error={tree.error} onRetry={tree.reload} />;
  if (!tree.value) return <Loading what="the snapshots" />;
  const { parents } = tree.value;
  const nodes = tree.value.nodes.toReversed();
  if (nodes.length === 0) return <Empty title="No snapshots yet">Each turn makes one.</Empty>;
  const lanes = 1 + Math.max(...nodes.map(({ lane }) => lane));
  const toggle = (snapshot: SnapshotBody) =>
    setPicked((before) =>
      before.includes(snapshot) ? before.filter((each) => each !== snapshot) : [...before.slice(-1), snapshot],
    );
  return (
    <div class="tree">
      <p class="quiet">
        The newest is at the top. Rewinding loses nothing: the place it leaves gets a snapshot, too. Pick two to compare
        them.
      </p>
      {picked.length === 2 && <CompareDialog snapshots={picked} parents={parents} onClose={() => setPicked([])} />}
      {goal && (
        <GoBack
          sessionId={sessionId}
          snapshot={goal}
          onRewound={() => setRound((before) => before + 1)}
          onClose={() => setGoal(undefined)}
        />
      )}
      <ol class="tree-nodes">
        <Lines nodes={nodes} />
        {nodes.map((node) => (
          <Node
            key={node.snapshot.id}
            node={node}
            lanes={lanes}
            isPicked={picked.includes(node.snapshot)}
            onPick={() => toggle(node.snapshot)}
            onGoBack={() => setGoal(node.snapshot)}
          />
        ))}
      </ol>
    </div>
  );
}

/** The lines between the nodes, drawn behind the list. */
function Lines({ nodes }: { readonly nodes: readonly TreeNode[] }) {
  const placeOf = useMemo(() => new Map(nodes.map((node, index) => [node.snapshot.id, index])), [nodes]);
  const centre = (node: TreeNode, index: number) => [LANE_PX * (node.lane + 0.5), STEP_PX * (index + 0.5)] as const;
  return (
    <svg class="tree-lines" aria-hidden="true" height={STEP_PX * nodes.length} width={400}>
      {nodes.map((node, index) => {
        const above = node.parent ? placeOf.get(node.parent.snapshot.id) : undefined;
        const [x, y] = centre(node, index);
        const line = node.parent && above !== undefined ? centre(node.parent, above) : undefined;
        return (
          <g key={node.snapshot.id} class={node.isOnBranch ? 'is-branch' : ''}>
            {line && (
              <path
                d={`M${x},${y} C${x},${y + STEP_PX / 2} ${line[0]},${line[1] - STEP_PX / 2} ${line[0]},${line[1]}`}
              />
            )}
            <circle cx={x} cy={y} r={5} />
          </g>
        );
      })}
    </svg>
  );
}

function Node({
  node,
  lanes,
  isPicked,
  onPick,
  onGoBack,
}: {
  readonly node: TreeNode;
  readonly lanes: number;
  readonly isPicked: boolean;
  readonly onPick: () => void;
  readonly onGoBack: () => void;
}) {
  const { snapshot } = node;
  return (
    <li style={{ blockSize: `${STEP_PX}px`, paddingInlineStart: `${LANE_PX * lanes + 8}px` }}>
      <button type="button" class="node" aria-pressed={isPicked} onClick={onPick}>
        <span>{snapshot.label ?? (snapshot.reason === 'rewind' ? 'left by a rewind' : snapshot.promptPreview)}</span>
        <small class="quiet">
          {snapshot.turnCount} turns, <Time at={snapshot.createdAt} />
        </small>
      </button>
      <button
        type="button"
        class="button"
        aria-label={`Go back to snapshot of turn ${snapshot.turnCount}`}
        onClick={onGoBack}
      >
        Go back …
      </button>
    </li>
  );
}

interface SessionTree {
  /** Oldest first. */
  readonly nodes: readonly TreeNode[];
  /** The turn that each turn follows. */
  readonly parents: ReadonlyMap<string, string | null>;
}

async function readTree(sessionId: string, signal: AbortSignal): Promise<SessionTree> {
  const { sessions } = client.value;
  const [made, branch, lifetime, onBranch] = await Promise.all([
    Array.fromAsync(sessions.snapshots(sessionId, { scope: 'made', limit: 200, signal })),
    Array.fromAsync(sessions.snapshots(sessionId, { scope: 'branch', limit: 200, signal })),
    Array.fromAsync(sessions.turns(sessionId, { scope: 'lifetime', limit: 1000, signal })),
    Array.fromAsync(sessions.turns(sessionId, { scope: 'branch', limit: 1000, signal })),
  ]);
  const all = new Map([...branch, ...made.toReversed()].map((snapshot) => [snapshot.id, snapshot]));
  const parents = new Map([...onBranch, ...lifetime].map(({ id, parentId }) => [id, parentId]));
  const snapshots = [...all.values()].sort((a, b) => a.createdAt - b.createdAt || a.turnCount - b.turnCount);
  return { nodes: treeOf(snapshots, parents, new Set(onBranch.map(({ id }) => id))), parents };
}
