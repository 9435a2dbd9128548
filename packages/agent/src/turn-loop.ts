/**
 * Turn after turn, with the tools they call.
 *
 * Owns: the order of turns and tools.
 * Leaves to `model-call.ts`: one model call. To `tool-round.ts`: the calls of one turn. To `stop-condition.ts`: how far a run may go. To
 * `steering/`: what others send meanwhile.
 *
 * R1. Nothing follows from a fact before the recorder has it: no tool runs before its call is committed, no request is sent before its messages are.
 * R2. Every tool call gets exactly one result, in one message, before the next model call: run, refused, aborted or of unknown outcome.
 * R3. A listener that leaves early aborts the run; what was billed or done by then is still recorded.
 */

import { type AssistantTurn, endsInOpenCall, toolCalls, userMessage } from '@reprise/providers';
import type { RunEndReason } from './agent-event.ts';
import { createRunBudget, type RunBudget } from './budget/run-budget.ts';
import { checkHistory } from './context/check-sendable.ts';
import { type Compactor, createCompactor } from './context/compact-when-long.ts';
import { endingError, makeRoom, overflowOf } from './context/overflow.ts';
import { Conversation } from './conversation.ts';
import { AgentError } from './errors.ts';
import { askAfterTurn } from './hooks/after-turn.ts';
import { type CallOutcome, callModel, type TakenTurn } from './model-call.ts';
import type { HeldConversation, RunEnd, RunOptions } from './run-options.ts';
import { type AgentState, awaitsModel, unansweredCalls } from './state.ts';
import type { Inbox } from './steering/inbox.ts';
import { takeSteered } from './steering/take-steered.ts';
import {
  FRESH_RUN,
  isBrokenOff,
  nextStep,
  outputTokensOf,
  type RunProgress,
  resumedClosing,
  toolRefusal,
} from './stop-condition.ts';
import type { Telling } from './told.ts';
import { answerCalls, endAfter, refuseCalls, repairCalls, wasStopped } from './tool-round.ts';

export class TurnLoop {
  readonly #options: RunOptions;
  readonly #conversation: Conversation;
  readonly #inbox: Inbox | undefined;
  readonly #budget: RunBudget | undefined;
  readonly #compactor: Compactor;
  #progress: RunProgress = FRESH_RUN;

  constructor(held: HeldConversation, options: RunOptions) {
    this.#conversation = new Conversation(held, options.ports);
    this.#inbox = held.inbox;
    this.#budget = createRunBudget(options, held.recorder);
    this.#compactor = createCompactor(options, held, this.#budget);
    this.#options = options;
  }

  /** As far as it is recorded. */
  get state(): AgentState {
    return this.#conversation.recorded;
  }

