/**
 * Waits for the work, its timeout or an abort, whichever comes first; the work's own signal is aborted with the latter two. Rejects with an
 * error that says which it was; `what` begins that sentence. Work that has ended when the abort comes is not lost by it.
 */
export async function inTime<Result>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
  what = 'The tool',
): Promise<Result> {
  if (signal.aborted) throw new Error('The run was aborted before the tool ran.');
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stopWith = (message: string) => {
    const reason = new Error(message);
    stop.abort(reason);
    reject(reason);
  };
  let stopping: NodeJS.Immediate | undefined;
  const onAbort = () => {
    // Not at once: what the work has ended with takes a few steps to come here.
    stopping = setImmediate(stopWith, 'The run was aborted while the tool was running.');
  };
  const timer = setTimeout(() => stopWith(`${what} took longer than ${timeoutMs} ms.`), timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([stopped, work(stop.signal)]);
  } finally {
    clearTimeout(timer);
    clearImmediate(stopping);
    signal.removeEventListener('abort', onAbort);
  }
}
