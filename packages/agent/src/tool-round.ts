/**
 * The calls of one turn, answered.
 *
 * Owns: that each call gets exactly one result, in one message, in call order.
 * Leaves to `session/repair.ts`: which calls run. To `run-tool-calls.ts`: running them.
 */

import type { ToolCallBlock } from '@reprise/providers';
import type { AgentEventBody } from './agent-event.ts';
import type { Conversation } from './conversation.ts';
import type { RunOptions } from './run-options.ts';
import { runToolCalls, type ToolResults } from './run-tool-calls.ts';
import { type CallCircumstances, type PlannedCall, planCall } from './session/repair.ts';
import { notRun } from './tool-result.ts';

type Events<Result> = AsyncGenerator<AgentEventBody, Result, undefined>;

/** What came of a round. */
export interface ToolRound {
  /** Whether all calls have their results in the history. Otherwise some wait for an approval, and the run ends. */
  readonly isAnswered: boolean;
  /** Whether a tool has asked for the run to end. */
  readonly isStopped: boolean;
}

/** Answers the calls of a turn that has just ended. */
export async function* answerCalls(
  calls: readonly ToolCallBlock[],
  conversation: Conversation,
  options: RunOptions,
): Events<ToolRound> {
  const circumstances = circumstancesOf(options);
  const planned = calls.map((call, position) => planCall(call, position, undefined, circumstances));
  return yield* carryOut(planned, circumstances, conversation);
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
  const circumstances = { ...circumstancesOf(options), turnFailed, overtaken };
  const planned = calls.map((call, position) => planCall(call, position, journal.get(position), circumstances));
  return yield* carryOut(planned, circumstances, conversation);
}

/** Answers calls that are not run, with the reason for the model. */
export async function refuseCalls(
  calls: readonly ToolCallBlock[],
  reason: string,
  conversation: Conversation,
): Promise<void> {
  if (calls.length > 0) await conversation.recordResults(calls.map((call) => notRun(call, reason)));
}

function circumstancesOf({ tools, onUnknownOutcome }: RunOptions): CallCircumstances {
  return { tools, onUnknownOutcome, turnFailed: false, overtaken: false };
}

/**
 * Runs the calls that may run, and commits one result for each of them, also after an abort. After a failure of the recorder they stay
 * open: the journal has what was done.
 */
async function* carryOut(
  planned: readonly PlannedCall[],
  circumstances: CallCircumstances,
  conversation: Conversation,
): Events<ToolRound> {
  const { recorder, signal, ports } = conversation;
  const results: ToolResults = new Map();
  let hasFailed = false;
  try {
    yield* runToolCalls(planned, results, { ...circumstances, recorder, signal, ports });
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    if (!hasFailed) await conversation.recordResults(planned.map(({ call, result }) => results.get(call) ?? result));
  }
  return { isAnswered: true, isStopped: false };
}
