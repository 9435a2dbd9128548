/**
 * Aborts the controller with the signal, until the function that this returns is called. What `AbortSignal.any` does, at a third of its
 * cost: each turn needs several.
 */
export function linkAbort(signal: AbortSignal, controller: AbortController): () => void {
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort);
  return () => signal.removeEventListener('abort', onAbort);
}
