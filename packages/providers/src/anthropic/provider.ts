import { cacheRules } from '../cache/family-rules.ts';
import { planWarnings } from '../cache/plan/plan-note.ts';
import type { BreakpointPlan } from '../cache/plan-breakpoints.ts';
import { planRequest } from '../cache/plan-request.ts';
import type { PrefixBlock } from '../cache/prefix.ts';
import type { Model, ModelStream, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import { withoutTransient } from '../transient.ts';
import { type ClientSource, clientFrom } from '../transport/load-sdk.ts';
import { type KeyedOptions, sdkOptions } from '../transport/sdk-options.ts';
import { type ExchangeOptions, sendExchange } from '../transport/send.ts';
import { withoutProofs } from '../transport/unbound-thoughts.ts';
import { clientSecrets } from '../transport/withhold.ts';
import { checkAnthropicBody, checkAnthropicMedia, checkAnthropicRequest } from './check-request.ts';
import { createAnthropicDecoder } from './decode/decode-stream.ts';
import { readAnthropicError } from './decode/read-error.ts';
import { type PendingResponse, readEvents } from './decode/read-response.ts';
import { bodyText } from './encode/body-text.ts';
import { anthropicCacheParameters } from './encode/cache-parameters.ts';
import { encodeRequest } from './encode/encode-request.ts';
import { hasMarks, placeMarks } from './encode/place-marks.ts';
import { withPrefill } from './encode/prefill.ts';
import { bodyPrefixBlocks } from './encode/prefix-blocks.ts';
import { transientCost } from './encode/transient.ts';
import { type AnthropicHost, hostOf } from './host.ts';
import type { MessagesBody } from './wire.ts';

/** What is needed of a client: the SDK's own, or one for Bedrock or Vertex. */
export interface AnthropicClient {
  readonly messages: {
    create(
      body: { readonly model: string; readonly max_tokens: number; readonly messages: unknown; readonly stream: true },
      options: {
        readonly signal: AbortSignal;
        readonly maxRetries: number;
        readonly timeout?: number;
        /** The body as it is to be sent, from the providers of this package alone. */
        readonly body?: string;
        readonly headers?: Readonly<Record<string, string>>;
      },
    ): PendingResponse;
  };
}

export interface AnthropicStreamOptions extends ExchangeOptions {
  /** The vendor's name of the model. */
  readonly model: string;
}

export interface AnthropicOptions extends KeyedOptions {
  /** Default: the environment's `ANTHROPIC_API_KEY`. */
  readonly apiKey?: string;
  /** Without `/v1`, which the SDK adds. */
  readonly baseURL?: string;
}

/**
 * One call to the Messages API. Throws `provider/invalid-request` at once for a request the vendor is sure to refuse; nothing is
 * sent before the first event is asked for, and after that nothing is thrown.
 */
export function streamAnthropic(
  client: AnthropicClient,
  request: ModelRequest,
  options: AnthropicStreamOptions,
): ModelStream {
  return streamFrom(endpointOf(client), request, options);
}

/** Where requests go. The host is known before the client is made. */
interface Endpoint {
  readonly openClient: ClientSource<AnthropicClient>;
  readonly host: AnthropicHost;
  /** Whether the client sends a body that is JSON already. Other clients, such as Bedrock's, read and change what they are given. */
  readonly takesText: boolean;
}

function endpointOf(client: AnthropicClient): Endpoint {
  return { openClient: async () => client, host: hostOf(client), takesText: false };
}

function streamFrom(
  { openClient, host, takesText }: Endpoint,
  request: ModelRequest,
  { model, ...options }: AnthropicStreamOptions,
): ModelStream {
  checkAnthropicRequest(request, model);
  const encoded = encodeRequest(request, model, host);
  checkAnthropicBody(encoded, model);
  const { body, prefill, warnings } = encoded;
  const plan = planMarks(body, request, { model, host });
  const markedBody = withPrefill(placeMarks(body, plan.marks), prefill);
  const cost = transientCost(request, encoded, model);
  const decoder = createAnthropicDecoder(encoded);
  const { clock = Date.now, timeoutMs } = options;
  let client: AnthropicClient | undefined;
  return sendExchange({
    ...options,
    // Retries are the caller's, so that each attempt is known. The SDK's own time limit would cut a longer one short.
    open: async (signal) => {
      client = await openClient();
      const { messages } = client;
      const sent = { ...markedBody, stream: true } as const;
      const limits = { signal, maxRetries: 0, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) };
      if (!takesText) return readEvents(messages.create(sent, limits));
      const text = { body: bodyText(sent, body.messages), headers: JSON_TYPE };
      return readEvents(messages.create(withoutHistory(sent), { ...limits, ...text }));
    },
    decoder: cost.losesThoughts ? withoutProofs(decoder) : decoder,
    readError: (error) => readAnthropicError(error, clock()),
    secrets: () => clientSecrets(client),
    warnings: [...planWarnings(plan), ...cost.warnings, ...warnings],
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** What the SDK has to know of a body that it is given as text. It looks through every message and tool for those its own helpers made. */
function withoutHistory<Body extends MessagesBody>({ tools: _tools, ...body }: Body) {
  return { ...body, messages: [] };
}

function planMarks(
  body: MessagesBody,
  request: ModelRequest,
  { model, host }: { readonly model: string; readonly host: AnthropicHost },
  blocks?: readonly PrefixBlock[],
): BreakpointPlan {
  return planRequest(request, cacheRules('anthropic', model, { host }), (asked) => {
    if (asked === request) return { blocks: blocks ?? bodyPrefixBlocks(body), hasMarks: hasMarks(body) };
    const encoded = encodeRequest(asked, model, host).body;
    return { blocks: bodyPrefixBlocks(encoded), hasMarks: hasMarks(encoded) };
  });
}

/** A model behind a client of yours. */
export function anthropicModel(client: AnthropicClient, id: string): Model {
  return modelFrom(endpointOf(client), id);
}

function modelFrom(endpoint: Endpoint, id: string): Model {
  const encode = (request: ModelRequest) => {
    // A file without a place in the request is refused wherever blocks are made of it, as by the other adapters' encoders.
    checkAnthropicMedia(request.messages);
    return encodeRequest(request, id, endpoint.host).body;
  };
  return {
    id,
    family: 'anthropic',
    stream: (request, options) => streamFrom(endpoint, request, { ...options, model: id }),
    prefixBlocks: (request) => bodyPrefixBlocks(encode(withoutTransient(request))),
    planMarks: (request, blocks) =>
      planMarks(encode(request), request, { model: id, host: endpoint.host }, blocks).marks,
    cacheParameters: (request) => anthropicCacheParameters(encode(withoutTransient(request))),
  };
}

/** Claude models on Anthropic's own API. Throws `provider/missing-credentials` if there is no API key. */
export function anthropic(options: AnthropicOptions = {}): Provider {
  const settings = sdkOptions(options, { vendor: 'Anthropic', factory: 'anthropic', variable: 'ANTHROPIC_API_KEY' });
  const openClient = clientFrom(
    '@anthropic-ai/sdk',
    () => import('@anthropic-ai/sdk'),
    ({ Anthropic }) => new Anthropic(settings),
  );
  // The SDK reads the same variable.
  const baseURL = options.baseURL ?? process.env['ANTHROPIC_BASE_URL'] ?? 'https://api.anthropic.com';
  const endpoint: Endpoint = { openClient, host: hostOf({ baseURL }), takesText: true };
  return { model: (id) => modelFrom(endpoint, id) };
}
