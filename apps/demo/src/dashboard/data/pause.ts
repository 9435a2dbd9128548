/** A wait that others can end. */
export interface Pause {
  /** Resolves after so long, in milliseconds, or when the signal is aborted; never while the page is hidden, and at once when it is seen again. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the wait that is going. */
  end(): void;
}

export function createPause(): Pause {
  let end = () => {};
  return {
    end: () => end(),
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          document.removeEventListener('visibilitychange', whenSeen);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const whenSeen = () => {
          if (!document.hidden) done();
        };
        const timer = setTimeout(whenSeen, ms);
        document.addEventListener('visibilitychange', whenSeen);
        signal.addEventListener('abort', done, { once: true });
        end = done;
      }),
  };
}

/** Does something again and again while the page is seen, and at once when it is seen again. Returns what ends it. */
export function repeatWhileSeen(work: () => void, everyMs: number): () => void {
  const whenSeen = () => {
    if (!document.hidden) work();
  };
  const timer = setInterval(whenSeen, everyMs);
  document.addEventListener('visibilitychange', whenSeen);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', whenSeen);
  };
}
