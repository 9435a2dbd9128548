/**
 * What an approval says of a call that is about to run.
 *
 * Owns: whether a call may run, waits, or is answered without running. Pure.
 * Leaves to `gate-calls.ts`: checking the call, and asking its tool. To `session/repair.ts`: what a crash, a fork or a rewind has left of it.
 *
 * A1. A call runs without an approval only if its tool asks for none now, and nobody was asked for one before.
 * A2. A decision holds for one act: its id is made anew from the call as it is stored and the tool as it is now, each time before the call
 *     runs. An act of another id is another request.
 * A3. A decision is of the branch that it was made on: it does not go with a fork, and is left behind by a rewind.
 * A4. A message that comes instead of a decision answers the call: it does not run, approved or not.
 */

import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { PlannedCall } from '../session/repair.ts';
import { errorResult, notRun } from '../tools/tool-result.ts';
import type { ApprovalLog, ApprovalRequest, DecidedApproval } from './approval.ts';
import { approvalId, type ToolAct } from './approval-id.ts';

/** An act, and what is known of it. */
export interface ApprovalCase {
  readonly planned: PlannedCall;
  readonly act: ToolAct;
  readonly log: ApprovalLog;
  /** Whether a new message came before the call was answered. */
  readonly overtaken: boolean;
}

/** What the branch already has for the act; `undefined` if its tool has to be asked. */
export type ApprovalStep =
  | { readonly step: 'go' }
  | { readonly step: 'answer'; readonly result: ToolResultBlock }
  | { readonly step: 'wait'; readonly request: ApprovalRequest };

/** What follows from what was asked and decided so far; `undefined` if nobody was asked for exactly this act. */
export function planApproval({ planned, act, log, overtaken }: ApprovalCase): ApprovalStep | undefined {
  const id = approvalId(act);
  const [request, decision] = [lastRequest(log, act), decisionOn(log, id)];
  if (!decision && request?.id !== id) return undefined;
  if (decision && !decision.isApproved) return { step: 'answer', result: notApproved(planned.call, decision) };
  if (overtaken) return { step: 'answer', result: overtakenResult(planned.call, decision !== undefined) };
  return decision || !request ? { step: 'go' } : { step: 'wait', request };
}

/** What follows for an act that nobody was asked for; `reason` is its tool's. */
export function planRequest(
  { planned, act, overtaken }: ApprovalCase,
  requestedAt: number,
  reason: string | undefined,
): ApprovalStep {
  if (overtaken) return { step: 'answer', result: overtakenResult(planned.call, false) };
  const { sessionId, turnId, position } = act;
  const request = { id: approvalId(act), sessionId, turnId, position, call: planned.call, requestedAt };
  return { step: 'wait', request: reason === undefined ? request : { ...request, reason } };
}

/** The positions of a turn's calls that somebody was asked for, for whatever act, in this session or the one it was forked from. */
export function askedPositions({ requests }: ApprovalLog, turnId: string): ReadonlySet<number> {
  return new Set(requests.flatMap((request) => (request.turnId === turnId ? request.position : [])));
}

/** The decision that holds for an act: the first, and there is no other. */
export function decisionOn({ decisions }: ApprovalLog, id: string): DecidedApproval | undefined {
  return decisions.find((decision) => decision.id === id);
}

/** What was asked last at a place of a turn: earlier requests there were of a tool or arguments that are no more. */
export function lastRequest(
  { requests }: ApprovalLog,
  { sessionId, turnId, position }: Pick<ApprovalRequest, 'sessionId' | 'turnId' | 'position'>,
): ApprovalRequest | undefined {
  return requests.findLast(
    (request) => request.position === position && request.turnId === turnId && request.sessionId === sessionId,
  );
}

function notApproved(call: ToolCallBlock, { reason }: DecidedApproval): ToolResultBlock {
  return errorResult(call, reason === undefined ? 'Not approved.' : `Not approved: ${reason}`);
}

function overtakenResult(call: ToolCallBlock, isApproved: boolean): ToolResultBlock {
  return notRun(call, isApproved ? 'a new message came before it started.' : 'no decision before a new message came.');
}
