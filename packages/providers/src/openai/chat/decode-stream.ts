/**
 * A Chat Completions stream, chunk by chunk, as the events and the turn of ours. A whole completion is read as a stream of one chunk.
 *
 * Owns: what a chunk says, where its usage lies, and when the stream is complete.
 * Leaves to `decode-tool-calls.ts`: which call a fragment belongs to. To `decode-kept.ts`: fields that go back as they came. To
 * `decode-usage.ts`: reading counters.
 *
 * C1. Complete means a finish reason was seen. Where the vendor sends none, the closing chunk without choices that carries usage
 *     says the same. The SDK keeps `[DONE]` to itself.
 * C2. Usage may come in any chunk, in three places, and more than once: the last one wins, and they are never added.
 * C3. What is unknown is skipped, and no malformed value makes the decoder throw.
 * C4. An answer whose beginning was asked for holds it once, whether the vendor repeats it or not.
 */

import { createMessageAssembler, type MessageAssembler } from '../../assemble-message.ts';
import type { ProviderError } from '../../errors.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import type { AssistantBlock } from '../../message.ts';
import type { StreamEvent } from '../../stream-event.ts';
import type { DecodedTurn, StreamDecoder } from '../../transport/send.ts';
import { readServiceTier } from '../billing.ts';
import { readOpenAIError } from '../read-error.ts';
import { vendorNamed } from '../vendors.ts';
import { readContent, readReasoning, saysSomething, text } from './decode-content.ts';
import { createKeptFields, type KeptFields } from './decode-kept.ts';
import { createCallCollector, type ToolCallCollector } from './decode-tool-calls.ts';
import { tokensFromOpenAIChat, usageFindings } from './decode-usage.ts';
import { finishError, readFinishReason } from './finish-reason.ts';

type WireObject = Readonly<Record<string, unknown>>;

interface DecoderState {
  readonly vendor: string;
  readonly assembler: MessageAssembler;
  readonly calls: ToolCallCollector;
  readonly kept: KeptFields;
  /** How the answer was asked to begin. */
  readonly prefill: string;
  hasBegun: boolean;
  /** What the vendor still has to repeat of the beginning. */
  echo: string;
  /** Citations whose text has not come yet. */
  readonly waitingCitations: JsonObject[];
  readonly pageCitations: Set<string>;
  responseId: string | undefined;
  model: string;
  serviceTier: string | undefined;
  usage: WireObject | undefined;
  /** Whether `usage` came with the finish reason or after it. */
  isUsageLast: boolean;
  finishReason: string | undefined;
  /** Whether usage came alone after the last content. */
  isClosedByUsage: boolean;
  hasContent: boolean;
  hasRefusal: boolean;
  error: ProviderError | undefined;
}

/** A decoder for one response. Feed it what `chat.completions.create` gives, chunks or a whole completion. */
export function createChatDecoder(options: {
  readonly model: string;
  readonly vendor: string;
  /** How the answer was asked to begin. */
  readonly prefill?: string | undefined;
}): StreamDecoder<unknown> {
  const assembler = createMessageAssembler();
  const { prefill = '' } = options;
  const state: DecoderState = {
    vendor: options.vendor,
    assembler,
    calls: createCallCollector(assembler),
    kept: createKeptFields(),
    prefill,
    hasBegun: false,
    echo: vendorNamed(options.vendor).prefill?.echoes ? prefill : '',
    waitingCitations: [],
    pageCitations: new Set(),
    responseId: undefined,
    model: options.model,
    serviceTier: undefined,
    usage: undefined,
    isUsageLast: false,
    finishReason: undefined,
    isClosedByUsage: false,
    hasContent: false,
    hasRefusal: false,
    error: undefined,
  };
  return {
    decode: (chunk) => decodeChunk(state, asObject(chunk) ?? {}),
    finish: () => decodedTurn(state),
  };
}

