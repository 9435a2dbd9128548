import type { HttpService } from '../http/service.ts';
import { pause, type Timers } from '../timers.ts';

/** What a service stands on; each answers, or does not. */
export type Part = 'line' | 'store';

/** How long each part may take to answer, in milliseconds. */
const ANSWER_MS = 2000;

/** How long an answer holds: who asks is not known, and must not be able to keep the store busy. */
const HOLDS_MS = 1000;

/** Finds out what does not answer: nothing, if all is well. Never rejects; what a part fails with is told to `onError`. */
export function createReadiness({
  store,
  queue,
  timers,
  onError,
}: Pick<HttpService, 'onError' | 'queue' | 'store' | 'timers'>): () => Promise<readonly Part[]> {
  const answers = async (part: Part, ask: () => Promise<unknown>): Promise<readonly Part[]> => {
    try {
      await inTime(ask(), timers, `The ${part}`);
      return [];
    } catch (error) {
      onError(error);
      return [part];
    }
  };
  let last: { readonly at: number; readonly failing: Promise<readonly Part[]> } | undefined;
  return () => {
    const now = timers.clock();
    if (last && now - last.at < HOLDS_MS) return last.failing;
    const failing = Promise.all([
      // No session has that name.
      answers('store', () => store.readSession('/')),
      answers('line', () => queue.depth()),
    ]).then((parts) => parts.flat());
    last = { at: now, failing };
    return failing;
  };
}

/** Rejects if it takes longer than a part may. */
export async function inTime<Value>(value: Promise<Value>, timers: Timers, what: string): Promise<Value> {
  const answered = new AbortController();
  const late = pause(ANSWER_MS, timers, answered.signal).then(() => {
    throw new Error(`${what} did not answer within ${ANSWER_MS} ms.`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([value, late]);
  } finally {
    answered.abort();
  }
}
