/** Time, passed in so that a test can hold it still. */
export interface Timers {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Calls back once after that time, unless the function it returns is called first. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const systemTimers: Timers = {
  clock: Date.now,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after the time, or as soon as the signal is aborted. */
export function pause(ms: number, { after }: Pick<Timers, 'after'>, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const cancel = after(ms, over);
  signal?.addEventListener('abort', over, { once: true });
  function over(): void {
    cancel();
    signal?.removeEventListener('abort', over);
    resolve();
  }
  return promise;
}
