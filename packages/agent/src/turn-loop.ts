/**
 * Turn after turn, with the tools they call.
 *
 * Owns: the order of turns, tools and commits.
 * Leaves to `turn.ts`: one model call. To `run-tool-calls.ts`: one round of tools. To the recorder: what durable means.
 *
 * R1. Nothing follows from a fact before the recorder has it: no tool runs before its call is committed, no request is sent before its messages are.
 * R2. Every tool call gets exactly one result, in one message, before the next model call: run, refused, aborted or of unknown outcome.
 * R3. A listener that leaves early aborts the run; what was billed or done by then is still recorded.
 * R4. Before a model is asked there is a note of it; it is taken back only when nothing was billed.
 */

import {
  type AssistantTurn,
  type Message,
  type ModelRequest,
  ProviderError,
  type StreamEvent,
  type ToolCallBlock,
  type ToolMessage,
  toolCalls,
  type UserMessage,
} from '@reprise/providers';
import type { AgentEventBody, TurnEndEvent } from './agent-event.ts';
import { buildRequest } from './context/build-request.ts';
import { AgentError } from './errors.ts';
import type { AgentFaultPoint } from './fault-points.ts';
import type { PreparedTurn, Recorder } from './recorder.ts';
import type { HeldConversation, RunEnd, RunOptions } from './run-options.ts';
import { runToolCalls, type ToolResults } from './run-tool-calls.ts';
import { type CallCircumstances, type PlannedCall, planCall } from './session/repair.ts';
import { type AgentState, appendMessage, applyTurn, asNewResponse, awaitsModel, unansweredCalls } from './state.ts';
import { notRun } from './tool-result.ts';
import { isResponse, startTurn, type TurnInProgress } from './turn.ts';

type Events<Result> = AsyncGenerator<AgentEventBody, Result, undefined>;

export class TurnLoop {
  readonly #options: RunOptions;
  readonly #recorder: Recorder;
  readonly #signal: AbortSignal;
  #state: AgentState;
  /** The input as it was given, and as it is kept. */
  #input: { readonly given: UserMessage; readonly kept: UserMessage } | undefined;

  constructor({ state, recorder, signal }: HeldConversation, options: RunOptions) {
    this.#state = state;
    this.#recorder = recorder;
    this.#signal = signal;
    this.#options = options;
  }

  /** As far as it is recorded. */
  get state(): AgentState {
    return this.#state;
  }

  async *run(): Events<RunEnd> {
    yield* this.#recoverTurn();
    yield* this.#takeUp();
    return yield* this.#runTurns();
  }

  /** A turn that a crash has lost: the vendor may have billed it, so it is in the ledger before anything else is. */
  async *#recoverTurn(): Events<void> {
    const recovered = await this.#recorder.recoverTurn(this.#state);
    if (!recovered) return;
    const { turn, state, snapshot } = recovered;
    this.#state = state;
    this.#pass('agent/turn-recovered');
    yield { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  /** Brings the history to where a model can be asked: open calls answered, the input appended. */
  async *#takeUp(): Events<void> {
    const { input } = this.#options;
    const open = unansweredCalls(this.#state);
    if (open.length > 0) yield* this.#repairCalls(open, input !== undefined);
    if (input) await this.#recordInput(input);
    else if (!awaitsModel(this.#state)) {
      throw new AgentError(
        'agent/nothing-to-continue',
        'There is nothing to continue: the conversation awaits a message.',
      );
    }
  }

  async *#runTurns(): Events<RunEnd> {
    const { maxToolRounds } = this.#options;
    for (let rounds = 0; ; rounds += 1) {
      const turn = yield* this.#runTurn();
      if (!turn) return abortedEnd(this.#signal);
      const calls = toolCalls(turn.message);
      if (turn.error) {
        await this.#refuseCalls(calls, 'the model call did not end.');
        return { reason: turn.stopReason, error: turn.error };
      }
      if (calls.length === 0 && turn.stopReason !== 'pause') return { reason: turn.stopReason };
      if (rounds === maxToolRounds) {
        await this.#refuseCalls(calls, `the limit of ${maxToolRounds} tool rounds is reached.`);
        return { reason: 'tool-round-limit' };
      }
      yield* this.#answerCalls(calls);
    }
  }

  /** A cache mark holds for the run its message began, and is not kept: the next request's marks are planned anew. */
  async #recordInput(given: UserMessage): Promise<void> {
    const { cache: _mark, ...kept } = given;
    await this.#record(kept);
    this.#input = { given, kept };
    this.#pass('agent/input-committed');
  }

  #messages(): readonly Message[] {
    return this.#state.messages.map((message) => (message === this.#input?.kept ? this.#input.given : message));
  }

