import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { asError } from '../data/as-error.ts';

export interface CarriedOut {
  /** What the last try failed of, in words. */
  readonly error: string | undefined;
  /** Whether something is being done. */
  readonly isBusy: boolean;
  /** Does it, unless something is being done. */
  readonly carryOut: (work: () => Promise<void>) => Promise<void>;
}

/** One thing at a time, however often a button is pressed. */
export function useCarriedOut(): CarriedOut {
  const [error, setError] = useState<string>();
  // A signal has changed before the page is drawn anew: the second of two clicks sees it.
  const isBusy = useSignal(false);
  const carryOut = async (work: () => Promise<void>) => {
    if (isBusy.value) return;
    isBusy.value = true;
    setError(undefined);
    try {
      await work();
    } catch (failure) {
      setError(asError(failure).message);
    } finally {
      isBusy.value = false;
    }
  };
  return { error, isBusy: isBusy.value, carryOut };
}
