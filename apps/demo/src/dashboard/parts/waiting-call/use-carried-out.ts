import { useRef, useState } from 'preact/hooks';
import { asError } from '../../data/as-error.ts';

export interface CarriedOut {
  /** What the last try failed of, in words. */
  readonly error: string | undefined;
  /** Does it, unless something is being done. */
  readonly carryOut: (work: () => Promise<void>) => Promise<void>;
}

/** One thing at a time, however often a button is pressed. */
export function useCarriedOut(): CarriedOut {
  const [error, setError] = useState<string>();
  const isBusy = useRef(false);
  const carryOut = async (work: () => Promise<void>) => {
    if (isBusy.current) return;
    isBusy.current = true;
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(asError(failure).message);
    } finally {
      isBusy.current = false;
    }
  };
  return { error, carryOut };
}
