import { useEffect, useRef, useState } from 'preact/hooks';
import { client, heedRefusal } from '../../data/client.ts';
import { NO_SESSIONS, type SessionList, withFirstPage, withNextPage } from './session-list.ts';

const PAGE = 100;
/** How often what is new is looked for. */
const LIVE_MS = 2500;

export interface LiveSessions {
  readonly list: SessionList;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** Asks for the next page, if there is one and it is not on its way. */
  readonly more: () => void;
  readonly reload: () => void;
}

/** The sessions that a search finds, page by page, with what changes meanwhile. */
export function useSessionList(search: string): LiveSessions {
  const [state, setState] = useState({ list: NO_SESSIONS, isLoading: true, error: undefined as Error | undefined });
  const [round, setRound] = useState(0);
  const asking = useRef(false);
  const page = (after?: string, signal?: AbortSignal) =>
    client.value.sessions
      .list({ limit: PAGE, ...(search === '' ? {} : { search }), ...(signal ? { signal } : {}) })
      .page(after);
  const failed = (error: unknown) => {
    if (heedRefusal(error)) return;
    const shown = error instanceof Error ? error : new Error(String(error));
    setState((before) => ({ ...before, isLoading: false, error: shown }));
  };

  useEffect(() => {
    const left = new AbortController();
    let isFirst = true;
    const look = async () => {
      if (document.hidden && !isFirst) return;
      try {
        const first = await page(undefined, left.signal);
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
    const timer = setInterval(() => void look(), LIVE_MS);
    return () => {
      left.abort();
      clearInterval(timer);
    };
  }, [search, round]);

  const more = () => {
    const { next } = state.list;
    if (next === null || asking.current) return;
    asking.current = true;
    page(next)
      .then((found) => setState((before) => ({ ...before, list: withNextPage(before.list, found) })), failed)
      .finally(() => {
        asking.current = false;
      });
  };
  return { ...state, more, reload: () => setRound((before) => before + 1) };
}
