import {
  type AssistantTurn,
  conversation,
  freezeMessage,
  type Message,
  type Model,
  stripCacheMarks,
  type ToolMessage,
} from '@reprise/providers';
import type { AgentEvent } from '../agent-event.ts';
import type { ApprovalDecision, DecidedApproval } from '../approval/approval.ts';
import { decideApproval } from '../approval/decide-approval.ts';
import { checkDecision } from '../approval/questions.ts';
import { AgentError } from '../errors.ts';
import { RunLoop } from '../run.ts';
import { createRun, type RunResult } from '../run-handle.ts';
import type { HeldConversation } from '../run-options.ts';
import { createRunRecorder, type RunRecorder } from '../session/run-recorder.ts';
import { type AgentOptions, type AgentSettings, asModel, checkOptions } from '../settings.ts';
import { type AgentState, appendMessage, initialState, withLockedMessages } from '../state.ts';
import { toJSONL } from '../transcript/json-lines.ts';
import { printHistory } from '../transcript/print-history.ts';
import { addUsage, NO_USAGE, type Usage, usageOfTurn } from '../usage/usage.ts';
import { type AnswerOptions, type AnswerSchema, planAnswer } from './answer.ts';
import { type ChatMessage, checkResults, readChatMessage } from './chat-input.ts';
import { type AskOptions, agentOptions, type ChatOptions } from './chat-options.ts';
import { tellTurns } from './tell-turns.ts';

/** What some turns cost, as far as it is known. */
export interface ChatCost {
  /** 10⁻¹² US dollars, over the turns that have a price. */
  readonly known: bigint;
  /** Turns whose price nobody knows. They are not free: `known` is a lower bound by them. */
  readonly unpricedTurns: number;
}

export interface ChatResult extends RunResult {
  /** The last of `turns`; `undefined` if the run ended before a model was asked. */
  readonly turn: AssistantTurn | undefined;
  /** What the run added to the history, in order: the message it was asked, each answer, each round of tool results. */
  readonly messages: readonly Message[];
  readonly usage: Usage;
  readonly cost: ChatCost;
}

/** One `ask` to be listened to or awaited, as a `Run`; the chat is busy from its first event to its last. */
export interface ChatRun extends AsyncIterable<AgentEvent> {
  /** The whole run. Rejects with the error it ended with, or with `agent/run-abandoned` if a listener left early. */
  result(): Promise<ChatResult>;
}

export interface StructuredResult<Value> extends ChatResult {
  readonly value: Value;
}

/** One run of a chat. */
interface Asked {
  /** The history it began with. */
  before: ReadonlySet<Message>;
  usage: Usage;
}

/**
 * A conversation with a model in as few words as it takes, kept in memory: for notebooks, scripts and batches. What has to outlive its
 * process is a session; see `createAgent`.
 *
 * It has one run at a time. However a run ends, `history` holds what was said and done by then, and a next `ask` goes on from there.
 */
export class Chat {
  readonly #model: Model;
  readonly #options: Omit<ChatOptions, 'history'>;
  #recorder: RunRecorder;
  #state: AgentState;
  #running: RunLoop | undefined;
  #lifetimeUsage: Usage = NO_USAGE;
  #last: Asked = { before: new Set(), usage: NO_USAGE };

  /**
   * `model` is one, or its name such as `anthropic/claude-opus-5`; credentials then come from the environment. Throws `agent/invalid-option`
   * and what `checkLimits`, `resolveModel` and `conversation` throw.
   */
  constructor(model: Model | string, { history = [], ...options }: ChatOptions = {}) {
    this.#model = asModel(model);
    this.#options = options;
    const messages = conversation(history).map((message) => freezeMessage(stripCacheMarks(message)));
    this.#state = { ...initialState(), messages };
    this.#recorder = createRunRecorder(this.#settings({}).ports);
  }

  /** What was said and done so far. The list is never changed, and cannot be: the next one is another. */
  get history(): readonly Message[] {
    return this.state.messages;
  }

