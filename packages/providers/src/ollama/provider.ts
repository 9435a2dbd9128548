import { chatPrefixBlocks } from '../cache/chat-prefix.ts';
import { cacheRules } from '../cache/family-rules.ts';
import { unmarkedWarnings } from '../cache/plan-breakpoints.ts';
import type { Model, ModelStream, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import { type ClientSource, clientFrom } from '../transport/load-sdk.ts';
import { singly } from '../transport/read-stream.ts';
import { type ExchangeOptions, sendExchange } from '../transport/send.ts';
import { createOllamaDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { readOllamaError } from './read-error.ts';
import type { ChatBody } from './wire.ts';

/** What is needed of a client: the vendor's own. */
export interface OllamaClient {
  chat(body: { readonly model: string; readonly stream: true }): PromiseLike<OllamaStream>;
}

interface OllamaStream extends AsyncIterable<unknown> {
  abort?(): void;
}

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
 * One call to `/api/chat`. Throws `provider/unsupported` at once for a request the format has no place for; nothing is sent before the
 * first event is asked for, and after that nothing is thrown.
 */
export function streamOllama(client: OllamaClient, request: ModelRequest, options: OllamaStreamOptions): ModelStream {
  return streamFrom(async () => client, request, options);
}

function streamFrom(
  openClient: ClientSource<OllamaClient>,
  request: ModelRequest,
  { model, ...options }: OllamaStreamOptions,
): ModelStream {
  const body = encodeRequest(request, model);
  const { clock = Date.now } = options;
  return sendExchange({
    ...options,
    open: async (signal) => {
      const stream = await withSignal(await openClient(), signal).chat(sentBody(body));
      // Leaving the stream does not close its socket; an exchange aborts its signal however it ends, and perhaps it has by now.
      if (signal.aborted) stream.abort?.();
      else signal.addEventListener('abort', () => stream.abort?.(), { once: true });
      return singly(readStream(stream, clock));
    },
    decoder: createOllamaDecoder({ model }),
    readError: (error) => readOllamaError(error, 'before-stream', clock()),
    warnings: unmarkedWarnings(request.cache, cacheRules('ollama', model)),
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
    prefixBlocks: (request) => chatPrefixBlocks(encodeRequest(request, id)),
    planMarks: () => [],
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

/**
 * A view of the client whose `fetch` carries a signal. The client takes none, and aborts nothing before the response's headers came
 * (0.6.4): without this, a server that never answers would keep its socket. Clients without a `fetch` are used as they are.
 */
function withSignal(client: OllamaClient, signal: AbortSignal): OllamaClient {
  const send: unknown = Reflect.get(client, 'fetch');
  if (typeof send !== 'function') return client;
  const fetchWithSignal = (url: unknown, init?: { readonly signal?: AbortSignal | null }) =>
    send(url, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal });
  return Object.create(client, { fetch: { value: fetchWithSignal } });
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

/** The stream's records. A plain error in their midst holds the server's own words. */
async function* readStream(stream: OllamaStream, clock: () => number): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    throw readOllamaError(error, 'in-stream', clock());
  }
}
