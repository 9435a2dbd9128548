/**
 * A Responses stream, event by event, as the events and the turn of ours. A whole response is read as its own terminal event.
 *
 * Owns: which wire event means what, and when the response is complete.
 * Leaves to `decode-items.ts`: the content. To `item-text.ts`: what is kept for replay. To `decode-usage.ts`: reading counters. To
 * `decode-diagnostics.ts`: what the vendor says of its cache.
 *
 * N1. Complete means that the response itself was seen with the status `completed` or `incomplete`.
 * N2. Items count as `response.output_item.done` gave them. The terminal event repeats them with reasoning encrypted anew, and is read
 *     for those that no event finished.
 * N3. A failed response names its error itself; an `error` event before it is a first guess.
 * N4. An event without a word here is passed on as it came, unless it only repeats what others say. No malformed value makes the decoder
 *     throw.
 */

import type { WireKey } from '../../assemble-message.ts';
import type { CacheDiagnostics } from '../../cache/diagnostics.ts';
import { ProviderError } from '../../errors.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import type { StreamEvent, WarningEvent } from '../../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../../transport/send.ts';
import { readServiceTier } from '../billing.ts';
import { readOpenAIError } from '../read-error.ts';
import { vendorNamed } from '../vendors.ts';
import { readDiagnostics } from './decode-diagnostics.ts';
import { createItemDecoder, type ItemDecoder, readText, type WireObject } from './decode-items.ts';
import { responsesUsageFindings, tokensFromOpenAIResponses } from './decode-usage.ts';