  get state(): AgentState {
    return withLockedMessages(this.#running?.state ?? this.#state);
  }

  /** Of every run of this chat. What a history or a fork brought along was paid elsewhere. */
  get cost(): ChatCost {
    return costOf(this.#lifetimeUsage);
  }

  /** Of the last run, or of the one that is going. */
  get usage(): Usage {
    return this.#last.usage;
  }

  /** Of every run of this chat. */
  get lifetimeUsage(): Usage {
    return this.#lifetimeUsage;
  }

  /**
   * Asks, and waits for the end of the run. Rejects with the error it ended with, `agent/chat-busy` while another run goes on,
   * `agent/unmatched-results` for results that are not of the open calls, and what `stream` throws.
   */
  async ask(message?: ChatMessage, options: AskOptions = {}): Promise<ChatResult> {
    return this.stream(message, options).result();
  }

  /** Asks, and tells each event. Throws `agent/chat-busy`, `agent/empty-message`, `agent/invalid-option`, and what `msg` throws. */
  stream(message?: ChatMessage, options: AskOptions = {}): ChatRun {
    return this.#start(message, options, this.#settings(options));
  }

  /**
   * Asks for an answer as a value: one of a schema that describes itself, such as zod's, or of a JSON Schema. The chat's tools may be used on
   * the way. The turn is in the history and in the usage like any other, also when the answer is no good: then it rejects with a
   * `MalformedOutputError`, which has the turn. Rejects as `ask` does.
   */
  async structured<Value>(
    schema: AnswerSchema<Value>,
    message?: ChatMessage,
    { name, description, via, ...options }: AskOptions & AnswerOptions = {},
  ): Promise<StructuredResult<Value>> {
    const plan = planAnswer(schema, { name, description, via });
    const result = await this.#start(message, options, this.#settings(options, plan.adapt)).result();
    return { ...result, value: await plan.read(result) };
  }

  /**
   * Decides on a tool call that waits for an approval; the next `ask` without a message carries it out. Rejects with `agent/approval-refused`,
   * and its message says why, `agent/chat-busy` and `agent/invalid-option`.
   */
  async decide(approvalId: string, decision: ApprovalDecision): Promise<DecidedApproval> {
    this.#refuseWhileBusy();
    const held = { recorder: this.#recorder, state: this.#state, ports: this.#settings({}).ports };
    return decideApproval(approvalId, checkDecision(decision), held);
  }

  /** A chat that goes on from here by itself, with the same model and options. What it costs is its own. Throws `agent/chat-busy`. */
  fork(): Chat {
    this.#refuseWhileBusy();
    const fork = new Chat(this.#model, this.#options);
    fork.#state = this.#state;
    fork.#recorder = this.#recorder.fork();
    return fork;
  }

  /** The history, a message a line, with a blank line between two. */
  printHistory(): string {
    return printHistory(this.history);
  }

  /** The history as JSON Lines, a message a line; `fromJSONL` reads it. */
  toJSONL(): string {
    return toJSONL(this.history);
  }

  #settings(asked: AskOptions, adapt = (options: AgentOptions): AgentOptions => options): AgentSettings {
    const { prefill: _prefill, signal: _signal, ...callOptions } = asked;
    return checkOptions(adapt(agentOptions(this.#model, this.#options, callOptions)));
  }

  #start(given: ChatMessage, { prefill, signal }: AskOptions, settings: AgentSettings): ChatRun {
    const message = readChatMessage(given);
    this.#refuseWhileBusy();
    const asked: Asked = { before: new Set(), usage: NO_USAGE };
    const results = message?.role === 'tool' ? message : undefined;
    const run = createRun(() => {
      const loop: RunLoop = new RunLoop(this.#state, {
        ...settings,
        input: message?.role === 'user' ? message : undefined,
        ...(prefill === undefined ? {} : { prefill }),
        enter: () => this.#enter(loop, asked, results, signal),
      });
      return loop;
    });
    return {
      [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
      result: async () => chatResult(await run.result(), asked),
    };
  }

  async #enter(
    loop: RunLoop,
    asked: Asked,
    results: ToolMessage | undefined,
    signal = new AbortController().signal,
  ): Promise<HeldConversation> {
    // Asked again: a run starts when it is first listened to, and another may have been faster.
    this.#refuseWhileBusy();
    if (results) checkResults(this.#state, results);
    this.#running = loop;
    this.#last = asked;
    asked.before = new Set(this.#state.messages);
    const recorder = tellTurns(this.#recorder, (turn) => this.#count(turn, asked));
    const leave = async (last: AgentState): Promise<void> => {
      this.#state = last;
      this.#running = undefined;
    };
    return { state: results ? appendMessage(this.#state, results) : this.#state, recorder, signal, leave };
  }

  #count(turn: AssistantTurn, asked: Asked): void {
    const usage = usageOfTurn(turn);
    asked.usage = addUsage(asked.usage, usage);
    this.#lifetimeUsage = addUsage(this.#lifetimeUsage, usage);
  }

  #refuseWhileBusy(): void {
    if (!this.#running) return;
    throw new AgentError('agent/chat-busy', 'The chat has a run going; wait for its end, abort it, or fork before it.');
  }
}

function chatResult(run: RunResult, { before, usage }: Asked): ChatResult {
  const messages = run.state.messages.filter((message) => !before.has(message));
  return { ...run, turn: run.turns.at(-1), messages, usage, cost: costOf(usage) };
}

function costOf({ picoUsd, unpricedTurns }: Usage): ChatCost {
  return { known: picoUsd, unpricedTurns };
}
