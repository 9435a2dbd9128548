/**
 * The calls of one turn, answered.
 *
 * Owns: that each call gets exactly one result, in one message, in call order, or that all of them stay open.
 * Leaves to `session/repair.ts`: which calls run. To `approval/`: which of them wait. To `tools/run-tool-calls.ts`: running them.
 */

import type { ToolCallBlock } from '@reprise/providers';
import type { AgentEventBody, ToolAnsweredEvent } from './agent-event.ts';
import { askedPositions } from './approval/plan-approval.ts';
import { runApprovedCalls, waitsForDecision } from './approval/run-approved-calls.ts';
import type { Conversation } from './conversation.ts';
import { isHandedOver } from './hand-over.ts';
import { askAfterTool } from './hooks/after-tool.ts';
import { askBeforeTools } from './hooks/before-tools.ts';
import { abortedEnd } from './model-call.ts';
import type { RunEnd, RunOptions } from './run-options.ts';
import { type CallCircumstances, type PlannedCall, planCall } from './session/repair.ts';
import { effectOf } from './tools/check-call.ts';
import type { CallOutcomes } from './tools/run-call.ts';
import { failureIn } from './tools/run-tool-calls.ts';
import { namedResults, nameResults } from './tools/tool-refs.ts';
import { notRun } from './tools/tool-result.ts';

type Events<Result> = AsyncGenerator<AgentEventBody, Result, undefined>;

/** What came of a round. */
export interface ToolRound {
  /** Whether all calls have their results in the history. Otherwise some wait for an approval, and the run ends: see `endAfter`. */
  readonly isAnswered: boolean;
  /** Whether a tool has asked for the run to end. */
  readonly isStopped: boolean;
  /** What the run ends with since a tool has failed; see `onToolError`. */
  readonly failure?: Error;
}

/** Answers the calls of a turn that has just ended. */
export async function* answerCalls(
  calls: readonly ToolCallBlock[],
  conversation: Conversation,
  options: RunOptions,
): Events<ToolRound> {
  const circumstances = circumstancesOf(options);
  const planned = calls.map((call, position) => planCall(call, position, undefined, circumstances));
  return yield* carryOut(planned, circumstances, conversation, options);
}

/** Answers calls that a crash, a fork or a rewind has left open, from what the journal holds of them. */
export async function* repairCalls(
  calls: readonly ToolCallBlock[],
  overtaken: boolean,
  conversation: Conversation,
  options: RunOptions,
): Events<ToolRound> {
  const { recorder } = conversation;
  const turnFailed = await recorder.lastTurnFailed();
  const journal = await recorder.journaledCalls();
  const asked = askedPositions(recorder.approvals(), recorder.lastTurn().turnId);
  const circumstances = { ...circumstancesOf(options), turnFailed, overtaken, asked };
  const planned = calls.map((call, position) => planCall(call, position, journal.get(position), circumstances));
  return yield* carryOut(planned, circumstances, conversation, options);
}

/** How a run ends after this round; `undefined` if it goes on. */
export function endAfter({ isAnswered, failure }: ToolRound, { signal }: Conversation): RunEnd | undefined {
  if (failure) return { reason: 'error', error: failure };
  if (isAnswered) return undefined;
  return signal.aborted ? abortedEnd(signal) : { reason: 'approval-needed' };
}

/** Whether the history ends with the result of a tool that has asked for its run to end; the journal knows, also after a crash. */
export async function wasStopped({ state, recorder }: Conversation): Promise<boolean> {
  if (state.messages.at(-1)?.role !== 'tool') return false;
  return (await recorder.journaledCalls()).values().some(({ isStop }) => isStop);
}

/** Answers calls that are not run, with the reason for the model. */
export function* refuseCalls(
  calls: readonly ToolCallBlock[],
  reason: string,
  conversation: Conversation,
): Generator<ToolAnsweredEvent, void, undefined> {
  if (calls.length === 0) return;
  const answered = calls.map((call) => ({ call, result: notRun(call, reason) }));
  conversation.holdResults(answered.map(({ result }) => result));
  for (const each of answered) yield { type: 'tool-answered', ...each };
}

function circumstancesOf({ tools, onUnknownOutcome }: RunOptions): CallCircumstances {
  return { tools, onUnknownOutcome, turnFailed: false, overtaken: false };
}

/**
 * Runs the calls that may run, and commits one result for each of them, also after an abort. After a failure of the recorder, while one of
 * them waits for a decision, and where the run is to go on elsewhere they stay open: the journal has what was done.
 */
async function* carryOut(
  open: readonly PlannedCall[],
  circumstances: CallCircumstances,
  conversation: Conversation,
  options: RunOptions,
): Events<ToolRound> {
  const { approve, toolTerms } = options;
  const { recorder, signal, ports } = conversation;
  const outcomes: CallOutcomes = new Map();
  const history = conversation.state.messages;
  const named = toolTerms.toolRefs ? { named: namedResults(history) } : {};
  const planned = yield* askBeforeTools(open, conversation, { ...options, ...named });
  let [hasFailed, isAnswered] = [false, false];
  try {
    yield* runApprovedCalls(planned, outcomes, {
      ...circumstances,
      ...toolTerms,
      ...named,
      recorder,
      signal,
      ports,
      approve,
      afterTool: (ran, own) => askAfterTool(ran, { ...options, state: conversation.state, signal: own }),
    });
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    isAnswered = !hasFailed && !isHandedOver(signal) && !waitsForDecision(planned, outcomes, recorder);
    if (isAnswered) {
      const results = planned.map(({ call, result }) => outcomes.get(call)?.result ?? result);
      conversation.holdResults(toolTerms.toolRefs ? nameResults(results, history) : results);
    }
  }
  if (isAnswered) yield* tellAnswered(planned, outcomes, circumstances);
  const failure = failureIn(planned, outcomes, toolTerms);
  const isStopped = planned.some((call) => (outcomes.get(call.call) ?? call).isStop);
  return { isAnswered, isStopped, ...(failure ? { failure } : {}) };
}

/** The results that nobody has heard of, in call order: those of calls that did not run. */
function* tellAnswered(
  planned: readonly PlannedCall[],
  outcomes: CallOutcomes,
  circumstances: CallCircumstances,
): Generator<ToolAnsweredEvent, void, undefined> {
  for (const { call, result } of planned) {
    const outcome = outcomes.get(call);
    if (outcome?.isTold) continue;
    yield { type: 'tool-answered', call, ...effectOf(call, circumstances), result: outcome?.result ?? result };
  }
}
