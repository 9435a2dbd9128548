import { isOpenAIs } from '../cache/family-rules.ts';
import { planWarnings } from '../cache/plan/plan-note.ts';
import { checkRequest } from '../check-request.ts';
import type { Model, ModelStream, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import type { WarningEvent } from '../stream-event.ts';
import { transientMessages, withoutTransient } from '../transient.ts';
import { type ClientSource, clientFrom } from '../transport/load-sdk.ts';
import { singly } from '../transport/read-stream.ts';
import { type KeyedOptions, sdkOptions } from '../transport/sdk-options.ts';
import { type ExchangeOptions, type StreamDecoder, sendExchange } from '../transport/send.ts';
import { withoutProofs } from '../transport/unbound-thoughts.ts';
import { clientSecrets } from '../transport/withhold.ts';
import { openaiCacheParameters } from './cache-parameters.ts';
import { createChatDecoder } from './chat/decode-stream.ts';
import { encodeRequest } from './chat/encode-request.ts';
import { chatCacheRules, chatRequestBlocks, placeChatMarks, planChatMarks } from './chat/place-marks.ts';
import { readOpenAIError } from './read-error.ts';
import { readChunks } from './read-response.ts';
import { checkResponsesRequest } from './responses/check-request.ts';
import { createResponsesDecoder } from './responses/decode-stream.ts';
import { encodeRequest as encodeResponsesRequest } from './responses/encode-request.ts';
import { placeResponsesMarks, planResponsesMarks, responsesCacheRules } from './responses/place-marks.ts';
import { responsesPrefixBlocks } from './responses/prefix-blocks.ts';
import { type ChatVendor, vendorNamed, vendorOf } from './vendors.ts';

/** What is needed of a client: the SDK's own, or its Azure variant. */
export interface OpenAIChatClient {
  /** Tells the vendor, where `vendor` does not. */
  readonly baseURL?: string | null;
  readonly chat: {
    readonly completions: {
      create(
        body: { readonly model: string; readonly messages: unknown; readonly stream: true },
        options: CallOptions,
      ): PendingResponse;
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
  readonly headers?: Readonly<Record<string, string>>;
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
 * One call to a Chat Completions endpoint. Throws at once: `provider/invalid-request` for what the vendor is sure to refuse,
 * `provider/unsupported` or `provider/unsupported-media` for what the format has no place for. Nothing is sent before the first event
 * is asked for, and after that nothing is thrown.
 */
export function streamOpenAIChat(
  client: OpenAIChatClient,
  request: ModelRequest,
  { vendor, ...options }: OpenAIChatStreamOptions,
): ModelStream {
  return streamChat(async () => client, request, { ...options, vendor: chooseVendor(client.baseURL, vendor) });
}

/**
 * One call to a Responses endpoint. Throws `provider/unsupported` at once for a request the format has no place for; nothing is sent
 * before the first event is asked for, and after that nothing is thrown.
 */
export function streamOpenAIResponses(
  client: OpenAIResponsesClient,
  request: ModelRequest,
  { vendor, ...options }: OpenAIResponsesStreamOptions,
): ModelStream {
  return streamResponses(async () => client, request, { ...options, vendor: chooseVendor(client.baseURL, vendor) });
}

/** A model behind a client of yours. */
export function openaiChatModel(client: OpenAIChatClient, id: string, { vendor }: OpenAIChatOptions = {}): Model {
  return chatModel(async () => client, id, chooseVendor(client.baseURL, vendor));
}

/** A Responses model behind a client of yours. */
export function openaiResponsesModel(
  client: OpenAIResponsesClient,
  id: string,
  { vendor }: OpenAIChatOptions = {},
): Model {
  return responsesModel(async () => client, id, chooseVendor(client.baseURL, vendor));
}

/** Models behind OpenAI's Chat Completions, or any compatible server. Throws `provider/missing-credentials` if there is no API key. */
export function openai(options: OpenAIOptions = {}): Provider {
  const { openClient, vendor } = openaiClient(options, 'openai');
  return { model: (id) => chatModel(openClient, id, vendor) };
}

/** Models behind OpenAI's Responses, or any compatible server. Throws `provider/missing-credentials` if there is no API key. */
export function openaiResponses(options: OpenAIOptions = {}): Provider {
  const { openClient, vendor } = openaiClient(options, 'openaiResponses');
  return { model: (id) => responsesModel(openClient, id, vendor) };
}

function openaiClient(options: OpenAIOptions, factory: string) {
  const settings = sdkOptions(options, { vendor: 'OpenAI', factory, variable: 'OPENAI_API_KEY' });
  // The SDK's own default.
  const baseURL = settings.baseURL ?? process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1';
  const openClient = clientFrom(
    'openai',
    () => import('openai'),
    ({ OpenAI }) => new OpenAI({ ...settings, baseURL }),
  );
  return { openClient, vendor: chooseVendor(baseURL, options.vendor) };
}

/** What a call is sent with once the vendor is known. */
interface VendorCall extends ExchangeOptions {
  readonly model: string;
  readonly vendor: ChatVendor;
}

function streamChat(
  openClient: ClientSource<OpenAIChatClient>,
  request: ModelRequest,
  { model, vendor, ...options }: VendorCall,
): ModelStream {
  checkRequest(request, ['messages', 'stream']);
  const { body, headers, warnings: adapted } = encodeRequest(request, model, vendor);
  const plan = planChatMarks(request, model, vendor, { body });
  const markedBody = placeChatMarks(body, plan.marks, chatCacheRules(model, vendor));
  const warnings = [...planWarnings(plan), ...adapted];
  const chatDecoder = createChatDecoder({ model, vendor: vendor.name, prefill: request.prefill });
  const decoder = losesThoughts(request, model) ? withoutProofs(chatDecoder) : chatDecoder;
  return exchange({ ...options, warnings, decoder }, openClient, ({ chat }, callOptions) =>
    chat.completions.create(markedBody, { ...callOptions, headers }),
  );
}

/** Whether the answer's thoughts are bound to a message that the next request lacks, as those of newer Claude models are behind a gateway. */
function losesThoughts(request: ModelRequest, model: string): boolean {
  return transientMessages(request).length > 0 && BINDS_THOUGHTS.test(model);
}

const BINDS_THOUGHTS = /claude-(fable-5[-.][12]|mythos-5[-.]2|(opus|sonnet|haiku)-5[-.]5)(?!\d)/;

function streamResponses(
  openClient: ClientSource<OpenAIResponsesClient>,
  request: ModelRequest,
  { model, vendor, ...options }: VendorCall,
): ModelStream {
  checkResponsesRequest(request);
  const { body, warnings: adapted } = encodeResponsesRequest(request, model);
  const plan = planResponsesMarks(request, model, vendor, { body });
  const markedBody = placeResponsesMarks(body, plan.marks, responsesCacheRules(model, vendor));
  const warnings = [...planWarnings(plan), ...adapted];
  const decoder = createResponsesDecoder({ model, vendor: vendor.name });
  return exchange({ ...options, warnings, decoder }, openClient, ({ responses }, callOptions) =>
    responses.create(markedBody, callOptions),
  );
}

function chatModel(openClient: ClientSource<OpenAIChatClient>, id: string, vendor: ChatVendor): Model {
  return {
    id,
    family: 'openai-chat',
    stream: (request, options) => streamChat(openClient, request, { ...options, model: id, vendor }),
    prefixBlocks: (request) => chatRequestBlocks(request, id, vendor),
    planMarks: (request, blocks) => planChatMarks(request, id, vendor, { blocks }).marks,
    ...parametersOf(id, vendor, (request) => encodeRequest(request, id, vendor).body),
  };
}

function responsesModel(openClient: ClientSource<OpenAIResponsesClient>, id: string, vendor: ChatVendor): Model {
  return {
    id,
    family: 'openai-responses',
    stream: (request, options) => streamResponses(openClient, request, { ...options, model: id, vendor }),
    prefixBlocks: (request) => responsesPrefixBlocks(encodeResponsesRequest(withoutTransient(request), id).body),
    planMarks: (request, blocks) => planResponsesMarks(request, id, vendor, { blocks }).marks,
    ...parametersOf(id, vendor, (request) => encodeResponsesRequest(request, id).body),
  };
}

/** What other vendors' caches lose with a setting is not documented. */
function parametersOf(
  id: string,
  { name }: ChatVendor,
  encode: (request: ModelRequest) => unknown,
): Pick<Model, 'cacheParameters'> {
  return isOpenAIs(id, name) ? { cacheParameters: (request) => openaiCacheParameters(encode(request)) } : {};
}

function exchange<Client>(
  options: ExchangeOptions & {
    readonly warnings: readonly WarningEvent[];
    readonly decoder: StreamDecoder<unknown>;
  },
  openClient: ClientSource<Client>,
  create: (client: Client, options: CallOptions) => PendingResponse,
): ModelStream {
  const { clock = Date.now, timeoutMs } = options;
  let client: Client | undefined;
  return sendExchange({
    ...options,
    // Retries are the caller's, so that each attempt is known. The SDK's own time limit would cut a longer one short.
    open: async (signal) => {
      client = await openClient();
      return openStream(
        create(client, { signal, maxRetries: 0, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) }),
      );
    },
    readError: (error) => readOpenAIError(error, clock()),
    secrets: () => clientSecrets(client),
  });
}

function chooseVendor(baseURL: string | null | undefined, name: string | undefined): ChatVendor {
  return name === undefined ? vendorOf(baseURL) : vendorNamed(name);
}

/** A client that cannot hand out the response is iterated as it is. */
async function openStream(pending: PendingResponse): Promise<AsyncIterable<Iterable<unknown>>> {
  return pending.asResponse ? readChunks(await pending.asResponse()) : singly(await pending);
}
