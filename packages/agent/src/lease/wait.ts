/** A signal many can wait for, again and again. */
export interface Pulse {
  fire(): void;
  /** Resolves at the next firing after this call. */
  next(): Promise<void>;
}

export function createPulse(): Pulse {
  let pending = Promise.withResolvers<void>();
  return {
    fire() {
      const fired = pending;
      pending = Promise.withResolvers<void>();
      fired.resolve();
    },
    next: () => pending.promise,
  };
}

/** Resolves with the promise or after the time, whichever comes first. Rejects with the signal's reason when that is aborted. */
export async function waitFor(
  promise: Promise<void>,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<void> {
  signal.throwIfAborted();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason);
  const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
