/**
 * The conversation that a run goes on with.
 *
 * Owns: its state, and what of it is sent.
 * Leaves to the recorder: what durable means.
 *
 * K1. The state is never ahead of the recorder: what it holds is durable.
 * K2. Its messages are frozen: nobody who hears of them can change what is sent next, and what was encoded of them stays known.
 * K3. A user message's cache mark holds for the run that it began, and is not kept: the next request's marks are planned anew.
 */

import {
  type AssistantTurn,
  freezeMessage,
  type Message,
  type ToolMessage,
  type ToolResultBlock,
  type UserMessage,
} from '@reprise/providers';
import type { TurnEndEvent } from './agent-event.ts';
import type { AgentFaultPoint } from './fault-points.ts';
import { applyEdit, type HistoryEdit } from './history-edit.ts';
import type { Ports } from './ports.ts';
import type { PreparedTurn, Recorder } from './recorder.ts';
import type { HeldConversation } from './run-options.ts';
import { type AgentState, appendMessage, applyTurn, asNewResponse } from './state.ts';

export class Conversation {
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly ports: Ports;
  #state: AgentState;
  /** User messages of this run that carry a mark, by what is kept of them. */
  readonly #marked = new Map<Message, UserMessage>();

  constructor({ state, recorder, signal }: HeldConversation, ports: Ports) {
    this.#state = { ...state, messages: state.messages.map(freezeMessage) };
    this.recorder = recorder;
    this.signal = signal;
    this.ports = ports;
  }

  /** As far as it is recorded. */
  get state(): AgentState {
    return this.#state;
  }

  /** What the model is sent of it: with the marks that this run was given. */
  get messages(): readonly Message[] {
    return this.#state.messages.map((message) => this.#marked.get(message) ?? message);
  }

  async recordInput(given: UserMessage): Promise<void> {
    const { cache, ...message } = given;
    const kept = freezeMessage(message);
    await this.#record(kept);
    if (cache) this.#marked.set(kept, { ...kept, cache });
    this.pass('agent/input-committed');
  }

  async recordResults(content: readonly ToolResultBlock[]): Promise<void> {
    await this.#record(freezeMessage({ role: 'tool', content }));
    this.pass('agent/results-committed');
  }

  /** Commits a response with its counts. One whose id is taken is given none: some servers give every response the same. */
  async recordTurn(received: AssistantTurn, prepared: PreparedTurn): Promise<TurnEndEvent> {
    const response = asNewResponse(this.#state, received);
    const turn = { ...response, message: freezeMessage(response.message) };
    const state = applyTurn(this.#state, turn);
    const snapshot = await prepared.commit(turn, state);
    this.#state = state;
    this.pass('agent/turn-committed');
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  /** A turn that a crash has lost: the vendor may have billed it, so it is in the ledger before anything else is. */
  async recoverTurn(): Promise<TurnEndEvent | undefined> {
    const recovered = await this.recorder.recoverTurn(this.#state);
    if (!recovered) return undefined;
    const { turn, state, snapshot } = recovered;
    this.#state = state;
    this.pass('agent/turn-recovered');
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  async edit({ messages, ...rest }: HistoryEdit): Promise<void> {
    const edit = { ...rest, messages: messages.map(freezeMessage) };
    const state = applyEdit(this.#state, edit);
    await this.recorder.editHistory(edit);
    this.#state = state;
    this.pass('agent/history-edited');
  }

  pass(point: AgentFaultPoint): void {
    this.ports.onFaultPoint?.(point);
  }

  async #record(message: UserMessage | ToolMessage): Promise<void> {
    const state = appendMessage(this.#state, message);
    await this.recorder.message(message);
    this.#state = state;
  }
}
