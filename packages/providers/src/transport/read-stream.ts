export interface ReadLimits {
  readonly signal: AbortSignal;
  /** How long the stream may be silent after its first batch. */
  readonly stallTimeoutMs: number;
  /** Told when it was silent for longer; aborts `signal`. */
  readonly onStall: () => void;
}

/** A stream being read. Whoever opens one closes it. */
export interface StreamReader<Batch> {
  /** The next batch; `undefined` at the end. Rejects once the signal says stop: a client that ignores the signal keeps nobody waiting. */
  next(): Promise<Batch | undefined>;
  close(): Promise<void>;
  /** Whether it was read to its end. */
  readonly hasEnded: boolean;
}

/** Reads what `open` gives, which is asked for with the first `next`. */
export function createStreamReader<Batch>(
  open: () => Promise<AsyncIterable<Batch>>,
  { signal, stallTimeoutMs, onStall }: ReadLimits,
): StreamReader<Batch> {
  // One listener for the whole stream, and one waiting promise at a time: racing each batch with the signal would pile up both.
  let stopWaiting = (): void => {};
  const onAbort = (): void => stopWaiting();
  const orAborted = <Value>(value: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      stopWaiting = () => reject(signal.reason);
      value.then(resolve, reject);
    });
  let iterator: AsyncIterator<Batch> | undefined;
  let hasBegun = false;
  let hasEnded = false;
  let isWaiting = false;
  let silence: NodeJS.Timeout | undefined;
  // Only the wait for the wire is timed: a consumer may take as long as it likes with what it has.
  const onSilence = (): void => (isWaiting ? onStall() : undefined);

  /** One timer for the whole stream, wound up anew for each wait. */
  function timeSilence(): void {
    if (silence) silence.refresh();
    else silence = setTimeout(onSilence, stallTimeoutMs);
  }

  signal.addEventListener('abort', onAbort);
  return {
    async next() {
      signal.throwIfAborted();
      iterator ??= (await orAborted(open()))[Symbol.asyncIterator]();
      if (hasBegun) timeSilence();
      isWaiting = true;
      try {
        const { done, value } = await orAborted(iterator.next());
        hasBegun = true;
        hasEnded = done === true;
        return done ? undefined : value;
      } finally {
        isWaiting = false;
      }
    },
    get hasEnded() {
      return hasEnded;
    },
    async close() {
      clearTimeout(silence);
      signal.removeEventListener('abort', onAbort);
      const left = iterator?.return?.().catch(() => undefined);
      if (!signal.aborted) await left;
    },
  };
}

/** A stream that comes event by event, as batches of one. */
export async function* singly<WireEvent>(
  stream: AsyncIterable<WireEvent>,
): AsyncGenerator<readonly WireEvent[], void, undefined> {
  for await (const event of stream) yield [event];
}
