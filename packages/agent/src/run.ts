/**
 * A run: turns from one input to a stop condition.
 *
 * Owns: the order of turns, tools and commits, and why a run ends.
 * Leaves to `turn.ts`: one model call. To `run-tool-calls.ts`: one round of tools. To the recorder: what durable means.
 *
 * R1. Nothing follows from a fact before the recorder has it: no tool runs before its call is committed, no request is sent before its messages are.
 * R2. Every tool call gets exactly one result, in one message, before the next model call: run, refused, aborted or of unknown outcome.
 * R3. A listener that leaves early aborts the run; what was billed or done by then is still recorded.
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
import type { AgentEventBody, RunEndReason, TurnEndEvent } from './agent-event.ts';
import { buildRequest } from './context/build-request.ts';
import { AgentError } from './errors.ts';
import type { Recorder } from './recorder.ts';
import { notRun, runToolCalls, type ToolResults } from './run-tool-calls.ts';
import { planRepair, type RepairPlan } from './session/repair.ts';
import type { AgentSettings } from './settings.ts';
import { type AgentState, appendMessage, applyTurn, asNewResponse, awaitsModel, unansweredCalls } from './state.ts';
import { isResponse, startTurn } from './turn.ts';

export interface RunLoopOptions extends AgentSettings {
  readonly recorder: Recorder;
  /** Absent: the conversation goes on from where it stopped. */
  readonly input: UserMessage | undefined;
  readonly signal: AbortSignal | undefined;
  /** Names the conversation in idempotency keys. */
  readonly conversationId: string;
  /** Warnings that the conversation has had. */
  readonly told: Set<string>;
}

interface RunEnd {
  readonly reason: RunEndReason;
  readonly error?: Error;
}

/** One run under way: iterating `events` drives it. */
export class RunLoop {
  readonly #options: RunLoopOptions;
  readonly #signal: AbortSignal;
  #state: AgentState;
  /** The input as it was given, and as it is kept. */
  #input: { readonly given: UserMessage; readonly kept: UserMessage } | undefined;

  constructor(start: AgentState, options: RunLoopOptions) {
    this.#state = start;
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  /** As far as it is recorded, also after an early exit. */
  get state(): AgentState {
    return this.#state;
  }

  async *events(): AsyncGenerator<AgentEventBody, void, undefined> {
    yield { type: 'run-start', runId: this.#options.ports.createId() };
    let end: RunEnd;
    try {
      yield* this.#takeUp();
      end = yield* this.#runTurns();
    } catch (error) {
      end = { reason: 'error', error: error instanceof Error ? error : new Error(String(error)) };
    }
    yield { type: 'run-end', state: this.#state, ...end };
  }

  /** Brings the history to where a model can be asked: open calls answered, the input appended. */
  async *#takeUp(): AsyncGenerator<AgentEventBody, void, undefined> {
    const { input, tools } = this.#options;
    const open = unansweredCalls(this.#state);
    if (open.length > 0) yield* this.#answerCalls(open, planRepair(open, tools));
    if (input) await this.#recordInput(input);
    else if (!awaitsModel(this.#state)) {
      throw new AgentError(
        'agent/nothing-to-continue',
        'There is nothing to continue: the conversation awaits a message.',
      );
    }
  }

  async *#runTurns(): AsyncGenerator<AgentEventBody, RunEnd, undefined> {
    const { maxToolRounds } = this.#options;
    for (let rounds = 0; ; rounds += 1) {
      if (this.#signal.aborted) return { reason: 'aborted', error: abortError(this.#signal) };
      const turn = yield* this.#runTurn();
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
  }

  #messages(): readonly Message[] {
    return this.#state.messages.map((message) => (message === this.#input?.kept ? this.#input.given : message));
  }

  /** One model call and its commit. */
  async *#runTurn(): AsyncGenerator<AgentEventBody, AssistantTurn, undefined> {
    const request = buildRequest(this.#options, this.#messages());
    const { model, callOptions } = this.#options;
    const progress = startTurn(model, request, {
      ...callOptions,
      clock: this.#options.ports.clock,
      signal: this.#signal,
    });
    let turn: AssistantTurn;
    let ended: TurnEndEvent | undefined;
    try {
      for await (const event of progress.events) if (!this.#wasTold(event)) yield event;
    } finally {
      // In `finally`, since a listener that has left must not cost the ledger its row (R3).
      turn = await progress.settle();
      ended = await this.#recordTurn(turn, request);
    }
    if (ended) yield ended;
    return turn;
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
  async #recordTurn(received: AssistantTurn, request: ModelRequest): Promise<TurnEndEvent | undefined> {
    if (!isResponse(received)) return undefined;
    const turn = asNewResponse(this.#state, received);
    const state = applyTurn(this.#state, turn);
    const snapshot = await this.#options.recorder.turn({ turn, request, state });
    this.#state = state;
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  /** Runs the calls that may run, and commits one result for each of them (R2). */
  async *#answerCalls(
    calls: readonly ToolCallBlock[],
    repair?: RepairPlan,
  ): AsyncGenerator<AgentEventBody, void, undefined> {
    const { tools, ports, conversationId } = this.#options;
    const turnNumber = this.#state.turnCount;
    const results = new Map(repair?.knownResults);
    try {
      yield* runToolCalls(repair?.runAgain ?? calls, results, {
        tools,
        signal: this.#signal,
        clock: ports.clock,
        idempotencyKey: (call) => `${conversationId}/${turnNumber}/${call.id}`,
      });
    } finally {
      await this.#recordResults(calls, results, 'the run was aborted.');
    }
  }

  async #refuseCalls(calls: readonly ToolCallBlock[], reason: string): Promise<void> {
    await this.#recordResults(calls, new Map(), reason);
  }

  async #recordResults(calls: readonly ToolCallBlock[], results: ToolResults, otherwise: string): Promise<void> {
    if (calls.length === 0) return;
    await this.#record({ role: 'tool', content: calls.map((call) => results.get(call) ?? notRun(call, otherwise)) });
  }

  async #record(message: UserMessage | ToolMessage): Promise<void> {
    const state = appendMessage(this.#state, message);
    await this.#options.recorder.message(message);
    this.#state = state;
  }
}

function abortError(signal: AbortSignal): ProviderError {
  return new ProviderError('provider/aborted', 'The run was aborted.', { cause: signal.reason });
}
