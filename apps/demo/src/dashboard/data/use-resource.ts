import { useEffect, useRef, useState } from 'preact/hooks';
import { asError } from './as-error.ts';
import { heedRefusal } from './client.ts';
import { repeatWhileSeen } from './pause.ts';
import { statusOf } from './unreachable.ts';

/** Something that comes over the network. What was there stays while it is asked for again. */
export interface Resource<Value> {
  readonly value: Value | undefined;
  readonly error: Error | undefined;
  /** Whether nothing has come yet. */
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
  /** Has what is there become something else, as the page has done to it. */
  readonly change: (to: (value: Value) => Value) => void;
}

/**
 * Loads when the view appears and whenever a key changes; with `everyMs` again and again while the page is looked at, until the service says
 * that there is no such thing. `load` is told what is there, be it of other keys, so that it can ask for no more than what is new.
 */
export function useResource<Value>(
  load: (signal: AbortSignal, known: Value | undefined) => Promise<Value>,
  keys: readonly unknown[],
  { everyMs }: { readonly everyMs?: number } = {},
): Resource<Value> {
  const [state, setState] = useState<Pick<Resource<Value>, 'value' | 'error' | 'isLoading'>>(LOADING);
  const [round, setRound] = useState(0);
  const latest = useRef({ load, value: state.value });
  latest.current = { load, value: state.value };
  /** Whether there is nothing to ask for: it is being asked, or it is gone. */
  const isSettled = useRef(false);
  useEffect(() => {
    const left = new AbortController();
    isSettled.current = true;
    latest.current.load(left.signal, latest.current.value).then(
      (value) => {
        if (left.signal.aborted) return;
        isSettled.current = false;
        setState({ value, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (left.signal.aborted || heedRefusal(error)) return;
        isSettled.current = statusOf(error) === 404;
        setState((before) => ({ ...before, error: asError(error), isLoading: false }));
      },
    );
    return () => left.abort();
  }, [...keys, round]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    return repeatWhileSeen(() => {
      if (!isSettled.current) setRound((before) => before + 1);
    }, everyMs);
  }, [everyMs]);
  return {
    ...state,
    reload: () => setRound((before) => before + 1),
    change: (to) =>
      setState((before) => (before.value === undefined ? before : { ...before, value: to(before.value) })),
  };
}

const LOADING = { value: undefined, error: undefined, isLoading: true } as const;
