/**
 * A Messages stream, event by event, as the events and the turn of ours.
 *
 * Owns: which wire event means what, and when the stream is complete.
 * Leaves to `decode-blocks.ts`: the content. To `decode-usage.ts`: reading counters.
 *
 * S1. Complete means `message_stop` was seen, whatever came before it.
 * S2. Counters of `message_delta` replace earlier ones where they are not null: they are totals, and may fall.
 * S3. Events and deltas that nobody described are passed on as they came, and no malformed value makes the decoder throw.
 * S4. A prefill begins the message as soon as the response has begun, and is part of the message like the words that go on from it.
 */

import type { WireKey } from '../../assemble-message.ts';
import type { StopReason } from '../../assistant-turn.ts';
import type { ProviderError } from '../../errors.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import type { StreamEvent, WarningEvent } from '../../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../../transport/send.ts';
import { anthropicBilling } from './billing.ts';
import { type BlockDecoder, createBlockDecoder, readText, type WireObject } from './decode-blocks.ts';
import { tokensFromAnthropic } from './decode-usage.ts';
import { readDiagnostics } from './diagnostics.ts';
import { readAnthropicError } from './read-error.ts';

/** What the decoder has to know of the request. */
export interface DecoderOptions {
  /** The words that the answer was begun with. */
  readonly prefill?: string;
  /** Whether the request named an earlier response to compare its cache with. */
  readonly hasPrevious?: boolean;
}

interface DecoderState {
  readonly options: DecoderOptions;
  readonly blocks: BlockDecoder;
  responseId: string | undefined;
  model: string | undefined;
  usage: WireObject | undefined;
  stopReason: string | undefined;
  /** As the wire says it: `null` says something. */
  diagnostics: unknown;
  stopDetails: WireObject | undefined;
  isComplete: boolean;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it the events of `messages.create({ stream: true })`. */
export function createAnthropicDecoder(options: DecoderOptions = {}): StreamDecoder<unknown> {
  const state: DecoderState = {
    options,
    // A server that names no response still counts more tokens with every turn.
    blocks: createBlockDecoder(() => state.responseId || JSON.stringify(state.usage ?? '')),
    responseId: undefined,
    model: undefined,
    usage: undefined,
    stopReason: undefined,
    diagnostics: undefined,
    stopDetails: undefined,
    isComplete: false,
    error: undefined,
  };
  return {
    decode: (event) => decodeEvent(state, asObject(event) ?? {}),
    finish: () => decodedTurn(state),
  };
}

function decodeEvent(state: DecoderState, event: WireObject): readonly StreamEvent[] {
  const { blocks } = state;
  switch (event['type']) {
    case 'message_start':
      return startMessage(state, asObject(event['message']) ?? {});
    case 'content_block_start':
      return blocks.start(wireKey(event), asObject(event['content_block']) ?? {});
    case 'content_block_delta':
      return blocks.grow(wireKey(event), asObject(event['delta']) ?? {}) ?? vendorEvent(event);
    case 'content_block_stop':
      return blocks.end(wireKey(event));
    case 'message_delta':
      overlayEnd(state, asObject(event['delta']) ?? {});
      overlayDiagnostics(state, event);
      overlayUsage(state, event['usage']);
      return [];
    case 'message_stop':
      // Bedrock repeats the counts here, under a name of its own.
      overlayDiagnostics(state, event);
      state.isComplete = true;
      return blocks.endAll();
    case 'error':
      // The SDK throws for these; other clients of the same wire pass them on.
      state.error = readAnthropicError(asObject(event['error']) ?? {}, 0);
      return [];
    case 'ping':
      return [];
    default:
      return vendorEvent(event);
  }
}

function vendorEvent(event: WireObject): readonly StreamEvent[] {
  if (typeof event['type'] !== 'string') return [];
  return [{ type: 'vendor-event', family: 'anthropic', event: event as JsonObject }];
}

/** The response to a call made by code arrives whole: its blocks and its stop reason stand in here (2025-12). */
function startMessage(state: DecoderState, message: WireObject): readonly StreamEvent[] {
  state.responseId = readText(message['id']) ?? state.responseId;
  state.model = readText(message['model']) ?? state.model;
  overlayEnd(state, message);
  overlayUsage(state, message['usage']);
  const { prefill } = state.options;
  const begun = prefill === undefined ? [] : state.blocks.prefill(prefill);
  const content = asArray(message['content']).flatMap((block, index) => {
    const key = `message_start[${index}]`;
    return [...state.blocks.start(key, asObject(block) ?? {}), ...state.blocks.end(key)];
  });
  return [...begun, ...content];
}

function overlayEnd(state: DecoderState, wire: WireObject): void {
  state.stopReason = readText(wire['stop_reason']) ?? state.stopReason;
  state.stopDetails = asObject(wire['stop_details']) ?? state.stopDetails;
  overlayDiagnostics(state, wire);
}

/** The verdict may come later than the response's beginning, which then says that it is pending. */
function overlayDiagnostics(state: DecoderState, wire: WireObject): void {
  if (wire['diagnostics'] !== undefined) state.diagnostics = wire['diagnostics'];
}

/** Later counters replace earlier ones; those left out or null stay (S2). */
function overlayUsage(state: DecoderState, usage: unknown): void {
  const reported = asObject(usage);
  if (!reported) return;
  const known = Object.fromEntries(Object.entries(reported).filter(([, value]) => value !== null));
  state.usage = state.usage ? { ...state.usage, ...known } : reported;
}

function decodedTurn(state: DecoderState): DecodedTurn {
  const { responseId, model, usage, error } = state;
  const diagnostics = readDiagnostics(state.diagnostics, state.options.hasPrevious ?? false);
  const warnings = refusalWarnings(state);
  const { serviceTier } = anthropicBilling(usage);
  return {
    message: state.blocks.message(responseId),
    family: 'anthropic',
    ...(model === undefined ? {} : { model }),
    ...(responseId === undefined ? {} : { responseId }),
    ...(state.isComplete ? { stopReason: readStopReason(state.stopReason) } : {}),
    ...(error === undefined ? {} : { error }),
    tokens: tokensFromAnthropic(usage),
    usageState: usage === undefined ? 'none' : 'final',
    rawUsage: usage ?? null,
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** What the vendor says of a refusal beyond that it is one. */
function refusalWarnings({ stopReason, stopDetails }: DecoderState): readonly WarningEvent[] {
  const category = readText(stopDetails?.['category']);
  const explanation = readText(stopDetails?.['explanation']);
  if (stopReason !== 'refusal' || (category ?? explanation) === undefined) return [];
  const message = [`The vendor's category of the refusal: ${category ?? 'none'}.`, explanation].join(' ').trim();
  return [{ type: 'warning', code: 'response/refusal-category', message }];
}

function readStopReason(reason: string | undefined): Exclude<StopReason, 'aborted' | 'error'> {
  switch (reason) {
    case 'tool_use':
      return 'tool-use';
    case 'max_tokens':
      return 'max-tokens';
    case 'stop_sequence':
      return 'stop-sequence';
    case 'pause_turn':
    case 'compaction': // Beta: the turn stopped after shortening its context, and goes on when its content is sent back.
      return 'pause';
    case 'refusal':
      return 'refusal';
    case 'model_context_window_exceeded':
      return 'context-window';
    default:
      return 'end-turn';
  }
}

function wireKey(event: WireObject): WireKey {
  return typeof event['index'] === 'number' ? event['index'] : 'no index';
}
