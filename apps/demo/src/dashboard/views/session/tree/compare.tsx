import type { SnapshotBody } from '@reprise/service/client';
import { tokenText } from '../../../data/format.ts';
import { useModal } from '../../../parts/use-modal.ts';
import { BranchMessages } from './branch-messages.tsx';
import { sharedTurns, type TreeNode } from './tree-graph.ts';

const FIGURES = [
  ['Turns', ({ turnCount }: SnapshotBody) => turnCount],
  ['Messages', ({ messageCount }: SnapshotBody) => messageCount],
  ['Fresh input tokens', ({ tokens }: SnapshotBody) => tokens.input],
  ['Tokens read from the cache', ({ tokens }: SnapshotBody) => tokens.cacheRead],
  ['Tokens written to the cache', ({ tokens }: SnapshotBody) => tokens.cacheWrite],
  ['Output tokens', ({ tokens }: SnapshotBody) => tokens.output],
] as const;

type Pair = readonly [SnapshotBody, SnapshotBody];

/** Two branches beside each other: where they part, and what each came to. */
export function CompareDialog({
  sessionId,
  pair,
  nodes,
  parents,
  onClose,
}: {
  readonly sessionId: string;
  readonly pair: Pair;
  readonly nodes: readonly TreeNode[];
  /** The turn that each turn follows. */
  readonly parents: ReadonlyMap<string, string | null>;
  readonly onClose: () => void;
}) {
  const { dialog, close } = useModal();
  const shared = sharedTurns(pair[0].turnId, pair[1].turnId, parents);
  const behind = nodes.find(({ snapshot }) => snapshot.turnId === shared.at(-1))?.snapshot.messageCount ?? 0;
  return (
    <dialog ref={dialog} class="dialog compare" aria-label="Two branches" onClose={onClose}>
      <h2>Two branches</h2>
      <p>{sharedText(shared.length)}</p>
      <Figures pair={pair} />
      <h2>From the parting on</h2>
      <div class="branches">
        {pair.map((snapshot) => (
          <BranchMessages
            key={snapshot.id}
            sessionId={sessionId}
            snapshotId={snapshot.id}
            behind={behind}
            name={nameOf(snapshot)}
          />
        ))}
      </div>
      <p class="buttons">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </p>
    </dialog>
  );
}

function Figures({ pair }: { readonly pair: Pair }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">
            <span class="visually-hidden">Figure</span>
          </th>
          {pair.map((snapshot) => (
            <th key={snapshot.id} scope="col">
              {nameOf(snapshot)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {FIGURES.map(([name, read]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {pair.map((snapshot) => (
              <td key={snapshot.id} class="number">
                {tokenText(read(snapshot))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nameOf({ label, promptPreview, turnCount }: SnapshotBody): string {
  return `${label ?? promptPreview} (turn ${turnCount})`;
}

function sharedText(turns: number): string {
  if (turns === 0) return 'They share nothing of this session’s own.';
  return `They share the first ${turns === 1 ? 'turn' : `${turns} turns`}, and part after that.`;
}
