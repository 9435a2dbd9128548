import type { AssistantTurn } from './assistant-turn.ts';
import type { PrefixBlock } from './cache/prefix.ts';
import { ProviderError } from './errors.ts';
import type { Family } from './message.ts';
import type { ModelRequest } from './request.ts';
import type { StreamEvent } from './stream-event.ts';

/** Makes models and holds their credentials. */
export interface Provider {
  model(id: string): Model;
}

/** Something that can be called: the contract every adapter meets. */
export interface Model {
  readonly id: string;
  readonly family: Family;
  /**
   * One call. Throws at once for a request the model cannot be asked; after that nothing is thrown, and the last event tells how it went.
   * Nothing is sent before the first event is asked for, and a consumer that leaves early aborts the call.
   */
  stream(request: ModelRequest, options?: StreamOptions): AsyncIterable<StreamEvent>;
  /** The request as the ordered blocks that a prompt cache matches, without cache marks. */
  prefixBlocks(request: ModelRequest): readonly PrefixBlock[];
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** How long the whole call may take. Default 600 000. */
  readonly timeoutMs?: number;
}

/** The whole answer, awaited. Rejects with the turn's `ProviderError` if the call failed or was aborted. */
export async function completeTurn(
  model: Model,
  request: ModelRequest,
  options?: StreamOptions,
): Promise<AssistantTurn> {
  for await (const event of model.stream(request, options)) {
    if (event.type !== 'assistant-turn') continue;
    if (event.turn.error) throw event.turn.error;
    return event.turn;
  }
  throw new ProviderError(
    'provider/malformed-stream',
    `The stream of model ${model.id} ended without an assistant-turn event.`,
  );
}
