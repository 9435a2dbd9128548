/**
 * The calls of one turn, run beside each other.
 *
 * Owns: which calls run at the same time, and that all of them have ended when it is over.
 * Leaves to `run-call.ts`: each call. To `session/repair.ts`: what is to be done with it.
 *
 * B1. Calls begin in call order, at most `toolParallelism` at a time. Whatever order they end in, their results stand in call order.
 * B2. A call that may not run beside others begins when all before it have ended, and ends before any after it begins.
 * B3. An abort, a listener that leaves and a failure of the recorder reach every call that is running; those that wait do not begin.
 * B4. Files are kept one call at a time: what is kept is what a file was before any of the calls changed it.
 */

import pLimit, { type LimitFunction } from 'p-limit';
import { linkAbort } from '../link-abort.ts';
import type { PlannedCall } from '../session/repair.ts';
import { toolOf } from './check-call.ts';
import { answerCall, type CallOutcomes, outcomeOf, type RunCallOptions, type ToolEvents } from './run-call.ts';
import { sideBySide } from './side-by-side.ts';
import { notRun } from './tool-result.ts';
import type { ToolTerms } from './tool-terms.ts';

export interface ToolCallsOptions extends Omit<RunCallOptions, 'keepFiles'>, Omit<ToolTerms, 'toolRefs'> {}

/**
 * Does what is planned, and adds each outcome to `outcomes` as it is known. An abort leaves calls without one. With `onToolError: 'throw'`
 * nothing begins after a tool has failed; see `failureIn`.
 */
export async function* runToolCalls(
  calls: readonly PlannedCall[],
  outcomes: CallOutcomes,
  options: ToolCallsOptions,
): ToolEvents {
  const stop = new AbortController();
  const { signal } = stop;
  const unlink = linkAbort(options.signal, stop);
  let oneAtATime: LimitFunction | undefined;
  const keepFiles = (paths: readonly string[]) => {
    oneAtATime ??= pLimit(1);
    return oneAtATime(() => options.recorder.keepFiles(paths));
  };
  const begin = (planned: PlannedCall) => () => beginCall(planned, outcomes, { ...options, signal, keepFiles });
  const leave = (): void => stop.abort(new Error('The round was left.'));
  try {
    for (const group of groupCalls(calls, options)) yield* sideBySide(group.map(begin), options.toolParallelism, leave);
  } finally {
    unlink();
  }
}

/** What the run ends with because of its tools: the first failure in call order, if that is what `onToolError` asks for. */
export function failureIn(
  calls: readonly PlannedCall[],
  outcomes: CallOutcomes,
  { onToolError }: Pick<ToolTerms, 'onToolError'>,
): Error | undefined {
  if (onToolError !== 'throw') return undefined;
  return calls.map(({ call }) => outcomes.get(call)?.failure).find((failure) => failure !== undefined);
}

async function* beginCall(
  planned: PlannedCall,
  outcomes: CallOutcomes,
  options: ToolCallsOptions & RunCallOptions,
): ToolEvents {
  if (options.signal.aborted) return;
  const { call, step } = planned;
  const isOver = options.onToolError === 'throw' && outcomes.values().some(({ failure }) => failure !== undefined);
  if (!isOver) yield* answerCall(planned, outcomes, options);
  else if (step !== 'run') outcomes.set(call, outcomeOf(planned));
  else outcomes.set(call, { result: notRun(call, 'another tool of this turn failed.'), isStop: false });
}

/** The calls in lists of those that may run beside each other. */
function groupCalls(
  calls: readonly PlannedCall[],
  options: Pick<ToolCallsOptions, 'tools'>,
): readonly (readonly PlannedCall[])[] {
  const groups: PlannedCall[][] = [];
  let isOpen = false;
  for (const planned of calls) {
    const isParallel = planned.step === 'answer' || toolOf(planned.call, options)?.isParallel !== false;
    if (isOpen && isParallel) groups.at(-1)?.push(planned);
    else groups.push([planned]);
    isOpen = isParallel;
  }
  return groups;
}
