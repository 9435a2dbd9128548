import type { SnapshotBody } from '@reprise/service/client';
import { useLocation } from 'preact-iso';
import { client } from '../../../data/client.ts';
import { tokenText } from '../../../data/format.ts';
import { sessionAddress } from '../../../data/session-address.ts';
import { useCarriedOut } from '../../../parts/use-carried-out.ts';
import { useModal } from '../../../parts/use-modal.ts';
import { LabelForm } from './label-form.tsx';

/** Fork or rewind, with a word on what is kept. */
export function GoBack({
  sessionId,
  snapshot,
  onRewound,
  onRenamed,
  onClose,
}: {
  readonly sessionId: string;
  readonly snapshot: SnapshotBody;
  readonly onRewound: () => void;
  readonly onRenamed: (snapshot: SnapshotBody) => void;
  readonly onClose: () => void;
}) {
  const { dialog, close } = useModal();
  const { route } = useLocation();
  const { error, carryOut } = useCarriedOut();
  const fork = async () => {
    const { id } = await client.value.sessions.fork(sessionId, { snapshotId: snapshot.id });
    close();
    route(sessionAddress(id));
  };
  const rewind = async () => {
    await client.value.sessions.rewind(sessionId, { snapshotId: snapshot.id });
    close();
    onRewound();
  };
  return (
    <dialog ref={dialog} class="dialog" onClose={onClose}>
      <h2>Back to turn {snapshot.turnCount}</h2>
      <p>
        “{snapshot.promptPreview}”,{' '}
        {tokenText(snapshot.tokens.input + snapshot.tokens.cacheRead + snapshot.tokens.cacheWrite)} prompt tokens up to
        there.
      </p>
      <p>
        <strong>Fork</strong> makes a new session that shares everything up to here; this one stays as it is.
      </p>
      <p>
        <strong>Rewind</strong> takes this session back. Nothing is deleted: what comes after stays in the tree, and
        rewinding to it undoes this. What was spent stays spent.
      </p>
      {error && <p role="alert">{error}</p>}
      <p class="buttons">
        <button type="button" class="button is-primary" onClick={() => void carryOut(fork)}>
          Fork
        </button>
        <button type="button" class="button" onClick={() => void carryOut(rewind)}>
          Rewind
        </button>
        <button type="button" class="button" onClick={close}>
          Stay here
        </button>
      </p>
      {snapshot.session === sessionId && <LabelForm snapshot={snapshot} onRenamed={onRenamed} />}
    </dialog>
  );
}
