import './sessions.css';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Empty, Failure, Loading } from '../../parts/notice.tsx';
import { stateName } from '../../parts/session-state.tsx';
import { TokenLegend } from '../../parts/token-bar/token-bar.tsx';
import { addressOf, filterOf, type SessionFilter } from './session-filter.ts';
import { SessionTable } from './session-table.tsx';
import { StateFilter } from './state-filter.tsx';
import { useSessionList } from './use-session-list.ts';

const PAUSE_MS = 250;

/** All sessions, newest first, as they change. */
export function Sessions() {
  const { query, route } = useLocation();
  const filter = filterOf(query);
  const { list, isLoading, error, more, reload } = useSessionList(filter);
  const show = (next: SessionFilter) => route(addressOf(next), true);
  return (
    <div class="sessions">
      <header class="view-head">
        <h1>Sessions</h1>
        <Search search={filter.search} onSearch={(search) => show({ ...filter, search })} />
        <StateFilter filter={filter} onFilter={show} />
        <TokenLegend />
        <a class="button is-primary" href="/talk">
          New session
        </a>
      </header>
      {error && <Failure error={error} onRetry={reload} />}
      {!error && isLoading && list.items.length === 0 && <Loading what="sessions" />}
      {!isLoading && list.items.length === 0 && !error && <NoSessions filter={filter} />}
      {list.items.length > 0 && <SessionTable list={list} onMore={more} onChange={reload} />}
    </div>
  );
}

/** A field whose text is searched for when the reader pauses. */
function Search({ search, onSearch }: { readonly search: string; readonly onSearch: (text: string) => void }) {
  const [text, setText] = useState(search);
  useEffect(() => setText(search), [search]);
  useEffect(() => {
    const timer = setTimeout(() => text !== search && onSearch(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="field search">
      <span class="visually-hidden">Search sessions</span>
      <input
        type="search"
        placeholder="Search ids, titles, prompts"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

function NoSessions({ filter }: { readonly filter: SessionFilter }) {
  const { search, states } = filter;
  if (states.length > 0) {
    return (
      <Empty
        title={`No session is ${states.map(stateName).join(' or ')}${search === '' ? '' : ` and has “${search}”`}`}
      >
        <a href={addressOf({ search, states: [] })}>Sessions in any state</a>
      </Empty>
    );
  }
  return search === '' ? (
    <Empty title="No sessions yet">
      <p>
        A session is a conversation with an agent. Start one here, or from your own program through the service's API.
      </p>
      <a class="button is-primary" href="/talk">
        Start a session
      </a>
    </Empty>
  ) : (
    <Empty title={`Nothing found for “${search}”`}>
      <p>The search looks at ids, titles and other metadata, prompts and labels of snapshots.</p>
      <a href="/">All sessions</a>
    </Empty>
  );
}
