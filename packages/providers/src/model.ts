import type { AssistantTurn } from './assistant-turn.ts';
import type { CacheParameters } from './cache/parameters.ts';
import type { PlannedMark } from './cache/plan-breakpoints.ts';
import type { PrefixBlock } from './cache/prefix.ts';
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
  stream(request: ModelRequest, options?: StreamOptions): ModelStream;
  /** The request as the ordered blocks that a prompt cache matches, without cache marks and without transient messages. */
  prefixBlocks(request: ModelRequest): readonly PrefixBlock[];
  /** Where the request's cache marks stand, and why. `blocks`, if given, are its own prefix blocks: then they are not made again. */
  planMarks(request: ModelRequest, blocks?: readonly PrefixBlock[]): readonly PlannedMark[];
  /** The settings that lose what the cache holds when they change; absent where none is known to. */
  cacheParameters?(request: ModelRequest): CacheParameters;
}

/** The events of one call. Read once, by one reader. */
export interface ModelStream extends AsyncIterable<StreamEvent> {
  /**
   * The turn that ends the stream, also when its reader left early; it never rejects. If nobody has begun to read when it is asked for,
   * the stream is read to its end.
   */
  readonly turn: Promise<AssistantTurn>;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** Spreads the waits between attempts: from 0 to below 1. Default `Math.random`. */
  readonly random?: () => number;
  /** How long the whole call may take, its retries included. Default 600 000. */
  readonly timeoutMs?: number;
  /**
   * How long a response may be silent once it has begun; then the call ends with `provider/stalled` and keeps what had arrived. The
   * wait for its beginning is limited by `timeoutMs` alone. Default 300 000.
   */
  readonly stallTimeoutMs?: number;
  /**
   * Whether and when a request that failed is sent again. Only what may succeed later is, and only while no response had begun: each
   * time a `retry` event says so first. `false` sends it once.
   */
  readonly retry?: RetryOptions | false;
}

export interface RetryOptions {
  /** How many times the request is sent in all. Default 3. */
  readonly attempts?: number;
  /** The longest wait before the next attempt. A vendor that asks for more is not waited for. Default 60 000. */
  readonly maxDelayMs?: number;
  /** How long after the call's start its request may still be sent again. Default: `timeoutMs`. */
  readonly budgetMs?: number;
}

/** The whole answer, awaited. Rejects with the turn's `ProviderError` if the call failed or was aborted. */
export async function completeTurn(
  model: Model,
  request: ModelRequest,
  options?: StreamOptions,
): Promise<AssistantTurn> {
  const turn = await model.stream(request, options).turn;
  if (turn.error) throw turn.error;
  return turn;
}
