import {
  type AssistantTurn,
  asObject,
  type Model,
  type ModelRequest,
  type StreamEvent,
  type StreamOptions,
} from '@reprise/providers';
import { AgentError } from './errors.ts';
import { bytesReceived } from './estimate-usage.ts';

/** One model call under way. */
export interface TurnInProgress {
  /** Its stream, the final `assistant-turn` included. */
  readonly events: AsyncGenerator<StreamEvent, void, undefined>;
  /** The turn, also when `events` was left early: then the call is aborted first, and what had arrived is the turn. */
  settle(): Promise<AssistantTurn>;
  /** How much of an answer has come, in bytes: more than the turn holds, if a thought or a call was cut off. */
  readonly receivedBytes: number;
}

/** Starts a model call. Whoever starts one settles it, since a billed response must not go unrecorded. */
export function startTurn(
  model: Model,
  request: ModelRequest,
  options: StreamOptions & { readonly signal: AbortSignal },
): TurnInProgress {
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  const stream = model.stream(request, { ...options, signal })[Symbol.asyncIterator]();
  let turn: AssistantTurn | undefined;
  let receivedBytes = 0;

  async function next(): Promise<StreamEvent | undefined> {
    const { done, value } = await stream.next();
    if (done) return undefined;
    if (value.type === 'assistant-turn') turn = value.turn;
    else receivedBytes += bytesReceived(value);
    return value;
  }

  async function* events(): AsyncGenerator<StreamEvent, void, undefined> {
    for (let event = await next(); event; event = await next()) yield event;
  }

  return {
    events: events(),
    get receivedBytes() {
      return receivedBytes;
    },
    async settle() {
      if (!turn) left.abort();
      while (!turn) {
        if ((await next()) === undefined) {
          throw new AgentError(
            'agent/broken-model',
            `The stream of model ${model.id} ended without an assistant-turn event.`,
          );
        }
      }
      await stream.return?.();
      return turn;
    },
  };
}

/**
 * Whether the vendor may have billed something: an HTTP error and a refused connection are answers, but not responses. Nor is a call
 * that was aborted between two attempts; the failure of the last one is its error's cause.
 */
export function isResponse(turn: AssistantTurn): boolean {
  if (!turn.error || turn.usageState !== 'none' || turn.timing.firstTokenMs !== undefined) return true;
  const { code, cause } = turn.error;
  if (code === 'provider/aborted') return asObject(cause)?.['name'] !== 'ProviderError';
  return code === 'provider/timeout';
}
