import type { SnapshotBody } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { useCarriedOut } from '../../../parts/use-carried-out.ts';

/** What people call a place, so that they find it again. */
export function LabelForm({
  snapshot,
  onRenamed,
}: {
  readonly snapshot: SnapshotBody;
  readonly onRenamed: (snapshot: SnapshotBody) => void;
}) {
  const [label, setLabel] = useState(snapshot.label ?? '');
  const [said, setSaid] = useState('');
  const { error, carryOut } = useCarriedOut();
  const save = async () => {
    const given = label.trim() === '' ? null : label.trim();
    setSaid('');
    onRenamed(await client.value.sessions.label(snapshot.session, snapshot.id, given));
    setSaid(given === null ? 'It has no label now.' : `It is called “${given}” now.`);
  };
  return (
    <form
      class="label-form"
      onSubmit={(event) => {
        event.preventDefault();
        void carryOut(save);
      }}
    >
      <label class="field">
        Label
        <input value={label} maxLength={200} onInput={(event) => setLabel(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        Save the label
      </button>
      <p role="status">{error ?? said}</p>
    </form>
  );
}
