/**
 * Whether a decision may be written.
 *
 * Owns: which requests are open, and why a decision is refused. Pure.
 * Leaves to the session: the right to write. To `plan-approval.ts`: what follows from a decision.
 *
 * D1. A decision is on a request that this branch of this session has, that was asked last at its place, and whose call is not answered.
 * D2. A request is decided once. To say the same again is harmless, and changes nothing.
 */

import { AgentError } from '../errors.ts';
import type { TurnPlace } from '../recorder.ts';
import type { ApprovalDecision, ApprovalLog, ApprovalRequest, DecidedApproval, OpenApproval } from './approval.ts';
import { decisionOn, lastRequest } from './plan-approval.ts';

/** What a branch holds, and where it has come to. */
export interface DecisionCase extends TurnPlace {
  readonly log: ApprovalLog;
  /** How many calls of the last turn have no result in the history. */
  readonly openCalls: number;
}

/** The decision that stands already; `undefined` if there is none yet. Throws `agent/approval-refused`. */
export function planDecision(
  id: string,
  { isApproved }: ApprovalDecision,
  branch: DecisionCase,
): DecidedApproval | undefined {
  const { log, sessionId } = branch;
  const request = log.requests.find((each) => each.id === id);
  if (!request) throw refused(id, `session ${sessionId} has asked for no such approval on the branch it is on`);
  if (request.sessionId !== sessionId) {
    throw refused(id, `it is of session ${request.sessionId}, and decisions do not go with a fork`);
  }
  const decided = decisionOn(log, id);
  if (decided?.isApproved === isApproved) return decided;
  if (decided) {
    const word = decided.isApproved ? 'approved' : 'denied';
    const by = decided.by === undefined ? '' : ` by ${decided.by}`;
    throw refused(id, `it was ${word}${by} at ${new Date(decided.decidedAt).toISOString()}, and a decision stays`);
  }
  refuseStale(request, branch);
  return undefined;
}

function refuseStale(request: ApprovalRequest, { log, turnId, openCalls }: DecisionCase): void {
  if (request.turnId !== turnId || openCalls === 0) {
    throw refused(request.id, `the call ${request.call.name} that it is of is answered already`);
  }
  const last = lastRequest(log, request);
  if (last && last.id !== request.id) {
    throw refused(request.id, `the tool ${request.call.name} has changed since; decide on ${last.id} instead`);
  }
}

/** Requests of the last turn of a session, in call order: of each call the last one. `log` holds nothing of earlier turns. */
export function openApprovals(log: ApprovalLog, sessionId: string): readonly OpenApproval[] {
  return log.requests
    .filter((request) => request.sessionId === sessionId && lastRequest(log, request) === request)
    .toSorted((one, other) => one.position - other.position)
    .map((request) => withDecision(request, decisionOn(log, request.id)));
}

/** A request, and where it stands. */
export function withDecision(request: ApprovalRequest, decision: DecidedApproval | undefined): OpenApproval {
  if (!decision) return { request, state: 'waiting' };
  return { request, state: decision.isApproved ? 'approved' : 'denied', decision };
}

function refused(id: string, why: string): AgentError {
  return new AgentError(
    'agent/approval-refused',
    `Approval ${id} cannot be decided: ${why}. session.approvals() lists what waits; nothing was written.`,
  );
}
