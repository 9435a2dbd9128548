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
}

/**
 * Loads when the view appears and whenever a key changes; with `everyMs` again and again while the page is looked at, until the service says
 * that there is no such thing.
 */
export function useResource<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  keys: readonly unknown[],
  { everyMs }: { readonly everyMs?: number } = {},
): Resource<Value> {
  const [state, setState] = useState<Omit<Resource<Value>, 'reload'>>(LOADING);
  const [round, setRound] = useState(0);
  const loading = useRef(load);
  loading.current = load;
  /** Whether there is nothing to ask for: it is being asked, or it is gone. */
  const isSettled = useRef(false);
  useEffect(() => {
    const left = new AbortController();
    isSettled.current = true;
    loading.current(left.signal).then(
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
  return { ...state, reload: () => setRound((before) => before + 1) };
}

const LOADING = { value: undefined, error: undefined, isLoading: true } as const;
