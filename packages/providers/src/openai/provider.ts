import { OpenAI } from 'openai';
import { chatPrefixBlocks } from '../cache/chat-prefix.ts';
import { cacheRules } from '../cache/family-rules.ts';
import { unmarkedWarnings } from '../cache/plan-breakpoints.ts';
import type { Model, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import type { StreamEvent, WarningEvent } from '../stream-event.ts';
import { singly } from '../transport/read-stream.ts';
import { type KeyedOptions, sdkOptions } from '../transport/sdk-options.ts';
import { type ExchangeOptions, type StreamDecoder, sendExchange } from '../transport/send.ts';
import { createChatDecoder } from './chat/decode-stream.ts';
import { encodeRequest } from './chat/encode-request.ts';
import { readOpenAIError } from './read-error.ts';
import { readChunks } from './read-response.ts';
import { createResponsesDecoder } from './responses/decode-stream.ts';
import { encodeRequest as encodeResponsesRequest } from './responses/encode-request.ts';
import { responsesPrefixBlocks } from './responses/prefix-blocks.ts';
import { type ChatVendor, vendorNamed, vendorOf } from './vendors.ts';

/** What is needed of a client: the SDK's own, or its Azure variant. */
export interface OpenAIChatClient {
  /** Tells the vendor, where `vendor` does not. */
  readonly baseURL?: string | null;
  readonly chat: {
    readonly completions: {
      create(body: OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming, options: CallOptions): PendingResponse;
    };
  };
}

/** The same of a client that speaks Responses. */
export interface OpenAIResponsesClient {
  /** Tells the vendor, where `vendor` does not. */
  readonly baseURL?: string | null;
  readonly responses: {
    create(
      body: { readonly model?: unknown; readonly input?: unknown; readonly stream: true },
      options: CallOptions,
    ): PendingResponse;
  };
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly maxRetries: number;
  readonly timeout?: number;
}

/** The SDK's promise of a stream, which can also give the response itself. */
interface PendingResponse extends PromiseLike<AsyncIterable<unknown>> {
  asResponse?(): PromiseLike<Response>;
}

export interface OpenAIChatOptions {
  /** Who answers, such as `deepseek`: vendors count and name things differently. Default: read from the client's base URL. */
  readonly vendor?: string;
}

export interface OpenAIChatStreamOptions extends OpenAIChatOptions, ExchangeOptions {
  /** The vendor's name of the model. */
  readonly model: string;
}

export interface OpenAIOptions extends KeyedOptions, OpenAIChatOptions {
  /** Default: the environment's `OPENAI_API_KEY`. Servers that want none take any text. */
  readonly apiKey?: string;
  /** With `/v1` where the vendor has one. */
  readonly baseURL?: string;
}

export type OpenAIResponsesStreamOptions = OpenAIChatStreamOptions;

/**
 * One call to a Chat Completions endpoint. Throws `provider/unsupported` at once for a request the format has no place for; nothing is
 * sent before the first event is asked for, and after that nothing is thrown.
 */
export function streamOpenAIChat(
  client: OpenAIChatClient,
  request: ModelRequest,
  { model, vendor: vendorName, ...options }: OpenAIChatStreamOptions,
): AsyncIterable<StreamEvent> {
  const vendor = chooseVendor(client, vendorName);
  const body = encodeRequest(request, model, vendor);
  const warnings = unmarkedWarnings(request.cache, cacheRules('openai-chat', model));
  return exchange({ ...options, warnings }, createChatDecoder({ model, vendor: vendor.name }), (callOptions) =>
    client.chat.completions.create(body, callOptions),
  );
}

/**
 * One call to a Responses endpoint. Throws `provider/unsupported` at once for a request the format has no place for; nothing is sent
 * before the first event is asked for, and after that nothing is thrown.
 */
export function streamOpenAIResponses(
  client: OpenAIResponsesClient,
  request: ModelRequest,
  { model, vendor: vendorName, ...options }: OpenAIResponsesStreamOptions,
): AsyncIterable<StreamEvent> {
  const vendor = chooseVendor(client, vendorName);
  const body = encodeResponsesRequest(request, model);
  const warnings = unmarkedWarnings(request.cache, cacheRules('openai-responses', model));
  return exchange({ ...options, warnings }, createResponsesDecoder({ model, vendor: vendor.name }), (callOptions) =>
    client.responses.create(body, callOptions),
  );
}

/** A model behind a client of yours. */
export function openaiChatModel(client: OpenAIChatClient, id: string, options: OpenAIChatOptions = {}): Model {
  const vendor = chooseVendor(client, options.vendor);
  return {
    id,
    family: 'openai-chat',
    stream: (request, streamOptions) => streamOpenAIChat(client, request, { ...streamOptions, ...options, model: id }),
    prefixBlocks: (request) => chatPrefixBlocks(encodeRequest(request, id, vendor)),
  };
}

/** Models behind OpenAI's Chat Completions, or any compatible server. Throws `provider/missing-credentials` if there is no API key. */
export function openai(options: OpenAIOptions = {}): Provider {
  const client = new OpenAI(sdkOptions(options, { vendor: 'OpenAI', factory: 'openai', variable: 'OPENAI_API_KEY' }));
  const { vendor } = options;
  return { model: (id) => openaiChatModel(client, id, vendor === undefined ? {} : { vendor }) };
}

/** A Responses model behind a client of yours. */
export function openaiResponsesModel(
  client: OpenAIResponsesClient,
  id: string,
  options: OpenAIChatOptions = {},
): Model {
  return {
    id,
    family: 'openai-responses',
    stream: (request, streamOptions) =>
      streamOpenAIResponses(client, request, { ...streamOptions, ...options, model: id }),
    prefixBlocks: (request) => responsesPrefixBlocks(encodeResponsesRequest(request, id)),
  };
}

/** Models behind OpenAI's Responses, or any compatible server. Throws `provider/missing-credentials` if there is no API key. */
export function openaiResponses(options: OpenAIOptions = {}): Provider {
  const client = new OpenAI(
    sdkOptions(options, { vendor: 'OpenAI', factory: 'openaiResponses', variable: 'OPENAI_API_KEY' }),
  );
  const { vendor } = options;
  return { model: (id) => openaiResponsesModel(client, id, vendor === undefined ? {} : { vendor }) };
}

function exchange(
  options: ExchangeOptions & { readonly warnings: readonly WarningEvent[] },
  decoder: StreamDecoder<unknown>,
  create: (options: CallOptions) => PendingResponse,
): AsyncIterable<StreamEvent> {
  const { clock = Date.now, timeoutMs } = options;
  return sendExchange({
    ...options,
    // Retries are the caller's, so that each attempt is known. The SDK's own time limit would cut a longer one short.
    open: (signal) =>
      openStream(create({ signal, maxRetries: 0, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) })),
    decoder,
    readError: (error) => readOpenAIError(error, clock()),
  });
}

function chooseVendor(client: Pick<OpenAIChatClient, 'baseURL'>, name: string | undefined): ChatVendor {
  return name === undefined ? vendorOf(client.baseURL) : vendorNamed(name);
}

/** A client that cannot hand out the response is iterated as it is. */
async function openStream(pending: PendingResponse): Promise<AsyncIterable<Iterable<unknown>>> {
  return pending.asResponse ? readChunks(await pending.asResponse()) : singly(await pending);
}
