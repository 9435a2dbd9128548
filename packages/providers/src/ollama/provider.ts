import { chatPrefixBlocks } from '../cache/chat-prefix.ts';
import { cacheRules } from '../cache/family-rules.ts';
import { unmarkedWarnings } from '../cache/plan-request.ts';
import type { Model, ModelStream, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import { withoutTransient } from '../transient.ts';
import { type ClientSource, clientFrom } from '../transport/load-sdk.ts';
import { type ExchangeOptions, sendExchange } from '../transport/send.ts';
import { clientSecrets } from '../transport/withhold.ts';
import { checkOllamaRequest } from './check-request.ts';
import { createOllamaDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { readOllamaError } from './read-error.ts';
import { type OllamaClient, readRecords } from './read-response.ts';
import type { ChatBody } from './wire.ts';

export type { OllamaClient } from './read-response.ts';

export interface OllamaStreamOptions extends ExchangeOptions {
  /** The model's name on the server, such as `qwen3:14b`. */
  readonly model: string;
}

export interface OllamaOptions {
  /** Default: the environment's `OLLAMA_HOST`, else `http://127.0.0.1:11434`. */
  readonly host?: string;
  readonly fetch?: typeof fetch;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One call to `/api/chat`. Throws `provider/unsupported` at once for a request the format has no place for, and
 * `provider/invalid-request` for one that is sure to be refused; nothing is sent before the first event is asked for, and after that
 * nothing is thrown.
 */
export function streamOllama(client: OllamaClient, request: ModelRequest, options: OllamaStreamOptions): ModelStream {
  return streamFrom(async () => client, request, options);
}

function streamFrom(
  openClient: ClientSource<OllamaClient>,
  request: ModelRequest,
  { model, ...options }: OllamaStreamOptions,
): ModelStream {
  checkOllamaRequest(request);
  const { body, warnings } = encodeRequest(request, model);
  const { clock = Date.now } = options;
  let client: OllamaClient | undefined;
  return sendExchange({
    ...options,
    open: async (signal) => {
      client = await openClient();
      return readRecords(client, sentBody(body), { signal, clock });
    },
    decoder: createOllamaDecoder({ model, prefill: request.prefill }),
    readError: (error) => readOllamaError(error, 'before-stream', clock()),
    secrets: () => clientSecrets(client),
    warnings: [...unmarkedWarnings(request, cacheRules('ollama', model)), ...warnings],
  });
}

/** A model behind a client of yours. */
export function ollamaModel(client: OllamaClient, id: string): Model {
  return modelFrom(async () => client, id);
}

function modelFrom(openClient: ClientSource<OllamaClient>, id: string): Model {
  return {
    id,
    family: 'ollama',
    stream: (request, options) => streamFrom(openClient, request, { ...options, model: id }),
    // A prefill is no part of what the next request begins with: the answer that goes on from it is.
    prefixBlocks: ({ prefill: _prefill, ...request }) =>
      chatPrefixBlocks(encodeRequest(withoutTransient(request), id).body),
    planMarks: (request) => {
      // For what it refuses.
      unmarkedWarnings(request, cacheRules('ollama', id));
      return [];
    },
  };
}

/** Models of an Ollama server. There are no credentials; a server that wants some takes them in `headers`. */
export function ollama(options: OllamaOptions = {}): Provider {
  const settings = {
    host: options.host ?? process.env['OLLAMA_HOST'] ?? '',
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
  };
  const openClient = clientFrom(
    'ollama',
    () => import('ollama'),
    ({ Ollama }) => new Ollama(settings),
  );
  return { model: (id) => modelFrom(openClient, id) };
}

/** The client writes into the body it is given. And it reads an image that is a string from disk, if a file of that name exists. */
function sentBody(body: ChatBody): { readonly model: string; readonly stream: true } {
  const messages = body.messages.map(({ images, ...message }) =>
    images
      ? { ...message, images: images.map((image) => new Uint8Array(Buffer.from(image, 'base64'))) }
      : { ...message },
  );
  const sent = { ...body, messages };
  return sent;
}
