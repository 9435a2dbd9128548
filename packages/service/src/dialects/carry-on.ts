import { canContinue, type Session } from '@reprise/agent';
import type { RunId, SessionRecord } from '@reprise/checkpoint';
import { type Decision, decideApproval } from '../http/decide-approval.ts';
import { HttpProblem } from '../http/http-problem.ts';
import type { HttpService } from '../http/service.ts';
import { withSession } from '../http/sessions.ts';
import { readRunRequest } from '../runs/run-request.ts';

/**
 * Decides what waits for it, and makes sure that a run without a message has something to do then. Throws an `HttpProblem` with the code
 * `agent/nothing-to-continue`, and as `decide` does.
 */
export async function decideAll(
  service: HttpService,
  record: SessionRecord,
  decisions: readonly Decision[],
  signal: AbortSignal,
): Promise<void> {
  await withSession(service, record, async (session) => {
    for (const decision of await undecided(session, decisions)) await decideApproval(session, decision, signal);
    if (!canContinue(session.state)) throw nothingToContinue();
  });
}

async function undecided(session: Session, decisions: readonly Decision[]): Promise<readonly Decision[]> {
  if (decisions.length === 0) return [];
  const open = await session.approvals();
  // Clients tell their whole history: what was decided or carried out before is not decided again.
  return decisions.filter(({ approvalId }) =>
    open.some(({ request, state }) => request.id === approvalId && state === 'waiting'),
  );
}

function nothingToContinue(): HttpProblem {
  const detail = 'The conversation ends with an answer, so there is nothing to go on with; send a message.';
  return new HttpProblem({ status: 409, code: 'agent/nothing-to-continue', detail });
}

/** The runs that one carries on, oldest first: those without a message of its own, back to the one that has one, as far as they are kept. */
export async function carriedOn({ store }: HttpService, sessionId: string, runId: RunId): Promise<readonly RunId[]> {
  const { items } = await store.listRuns({ sessionId, limit: 200 });
  const at = items.findIndex(({ id }) => id === runId);
  const older = items.slice(at + 1);
  if (at === -1 || hasInput(items[at]?.request)) return [];
  const first = older.findIndex(({ request }) => hasInput(request));
  const chain = first === -1 ? older : older.slice(0, first + 1);
  return chain
    .filter(({ state }) => state === 'ended')
    .map(({ id }) => id)
    .reverse();
}

function hasInput(request: string | undefined): boolean {
  return request !== undefined && readRunRequest(request).input !== undefined;
}
