import { OpenAI } from 'openai';
import { chatPrefixBlocks } from '../cache/chat-prefix.ts';
import type { Model, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import type { StreamEvent } from '../stream-event.ts';
import { type KeyedOptions, sdkOptions } from '../transport/sdk-options.ts';
import { type ExchangeOptions, sendExchange } from '../transport/send.ts';
import { createChatDecoder } from './chat/decode-stream.ts';
import { encodeRequest } from './chat/encode-request.ts';
import { readOpenAIError } from './read-error.ts';
import { readChunks } from './read-response.ts';
import { type ChatVendor, vendorNamed, vendorOf } from './vendors.ts';

/** What is needed of a client: the SDK's own, or its Azure variant. */
export interface OpenAIChatClient {
  /** Tells the vendor, where `vendor` does not. */
  readonly baseURL?: string | null;
  readonly chat: {
    readonly completions: {
      create(
        body: OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming,
        options: { readonly signal: AbortSignal; readonly maxRetries: number; readonly timeout?: number },
      ): PendingResponse;
    };
  };
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
  const { clock = Date.now, timeoutMs } = options;
  return sendExchange({
    ...options,
    // Retries are the caller's, so that each attempt is known. The SDK's own time limit would cut a longer one short.
    open: (signal) =>
      openStream(
        client.chat.completions.create(body, {
          signal,
          maxRetries: 0,
          ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
        }),
      ),
    decoder: createChatDecoder({ model, vendor: vendor.name }),
    readError: (error) => readOpenAIError(error, clock()),
    warnings: [],
  });
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

function chooseVendor(client: OpenAIChatClient, name: string | undefined): ChatVendor {
  return name === undefined ? vendorOf(client.baseURL) : vendorNamed(name);
}

/** A client that cannot hand out the response is iterated as it is. */
async function openStream(pending: PendingResponse): Promise<AsyncIterable<unknown>> {
  return pending.asResponse ? readChunks(await pending.asResponse()) : pending;
}
