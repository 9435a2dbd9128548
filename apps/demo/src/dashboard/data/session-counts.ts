import { signal } from '@preact/signals';
import type { SessionCountsBody } from '@reprise/service/client';
import { client, heedRefusal } from './client.ts';
import { repeatWhileSeen } from './pause.ts';

/** How often they are counted. */
const COUNT_MS = 4000;

/** How many sessions are in each state; `undefined` until they were counted. One count serves all that is on the page. */
export const sessionCounts = signal<SessionCountsBody | undefined>(undefined);

/** Counts once, such as after a decision. */
export async function countSessions(): Promise<void> {
  try {
    sessionCounts.value = await client.value.sessions.count();
  } catch (error) {
    // What was counted last stands until the next time; that nobody answers is told elsewhere.
    heedRefusal(error);
  }
}

/** Counts again and again while the page is seen. Returns what ends it. */
export function keepCounting(): () => void {
  void countSessions();
  return repeatWhileSeen(() => void countSessions(), COUNT_MS);
}
