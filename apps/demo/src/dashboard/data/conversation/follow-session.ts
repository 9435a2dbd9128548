/**
 * A session, looked at again and again.
 *
 * Owns: what is asked for when, and that there is one who asks: everything that the view shows of the session comes from here.
 * Leaves to `follow-run.ts`: a run that is going. To `conversation.ts`: what becomes of what was known.
 *
 * S1. A session at rest is asked for alone; its messages only when it has changed.
 * S2. Who is told no is not asked again: a session that is not there, a reader whom the service does not know.
 * S3. What could not be had leaves what was known as it was.
 */

import type { RunBody, SessionBody } from '@reprise/service/client';
import { asError } from '../as-error.ts';
import { client, heedRefusal } from '../client.ts';
import { statusOf } from '../unreachable.ts';
import { type Conversation, withLastPage } from './conversation.ts';
import { followRun } from './follow-run.ts';

const PAGE = 60;

/** Who is told of the session. */
export interface SessionFollower {
  /** What is known now. */
  readonly known: () => Conversation;
  readonly change: (change: Partial<Conversation>) => void;
  /** Resolves when it is time to look again. */
  readonly wait: () => Promise<void>;
}

/** Tells of the session until the signal ends it, or S2 does. */
export async function followSession(sessionId: string, signal: AbortSignal, follower: SessionFollower): Promise<void> {
  const { known, change, wait } = follower;
  let seen = '';
  while (!signal.aborted) {
    try {
      const session = await client.value.sessions.get(sessionId, { signal });
      if (stampOf(session) !== seen) {
        const run = await readChanges(session, signal, follower);
        seen = stampOf(session);
        if (run) {
          await followRun({ session, run, history: known().messages }, signal, change);
          // The end of the run is a change, whatever the session says of when it was changed last.
          seen = '';
          continue;
        }
      } else if (known().error) change({ error: undefined });
    } catch (error) {
      if (signal.aborted || heedRefusal(error)) return;
      change({ error: asError(error) });
      if (statusOf(error) === 404) return;
    }
    await wait();
  }
}

/** Metadata is changed without the session being: its title may be another. */
function stampOf(session: SessionBody): string {
  return JSON.stringify(session);
}

/** Tells of everything that may have changed; resolves to the run to follow. */
async function readChanges(
  session: SessionBody,
  signal: AbortSignal,
  { known, change }: SessionFollower,
): Promise<RunBody | undefined> {
  const { sessions } = client.value;
  const [runs, page, approvals] = await Promise.all([
    sessions.runs(session.id, { limit: 20, signal }).page(),
    sessions.messagesBefore(session.id, { limit: PAGE, signal }),
    session.state === 'waiting-for-approval' ? sessions.approvals(session.id, { signal }) : [],
  ]);
  const run = openRun(runs.items);
  change({
    session,
    ...withLastPage(known(), page),
    approvals,
    run,
    lastRun: run ? undefined : runs.items[0],
    live: undefined,
    error: undefined,
  });
  return run;
}

/** The run that goes, or else the one that is next in line. */
function openRun(runs: readonly RunBody[]): RunBody | undefined {
  return runs.find(({ state }) => state === 'going') ?? runs.findLast(({ state }) => state === 'waiting');
}
