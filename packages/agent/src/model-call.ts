/**
 * One model call of a run, and its commit.
 *
 * Owns: what happens before a request is sent, and what becomes of its answer.
 * Leaves to `turn.ts`: the stream. To `turn-loop.ts`: what follows from the turn.
 *
 * C1. Before a model is asked there is a note of it; it is taken back only when nothing was billed.
 * C2. A listener that leaves early aborts the call; what was billed by then is still recorded.
 * C3. Whatever can refuse a request does so before the note is written and anything is spent.
 */

import type { Snapshot } from '@reprise/checkpoint';
import {
  type AssistantTurn,
  type ModelRequest,
  ProviderError,
  type StreamEvent,
  type WarningEvent,
} from '@reprise/providers';
import type { TurnEndEvent } from './agent-event.ts';
import type { RunBudget } from './budget/run-budget.ts';
import { buildRequest } from './context/build-request.ts';
import type { Conversation } from './conversation.ts';
import { AgentError } from './errors.ts';
import { estimateUsage } from './estimate-usage.ts';
import { admitRequest } from './guard-call.ts';
import { isHandedOver } from './hand-over.ts';
import { askBeforeRequest, type HookedRequest } from './hooks/before-request.ts';
import type { PreparedTurn } from './recorder.ts';
import type { RunEnd, RunOptions } from './run-options.ts';
import type { Telling, ToldStream } from './told.ts';
import { isResponse, startTurn, type TurnInProgress } from './turn.ts';

/** What a call is asked beside what every call of the run is. */
export interface CallTerms {
  /** Whether it is the first of the run: its answer begins with the run's prefill. */
  readonly isFirst: boolean;
  /** Whether tools are over, so that the model has to answer in words. */
  readonly isClosing: boolean;
  /** How many tokens the run may still write. */
  readonly outputLeft: number;
  /** What the run may still spend. Absent: nothing limits it. */
  readonly budget?: RunBudget | undefined;
}

/** A turn, recorded if the vendor may have billed it. */
export interface TakenTurn {
  readonly turn: AssistantTurn;
  readonly isRecorded: boolean;
  readonly snapshot: Snapshot | undefined;
}

/** A turn; or why there is none, and the run ends. */
export type CallOutcome = TakenTurn | { readonly end: RunEnd };

export async function* callModel(
  conversation: Conversation,
  options: RunOptions,
  terms: CallTerms,
): Telling<CallOutcome> {
  const { signal } = conversation;
  if (signal.aborted) return { end: abortedEnd(signal) };
  // Others may take long: the results of tools are not to be lost with them.
  if (options.limiter || options.hooks.some(({ beforeRequest }) => beforeRequest)) await conversation.settle();
  const hooked = yield* askBeforeRequest(requestFor(conversation, options, terms), conversation, options);
  if (hooked === 'stopped') return { end: { reason: 'hook-stop' } };
  if (hooked === 'aborted') return { end: abortedEnd(signal) };
  const admitted = yield* admitRequest(hooked.request, conversation, options, terms);
  if (admitted === 'over-budget') return { end: { reason: 'budget-limit' } };
  if (admitted === 'aborted') return { end: abortedEnd(signal) };
  try {
    return yield* makeCall({ ...hooked, request: admitted.request }, conversation, options, terms.budget);
  } finally {
    admitted.release();
  }
}

/** The call itself, from its note to its row. */
async function* makeCall(
  { request, attribution }: Exclude<HookedRequest, string>,
  conversation: Conversation,
  options: RunOptions,
  budget: RunBudget | undefined,
): Telling<CallOutcome> {
  const { recorder, signal } = conversation;
  const prepared = await recorder.prepareTurn(request, attribution);
  conversation.pass('agent/turn-prepared');
  yield* heedPrefixChange(prepared, conversation, options);
  await conversation.begin(prepared);
  const progress = await ask(request, prepared, conversation, options);
  if (!progress) return { end: abortedEnd(signal) };
  let turn: AssistantTurn;
  let ended: TurnEndEvent | undefined;
  try {
    yield streamOf(progress, conversation);
  } finally {
    // In `finally`, since a listener that has left must not cost the ledger its row (C2).
    turn = settledTurn(await progress.settle(), signal);
    conversation.pass('agent/stream-ended');
    if (isResponse(turn)) ended = await conversation.recordTurn(turn, prepared);
    else await abandon(prepared, conversation);
  }
  if (ended) budget?.settle(turn);
  if (ended) yield withEstimate(ended, progress, request, options);
  return { turn, isRecorded: ended !== undefined, snapshot: ended?.snapshot };
}

