/**
 * A conversation made shorter: the model is asked for a summary, which takes the place of what came first.
 *
 * Owns: the order of what is recorded, and what becomes of a summary that did not come.
 * Leaves to `cut-history.ts`: where to cut. To `plan-compaction.ts`: what it is worth. To `model-call.ts`: the call, its row and its snapshot.
 *
 * J1. The summary request is the conversation with one message more: whatever the vendor holds of it is read.
 * J2. The call is a turn like any other for the books. Then one edit puts the summary in the place of what it tells of, and takes the
 *     question for it away. What was there stays stored: a fork or rewind to a snapshot before has it.
 * J3. A summary that did not come leaves the conversation as it was, and its row in the ledger. After a crash in between, the history
 *     can be sent, and the next compaction goes on from there.
 */

import type { Snapshot } from '@reprise/checkpoint';
import { type AssistantTurn, type Message, messageText, toolCalls, userMessage } from '@reprise/providers';
import type { RunBudget } from '../budget/run-budget.ts';
import type { Conversation } from '../conversation.ts';
import { AgentError } from '../errors.ts';
import { callModel } from '../model-call.ts';
import type { RunOptions } from '../run-options.ts';
import { type AgentState, unansweredCalls } from '../state.ts';
import type { Telling } from '../told.ts';
import { refuseCalls } from '../tool-round.ts';
import { compactedHistory, cutHistory, endsWithPrompt } from './cut-history.ts';
import type { PlanCompactionOptions } from './plan-compaction.ts';

/** The turn that wrote the summary, and its snapshot, at which the history is whole. */
export interface Summarised {
  readonly turn: AssistantTurn;
  readonly snapshot: Snapshot | undefined;
}

/** How a conversation is compacted, with every default filled in. */
interface CompactionTerms extends Required<Pick<PlanCompactionOptions, 'keepLast' | 'prompt'>> {
  /** What the summary may spend. */
  readonly budget?: RunBudget | undefined;
}

/**
 * Compacts a conversation that nobody else may write to. Throws `agent/compaction-failed` for a summary that did not come, and what the
 * model call ended with.
 */
export async function* compactConversation(
  conversation: Conversation,
  options: RunOptions,
  { keepLast, prompt, budget }: CompactionTerms,
): Telling<Summarised> {
  const { messages } = conversation.state;
  const place = cutHistory(messages, keepLast, prompt);
  if (!endsWithPrompt(messages, prompt)) await conversation.recordInput(userMessage(prompt));
  let summary: Summarised | undefined;
  try {
    summary = yield* summarise(conversation, options, budget);
  } finally {
    // In `finally`, for a listener that leaves (J3). If it cannot be written, why the summary did not come says more.
    if (!summary) await replaceFrom(place.end, [], conversation).catch(() => {});
  }
  await replaceFrom(0, compactedHistory(messages, place, messageText(summary.turn.message).trim()), conversation);
  return summary;
}

/** Throws for a history that no message may be appended to. */
export function checkCompactable(state: AgentState): void {
  const open = unansweredCalls(state);
  if (open.length === 0) return;
  const names = open.map(({ name }) => name).join(', ');
  throw new AgentError(
    'agent/nothing-to-compact',
    `The conversation cannot be compacted while its last turn's calls (${names}) have no results; go on with it first.`,
  );
}

/** Throws where nothing would be dropped. */
export function checkDroppable({ messages }: AgentState, { keepLast, prompt }: CompactionTerms): void {
  if (cutHistory(messages, keepLast, prompt).cut > 0) return;
  throw new AgentError(
    'agent/nothing-to-compact',
    `The history has no more than the ${keepLast} user messages that keepLast asks to keep; lower it to compact them too.`,
  );
}

/** Asks for the summary. Throws if what comes is none. */
async function* summarise(
  conversation: Conversation,
  options: RunOptions,
  budget: RunBudget | undefined,
): Telling<Summarised> {
  const terms = { isFirst: false, isClosing: false, outputLeft: Number.POSITIVE_INFINITY, budget };
  const outcome = yield* callModel(conversation, options, terms);
  if ('end' in outcome) throw outcome.end.error ?? failed(`the run ended with ${outcome.end.reason}`);
  const { turn, snapshot } = outcome;
  yield* refuseCalls(toolCalls(turn.message), 'a summary was asked for.', conversation);
  if (turn.error) throw turn.error;
  if (!isSummary(turn)) throw failed(whatCame(turn));
  return { turn, snapshot };
}

function isSummary({ message, stopReason }: AssistantTurn): boolean {
  const isWhole = stopReason === 'end-turn' || stopReason === 'stop-sequence';
  return isWhole && toolCalls(message).length === 0 && messageText(message).trim() !== '';
}

function whatCame({ message, stopReason }: AssistantTurn): string {
  const [call] = toolCalls(message);
  if (call) return `the model called ${call.name} instead`;
  return messageText(message).trim() === ''
    ? `the answer has no text (${stopReason})`
    : `the answer ended with ${stopReason}`;
}

function failed(why: string): AgentError {
  return new AgentError(
    'agent/compaction-failed',
    `No summary came: ${why}. The conversation is as it was; try again, or with another prompt.`,
  );
}

async function replaceFrom(from: number, messages: readonly Message[], conversation: Conversation): Promise<void> {
  const count = conversation.state.messages.length - from;
  await conversation.edit({ reason: 'compaction', from, count, messages });
}