function decodeChunk(state: DecoderState, chunk: WireObject): readonly StreamEvent[] {
  const choice = firstChoice(chunk);
  state.responseId ??= text(chunk['id']);
  state.model = text(chunk['model']) ?? state.model;
  state.serviceTier = readServiceTier(chunk) ?? state.serviceTier;
  const events = [
    ...(choice ? begin(state) : []),
    ...readChoice(state, choice ?? {}, responseKey(chunk)),
    ...readPageCitations(state, chunk),
  ];
  if (events.length > 0) {
    state.hasContent = true;
    state.isClosedByUsage = false;
  }
  readFinish(state, choice);
  readUsage(state, chunk, choice);
  readWireError(state, chunk['error'] ?? choice?.['error']);
  // Nothing of the choice follows its finish reason, except from gateways that answer twice: their second answer opens new blocks.
  if (state.finishReason !== undefined) return [...events, ...closeAll(state)];
  return state.isClosedByUsage ? [...events, ...closeFinished(state)] : events;
}

function begin(state: DecoderState): readonly StreamEvent[] {
  if (state.hasBegun) return [];
  state.hasBegun = true;
  return say(state, state.prefill);
}

/** Only one answer is asked for; further ones are not read. */
function firstChoice(chunk: WireObject): WireObject | undefined {
  return asArray(chunk['choices'])
    .map(asObject)
    .find((choice) => choice !== undefined && (choice['index'] ?? 0) === 0);
}

/** What tells this response from others, for ids of our own. */
function responseKey({ id, created }: WireObject): string {
  return `${text(id) ?? ''}\n${typeof created === 'number' ? created : ''}`;
}

/** A whole message stands beside an empty delta, or none. Some streams repeat the message so far beside each delta (Perplexity). */
function readChoice(state: DecoderState, { delta, message }: WireObject, key: string): readonly StreamEvent[] {
  const events = readDelta(state, asObject(delta) ?? {}, key);
  return events.length > 0 || state.hasContent ? events : readDelta(state, asObject(message) ?? {}, key);
}

function readDelta(state: DecoderState, delta: WireObject, key: string): readonly StreamEvent[] {
  const { piece: thought, signature } = readReasoning(delta);
  const refusal = text(delta['refusal']);
  if (refusal !== undefined) state.hasRefusal = true;
  state.kept.read(delta);
  const events: StreamEvent[] = readOwnTools(delta);
  if (thought !== undefined) events.push(...think(state, thought));
  if (signature !== undefined) sign(state, signature);
  for (const { kind, piece } of readContent(delta['content'])) {
    events.push(...(kind === 'text' ? say(state, withoutEcho(state, piece)) : think(state, piece)));
  }
  // Spoken words come as sound and in writing.
  const transcript = text(asObject(delta['audio'])?.['transcript']);
  for (const words of [transcript, refusal]) if (words !== undefined) events.push(...say(state, words));
  for (const annotation of asArray(delta['annotations'])) {
    const citation = asObject(annotation);
    if (citation) state.waitingCitations.push(citation as JsonObject);
  }
  events.push(...placeCitations(state));
  const calls = state.calls.read(asArray(delta['tool_calls']), key);
  return calls.length === 0 ? events : [...events, ...closeProse(state), ...calls];
}

/** Groq's tools of its own, as it reports on them (2026-07). */
function readOwnTools({ executed_tools: ran }: WireObject): StreamEvent[] {
  if (!saysSomething(ran)) return [];
  return [{ type: 'vendor-event', family: 'openai-chat', event: { executed_tools: ran } as JsonObject }];
}

function withoutEcho(state: DecoderState, piece: string): string {
  const { echo, prefill } = state;
  if (echo.startsWith(piece)) {
    state.echo = echo.slice(piece.length);
    return '';
  }
  state.echo = '';
  // What was taken for a repetition was none if it goes on otherwise.
  return piece.startsWith(echo) ? piece.slice(echo.length) : `${prefill.slice(0, -echo.length)}${piece}`;
}

function say({ assembler }: DecoderState, piece: string): readonly StreamEvent[] {
  if (piece === '') return [];
  return [...assembler.end('thinking'), assembler.text('text', piece)];
}

function think({ assembler }: DecoderState, piece: string): readonly StreamEvent[] {
  return [...assembler.end('text'), assembler.thinking('thinking', piece)];
}

/** A signature may come after the text it belongs to has given way to other blocks; there it proves nothing. */
function sign({ assembler }: DecoderState, signature: string): void {
  if (assembler.isOpen('thinking') || !assembler.isOpen('text')) assembler.signature('thinking', signature);
}

