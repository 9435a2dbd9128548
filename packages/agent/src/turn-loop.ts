/**
 * Turn after turn, with the tools they call.
 *
 * Owns: the order of turns and tools.
 * Leaves to `model-call.ts`: one model call. To `tool-round.ts`: the calls of one turn. To `stop-condition.ts`: how far a run may go.
 *
 * R1. Nothing follows from a fact before the recorder has it: no tool runs before its call is committed, no request is sent before its messages are.
 * R2. Every tool call gets exactly one result, in one message, before the next model call: run, refused, aborted or of unknown outcome.
 * R3. A listener that leaves early aborts the run; what was billed or done by then is still recorded.
 */

import { type AssistantTurn, countOrZero, toolCalls, userMessage } from '@reprise/providers';
import type { AgentEventBody } from './agent-event.ts';
import { Conversation } from './conversation.ts';
import { AgentError } from './errors.ts';
import { callModel } from './model-call.ts';
import type { HeldConversation, RunEnd, RunOptions } from './run-options.ts';
import { type AgentState, awaitsModel, unansweredCalls } from './state.ts';
import { FRESH_RUN, type NextStep, nextStep, type RunProgress, toolRefusal } from './stop-condition.ts';
import { answerCalls, refuseCalls, repairCalls } from './tool-round.ts';

type Events<Result> = AsyncGenerator<AgentEventBody, Result, undefined>;

export class TurnLoop {
  readonly #options: RunOptions;
  readonly #conversation: Conversation;
  #progress: RunProgress = FRESH_RUN;

  constructor(held: HeldConversation, options: RunOptions) {
    this.#conversation = new Conversation(held, options.ports);
    this.#options = options;
  }

  /** As far as it is recorded. */
  get state(): AgentState {
    return this.#conversation.state;
  }

  async *run(): Events<RunEnd> {
    const recovered = await this.#conversation.recoverTurn();
    if (recovered) yield recovered;
    let end = yield* this.#takeUp();
    while (!end) end = yield* this.#goOn();
    return end;
  }

  /** Brings the history to where a model can be asked: open calls answered, the input appended. */
  async *#takeUp(): Events<RunEnd | undefined> {
    const { input } = this.#options;
    const open = unansweredCalls(this.state);
    if (open.length > 0) {
      const { isAnswered, isStopped } = yield* repairCalls(
        open,
        input !== undefined,
        this.#conversation,
        this.#options,
      );
      if (!isAnswered) return { reason: 'approval-needed' };
      this.#note({ isStopped });
    }
    if (input) await this.#conversation.recordInput(input);
    else if (!awaitsModel(this.state)) {
      throw new AgentError(
        'agent/nothing-to-continue',
        'There is nothing to continue: the conversation awaits a message.',
      );
    }
    return undefined;
  }

  /** One turn with the tools it calls; the end, if it was the last. */
  async *#goOn(): Events<RunEnd | undefined> {
    const next = nextStep(this.#progress, this.#options.limits);
    if (next.step === 'end') return { reason: next.reason };
    if (next.step === 'close') await this.#close(next);
    const outcome = yield* callModel(this.#conversation, this.#options, {
      isClosing: this.#progress.closedFor !== undefined,
      outputLeft: this.#options.limits.maxOutputTokens - this.#progress.outputTokens,
    });
    if ('end' in outcome) return outcome.end;
    return yield* this.#follow(outcome.turn);
  }

  async #close({ reason }: NextStep & { readonly step: 'close' }): Promise<void> {
    await this.#conversation.recordInput(userMessage(this.#options.limits.finalPrompt));
    this.#note({ closedFor: reason });
  }

  /** Does what a turn asks for. */
  async *#follow(turn: AssistantTurn): Events<RunEnd | undefined> {
    const { requests, outputTokens, toolRounds, closedFor } = this.#progress;
    this.#note({ requests: requests + 1, outputTokens: outputTokens + countOrZero(turn.tokens.output) });
    const calls = toolCalls(turn.message);
    if (turn.error) {
      await refuseCalls(calls, 'the model call did not end.', this.#conversation);
      return { reason: turn.stopReason, error: turn.error };
    }
    if (calls.length === 0 && turn.stopReason !== 'pause') return { reason: closedFor ?? turn.stopReason };
    const refusal = toolRefusal(this.#progress, this.#options.limits);
    if (refusal !== undefined) {
      await refuseCalls(calls, `the run is at its limit (${refusal}).`, this.#conversation);
      return { reason: refusal };
    }
    // A pause counts as a round: a model that pauses for ever is at its limit, too.
    this.#note({ toolRounds: toolRounds + 1 });
    if (calls.length === 0) return undefined;
    const { isAnswered, isStopped } = yield* answerCalls(calls, this.#conversation, this.#options);
    this.#note({ isStopped });
    return isAnswered ? undefined : { reason: 'approval-needed' };
  }

  #note(change: Partial<RunProgress>): void {
    this.#progress = { ...this.#progress, ...change };
  }
}
