/**
 * A Messages stream, event by event, as the events and the turn of ours.
 *
 * Owns: which wire event means what, and when the stream is complete.
 * Leaves to `decode-blocks.ts`: the content. To `decode-usage.ts`: reading counters.
 *
 * S1. Complete means `message_stop` was seen, whatever came before it.
 * S2. Counters of `message_delta` replace earlier ones where they are not null: they are totals, and may fall.
 * S3. Unknown events and deltas are skipped, and no malformed value makes the decoder throw.
 */

import type { WireKey } from '../assemble-message.ts';
import type { StopReason } from '../assistant-turn.ts';
import type { ProviderError } from '../errors.ts';
import { asArray, asObject } from '../json.ts';
import type { StreamEvent } from '../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../transport/send.ts';
import { type BlockDecoder, createBlockDecoder, readText, type WireObject } from './decode-blocks.ts';
import { tokensFromAnthropic } from './decode-usage.ts';
import { readAnthropicError } from './read-error.ts';

interface DecoderState {
  readonly blocks: BlockDecoder;
  responseId: string | undefined;
  model: string | undefined;
  usage: WireObject | undefined;
  stopReason: string | undefined;
  isComplete: boolean;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it the events of `messages.create({ stream: true })`. */
export function createAnthropicDecoder(): StreamDecoder<unknown> {
  const state: DecoderState = {
    blocks: createBlockDecoder(),
    responseId: undefined,
    model: undefined,
    usage: undefined,
    stopReason: undefined,
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
      return blocks.grow(wireKey(event), asObject(event['delta']) ?? {});
    case 'content_block_stop':
      return blocks.end(wireKey(event));
    case 'message_delta':
      state.stopReason = readText(asObject(event['delta'])?.['stop_reason']) ?? state.stopReason;
      overlayUsage(state, event['usage']);
      return [];
    case 'message_stop':
      state.isComplete = true;
      return blocks.endAll();
    case 'error':
      // The SDK throws for these; other clients of the same wire pass them on.
      state.error = readAnthropicError(asObject(event['error']) ?? {}, 0);
      return [];
    default:
      return [];
  }
}

/** The response to a call made by code arrives whole: its blocks and its stop reason stand in here (2025-12). */
function startMessage(state: DecoderState, message: WireObject): readonly StreamEvent[] {
  state.responseId = readText(message['id']) ?? state.responseId;
  state.model = readText(message['model']) ?? state.model;
  state.stopReason = readText(message['stop_reason']) ?? state.stopReason;
  overlayUsage(state, message['usage']);
  return asArray(message['content']).flatMap((block, index) => {
    const key = `message_start[${index}]`;
    return [...state.blocks.start(key, asObject(block) ?? {}), ...state.blocks.end(key)];
  });
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
  };
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
