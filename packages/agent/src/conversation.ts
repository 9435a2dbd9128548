/**
 * The conversation that a run goes on with.
 *
 * Owns: its state, and what of it is sent.
 * Leaves to the recorder: what durable means.
 *
 * K1. What others see of it (`recorded`) is never ahead of the recorder: what it holds is durable. The run itself goes on with results that
 *     are held, and they are durable before a request with them is sent, before anything else is recorded, and at the latest when it ends.
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
import { type AgentState, addTurn, appendMessage, asNewResponse, responseIds } from './state.ts';

export class Conversation {
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
  readonly ports: Ports;
  #state: AgentState;
  #recorded: AgentState;
  /** User messages of this run that carry a mark, by what is kept of them. */
  readonly #marked = new Map<Message, UserMessage>();
  /** Of the history, kept beside it: to look through all of it at each response would cost more with each turn. */
  #responseIds: Set<string>;

  constructor({ state, recorder, signal }: HeldConversation, ports: Ports) {
    this.#state = { ...state, messages: state.messages.map(freezeMessage) };
    this.#recorded = this.#state;
    this.#responseIds = responseIds(state.messages);
    this.recorder = recorder;
    this.signal = signal;
    this.ports = ports;
  }

  /** What the run goes on with: with results that are held. */
  get state(): AgentState {
    return this.#state;
  }

  /** As far as it is recorded. */
  get recorded(): AgentState {
    return this.#recorded;
  }

  /** What the model is sent of it: with the marks that this run was given. */
  get messages(): readonly Message[] {
    const { messages } = this.#state;
    return this.#marked.size === 0 ? messages : messages.map((message) => this.#marked.get(message) ?? message);
  }

  /** From the message on that was sent with this key; `undefined` if there is none. */
  since(key: string | undefined): readonly Message[] | undefined {
    const place = key === undefined ? undefined : this.recorder.placeOf(key);
    return place === undefined ? undefined : this.#state.messages.slice(place);
  }

  /** `key` is that of the send which the message came with. */
  async recordInput(given: UserMessage, key?: string): Promise<void> {
    const { cache, ...message } = given;
    const kept = freezeMessage(message);
    await this.settle();
    const place = this.#state.messages.length;
    await this.recorder.message(kept, key === undefined ? undefined : { key, place });
    this.#moveTo(appendMessage(this.#state, kept));
    if (cache) this.#marked.set(kept, { ...kept, cache });
    this.pass('agent/input-committed');
  }

  /** Takes in the results of a round, which are held: see K1. */
  holdResults(content: readonly ToolResultBlock[]): void {
    const message: ToolMessage = freezeMessage({ role: 'tool', content });
    this.recorder.holdResults(message);
    this.#state = appendMessage(this.#state, message);
  }

  /** Records what is held. If that fails, it is taken back. */
  async settle(): Promise<void> {
    await this.#writeHeld(() => this.recorder.settle());
  }

  /** Notes that the model is about to be asked, with what is held. */
  async begin(prepared: PreparedTurn): Promise<void> {
    await this.#writeHeld(() => prepared.begin());
    this.pass('agent/turn-begun');
  }

  /** Commits a response with its counts. One whose id is taken is given none: some servers give every response the same. */
  async recordTurn(received: AssistantTurn, prepared: PreparedTurn): Promise<TurnEndEvent> {
    const response = asNewResponse(received, this.#responseIds);
    const turn = { ...response, message: freezeMessage(response.message) };
    const state = addTurn(this.#state, turn);
    const snapshot = await prepared.commit(turn, state);
    this.#moveTo(state);
    if (turn.responseId !== undefined) this.#responseIds.add(turn.responseId);
    this.pass('agent/turn-committed');
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  /** A turn that a crash has lost: the vendor may have billed it, so it is in the ledger before anything else is. */
  async recoverTurn(): Promise<TurnEndEvent | undefined> {
    const recovered = await this.recorder.recoverTurn(this.#state);
    if (!recovered) return undefined;
    const { turn, state, snapshot } = recovered;
    this.#moveTo(state);
    this.pass('agent/turn-recovered');
    return { type: 'turn-end', turn, state, ...(snapshot ? { snapshot } : {}) };
  }

  async edit({ messages, ...rest }: HistoryEdit): Promise<void> {
    const edit = { ...rest, messages: messages.map(freezeMessage) };
    const state = applyEdit(this.#state, edit);
    await this.settle();
    await this.recorder.editHistory(edit, this.#state.messages);
    this.#moveTo(state);
    this.#responseIds = responseIds(state.messages);
    this.pass('agent/history-edited');
  }

  pass(point: AgentFaultPoint): void {
    this.ports.onFaultPoint?.(point);
  }

  #moveTo(state: AgentState): void {
    this.#state = state;
    this.#recorded = state;
  }

  async #writeHeld(write: () => Promise<void>): Promise<void> {
    const hasResults = this.#state !== this.#recorded;
    try {
      await write();
    } catch (error) {
      this.#state = this.#recorded;
      throw error;
    }
    this.#recorded = this.#state;
    if (hasResults) this.pass('agent/results-committed');
  }
}