/** Of an answer that is to be asked for again elsewhere no word is kept, so that it can be; what it has used is. */
function settledTurn(turn: AssistantTurn, signal: AbortSignal): AssistantTurn {
  if (turn.stopReason !== 'aborted' || !isHandedOver(signal)) return turn;
  return { ...turn, message: { ...turn.message, content: [] } };
}

function requestFor(
  { messages }: Conversation,
  options: RunOptions,
  { isFirst, isClosing, outputLeft }: CallTerms,
): ModelRequest {
  const request = buildRequest(options, messages);
  const { maxTokens = Number.POSITIVE_INFINITY } = request;
  return {
    ...request,
    ...(outputLeft < maxTokens ? { maxTokens: outputLeft } : {}),
    ...(isClosing && options.limits.forceText === 'tool_choice' ? { toolChoice: 'none' } : {}),
    ...(isFirst && options.prefill !== undefined ? { prefill: options.prefill } : {}),
  };
}

/** What the vendor has cached of the conversation is about to be lost: whoever pays for it is told first. */
async function* heedPrefixChange(
  { prefixChange }: PreparedTurn,
  { recorder }: Conversation,
  { onPrefixChange }: RunOptions,
): Telling<void> {
  if (!prefixChange) return;
  const { message } = prefixChange;
  if (onPrefixChange === 'refuse') {
    throw new AgentError('agent/prefix-changed', `${message} Nothing was sent, since onPrefixChange is 'refuse'.`);
  }
  const warning: WarningEvent = { type: 'warning', code: 'cache/prefix-changed', message };
  if (recorder.noteWarning(warning)) yield warning;
}

/** Asks the model, unless the run was aborted meanwhile. A request that is refused before it is sent leaves no note (C1). */
async function ask(
  request: ModelRequest,
  prepared: PreparedTurn,
  conversation: Conversation,
  { model, callOptions }: RunOptions,
): Promise<TurnInProgress | undefined> {
  const { signal, ports } = conversation;
  try {
    const { clock, random = Math.random } = ports;
    if (!signal.aborted) return startTurn(model, request, { ...callOptions, clock, random, signal });
  } catch (error) {
    await abandon(prepared, conversation);
    throw error;
  }
  await abandon(prepared, conversation);
  return undefined;
}

/** The call's events, for the listener. */
function streamOf(progress: TurnInProgress, conversation: Conversation): ToldStream {
  let isFirst = true;
  return {
    next: progress.next,
    note(event) {
      progress.note(event);
      if (isFirst) conversation.pass('agent/first-event');
      isFirst = false;
      return isNews(event, conversation);
    },
  };
}

/** What a request does not get is the same in every request of a conversation, and worth one warning. */
function isNews(event: StreamEvent, { recorder }: Conversation): boolean {
  if (event.type !== 'warning' || !/^(cache|request)\//.test(event.code)) return true;
  return recorder.noteWarning(event);
}

/** With what the response has probably used, where its vendor did not say. */
function withEstimate(
  ended: TurnEndEvent,
  { receivedBytes }: TurnInProgress,
  request: ModelRequest,
  { model }: RunOptions,
): TurnEndEvent {
  const estimate = estimateUsage(ended.turn, { model, request, receivedBytes });
  return estimate ? { ...ended, estimate } : ended;
}

async function abandon(prepared: PreparedTurn, conversation: Conversation): Promise<void> {
  await prepared.abandon();
  conversation.pass('agent/turn-abandoned');
}

/** Who lost the right to write has failed; anybody else who had to stop was aborted. */
export function abortedEnd({ reason }: AbortSignal): RunEnd {
  if (reason instanceof Error && /^checkpoint\//.test(Reflect.get(reason, 'code'))) {
    return { reason: 'error', error: reason };
  }
  return { reason: 'aborted', error: new ProviderError('provider/aborted', 'The run was aborted.', { cause: reason }) };
}
