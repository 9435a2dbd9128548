import type { SnapshotBody } from '@reprise/service/client';
import { useEffect, useRef } from 'preact/hooks';
import { tokenText } from '../../../data/format.ts';
import { sharedTurns } from './tree-graph.ts';

const FIGURES = [
  ['Turns', ({ turnCount }: SnapshotBody) => turnCount],
  ['Messages', ({ messageCount }: SnapshotBody) => messageCount],
  ['Fresh input tokens', ({ tokens }: SnapshotBody) => tokens.input],
  ['Tokens read from the cache', ({ tokens }: SnapshotBody) => tokens.cacheRead],
  ['Tokens written to the cache', ({ tokens }: SnapshotBody) => tokens.cacheWrite],
  ['Output tokens', ({ tokens }: SnapshotBody) => tokens.output],
] as const;

/** Two branches beside each other: where they part, and what each came to. */
export function CompareDialog({
  snapshots,
  parents,
  onClose,
}: {
  readonly snapshots: readonly SnapshotBody[];
  /** The turn that each turn follows. */
  readonly parents: ReadonlyMap<string, string | null>;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const [one, two] = snapshots;
  return (
    <dialog ref={dialog} class="dialog compare" aria-label="Two branches" onClose={onClose}>
      <h2>Two branches</h2>
      {one && two && (
        <>
          <p>{sharedText(sharedTurns(one.turnId, two.turnId, parents))}</p>
          <table>
            <thead>
              <tr>
                <th scope="col">
                  <span class="visually-hidden">Figure</span>
                </th>
                {[one, two].map(({ id, label, promptPreview }) => (
                  <th key={id} scope="col">
                    {label ?? promptPreview}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {FIGURES.map(([name, read]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="number">{tokenText(read(one))}</td>
                  <td class="number">{tokenText(read(two))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <p class="buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </p>
    </dialog>
  );
}

function sharedText(turns: number): string {
  if (turns === 0) return 'They share nothing of this session’s own.';
  return `They share the first ${turns === 1 ? 'turn' : `${turns} turns`}, and part after that.`;
}
