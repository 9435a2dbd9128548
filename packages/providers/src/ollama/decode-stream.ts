/**
 * An Ollama chat stream, record by record, as the events and the turn of ours.
 *
 * Owns: what a record says, when the stream is complete, and ids for tool calls that have none.
 * Leaves to `decode-usage.ts`: reading counters.
 *
 * R1. Complete means the record with `done: true` was seen; it is also the only one with counters.
 * R2. What is unknown is skipped, and no malformed value makes the decoder throw.
 * R3. The same bytes give the same tool call ids.
 * R4. What the answer was made to begin with is its first text, as the server sends only what comes after it.
 */

import { createMessageAssembler, type MessageAssembler } from '../assemble-message.ts';
import type { StopReason } from '../assistant-turn.ts';
import { derivedCallId } from '../derived-call-id.ts';
import type { ProviderError } from '../errors.ts';
import { asArray, asObject } from '../json.ts';
import type { StreamEvent, WarningEvent } from '../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../transport/send.ts';
import { tokensFromOllama } from './decode-usage.ts';
import { readOllamaError } from './read-error.ts';

type WireObject = Readonly<Record<string, unknown>>;

interface DecoderState {
  readonly assembler: MessageAssembler;
  /** How the answer begins, until that was said. */
  prefill: string;
  readonly callIds: Set<string>;
  model: string;
  /** The last record without its message. */
  lastRecord: WireObject | undefined;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it the records of `chat({ stream: true })`, or a whole response. */
export function createOllamaDecoder(options: {
  readonly model: string;
  /** What the request made the answer begin with. */
  readonly prefill?: string | undefined;
}): StreamDecoder<unknown> {
  const state: DecoderState = {
    assembler: createMessageAssembler(),
    prefill: options.prefill ?? '',
    callIds: new Set(),
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
  if (error !== undefined && error !== null)
    state.error ??= readOllamaError(
      new Error(text(error) ?? text(asObject(error)?.['message']) ?? JSON.stringify(error)),
      'in-stream',
      0,
    );
  if (record['done'] !== true) return events;
  state.lastRecord = rest;
  return [...events, ...sayPrefill(state), ...state.assembler.endAll()];
}

function think({ assembler }: DecoderState, piece: string | undefined): readonly StreamEvent[] {
  return piece === undefined ? [] : [...assembler.end('text'), assembler.thinking('thinking', piece)];
}

function say(state: DecoderState, piece: string | undefined): readonly StreamEvent[] {
  if (piece === undefined) return [];
  return [...sayPrefill(state), ...state.assembler.end('thinking'), state.assembler.text('text', piece)];
}

/** Before the first of the model's own words, so that the two are one text. */
function sayPrefill(state: DecoderState): readonly StreamEvent[] {
  const { assembler, prefill } = state;
  if (prefill === '') return [];
  state.prefill = '';
  return [...assembler.end('thinking'), assembler.text('text', prefill)];
}

/** A call comes whole, its arguments parsed: numbers that a double cannot hold are lost in the client already (0.6.4). */
function readCall(state: DecoderState, call: WireObject, createdAt: unknown): readonly StreamEvent[] {
  const { assembler } = state;
  const called = asObject(call['function']) ?? {};
  const name = text(called['name']);
  if (name === undefined) return [];
  const given = called['arguments'];
  const argumentsText = typeof given === 'string' ? given : JSON.stringify(asObject(given) ?? {});
  const index = state.callIds.size;
  const begins = sayPrefill(state);
  // Servers before 2026 give no id, and a broken one gives one twice. Ours must not return in a later turn of the session: the server's clock, to the nanosecond in what
  // it writes, tells turns apart, the index tells calls of one turn apart, and the content helps where a proxy rounds the clock.
  const sent = text(call['id']);
  const isOwn = sent !== undefined && !state.callIds.has(sent);
  const id = isOwn ? sent : derivedCallId(text(createdAt) ?? '', index, name, argumentsText);
  state.callIds.add(id);
  const begun = assembler.beginToolCall(index, id, name);
  const grown = assembler.toolArguments(index, argumentsText);
  return [
    ...begins,
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
    ...(lastRecord === undefined
      ? {}
      : { stopReason: readStopReason(lastRecord['done_reason'], state.callIds.size > 0) }),
    ...(error === undefined ? {} : { error }),
    tokens: tokensFromOllama(lastRecord),
    usageState: hasCounts ? 'final' : 'none',
    warnings: loadWarnings(lastRecord?.['done_reason']),
    rawUsage: hasCounts ? lastRecord : null,
  };
}

/** These answer a request in which the server saw no message. */
function loadWarnings(reason: unknown): readonly WarningEvent[] {
  if (reason !== 'load' && reason !== 'unload') return [];
  const message = `The server did not generate: it was done after the ${reason} of the model.`;
  return [{ type: 'warning', code: `response/${reason}`, message }];
}

/** `load` and `unload` end a turn without words; `stop` stands beside tool calls, too. */
function readStopReason(reason: unknown, hasCalls: boolean): Exclude<StopReason, 'aborted' | 'error'> {
  if (reason === 'length') return 'max-tokens';
  return hasCalls ? 'tool-use' : 'end-turn';
}

/** A string that says something. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
