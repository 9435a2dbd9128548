/**
 * What becomes of each tool call of the last turn.
 *
 * Owns: which calls run, run again, or are answered without running. Pure.
 * Leaves to `tools/run-tool-calls.ts`: doing so. To the recorder: what the journal holds.
 *
 * P1. A call whose outcome is known never runs again: the outcome is its result.
 * P2. A call that was started and has no outcome may have done its work: `pure` and `idempotent` run again, `effect` is for its owner to decide.
 * P3. A call of a turn that failed, or of an `effect` that a new message has overtaken, is not started. Where somebody was asked to approve
 *     a call, what was decided says what becomes of it; see `approval/plan-approval.ts`.
 */

import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { JournaledCall } from '../recorder.ts';
import type { Tool } from '../tools/tool.ts';
import { errorResult, notRun } from '../tools/tool-result.ts';

/** What to do with a call of unknown outcome whose tool must not run twice unasked. */
export type UnknownOutcomePolicy = 'tell-model' | 'run-again' | ReconcileCall;

/**
 * Finds out what came of a call, say by asking the service for its idempotency key, and gives its result: as text, or whole. If it throws,
 * the run ends with that error and the call stays open.
 */
export type ReconcileCall = (
  call: ToolCallBlock,
  context: { readonly idempotencyKey: string; readonly signal: AbortSignal },
) => Promise<ToolResultBlock | string>;

export interface PlannedCall {
  readonly call: ToolCallBlock;
  /** Its place among the calls of its turn. */
  readonly position: number;
  readonly step: 'run' | 'run-again' | 'reconcile' | 'answer';
  /** Its result with the step `answer`, and if the run stops before the step is done. */
  readonly result: ToolResultBlock;
  /** Whether the tool has run before and asked for the run to end then. */
  readonly isStop?: boolean;
}

/** What is known of the calls beside their journal. */
export interface CallCircumstances {
  readonly tools: readonly Tool[];
  readonly onUnknownOutcome: UnknownOutcomePolicy;
  /** Whether the turn ended in an error or an abort. */
  readonly turnFailed: boolean;
  /** Whether a new message came before the calls were answered. */
  readonly overtaken: boolean;
  /** The positions of calls that somebody was asked to approve. Default: none. */
  readonly asked?: ReadonlySet<number>;
}

/** What the model is told of a call that was started and may have done its work. */
export const OUTCOME_UNKNOWN =
  'Outcome unknown: the process stopped while this tool may have been running, and it was not run again. Check what it did before going on.';

export function planCall(
  call: ToolCallBlock,
  position: number,
  journaled: JournaledCall | undefined,
  circumstances: CallCircumstances,
): PlannedCall {
  const tool = circumstances.tools.find(({ definition }) => definition.name === call.name);
  if (journaled?.result) {
    const { result, isStop } = journaled;
    return { call, position, step: 'answer', result, isStop };
  }
  if (journaled) {
    const step = stepForUnknown(tool, circumstances);
    return { call, position, step, result: errorResult(call, OUTCOME_UNKNOWN) };
  }
  const refusal = refusalOf(tool, position, circumstances);
  if (refusal !== undefined) return { call, position, step: 'answer', result: notRun(call, refusal) };
  return { call, position, step: 'run', result: notRun(call, 'the run was aborted.') };
}

function stepForUnknown(
  tool: Tool | undefined,
  { onUnknownOutcome, turnFailed }: CallCircumstances,
): PlannedCall['step'] {
  if (turnFailed) return 'answer';
  if (tool && tool.effect !== 'effect') return 'run-again';
  if (typeof onUnknownOutcome === 'function') return 'reconcile';
  return tool && onUnknownOutcome === 'run-again' ? 'run-again' : 'answer';
}

function refusalOf(
  tool: Tool | undefined,
  position: number,
  { turnFailed, overtaken, asked }: CallCircumstances,
): string | undefined {
  if (turnFailed) return 'the model call did not end.';
  if (overtaken && tool?.effect === 'effect' && !asked?.has(position)) {
    return 'the session stopped before this tool started, and a new message came.';
  }
  return undefined;
}
