import type { ApprovalBody, SessionBody } from '@reprise/service/client';
import { client } from './client.ts';

/** A tool call that waits for a decision, and the session it is of. */
export interface WaitingApproval {
  readonly approval: ApprovalBody;
  readonly session: SessionBody;
}

/** How many of the newest sessions are looked at. */
const LOOKED_AT = 500;
const PAGE = 100;

/** The calls that wait, oldest first. */
export async function readWaiting(signal: AbortSignal): Promise<readonly WaitingApproval[]> {
  const waiting: SessionBody[] = [];
  let seen = 0;
  for await (const session of client.value.sessions.list({ limit: PAGE, signal })) {
    if (session.state === 'waiting-for-approval') waiting.push(session);
    seen += 1;
    if (seen >= LOOKED_AT) break;
  }
  const lists = await Promise.all(waiting.map((session) => readWaitingIn(session, signal)));
  return lists.flat().sort((a, b) => a.approval.requestedAt - b.approval.requestedAt);
}

/** The calls of one session that wait, in the order they were made. */
export async function readWaitingIn(session: SessionBody, signal: AbortSignal): Promise<readonly WaitingApproval[]> {
  if (session.state !== 'waiting-for-approval') return [];
  const approvals = await client.value.sessions.approvals(session.id, { signal });
  return approvals.filter(({ state }) => state === 'waiting').map((approval) => ({ approval, session }));
}

/** How many of the newest sessions wait for somebody: what stands beside the name of the place where that is done. */
export async function countWaitingSessions(signal: AbortSignal): Promise<number> {
  const { items } = await client.value.sessions.list({ limit: PAGE, signal }).page();
  return items.filter(({ state }) => state === 'waiting-for-approval').length;
}
