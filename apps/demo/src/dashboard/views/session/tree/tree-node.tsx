import { turnsText } from '../../../data/format.ts';
import { moveBetweenRows } from '../../../parts/move-between-rows.ts';
import { Time } from '../../../parts/time.tsx';
import type { TreeNode } from './tree-graph.ts';
import { STEP_PX } from './tree-lines.tsx';

/** A snapshot of the graph: to be picked, or gone back to. */
export function TreeNodeRow({
  node: { snapshot, isOnBranch },
  place: { index, start, count },
  isPicked,
  onPick,
  onGoBack,
}: {
  readonly node: TreeNode;
  /** Where it stands among all, from 0, and in pixels. */
  readonly place: { readonly index: number; readonly start: number; readonly count: number };
  readonly isPicked: boolean;
  readonly onPick: () => void;
  readonly onGoBack: () => void;
}) {
  const { turnCount, label, reason, promptPreview } = snapshot;
  return (
    <li
      data-index={index}
      aria-setsize={count}
      aria-posinset={index + 1}
      style={{ blockSize: `${STEP_PX}px`, insetBlockStart: `${start}px` }}
    >
      <button
        type="button"
        class="node"
        aria-pressed={isPicked}
        onClick={onPick}
        onKeyDown={(event) => moveBetweenRows(event, '.node')}
      >
        <span>
          {label !== null && <span class="badge">{label}</span>}{' '}
          {reason === 'rewind' ? 'left by a rewind' : promptPreview}
        </span>
        <small class="quiet">
          {turnsText(turnCount)}, <Time at={snapshot.createdAt} />
          {!isOnBranch && <span class="visually-hidden">, on another branch</span>}
        </small>
      </button>
      <button
        type="button"
        class="button"
        aria-label={`Go back to snapshot of turn ${turnCount}${label === null ? '' : `, ${label}`}`}
        onClick={onGoBack}
      >
        Go back …
      </button>
    </li>
  );
}
