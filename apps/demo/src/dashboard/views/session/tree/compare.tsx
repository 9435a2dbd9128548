import type { SnapshotBody } from '@reprise/service/client';
import { useEffect, useRef } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { tokenText } from '../../../data/format.ts';
import { useResource } from '../../../data/use-resource.ts';
import { Failure, Loading } from '../../../parts/notice.tsx';

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
  sessionId,
  snapshots,
  onClose,
}: {
  readonly sessionId: string;
  readonly snapshots: readonly SnapshotBody[];
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const [one, two] = snapshots;
  const turns = useResource(
    (signal) => Array.fromAsync(client.value.sessions.turns(sessionId, { scope: 'lifetime', limit: 1000, signal })),
    [sessionId],
  );
  const parents = new Map((turns.value ?? []).map(({ id, parentId }) => [id, parentId]));
  return (
    <dialog ref={dialog} class="dialog compare" aria-label="Two branches" onClose={onClose}>
      <h2>Two branches</h2>
      {turns.error && <Failure error={turns.error} />}
      {!turns.value && !turns.error && <Loading what="their turns" />}
      {one && two && turns.value && (
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

function sharedTurns(one: string, two: string, parents: ReadonlyMap<string, string | null>): number {
  const path = (from: string) => {
    const turns = [from];
    for (let at = parents.get(from); at; at = parents.get(at)) turns.unshift(at);
    return turns;
  };
  const [first, second] = [path(one), path(two)];
  const parting = first.findIndex((turn, index) => turn !== second[index]);
  return parting === -1 ? first.length : parting;
}

function sharedText(turns: number): string {
  if (turns === 0) return 'They share nothing of this session’s own.';
  return `They share the first ${turns === 1 ? 'turn' : `${turns} turns`}, and part after that.`;
}
