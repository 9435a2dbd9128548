import { useEffect, useRef, useState } from 'preact/hooks';
import { asError } from '../../data/as-error.ts';
import { client, heedRefusal } from '../../data/client.ts';
import { repeatWhileSeen } from '../../data/pause.ts';
import { countSessions } from '../../data/session-counts.ts';
import { addressOf, type SessionFilter } from './session-filter.ts';
import { NO_SESSIONS, type SessionList, withFirstPage, withNextPage } from './session-list.ts';

const FIRST_PAGE = 100;
/** Who scrolls on wants many: it is the most that the service gives. */
const NEXT_PAGE = 200;
/** How often what is new is looked for. */
const LIVE_MS = 2500;

interface Listed {
  readonly list: SessionList;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
}

export interface LiveSessions extends Listed {
  /** Asks for the next page, if there is one and it is not on its way. */
  readonly more: () => void;
  readonly reload: () => void;
}

/** The sessions of a filter, page by page, with what changes meanwhile. */
export function useSessionList(filter: SessionFilter): LiveSessions {
  const [state, setState] = useState<Listed>({ list: NO_SESSIONS, isLoading: true, error: undefined });
  const [round, setRound] = useState(0);
  const asking = useRef(false);
  const key = addressOf(filter);
  const shown = useRef(key);
  shown.current = key;
  const failed = (error: unknown) => {
    if (!heedRefusal(error)) setState((before) => ({ ...before, isLoading: false, error: asError(error) }));
  };

  useEffect(() => {
    const left = new AbortController();
    let isFirst = true;
    const look = async () => {
      try {
        const first = await readPage(filter, undefined, left.signal);
        if (left.signal.aborted) return;
        const isAnew = isFirst;
        isFirst = false;
        setState(({ list }) => ({
          list: isAnew ? first : withFirstPage(list, first),
          isLoading: false,
          error: undefined,
        }));
      } catch (error) {
        if (!left.signal.aborted) failed(error);
      }
    };
    setState((before) => ({ ...before, isLoading: true }));
    void look();
    const stop = repeatWhileSeen(() => void look(), LIVE_MS);
    return () => {
      left.abort();
      stop();
    };
  }, [key, round]);

  const more = () => {
    const { next } = state.list;
    if (next === null || asking.current) return;
    asking.current = true;
    readPage(filter, next)
      .then((found) => {
        // The reader may look for something else by now.
        if (shown.current === key) setState((before) => ({ ...before, list: withNextPage(before.list, found) }));
      }, failed)
      .finally(() => {
        asking.current = false;
      });
  };
  const reload = () => {
    setRound((before) => before + 1);
    void countSessions();
  };
  return { ...state, more, reload };
}

function readPage({ search, states }: SessionFilter, after?: string, signal?: AbortSignal): Promise<SessionList> {
  const limit = after === undefined ? FIRST_PAGE : NEXT_PAGE;
  const query = { limit, state: states, ...(search === '' ? {} : { search }), ...(signal ? { signal } : {}) };
  return client.value.sessions.list(query).page(after);
}
