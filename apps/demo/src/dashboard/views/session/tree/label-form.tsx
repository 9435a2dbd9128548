import type { SnapshotBody } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { asError } from '../../../data/as-error.ts';
import { client } from '../../../data/client.ts';

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
  const save = async () => {
    const given = label.trim() === '' ? null : label.trim();
    try {
      onRenamed(await client.value.sessions.label(snapshot.session, snapshot.id, given));
      setSaid(given === null ? 'It has no label now.' : `It is called “${given}” now.`);
    } catch (error) {
      setSaid(asError(error).message);
    }
  };
  return (
    <form
      class="label-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label class="field">
        Label
        <input value={label} maxLength={200} onInput={(event) => setLabel(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        Save the label
      </button>
      <p role="status">{said}</p>
    </form>
  );
}
