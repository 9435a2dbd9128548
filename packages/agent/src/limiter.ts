/**
 * A gate that every model call passes, for whoever counts requests or tokens over many agents.
 *
 * Owns: that a call waits for its turn, gives it back, and that no wait outlives its run.
 * Leaves to the caller: how many, how much, for whom.
 */

import type { Family } from '@reprise/providers';

/** What is about to be asked. */
export interface LimitedCall {
  readonly model: string;
  readonly family: Family;
  /** Prompt tokens, as far as they can be told before a vendor has counted them. */
  readonly estimatedInputTokens: number;
}

/**
 * Lets model calls through, say so many at a time or a minute. Passed before a request is noted, so that waiting costs nothing.
 *
 * ```ts
 * const limit = pLimit(8);
 * const limiter: Limiter = {
 *   acquire: () =>
 *     new Promise((pass) => {
 *       void limit(() => new Promise<void>((release) => pass(release)));
 *     }),
 * };
 * ```
 */
export interface Limiter {
  /**
   * Resolves when the call may be made, to a function that is called once it has ended. `signal` is aborted with the run, which then goes
   * on without waiting; what is let through afterwards is given back at once. A rejection ends the run with its error.
   */
  acquire(call: LimitedCall, signal: AbortSignal): Promise<() => void>;
}

/** Waits at the gate. Resolves to what gives the place back, or to `undefined` if the run was aborted before it had one. */
export async function passLimiter(
  limiter: Limiter,
  call: LimitedCall,
  signal: AbortSignal,
): Promise<(() => void) | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  const acquired = limiter.acquire(call, signal);
  try {
    const release = await Promise.race([acquired, aborted]);
    if (release === undefined) giveBackLater(acquired);
    return release;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A place that comes too late is not kept; that none comes is no failure any more. */
function giveBackLater(acquired: Promise<() => void>): void {
  acquired.then(
    (release) => release(),
    () => {},
  );
}
