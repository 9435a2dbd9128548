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
import { linkAbort } from './link-abort.ts';

/** One model call under way. */
export interface TurnInProgress {
  /** The next event of its stream, the final `assistant-turn` included. */
  next(): Promise<IteratorResult<StreamEvent, unknown>>;
  /** Takes note of an event that was read. */
  note(event: StreamEvent): void;
  /** The turn, also when its stream was left early: then the call is aborted first, and what had arrived is the turn. */
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
  const stop = new AbortController();
  const stream = model.stream(request, { ...options, signal: stop.signal })[Symbol.asyncIterator]();
  const unlink = linkAbort(options.signal, stop);
  let turn: AssistantTurn | undefined;
  let receivedBytes = 0;

  function note(event: StreamEvent): void {
    if (event.type === 'assistant-turn') turn = event.turn;
    else receivedBytes += bytesReceived(event);
  }

  return {
    next: () => stream.next(),
    note,
    get receivedBytes() {
      return receivedBytes;
    },
    async settle() {
      if (!turn) stop.abort();
      try {
        while (!turn) {
          const { done, value } = await stream.next();
          if (done) throw brokenModel(model);
          note(value);
        }
        await stream.return?.();
        return turn;
      } finally {
        unlink();
      }
    },
  };
}

function brokenModel({ id }: Model): AgentError {
  return new AgentError('agent/broken-model', `The stream of model ${id} ended without an assistant-turn event.`);
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