function closeAll({ assembler, calls, kept }: DecoderState): readonly StreamEvent[] {
  const ends = assembler.endAll().map((event) => ({ ...event, block: completeCall(calls, event.block) }));
  return [...ends, ...kept.take().map((block) => assembler.whole(block))];
}

/** Where usage alone may or may not have been the end: a call that is half there may go on. */
function closeFinished(state: DecoderState): readonly StreamEvent[] {
  const { assembler, calls, kept } = state;
  return [...closeProse(state), ...calls.endWhole(), ...kept.take().map((block) => assembler.whole(block))];
}

function completeCall(calls: ToolCallCollector, block: AssistantBlock): AssistantBlock {
  return block.type === 'tool-call' ? calls.complete(block) : block;
}

function closeProse({ assembler }: DecoderState): readonly StreamEvent[] {
  return [...assembler.end('thinking'), ...assembler.end('text')];
}

function placeCitations({ assembler, waitingCitations }: DecoderState): readonly StreamEvent[] {
  if (!assembler.isOpen('text')) return [];
  return waitingCitations.splice(0).map((citation) => assembler.citation('text', citation));
}

/** Perplexity lists the pages it read beside the choices, in every chunk anew. */
function readPageCitations(state: DecoderState, chunk: WireObject): readonly StreamEvent[] {
  for (const page of asArray(chunk['citations'])) {
    const url = text(page);
    if (url === undefined || state.pageCitations.has(url)) continue;
    state.pageCitations.add(url);
    state.waitingCitations.push({ type: 'url_citation', url_citation: { url } });
  }
  return placeCitations(state);
}

function readFinish(state: DecoderState, choice: WireObject | undefined): void {
  if (!choice) return;
  // Some servers fill the field with '' in every chunk; in a whole completion it is the last word all the same (Snowflake, 2026-07).
  const isWhole = asObject(choice['message']) !== undefined && choice['delta'] === undefined;
  const reason = text(choice['finish_reason']) ?? (isWhole ? '' : undefined);
  if (reason === undefined) return;
  state.finishReason = reason;
  state.isUsageLast = false;
}

function readUsage(state: DecoderState, chunk: WireObject, choice: WireObject | undefined): void {
  const usage =
    countedUsage(chunk['usage']) ??
    countedUsage(choice?.['usage']) ??
    countedUsage(asObject(chunk['x_groq'])?.['usage']);
  if (!usage) return;
  state.usage = usage;
  if (choice === undefined && state.hasContent) state.isClosedByUsage = true;
  state.isUsageLast = state.finishReason !== undefined || state.isClosedByUsage;
}

/** An object without a single number is a placeholder. */
function countedUsage(usage: unknown): WireObject | undefined {
  const reported = asObject(usage);
  return reported && Object.values(reported).some((value) => typeof value === 'number') ? reported : undefined;
}

/** The SDK throws for these; other clients pass them on. */
function readWireError(state: DecoderState, error: unknown): void {
  if (error === undefined || error === null || state.error) return;
  state.error = readOpenAIError({ error: asObject(error) ?? { message: text(error) ?? JSON.stringify(error) } }, 0);
}

function decodedTurn(state: DecoderState): DecodedTurn {
  const { responseId, usage, vendor, serviceTier } = state;
  const finishReason = state.finishReason ?? (state.isClosedByUsage ? '' : undefined);
  const message = state.assembler.message(responseId);
  const error = state.error ?? finishError(finishReason);
  return {
    message: { ...message, content: message.content.map((block) => completeCall(state.calls, block)) },
    family: 'openai-chat',
    model: state.model,
    ...(responseId === undefined ? {} : { responseId }),
    ...(finishReason === undefined
      ? {}
      : {
          stopReason: readFinishReason(finishReason, {
            hasCalls: state.calls.count() > 0,
            hasRefusal: state.hasRefusal,
          }),
        }),
    ...(error === undefined ? {} : { error }),
    tokens: tokensFromOpenAIChat(usage, { vendor }),
    warnings: usageFindings(usage, { vendor }).map((finding) => ({ type: 'warning', ...finding })),
    usageState: usage === undefined ? 'none' : state.isUsageLast ? 'final' : 'partial',
    rawUsage: usage ?? null,
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}
