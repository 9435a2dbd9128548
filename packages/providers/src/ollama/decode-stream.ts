/**
 * An Ollama chat stream, record by record, as the events and the turn of ours.
 *
 * Owns: what a record says, when the stream is complete, and ids for tool calls that have none.
 * Leaves to `decode-usage.ts`: reading counters.
 *
 * R1. Complete means the record with `done: true` was seen; it is also the only one with counters.
 * R2. What is unknown is skipped, and no malformed value makes the decoder throw.
 * R3. The same bytes give the same tool call ids.
 */

import { createMessageAssembler, type MessageAssembler } from '../assemble-message.ts';
import type { StopReason } from '../assistant-turn.ts';
import { derivedCallId } from '../derived-call-id.ts';
import type { ProviderError } from '../errors.ts';
import { asArray, asObject } from '../json.ts';
import type { StreamEvent } from '../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../transport/send.ts';
import { tokensFromOllama } from './decode-usage.ts';
import { readOllamaError } from './read-error.ts';

type WireObject = Readonly<Record<string, unknown>>;

interface DecoderState {
  readonly assembler: MessageAssembler;
  callCount: number;
  model: string;
  /** The last record without its message. */
  lastRecord: WireObject | undefined;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it the records of `chat({ stream: true })`, or a whole response. */
export function createOllamaDecoder(options: { readonly model: string }): StreamDecoder<unknown> {
  const state: DecoderState = {
    assembler: createMessageAssembler(),
    callCount: 0,
    model: options.model,
    lastRecord: undefined,
    error: undefined,
  };
  return {
    decode: (record) => decodeRecord(state, asObject(record) ?? {}),
    finish: () => decodedTurn(state),
  };
}

function decodeRecord(state: DecoderState, record: WireObject): readonly StreamEvent[] {
  const { message, ...rest } = record;
  const { thinking, content, tool_calls: calls } = asObject(message) ?? {};
  state.model = text(record['model']) ?? state.model;
  const events = [
    ...think(state, text(thinking)),
    ...say(state, text(content)),
    ...asArray(calls).flatMap((call) => readCall(state, asObject(call) ?? {}, record['created_at'])),
  ];
  const error = record['error'];
  // The client throws for these; other clients of the same wire pass them on.
  if (error !== undefined && error !== null) state.error ??= readOllamaError(new Error(String(error)), 'in-stream', 0);
  if (record['done'] !== true) return events;
  state.lastRecord = rest;
  return [...events, ...state.assembler.endAll()];
}

function think({ assembler }: DecoderState, piece: string | undefined): readonly StreamEvent[] {
  return piece === undefined ? [] : [...assembler.end('text'), assembler.thinking('thinking', piece)];
}

function say({ assembler }: DecoderState, piece: string | undefined): readonly StreamEvent[] {
  return piece === undefined ? [] : [...assembler.end('thinking'), assembler.text('text', piece)];
}

/** A call comes whole, its arguments parsed: numbers that a double cannot hold are lost in the client already (0.6.4). */
function readCall(state: DecoderState, call: WireObject, createdAt: unknown): readonly StreamEvent[] {
  const { assembler } = state;
  const called = asObject(call['function']) ?? {};
  const name = text(called['name']);
  if (name === undefined) return [];
  const given = called['arguments'];
  const argumentsText = typeof given === 'string' ? given : JSON.stringify(asObject(given) ?? {});
  const index = state.callCount;
  state.callCount += 1;
  // Servers before 2026 give no id. Ours must not return in a later turn of the session: the server's clock, to the nanosecond in what
  // it writes, tells turns apart, the index tells calls of one turn apart, and the content helps where a proxy rounds the clock.
  const id = text(call['id']) ?? derivedCallId(createdAt, index, name, argumentsText);
  const begun = assembler.beginToolCall(index, id, name);
  const grown = assembler.toolArguments(index, argumentsText);
  return [
    ...assembler.end('thinking'),
    ...assembler.end('text'),
    begun,
    ...(grown ? [grown] : []),
    ...assembler.end(index),
  ];
}

function decodedTurn(state: DecoderState): DecodedTurn {
  const { lastRecord, error } = state;
  const hasCounts = lastRecord !== undefined && ('eval_count' in lastRecord || 'prompt_eval_count' in lastRecord);
  return {
    message: state.assembler.message(),
    family: 'ollama',
    model: state.model,
    ...(lastRecord === undefined ? {} : { stopReason: readStopReason(lastRecord['done_reason'], state.callCount > 0) }),
    ...(error === undefined ? {} : { error }),
    tokens: tokensFromOllama(lastRecord),
    usageState: hasCounts ? 'final' : 'none',
    rawUsage: hasCounts ? lastRecord : null,
  };
}

/** `load` and `unload` answer a request without messages; `stop` stands beside tool calls, too. */
function readStopReason(reason: unknown, hasCalls: boolean): Exclude<StopReason, 'aborted' | 'error'> {
  if (reason === 'length') return 'max-tokens';
  return hasCalls ? 'tool-use' : 'end-turn';
}

/** A string that says something. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
