import {
  type AssistantTurn,
  type AssistantTurnParts,
  assistantTurn,
  chatPrefixBlocks,
  type Family,
  type Model,
  type ModelRequest,
  ProviderError,
  type StreamEvent,
  type StreamOptions,
} from '@reprise/providers';

/** What a stream function of one's own may yield: its last event needs no more than a message. */
export type LooseStreamEvent =
  | Exclude<StreamEvent, { type: 'assistant-turn' }>
  | { readonly type: 'assistant-turn'; readonly turn: AssistantTurnParts };

export interface StreamModelOptions {
  readonly id: string;
  /** Default `custom`. Cache rules and prices go by it. */
  readonly family?: Family;
  stream(request: ModelRequest, options: StreamOptions): AsyncIterable<LooseStreamEvent>;
}

/**
 * Makes a model of any stream function. Counters its turn lacks are not reported.
 * If it throws, or ends without a turn, the turn says so instead: such a function keeps the promise of every model.
 */
export function modelFromStream(options: StreamModelOptions): Model {
  const { id, family = 'custom' } = options;
  const complete = (parts: AssistantTurnParts): AssistantTurn => assistantTurn({ family, model: id, ...parts });

  return {
    id,
    family,
    prefixBlocks: ({ system, tools = [], messages }) =>
      chatPrefixBlocks({
        tools,
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      }),
    async *stream(request, streamOptions = {}) {
      const startedAt = Date.now();
      let failure = new ProviderError(
        'provider/stream-cut',
        `The stream function of model ${id} ended without an assistant-turn event.`,
      );
      try {
        for await (const event of options.stream(request, streamOptions)) {
          if (event.type !== 'assistant-turn') {
            yield event;
            continue;
          }
          yield { type: 'assistant-turn', turn: complete(event.turn) };
          return;
        }
      } catch (error) {
        failure = streamFailure(error, id);
      }
      if (streamOptions.signal?.aborted) failure = new ProviderError('provider/aborted', 'The call was aborted.');
      yield {
        type: 'assistant-turn',
        turn: complete({
          message: { role: 'assistant', content: [] },
          stopReason: failure.code === 'provider/aborted' ? 'aborted' : 'error',
          timing: { startedAt, durationMs: Date.now() - startedAt },
          error: failure,
        }),
      };
    },
  };
}

function streamFailure(error: unknown, modelId: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProviderError('provider/network', `The stream function of model ${modelId} failed: ${message}`, {
    cause: error,
  });
}