  async *run(): Telling<RunEnd> {
    try {
      const found = this.#conversation.since(this.#options.key);
      if (found) yield { type: 'message-found', messages: found, state: this.#conversation.state };
      const recovered = await this.#conversation.recoverTurn();
      if (recovered) yield recovered;
      let end = yield* this.#takeUp(found !== undefined);
      while (!end) end = yield* this.#goOn();
      return end;
    } catch (error) {
      // What has failed first is what is told.
      await this.#conversation.settle().catch(() => undefined);
      throw error;
    } finally {
      await this.#conversation.settle();
    }
  }

  /** Brings the history to where a model can be asked: open calls answered, the input appended. */
  async *#takeUp(isFound: boolean): Telling<RunEnd | undefined> {
    const { key } = this.#options;
    const input = isFound ? undefined : this.#options.input;
    const conversation = this.#conversation;
    if (input) this.#checkHistory();
    const open = unansweredCalls(conversation.state);
    if (open.length > 0) {
      const round = yield* repairCalls(open, input !== undefined, this.#conversation, this.#options);
      const end = endAfter(round, this.#conversation);
      if (end) return end;
    }
    if (input) await this.#conversation.recordInput(input, key);
    else if (isFound && conversation.recorder.lastTurnPaused()) return undefined;
    else if (isFound && !awaitsModel(conversation.state)) return { reason: 'already-answered' };
    else if (!awaitsModel(conversation.state)) {
      throw new AgentError(
        'agent/nothing-to-continue',
        'There is nothing to continue: the conversation ends with an answer, whole or cut off. Send a message, such as "Go on."; `canContinue` tells beforehand.',
      );
    } else {
      this.#checkHistory();
      const isStopped = await wasStopped(this.#conversation);
      this.#note({ isStopped, ...resumedClosing(conversation.state, this.#options.limits) });
    }
    return undefined;
  }

  #checkHistory(): void {
    const { messages, recorder } = this.#conversation;
    checkHistory(messages, recorder.lastRequest(), this.#options);
  }

  /** One turn with the tools it calls; the end, if it was the last. */
  async *#goOn(): Telling<RunEnd | undefined> {
    const next = nextStep(this.#progress, this.#options.limits);
    if (next.step === 'end') return { reason: next.reason };
    // A paused turn is no end, and takes no prompt; nor does a call of the vendor's own that it has not answered.
    const { state } = this.#conversation;
    const takesPrompt = awaitsModel(state) && !endsInOpenCall(state.messages);
    if (next.step === 'close' && !takesPrompt) return { reason: next.reason };
    if (next.step === 'close') await this.#close(next.reason);
    // A paused turn is sent back as it is: nothing may come after it.
    else if (this.#progress.closedFor === undefined && awaitsModel(state)) {
      yield* takeSteered(this.#inbox, this.#conversation);
      yield* this.#compactor.beforeRequest(this.#conversation);
    }
    let outcome = yield* this.#ask();
    if (await this.#makeRoom(outcome)) outcome = yield* this.#ask();
    if ('end' in outcome) return outcome.end;
    return yield* this.#follow(outcome);
  }

  #ask(): Telling<CallOutcome> {
    return callModel(this.#conversation, this.#options, {
      isFirst: this.#progress.requests === 0,
      isClosing: this.#progress.closedFor !== undefined,
      outputLeft: this.#options.limits.maxOutputTokens - this.#progress.outputTokens,
      budget: this.#budget,
    });
  }

  /** Whether a request that its vendor found too long may be repeated. */
  async #makeRoom(outcome: CallOutcome): Promise<boolean> {
    const error = 'turn' in outcome ? overflowOf(outcome.turn, outcome.isRecorded) : undefined;
    const relief = error ? await makeRoom(error, this.#conversation, this.#options.onOverflow) : 'none';
    if (relief === 'edited-to-close' && this.#progress.closedFor === undefined) await this.#close('context-window');
    return relief !== 'none';
  }

  /** Tells the model that tools are over, and remembers why. */
  async #close(reason: RunEndReason): Promise<void> {
    const { forceText, finalPrompt } = this.#options.limits;
    if (forceText !== 'off') await this.#conversation.recordInput(userMessage(finalPrompt));
    this.#note({ closedFor: reason });
  }

  /** Does what a turn asks for. */
  async *#follow({ turn, isRecorded }: TakenTurn): Telling<RunEnd | undefined> {
    const { requests, outputTokens, toolRounds, closedFor } = this.#progress;
    const isClosed = closedFor !== undefined;
    this.#note({ requests: requests + 1, outputTokens: outputTokens + outputTokensOf(turn), isClosed });
    const stop = isRecorded ? yield* askAfterTurn(turn, this.#conversation, this.#options) : undefined;
    const calls = toolCalls(turn.message);
    if (turn.error) {
      yield* refuseCalls(calls, 'the model call did not end.', this.#conversation);
      const hasSnapshot = this.#conversation.recorder.lastRequest() !== undefined;
      return { reason: turn.stopReason, error: endingError(turn.error, this.#options.model, hasSnapshot) };
    }
    if (stop !== undefined) {
      yield* refuseCalls(calls, stop, this.#conversation);
      return { reason: 'hook-stop' };
    }
    if (calls.length === 0 && turn.stopReason !== 'pause') {
      const isSteered = yield* this.#steer(turn);
      return isSteered ? undefined : { reason: closedFor ?? turn.stopReason };
    }
    if (isBrokenOff(turn)) {
      yield* refuseCalls(calls, `the answer was broken off (${turn.stopReason}).`, this.#conversation);
      return { reason: turn.stopReason };
    }
    const refusal = toolRefusal(this.#progress, this.#options.limits);
    if (refusal !== undefined) {
      yield* refuseCalls(calls, `the run is at its limit (${refusal}).`, this.#conversation);
      this.#note({ isRefused: true });
      return nextStep(this.#progress, this.#options.limits).step === 'close' ? undefined : { reason: refusal };
    }
    // A pause counts as a round: a model that pauses for ever is at its limit, too.
    this.#note({ toolRounds: toolRounds + 1 });
    if (calls.length === 0) return undefined;
    const round = yield* answerCalls(calls, this.#conversation, this.#options);
    this.#note({ isStopped: round.isStopped });
    return endAfter(round, this.#conversation);
  }

  /** Whether messages came for a run that would otherwise be at its end, and may still ask a model. */
  async *#steer({ stopReason }: AssistantTurn): Telling<boolean> {
    const isAnswer = stopReason === 'end-turn' || stopReason === 'stop-sequence';
    if (!isAnswer || nextStep(this.#progress, this.#options.limits).step !== 'ask') return false;
    return yield* takeSteered(this.#inbox, this.#conversation);
  }

  #note(change: Partial<RunProgress>): void {
    this.#progress = { ...this.#progress, ...change };
  }
}
