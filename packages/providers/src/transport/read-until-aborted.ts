export interface ReadLimits {
  readonly signal: AbortSignal;
  /** How long the stream may be silent after its first event. */
  readonly stallTimeoutMs: number;
  /** Told when it was silent for longer; aborts `signal`. */
  readonly onStall: () => void;
}

/** The stream's events until it ends or the signal says stop: a client that ignores the signal keeps nobody waiting. */
export async function* readUntilAborted<WireEvent>(
  open: () => Promise<AsyncIterable<WireEvent>>,
  { signal, stallTimeoutMs, onStall }: ReadLimits,
): AsyncGenerator<WireEvent, void, undefined> {
  // One listener for the whole stream, and one waiting promise at a time: racing each event with the signal would pile up both.
  let stopWaiting = (): void => {};
  const onAbort = (): void => stopWaiting();
  const orAborted = <Value>(value: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      stopWaiting = () => reject(signal.reason);
      value.then(resolve, reject);
    });
  // Only the wait for the wire is timed: a consumer may take as long as it likes with an event.
  const orStalled = async <Value>(value: Promise<Value>): Promise<Value> => {
    const timer = setTimeout(onStall, stallTimeoutMs);
    return orAborted(value).finally(() => clearTimeout(timer));
  };

  signal.addEventListener('abort', onAbort);
  try {
    const iterator = (await orAborted(open()))[Symbol.asyncIterator]();
    try {
      for (let wait = orAborted; ; wait = orStalled) {
        signal.throwIfAborted();
        const next = await wait(iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      const left = iterator.return?.().catch(() => undefined);
      if (!signal.aborted) await left;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
