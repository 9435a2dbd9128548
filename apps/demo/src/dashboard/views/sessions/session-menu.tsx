import type { SessionBody } from '@reprise/service/client';
import { useRef, useState } from 'preact/hooks';
import { client } from '../../data/client.ts';
import { sessionName } from '../../data/session-name.ts';
import { useCarriedOut } from '../../parts/use-carried-out.ts';
import { useModal } from '../../parts/use-modal.ts';

interface MenuProps {
  readonly session: SessionBody;
  readonly onChange: () => void;
}

/** What can be done to a session from afar. */
export function SessionMenu({ session, onChange }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button"
        aria-label={`Rename or delete ${sessionName(session)}`}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        ⋯
      </button>
      {isOpen && <SessionDialog session={session} onChange={onChange} onClose={close} />}
    </>
  );
}

/** Renames a session, or deletes it. */
function SessionDialog({ session, onChange, onClose }: MenuProps & { readonly onClose: () => void }) {
  const { dialog, close } = useModal();
  const name = sessionName(session);
  const [title, setTitle] = useState(name);
  const { error, carryOut } = useCarriedOut();
  const change = (work: () => Promise<unknown>) =>
    carryOut(async () => {
      await work();
      close();
      onChange();
    });
  const rename = () =>
    client.value.sessions.update(session.id, { metadata: { ...session.metadata, title: title.trim() } });
  const remove = () => client.value.sessions.delete(session.id);
  return (
    <dialog ref={dialog} class="dialog" aria-label={`Session ${name}`} onClose={onClose}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void change(rename);
        }}
      >
        <label class="field">
          Title
          <input value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
        </label>
        {error && <p role="alert">{error}</p>}
        <p class="quiet">
          Deleting is for good: its turns, snapshots and runs go with it. Forks of it keep what they share.
        </p>
        <p class="buttons">
          <button type="submit" class="button is-primary">
            Rename
          </button>
          <button type="button" class="button is-danger" onClick={() => void change(remove)}>
            Delete
          </button>
          <button type="button" class="button" onClick={close}>
            Leave it
          </button>
        </p>
      </form>
    </dialog>
  );
}
