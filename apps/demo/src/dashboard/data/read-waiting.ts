import type { DecisionBody } from '@reprise/service/client';
import { client } from './client.ts';
import { statusOf } from './unreachable.ts';
import type { WaitingApproval } from './waiting-approval.ts';

/** The calls that wait, of the sessions that were asked for. */
export interface WaitingList {
  /** Those asked for first stand first. */
  readonly items: readonly WaitingApproval[];
  /** Whether there are more than these. */
  readonly hasMore: boolean;
}

/** Of how many sessions the calls are shown; when these are decided on, others come. */
const SESSIONS = 100;

/** Asks for the calls that wait, those of all sessions together. */
export async function readWaiting(signal: AbortSignal): Promise<WaitingList> {
  const { items, next } = await client.value.approvals({ limit: SESSIONS, signal }).page();
  const waiting = items.flatMap(({ session, approvals }) => approvals.map((approval) => ({ approval, session })));
  return {
    items: waiting.toSorted((a, b) => a.approval.requestedAt - b.approval.requestedAt),
    hasMore: next !== null,
  };
}

/** What was decided on a call, here or elsewhere; `null` where nothing was, or its session is gone or has gone back. */
export async function readDecision({ approval, session }: WaitingApproval): Promise<DecisionBody | null> {
  try {
    return (await client.value.sessions.approval(session.id, approval.id)).decision;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
