import {
  type AssistantBlock,
  type AssistantMessage,
  type AssistantTurnParts,
  cacheRules,
  chatPrefixBlocks,
  checkRequest,
  type DecodedTurn,
  type Family,
  type Model,
  type ModelRequest,
  malformedCounts,
  ProviderError,
  type StreamDecoder,
  type StreamEvent,
  type StreamOptions,
  sendExchange,
  singly,
  unmarkedWarnings,
  type WarningEvent,
  withoutTransient,
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
 * Makes a model of any stream function. Counters its turn lacks, or that are no counts, are not reported; a warning names the latter.
 * It is given the request's cache policy, and what it makes of that nobody knows: a warning says that no mark is placed.
 * If it throws, ends without a turn, or does not heed its signal, the turn says so instead: such a function keeps the promise of every model.
 */
export function modelFromStream({ id, family = 'custom', stream }: StreamModelOptions): Model {
  return {
    id,
    family,
    prefixBlocks(request) {
      const { system, tools = [], messages } = withoutTransient(request);
      return chatPrefixBlocks({
        tools,
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      });
    },
    planMarks: (request) => {
      // For what it refuses.
      unmarkedWarnings(request, UNMARKED);
      return [];
    },
    stream(request, options = {}) {
      checkRequest(request, []);
      return sendExchange({
        ...options,
        open: async (signal) => singly(stream(request, { ...options, signal })),
        decoder: createLooseDecoder(id, family),
        readError: (error) => streamFailure(error, id),
        warnings: unmarkedWarnings(request, UNMARKED),
      });
    },
  };
}

/** Whatever its family: where marks stand in what the function sends is not known here. */
const UNMARKED = cacheRules('custom', '');

/** Passes events on, and completes the turn. Of a stream that ends without one, the blocks that ended are kept, and unfinished text. */
function createLooseDecoder(model: string, family: Family): StreamDecoder<LooseStreamEvent> {
  const blocks = new Map<number, AssistantBlock>();
  const texts = new Map<number, string[]>();
  let last: AssistantTurnParts | undefined;

  function keptMessage(): AssistantMessage {
    for (const [index, pieces] of texts) {
      if (!blocks.has(index)) blocks.set(index, { type: 'text', text: pieces.join('') });
    }
    const content = [...blocks].toSorted(([a], [b]) => a - b).map(([, block]) => block);
    return { role: 'assistant', content };
  }

  return {
    decode(event) {
      if (event.type === 'assistant-turn') {
        last = event.turn;
        return [];
      }
      if (event.type === 'block-end') blocks.set(event.blockIndex, event.block);
      if (event.type === 'text-delta' && event.text !== '') {
        const pieces = texts.get(event.blockIndex);
        if (pieces) pieces.push(event.text);
        else texts.set(event.blockIndex, [event.text]);
      }
      return [event];
    },
    finish: () => ({
      family,
      model,
      ...(last ? { ...decodedTurn(last), warnings: countWarnings(last) } : { message: keptMessage() }),
    }),
  };
}

function decodedTurn({ stopReason = 'end-turn', error, ...parts }: AssistantTurnParts): DecodedTurn {
  if (error) return { ...parts, error };
  if (stopReason === 'aborted')
    return { ...parts, error: new ProviderError('provider/aborted', 'The call was aborted.') };
  if (stopReason === 'error') return { ...parts, error: new ProviderError('provider/server', 'The call failed.') };
  return { ...parts, stopReason };
}

function countWarnings(parts: AssistantTurnParts): readonly WarningEvent[] {
  const counts = malformedCounts(parts);
  if (counts.length === 0) return [];
  const message = `The turn has ${counts.join(', ')}; a whole number of at least 0 is a count, and these are taken as not reported.`;
  return [{ type: 'warning', code: 'usage/malformed-count', message }];
}

function streamFailure(error: unknown, modelId: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProviderError('provider/network', `The stream function of model ${modelId} failed: ${message}`, {
    cause: error,
  });
}
