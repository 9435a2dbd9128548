/**
 * Which of a turn's calls may run now, as far as approvals go.
 *
 * Owns: checking a call before anybody is asked for it, and asking its tool whether it needs an approval.
 * Leaves to `plan-approval.ts`: what follows.
 *
 * G1. A call that cannot run is asked for by nobody: it is answered as any other that cannot.
 * G2. What cannot be found out is a yes: a `needsApproval` that throws or takes too long asks for an approval.
 * G3. What was looked at is what runs: a call goes on with the tool and the input that it was asked for with.
 */

import type { ToolCallBlock } from '@reprise/providers';
import type { PlannedCall } from '../session/repair.ts';
import { type CheckedCall, checkCall, toolOf } from '../tools/check-call.ts';
import { inTime } from '../tools/in-time.ts';
import type { ToolCallsOptions } from '../tools/run-tool-calls.ts';
import type { PreparedCall, Tool } from '../tools/tool.ts';
import type { ApprovalNeed, ApprovalRequest } from './approval.ts';
import { type ApprovalStep, askedPositions, planApproval, planRequest } from './plan-approval.ts';

export interface WaitingCall {
  readonly planned: PlannedCall;
  readonly request: ApprovalRequest;
  /** Whether the branch does not have the request yet. */
  readonly isNew: boolean;
}

/** A turn's calls, each in one of the two lists, in call order. */
export interface GatedCalls {
  /** To be run or answered. */
  readonly ready: readonly PlannedCall[];
  readonly waiting: readonly WaitingCall[];
  /** What was found out about calls that are ready. */
  readonly checked: ReadonlyMap<ToolCallBlock, CheckedCall>;
}

/** Never rejects. After an abort what it says is of no use. */
export async function gateCalls(planned: readonly PlannedCall[], options: ToolCallsOptions): Promise<GatedCalls> {
  const checked = new Map<ToolCallBlock, CheckedCall>();
  const gates = await Promise.all(planned.map((call) => gateCall(call, checked, options)));
  return {
    ready: gates.flatMap((gate) => ('request' in gate ? [] : gate)),
    waiting: gates.flatMap((gate) => ('request' in gate ? gate : [])),
    checked,
  };
}

async function gateCall(
  planned: PlannedCall,
  checked: Map<ToolCallBlock, CheckedCall>,
  options: ToolCallsOptions,
): Promise<PlannedCall | WaitingCall> {
  const { call, position, step } = planned;
  const { recorder, overtaken } = options;
  const tool = step === 'run' || step === 'run-again' ? toolOf(call, options) : undefined;
  if (!tool) return planned;
  const log = recorder.approvals();
  const act = { ...recorder.lastTurn(), position, call, tool };
  const isAsked = askedPositions(log, act.turnId).has(position);
  if (!isAsked && !tool.mayNeedApproval) return planned;
  const check = await checkCall(call, options);
  checked.set(call, check);
  if ('result' in check) return planned;
  const approvalCase = { planned, act: { ...act, tool: check.tool }, log, overtaken };
  const known = planApproval(approvalCase);
  if (known) return follow(planned, known, false);
  const need = await needOf(call, check, options);
  if (need === false && !isAsked) return planned;
  return follow(planned, planRequest(approvalCase, options.ports.clock(), reasonOf(need)), true);
}

function follow(planned: PlannedCall, approval: ApprovalStep, isNew: boolean): PlannedCall | WaitingCall {
  if (approval.step === 'wait') return { planned, request: approval.request, isNew };
  return approval.step === 'answer' ? { ...planned, step: 'answer', result: approval.result } : planned;
}

async function needOf(
  call: ToolCallBlock,
  { tool, prepared }: { readonly tool: Tool; readonly prepared: PreparedCall },
  { signal }: ToolCallsOptions,
): Promise<ApprovalNeed> {
  try {
    const work = (own: AbortSignal) => prepared.needsApproval({ signal: own, toolCallId: call.id });
    return await inTime(tool.timeoutMs, signal, work, `needsApproval of ${call.name}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reason: `Whether it needs an approval could not be found out: ${message}` };
  }
}

/** The tool is the application's, and may not have been checked by a compiler. */
function reasonOf(need: ApprovalNeed | undefined | null): string | undefined {
  const reason: unknown = typeof need === 'object' ? need?.reason : undefined;
  return typeof reason === 'string' ? reason : undefined;
}
