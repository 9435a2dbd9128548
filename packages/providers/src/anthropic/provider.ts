import { cacheRules } from '../cache/family-rules.ts';
import { type BreakpointPlan, planBreakpoints, planWarnings } from '../cache/plan-breakpoints.ts';
import type { Model, ModelStream, Provider } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import { type ClientSource, clientFrom } from '../transport/load-sdk.ts';
import { type KeyedOptions, sdkOptions } from '../transport/sdk-options.ts';
import { type ExchangeOptions, sendExchange } from '../transport/send.ts';
import { checkAnthropicRequest } from './check-request.ts';
import { createAnthropicDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';
import { hasMarks, placeMarks } from './place-marks.ts';
import { anthropicPrefixBlocks } from './prefix-blocks.ts';
import { readAnthropicError } from './read-error.ts';
import { type PendingResponse, readEvents } from './read-response.ts';
import type { MessagesBody } from './wire.ts';

/** What is needed of a client: the SDK's own, or one for Bedrock or Vertex. */
export interface AnthropicClient {
  readonly messages: {
    create(
      body: { readonly model: string; readonly max_tokens: number; readonly messages: unknown; readonly stream: true },
      options: { readonly signal: AbortSignal; readonly maxRetries: number; readonly timeout?: number },
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
  return streamFrom(async () => client, request, options);
}

function streamFrom(
  openClient: ClientSource<AnthropicClient>,
  request: ModelRequest,
  { model, ...options }: AnthropicStreamOptions,
): ModelStream {
  checkAnthropicRequest(request);
  const { body, warnings } = encodeRequest(request, model);
  const plan = planMarks(body, request, model);
  const markedBody = placeMarks(body, plan.marks);
  const { clock = Date.now, timeoutMs } = options;
  return sendExchange({
    ...options,
    // Retries are the caller's, so that each attempt is known. The SDK's own time limit would cut a longer one short.
    open: async (signal) => {
      const { messages } = await openClient();
      return readEvents(
        messages.create(
          { ...markedBody, stream: true },
          { signal, maxRetries: 0, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) },
        ),
      );
    },
    decoder: createAnthropicDecoder(),
    readError: (error) => readAnthropicError(error, clock()),
    warnings: [...planWarnings(plan), ...warnings],
  });
}

/** Marks that the caller placed by hand stand alone: with planned ones beside them there could be too many, or a lifetime out of order. */
function planMarks(body: MessagesBody, { cache }: ModelRequest, model: string): BreakpointPlan {
  const plan = planBreakpoints(anthropicPrefixBlocks(body), cache ?? 'auto', cacheRules('anthropic', model));
  if (!hasMarks(body)) return plan;
  if (cache === undefined || cache === 'none') return { marks: [], notes: [] };
  const message = 'No cache mark was planned: the request carries marks of its own.';
  return { marks: [], notes: [{ code: 'cache/mark-not-placed', cause: 'own-marks', message }] };
}

/** A model behind a client of yours. */
export function anthropicModel(client: AnthropicClient, id: string): Model {
  return modelFrom(async () => client, id);
}

function modelFrom(openClient: ClientSource<AnthropicClient>, id: string): Model {
  const encode = (request: ModelRequest) => encodeRequest(request, id).body;
  return {
    id,
    family: 'anthropic',
    stream: (request, options) => streamFrom(openClient, request, { ...options, model: id }),
    prefixBlocks: (request) => anthropicPrefixBlocks(encode(request)),
    planMarks: (request) => planMarks(encode(request), request, id).marks,
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
  return { model: (id) => modelFrom(openClient, id) };
}
