import { type Edge, edgesBetween, type edgesOf, type TreeNode } from './tree-graph.ts';

/** How far apart nodes stand, downwards and from lane to lane. */
export const STEP_PX = 44;
export const LANE_PX = 18;

/** The lines between the nodes in sight, drawn behind the list. */
export function TreeLines({
  nodes,
  edges,
  lanes,
  first,
  last,
}: {
  readonly nodes: readonly TreeNode[];
  readonly edges: ReturnType<typeof edgesOf>;
  readonly lanes: number;
  /** The places of the first and the last node in sight. */
  readonly first: number;
  readonly last: number;
}) {
  const seen = nodes.slice(first, last + 1);
  return (
    <svg class="tree-lines" aria-hidden="true" height={STEP_PX * nodes.length} width={LANE_PX * lanes}>
      {edgesBetween(edges, first, last).map((edge) => (
        <path
          key={`${edge.from}/${edge.to}`}
          class={nodes[edge.from]?.isOnBranch ? 'is-branch' : ''}
          d={pathOf(nodes, edge)}
        />
      ))}
      {seen.map(({ snapshot, lane, isOnBranch }, index) => (
        <circle
          key={snapshot.id}
          class={isOnBranch ? 'is-branch' : ''}
          cx={across(lane)}
          cy={down(first + index)}
          r={5}
        />
      ))}
    </svg>
  );
}

function pathOf(nodes: readonly TreeNode[], { from, to }: Edge): string {
  const [x, y] = [across(nodes[from]?.lane ?? 0), down(from)];
  const [goalX, goalY] = [across(nodes[to]?.lane ?? 0), down(to)];
  // In its own lane until the last step, so that lines do not cross what stands between.
  const turnY = goalY - STEP_PX;
  return `M${x},${y} L${x},${turnY} C${x},${goalY - STEP_PX / 2} ${goalX},${goalY - STEP_PX / 2} ${goalX},${goalY}`;
}

function across(lane: number): number {
  return LANE_PX * (lane + 0.5);
}

function down(place: number): number {
  return STEP_PX * (place + 0.5);
}
