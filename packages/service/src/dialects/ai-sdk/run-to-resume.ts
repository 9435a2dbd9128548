import type { RunRecord, SessionRecord } from '@reprise/checkpoint';
import type { HttpService } from '../../http/service.ts';

/** How long after its end a run is replayed: whoever was cut off before is back by then, or loads the page anew. */
const REPLAY_MS = 300_000;

/**
 * The run that a client hears which comes back: the one that is going or next in line; else the last, if it ended a while ago at most, and
 * the conversation is as it left it. To hear one again is harmless: its message has the same id.
 */
export async function runToResume(
  { store, timers }: Pick<HttpService, 'store' | 'timers'>,
  { id: sessionId, updatedAt }: SessionRecord,
): Promise<RunRecord | undefined> {
  const { items: open } = await store.listRuns({ sessionId, states: ['waiting', 'going'], limit: 200 });
  if (open.length > 0) return open.find(({ state }) => state === 'going') ?? open.at(-1);
  const { items } = await store.listRuns({ sessionId, limit: 1 });
  return items.find(({ endedAt }) => endedAt !== null && endedAt >= updatedAt && endedAt > timers.clock() - REPLAY_MS);
}
