import {
  type AssistantTurn,
  type AssistantTurnParts,
  assistantTurn,
  countOrZero,
  type Message,
  reportsCache,
  type ToolCallBlock,
  toolCalls,
} from '@reprise/providers';

/** A conversation and what it has used: plain, JSON-shaped, and a fold of its turns. Tokens, each counter over all turns of the branch. */
export interface AgentState {
  readonly messages: readonly Message[];
  /** Model responses so far, failed and aborted ones included. */
  readonly turnCount: number;
  /** Prompt tokens that were neither read from nor written to a cache. */
  readonly totalInputTokens: number;
  readonly totalOutputTokens: number;
  /** The part of the output that was reasoning. */
  readonly totalReasoningTokens: number;
  readonly totalCacheReadTokens: number;
  readonly totalCacheWriteTokens: number;
  /** Turns whose provider reported no cache counters: the totals above are lower bounds by these. */
  readonly silentTurnCount: number;
}

export function initialState(): AgentState {
  return {
    messages: [],
    turnCount: 0,
    totalInputTokens: 0,
    totalOutputTokens: 0,
    totalReasoningTokens: 0,
    totalCacheReadTokens: 0,
    totalCacheWriteTokens: 0,
    silentTurnCount: 0,
  };
}

/** The state, to be handed out: whoever gets it cannot change its list of messages. */
export function withLockedMessages(state: AgentState): AgentState {
  Object.freeze(state.messages);
  return state;
}

/** The state after a message that no model wrote. */
export function appendMessage(state: AgentState, message: Message): AgentState {
  return { ...state, messages: [...state.messages, message] };
}

/**
 * The state after a turn: its message appended, its counts added. A counter the provider left out adds 0.
 * A turn whose response id the state already holds changes nothing, so a replay is not counted twice.
 */
export function applyTurn(state: AgentState, parts: AssistantTurnParts): AgentState {
  const turn = assistantTurn(parts);
  const responseId = turn.responseId ?? turn.message.responseId;
  return responseId !== undefined && holdsResponse(state, responseId) ? state : addTurn(state, turn);
}

/** The state after a turn that it does not hold, as `asNewResponse` gives it. */
export function addTurn(state: AgentState, turn: AssistantTurn): AgentState {
  const responseId = turn.responseId ?? turn.message.responseId;
  const isNamed = responseId === undefined || responseId === turn.message.responseId;
  const message = isNamed ? turn.message : { ...turn.message, responseId };
  return {
    messages: [...state.messages, message],
    turnCount: state.turnCount + 1,
    totalInputTokens: state.totalInputTokens + countOrZero(turn.tokens.fresh),
    totalOutputTokens: state.totalOutputTokens + countOrZero(turn.tokens.output),
    totalReasoningTokens: state.totalReasoningTokens + countOrZero(turn.tokens.reasoning),
    totalCacheReadTokens: state.totalCacheReadTokens + turn.cacheReadTokens,
    totalCacheWriteTokens: state.totalCacheWriteTokens + turn.cacheWriteTokens,
    silentTurnCount: state.silentTurnCount + (reportsCache(turn.tokens) ? 0 : 1),
  };
}

/** The tool calls at the end of the conversation that nothing has answered yet. */
export function unansweredCalls(state: AgentState): readonly ToolCallBlock[] {
  const last = state.messages.at(-1);
  return last === undefined ? [] : toolCalls(last);
}

/**
 * Whether a `send` without a message has something to go on from: a message or results that no model has answered, calls without results,
 * or an answer that was aborted before its first word. One that was cut off after some words is none: at the end of a request it is a
 * prefill, which the newest models refuse (Claude since 4.6, 2026), and a model that takes it counts as having said it all by itself.
 */
export function canContinue(state: AgentState): boolean {
  return awaitsModel(state) || unansweredCalls(state).length > 0;
}

/** Whether the conversation ends with something a model is to answer. */
export function awaitsModel(state: AgentState): boolean {
  const last = state.messages.at(-1);
  return last !== undefined && (last.role !== 'assistant' || last.content.length === 0);
}

/**
 * A response that has just come in, its message named by its id. Some servers give every response the same id; a fresh one is no replay, so
 * it loses an id that is taken.
 */
export function asNewResponse(turn: AssistantTurn, taken: ReadonlySet<string>): AssistantTurn {
  const { responseId, message, ...rest } = turn;
  const { content } = message;
  return responseId === undefined || taken.has(responseId)
    ? { ...rest, message: { role: 'assistant', content } }
    : { ...rest, responseId, message: { role: 'assistant', content, responseId } };
}

/** The ids of the responses among these messages. */
export function responseIds(messages: readonly Message[]): Set<string> {
  const ids = messages.map((message) => (message.role === 'assistant' ? message.responseId : undefined));
  return new Set(ids.filter((id) => id !== undefined));
}

function holdsResponse(state: AgentState, responseId: string): boolean {
  return state.messages.some((message) => message.role === 'assistant' && message.responseId === responseId);
}