  /** One model call and its commit; `undefined` if the run was aborted before. */
  async *#runTurn(): Events<AssistantTurn | undefined> {
    if (this.#signal.aborted) return undefined;
    const request = buildRequest(this.#options, this.#messages());
    const prepared = await this.#recorder.prepareTurn(request);
    this.#pass('agent/turn-prepared');
    yield* this.#heedPrefixChange(prepared);
    await prepared.begin();
    this.#pass('agent/turn-begun');
    const progress = await this.#ask(request, prepared);
    if (!progress) return undefined;
    let turn: AssistantTurn;
    let ended: TurnEndEvent | undefined;
    try {
      yield* this.#tell(progress);
    } finally {
      // In `finally`, since a listener that has left must not cost the ledger its row (R3).
      turn = await progress.settle();
      this.#pass('agent/stream-ended');
      ended = await this.#recordTurn(turn, prepared);
    }
    if (ended) yield ended;
    return turn;
  }

  /** What the vendor has cached of the conversation is about to be lost: whoever pays for it is told first. */
  async *#heedPrefixChange({ prefixChange }: PreparedTurn): Events<void> {
    if (!prefixChange) return;
    const { message } = prefixChange;
    if (this.#options.onPrefixChange === 'refuse') {
      throw new AgentError('agent/prefix-changed', `${message} Nothing was sent, since onPrefixChange is 'refuse'.`);
    }
    const warning: StreamEvent = { type: 'warning', code: 'cache/prefix-changed', message };
    if (!this.#wasTold(warning)) yield warning;
  }

  /** Asks the model, unless the run was aborted meanwhile. A request that is refused before it is sent leaves no note (R4). */
  async #ask(request: ModelRequest, prepared: PreparedTurn): Promise<TurnInProgress | undefined> {
    const { model, callOptions, ports } = this.#options;
    try {
      if (!this.#signal.aborted) {
        return startTurn(model, request, { ...callOptions, clock: ports.clock, signal: this.#signal });
      }
    } catch (error) {
      await this.#abandon(prepared);
      throw error;
    }
    await this.#abandon(prepared);
    return undefined;
  }

  async *#tell(progress: TurnInProgress): Events<void> {
    let isFirst = true;
    for await (const event of progress.events) {
      if (isFirst) this.#pass('agent/first-event');
      isFirst = false;
      if (!this.#wasTold(event)) yield event;
    }
  }

  /** What a request does not get is the same in every request of a conversation, and worth one warning. */
  #wasTold(event: StreamEvent): boolean {
    if (event.type !== 'warning' || !/^(cache|request)\//.test(event.code)) return false;
    const { told } = this.#options;
    const wasTold = told.has(event.message);
    told.add(event.message);
    return wasTold;
  }

  /** Commits a response with its counts. Not every turn is one: see `isResponse`. */
  async #recordTurn(received: AssistantTurn, prepared: PreparedTurn): Promise<TurnEndEvent | undefined> {
    if (!isResponse(received)) {
      await this.#abandon(prepared);
      return undefined;
    }
    const turn = asNewResponse(this.#state, received);
    const state = applyTurn(this.#state, turn);
    const snapshot = await prepared.commit(turn, state);
    this.#state = state;
    this.#pass('agent/turn-committed');
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  async #abandon(prepared: PreparedTurn): Promise<void> {
    await prepared.abandon();
    this.#pass('agent/turn-abandoned');
  }

  /** Answers calls that a crash, a fork or a rewind has left open, from what the journal holds of them. */
  async *#repairCalls(calls: readonly ToolCallBlock[], overtaken: boolean): Events<void> {
    const turnFailed = await this.#recorder.lastTurnFailed();
    const journal = await this.#recorder.journaledCalls();
    const circumstances = { ...this.#circumstances(), turnFailed, overtaken };
    const planned = calls.map((call, position) => planCall(call, position, journal.get(position), circumstances));
    yield* this.#carryOut(planned, circumstances);
  }

  async *#answerCalls(calls: readonly ToolCallBlock[]): Events<void> {
    const circumstances = this.#circumstances();
    const planned = calls.map((call, position) => planCall(call, position, undefined, circumstances));
    yield* this.#carryOut(planned, circumstances);
  }

  #circumstances(): CallCircumstances {
    const { tools, onUnknownOutcome } = this.#options;
    return { tools, onUnknownOutcome, turnFailed: false, overtaken: false };
  }

  /**
   * Runs the calls that may run, and commits one result for each of them (R2), also after an abort. After a failure of the recorder they
   * stay open: the journal has what was done.
   */
  async *#carryOut(planned: readonly PlannedCall[], circumstances: CallCircumstances): Events<void> {
    const { ports } = this.#options;
    const results: ToolResults = new Map();
    let hasFailed = false;
    try {
      yield* runToolCalls(planned, results, {
        ...circumstances,
        recorder: this.#recorder,
        signal: this.#signal,
        ports,
      });
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      if (!hasFailed) await this.#recordResults(planned.map(({ call, result }) => results.get(call) ?? result));
    }
  }

  async #refuseCalls(calls: readonly ToolCallBlock[], reason: string): Promise<void> {
    if (calls.length > 0) await this.#recordResults(calls.map((call) => notRun(call, reason)));
  }

  async #recordResults(content: ToolMessage['content']): Promise<void> {
    await this.#record({ role: 'tool', content });
    this.#pass('agent/results-committed');
  }

  async #record(message: UserMessage | ToolMessage): Promise<void> {
    const state = appendMessage(this.#state, message);
    await this.#recorder.message(message);
    this.#state = state;
  }

  #pass(point: AgentFaultPoint): void {
    this.#options.ports.onFaultPoint?.(point);
  }
}

/** Who lost the right to write has failed; anybody else who had to stop was aborted. */
function abortedEnd({ reason }: AbortSignal): RunEnd {
  if (reason instanceof Error && /^checkpoint\//.test(Reflect.get(reason, 'code'))) {
    return { reason: 'error', error: reason };
  }
  return { reason: 'aborted', error: new ProviderError('provider/aborted', 'The run was aborted.', { cause: reason }) };
}
