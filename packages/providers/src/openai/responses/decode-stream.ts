/**
 * A Responses stream, event by event, as the events and the turn of ours. A whole response is read as its own terminal event.
 *
 * Owns: which wire event means what, and when the response is complete.
 * Leaves to `decode-items.ts`: the content. To `item-text.ts`: what is kept for replay. To `decode-usage.ts`: reading counters.
 *
 * N1. Complete means that the response itself was seen with the status `completed` or `incomplete`.
 * N2. Items count as `response.output_item.done` gave them. The terminal event repeats them with reasoning encrypted anew, and is read
 *     for those that no event finished.
 * N3. A failed response names its error itself; an `error` event before it is a first guess.
 * N4. What is unknown is skipped, and no malformed value makes the decoder throw.
 */

import type { WireKey } from '../../assemble-message.ts';
import { ProviderError } from '../../errors.ts';
import { asArray, asObject } from '../../json.ts';
import type { StreamEvent } from '../../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../../transport/send.ts';
import { readOpenAIError } from '../read-error.ts';
import { vendorNamed } from '../vendors.ts';
import { createItemDecoder, type ItemDecoder, readText, type WireObject } from './decode-items.ts';
import { tokensFromOpenAIResponses } from './decode-usage.ts';

interface DecoderState {
  readonly vendor: string;
  readonly items: ItemDecoder;
  responseId: string | undefined;
  model: string;
  usage: WireObject | undefined;
  toolUsage: unknown;
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
    items: createItemDecoder({ runsCustomTools }),
    responseId: undefined,
    model: options.model,
    usage: undefined,
    toolUsage: undefined,
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
  const part = event['content_index'] ?? 0;
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
      return items.text(key, 'summary', event['summary_index'] ?? 0, delta);
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
  return [];
}

function readResponse(state: DecoderState, response: WireObject, status: unknown): readonly StreamEvent[] {
  state.responseId = readText(response['id']) || state.responseId;
  state.model = readText(response['model']) || state.model;
  state.usage = asObject(response['usage']) ?? state.usage;
  state.toolUsage = response['tool_usage'] ?? state.toolUsage;
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
  state.error = readOpenAIError({ error: asObject(error) ?? { message: String(error) } }, 0);
}

/** Some hosts serve both wires at one address (Azure, 2026-06). Asking again gives the same. */
function answeredAsChat(): ProviderError {
  return new ProviderError(
    'provider/malformed-stream',
    'The server answered in the Chat Completions format; use the Chat Completions form of this model.',
  );
}

function decodedTurn(state: DecoderState): DecodedTurn {
  const { items, responseId, usage, toolUsage, vendor, error } = state;
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
  };
}

/** The vendor says why a response is incomplete, and nothing more: the rest is told by what it holds. */
function readStopReason({ items, incompleteReason }: DecoderState): NonNullable<DecodedTurn['stopReason']> {
  switch (incompleteReason) {
    case 'max_output_tokens':
      return 'max-tokens';
    case 'content_filter':
      return 'content-filter';
    default:
      if (items.hasCalls()) return 'tool-use';
      return items.hasRefusal() ? 'refusal' : 'end-turn';
  }
}

function itemKey(event: WireObject): WireKey {
  const { output_index: index, item_id: id } = event;
  if (typeof index === 'number') return index;
  return typeof id === 'string' ? id : 'no index';
}