interface DecoderState {
  readonly vendor: string;
  readonly items: ItemDecoder;
  responseId: string | undefined;
  model: string;
  serviceTier: string | undefined;
  usage: WireObject | undefined;
  toolUsage: unknown;
  diagnostics: CacheDiagnostics | undefined;
  /** Of a response that came to its own end; `incompleteReason` says why, if that was early. */
  isComplete: boolean;
  incompleteReason: string;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it what `responses.create` gives, events or a whole response. */
export function createResponsesDecoder(options: {
  readonly model: string;
  readonly vendor: string;
}): StreamDecoder<unknown> {
  const { runsCustomTools = false } = vendorNamed(options.vendor);
  const state: DecoderState = {
    vendor: options.vendor,
    items: createItemDecoder({ runsCustomTools, responseKey: () => state.responseId ?? '' }),
    responseId: undefined,
    model: options.model,
    serviceTier: undefined,
    usage: undefined,
    toolUsage: undefined,
    diagnostics: undefined,
    isComplete: false,
    incompleteReason: '',
    error: undefined,
  };
  return {
    decode: (event) => decodeEvent(state, asObject(event) ?? {}),
    finish: () => decodedTurn(state),
  };
}

function decodeEvent(state: DecoderState, event: WireObject): readonly StreamEvent[] {
  const { items } = state;
  const key = itemKey(event);
  const part = partIndex(event['content_index']);
  const delta = readText(event['delta']);
  switch (event['type']) {
    case 'response.output_item.added':
      return items.begin(key, asObject(event['item']) ?? {});
    case 'response.output_text.delta':
      return items.text(key, 'text', part, delta);
    case 'response.refusal.delta':
      return items.text(key, 'refusal', part, delta);
    case 'response.output_text.annotation.added':
      return items.annotation(key, part, event['annotation']);
    case 'response.reasoning_summary_text.delta':
      return items.text(key, 'summary', partIndex(event['summary_index']), delta);
    case 'response.reasoning_text.delta':
      return items.text(key, 'reasoning', part, delta);
    case 'response.function_call_arguments.delta':
      return items.arguments(key, delta);
    case 'response.output_item.done':
      return items.finish(key, asObject(event['item']) ?? {});
    case 'error':
      // Its fields stand in the event itself, or in an object of their own.
      readWireError(state, event['error'] ?? event);
      return [];
    default:
      return decodeSnapshot(state, event);
  }
}

/** The events of the response as a whole carry it; a whole response is one. */
function decodeSnapshot(state: DecoderState, event: WireObject): readonly StreamEvent[] {
  const response = asObject(event['response']) ?? (event['object'] === 'response' ? event : undefined);
  if (response)
    return readResponse(state, response, response['status'] ?? readText(event['type']).replace('response.', ''));
  if (event['error'] !== undefined && event['error'] !== null) readWireError(state, event['error']);
  else if (Array.isArray(event['choices'])) state.error ??= answeredAsChat();
  else if (isNews(event['type']))
    return [{ type: 'vendor-event', family: 'openai-responses', event: event as JsonObject }];
  return [];
}

function isNews(type: unknown): boolean {
  return typeof type === 'string' && !REPEATED_EVENTS.has(type);
}

/** Events that say nothing which deltas, items or the response as a whole do not say, too. */
const REPEATED_EVENTS: ReadonlySet<string> = new Set([
  'keepalive',
  'response.content_part.added',
  'response.content_part.done',
  'response.custom_tool_call_input.delta',
  'response.custom_tool_call_input.done',
  'response.function_call_arguments.done',
  'response.output_text.done',
  'response.reasoning_summary_part.added',
  'response.reasoning_summary_part.done',
  'response.reasoning_summary_text.done',
  'response.reasoning_text.done',
  'response.refusal.done',
]);

function readResponse(state: DecoderState, response: WireObject, status: unknown): readonly StreamEvent[] {
  state.responseId = readText(response['id']) || state.responseId;
  state.model = readText(response['model']) || state.model;
  state.serviceTier = readServiceTier(response) ?? state.serviceTier;
  state.usage = asObject(response['usage']) ?? state.usage;
  state.toolUsage = response['tool_usage'] ?? state.toolUsage;
  state.diagnostics = readDiagnostics(response['prompt_cache_diagnostics']) ?? state.diagnostics;
  switch (status) {
    case 'completed':
    case 'incomplete':
      state.isComplete = true;
      state.incompleteReason = readText(asObject(response['incomplete_details'])?.['reason']);
      break;
    case 'failed':
    case 'cancelled':
      readWireError(state, response['error'] ?? { message: `The response was ${status}.` });
      break;
    default:
      return [];
  }
  return asArray(response['output']).flatMap((item, index) => state.items.finish(index, asObject(item) ?? {}));
}

function readWireError(state: DecoderState, error: unknown): void {
  const message = typeof error === 'string' ? error : JSON.stringify(error);
  state.error = readOpenAIError({ error: asObject(error) ?? { message } }, 0);
}

/** Some hosts serve both wires at one address (Azure, 2026-06). Asking again gives the same. */
function answeredAsChat(): ProviderError {
  return new ProviderError(
    'provider/malformed-stream',
    'The server answered in the Chat Completions format; use the Chat Completions form of this model.',
  );
}

function decodedTurn(state: DecoderState): DecodedTurn {
  const { items, responseId, usage, toolUsage, diagnostics, vendor, error, serviceTier } = state;
  return {
    message: items.message(responseId),
    family: 'openai-responses',
    model: state.model,
    ...(responseId === undefined ? {} : { responseId }),
    ...(state.isComplete ? { stopReason: readStopReason(state) } : {}),
    ...(error === undefined ? {} : { error }),
    tokens: tokensFromOpenAIResponses(usage, { vendor, toolUsage }),
    usageState: usage === undefined ? 'none' : 'final',
    rawUsage: usage ?? null,
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
    warnings: [
      ...incompleteWarnings(state),
      ...responsesUsageFindings(usage, { vendor }).map((finding) => ({ type: 'warning', ...finding }) as const),
    ],
  };
}

/** The vendor says why a response is incomplete, and nothing more: the rest is told by what it holds. */
function readStopReason({ items, incompleteReason }: DecoderState): NonNullable<DecodedTurn['stopReason']> {
  switch (incompleteReason) {
    case '':
      if (items.hasCalls()) return 'tool-use';
      return items.hasRefusal() ? 'refusal' : 'end-turn';
    case 'content_filter':
      return 'content-filter';
    case 'steered':
      // It stopped at a safe place for words from outside; the next request goes on from there.
      return items.hasCalls() ? 'tool-use' : 'pause';
    default:
      // Cut at a cap: of tokens, of messages, or of something still unknown.
      return 'max-tokens';
  }
}

/** A cap other than that of tokens has no stop reason of its own. */
function incompleteWarnings({ incompleteReason }: DecoderState): readonly WarningEvent[] {
  if (['', 'content_filter', 'max_output_tokens', 'steered'].includes(incompleteReason)) return [];
  const message = `The vendor ended the response early, for the reason "${incompleteReason}".`;
  return [{ type: 'warning', code: 'response/incomplete', message }];
}

/** The first part is meant where the wire names none. */
function partIndex(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function itemKey(event: WireObject): WireKey {
  const { output_index: index, item_id: id } = event;
  if (typeof index === 'number') return index;
  return typeof id === 'string' ? id : 'no index';
}
