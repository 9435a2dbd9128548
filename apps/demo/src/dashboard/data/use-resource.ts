import { useEffect, useRef, useState } from 'preact/hooks';
import { heedRefusal } from './client.ts';

/** Something that comes over the network. What was there stays while it is asked for again. */
export interface Resource<Value> {
  readonly value: Value | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

/** Loads when the view appears and whenever a key changes; with `everyMs` again and again while the page is looked at. */
export function useResource<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  keys: readonly unknown[],
  { everyMs }: { readonly everyMs?: number } = {},
): Resource<Value> {
  const [state, setState] = useState<Omit<Resource<Value>, 'reload'>>(LOADING);
  const [round, setRound] = useState(0);
  const loading = useRef(load);
  loading.current = load;
  useEffect(() => {
    const left = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    loading.current(left.signal).then(
      (value) => {
        if (!left.signal.aborted) setState({ value, error: undefined, isLoading: false });
      },
      (error: unknown) => {
        if (left.signal.aborted || heedRefusal(error)) return;
        setState((before) => ({ ...before, error: asError(error), isLoading: false }));
      },
    );
    return () => left.abort();
  }, [...keys, round]);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { ...state, reload: () => setRound((before) => before + 1) };
}

const LOADING = { value: undefined, error: undefined, isLoading: true } as const;

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
