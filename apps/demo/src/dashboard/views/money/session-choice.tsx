import type { ServiceClient } from '@reprise/service/client';
import { useEffect, useId, useState } from 'preact/hooks';
import { sessionName } from '../../data/session-name.ts';
import { useResource } from '../../data/use-resource.ts';

const PAUSE_MS = 250;
const OFFERED = 20;

/** A session by its id, found by whatever the search of sessions looks at; none for all. */
export function SessionChoice({
  service,
  session = '',
  onPick,
}: {
  readonly service: ServiceClient;
  readonly session: string | undefined;
  readonly onPick: (session: string | undefined) => void;
}) {
  const list = useId();
  const [text, setText] = useState(session);
  const [search, setSearch] = useState('');
  useEffect(() => setText(session), [session]);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { value: found = [] } = useResource(
    async (signal) => (await service.sessions.list({ search, limit: OFFERED, signal }).page()).items,
    [service, search],
  );
  const pick = (typed: string) => {
    const named = found.find(({ id }) => id === typed) ?? (typed === search ? found[0] : undefined);
    onPick(typed === '' ? undefined : (named?.id ?? typed));
  };
  return (
    <label class="field">
      Session
      <input
        type="search"
        list={list}
        value={text}
        placeholder="all, or search"
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => pick(event.currentTarget.value.trim())}
      />
      <datalist id={list}>
        {found.map((each) => (
          <option key={each.id} value={each.id}>
            {sessionName(each)}
          </option>
        ))}
      </datalist>
    </label>
  );
}
