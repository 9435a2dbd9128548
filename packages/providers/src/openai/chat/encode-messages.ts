/**
 * The history as messages of the wire.
 *
 * M1. A message's bytes depend on it, the vendor and the model alone, not on what is asked beside it.
 * M2. What the format has no place for is refused where the caller put it, and left out where a model or a tool did.
 * M3. What a vendor's model left to be sent back goes back to the vendors that know it, and to no other.
 */

import type { OpenAI } from 'openai';
import { derivedCallId } from '../../derived-call-id.ts';
import { ProviderError } from '../../errors.ts';
import { foldGrowing } from '../../frozen.ts';
import { asObject, type JsonObject, type JsonValue } from '../../json.ts';
import { IMAGE_TYPES, type MediaBlock } from '../../media.ts';
import {
  type AssistantMessage,
  type DocumentBlock,
  type Message,
  messageText,
  type ToolCallBlock,
  type ToolMessage,
  type ToolResultBlock,
  toolCalls,
  type UserBlock,
  type UserMessage,
} from '../../message.ts';
import { createLeftOutWarnings, encodeResults, NO_ROUND, type ResultRound, roundAfter } from '../../tool-media.ts';
import { dataUrl } from '../data-url.ts';
import type { ChatVendor } from '../vendors.ts';

export type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
export type ChatPart = OpenAI.Chat.Completions.ChatCompletionContentPart;
type ChatToolCall = OpenAI.Chat.Completions.ChatCompletionMessageToolCall;

/** Throws `provider/unsupported-media` for a document of the user's that the format cannot hold. */
export const encodeMessages: (
  messages: readonly Message[],
  model: string,
  vendor: ChatVendor,
) => readonly ChatMessage[] = foldGrowing(
  NO_ROUND,
  (message: Message, _index, round: ResultRound<ChatPart>, model: string, vendor: ChatVendor) =>
    message.role === 'tool'
      ? encodeTool(message, round, vendor)
      : { results: encodeMessage(message, model, vendor), state: roundAfter(message) },
);

/** Warns of what tools gave and the format cannot hold. */
export const leftOutWarnings: ReturnType<typeof createLeftOutWarnings> = createLeftOutWarnings(
  'Chat Completions',
  (block) => encodeToolMedium(block) !== undefined,
);

function encodeMessage(
  message: UserMessage | AssistantMessage,
  model: string,
  vendor: ChatVendor,
): readonly ChatMessage[] {
  return message.role === 'user' ? [encodeUser(message)] : encodeAssistant(message, model, vendor);
}

/** One text goes as a string, which every compatible server takes. */
function encodeUser({ content }: UserMessage): ChatMessage {
  const [first] = content;
  if (content.length === 1 && first?.type === 'text') return { role: 'user', content: first.text };
  return { role: 'user', content: content.map(encodeUserBlock) };
}

function encodeUserBlock(block: UserBlock): ChatPart {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
      return { type: 'image_url', image_url: { url: dataUrl(block) } };
    case 'document':
      return encodeDocument(block) ?? refuseDocument(block);
  }
}

/** The format's files are PDFs; text is read as text, under its name. */
function encodeDocument(block: DocumentBlock): ChatPart | undefined {
  const { mediaType, data, name } = block;
  if (mediaType === 'application/pdf') {
    return { type: 'file', file: { filename: name ?? 'document.pdf', file_data: dataUrl(block) } };
  }
  const format = AUDIO_FORMATS.get(mediaType);
  if (format) return { type: 'input_audio', input_audio: { data, format } };
  if (/^text\/|^application\/(json|xml|yaml)$/.test(mediaType)) {
    const text = Buffer.from(data, 'base64').toString('utf8');
    return { type: 'text', text: name === undefined ? text : `${name}:\n${text}` };
  }
  return undefined;
}

function refuseDocument({ mediaType }: DocumentBlock): never {
  throw new ProviderError(
    'provider/unsupported-media',
    `A user message holds a document of type ${mediaType}; Chat Completions takes PDF, text, and WAV or MP3 audio.`,
  );
}

const AUDIO_FORMATS: ReadonlyMap<string, 'wav' | 'mp3'> = new Map([
  ['audio/mp3', 'mp3'],
  ['audio/mpeg', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/x-wav', 'wav'],
]);

/** A message without text and calls would be refused, and is left out. */
function encodeAssistant(message: AssistantMessage, model: string, vendor: ChatVendor): readonly ChatMessage[] {
  const text = messageText(message);
  const calls = toolCalls(message).map((call) => encodeToolCall(call, vendor));
  if (text === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      ...encodeReasoning(message, model, vendor),
      ...encodeEchoes(message, vendor),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
  ];
}

function encodeReasoning(message: AssistantMessage, model: string, { reasoningReplay }: ChatVendor): JsonObject {
  if (!reasoningReplay?.models.test(model)) return {};
  const reasoning = message.content.map((block) => (block.type === 'thinking' ? block.text : '')).join('');
  return reasoning === '' && !reasoningReplay.always ? {} : { [reasoningReplay.field]: reasoning };
}

/** Lists that came apart are put together again; of anything else the last one stands. */
function encodeEchoes({ content }: AssistantMessage, { echoedFields = [] }: ChatVendor): JsonObject {
  const echoes: Record<string, JsonValue> = {};
  for (const block of content) {
    if (block.type !== 'opaque' || block.family !== 'openai-chat') continue;
    for (const field of echoedFields) {
      const value = block.data[field];
      const added = isList(value) ? value.filter(isAcceptedDetail) : value;
      if (added === undefined || (isList(added) && added.length === 0)) continue;
      const earlier = echoes[field];
      echoes[field] = isList(added) && isList(earlier) ? [...earlier, ...added] : added;
    }
  }
  return echoes;
}

/** Claude's reasoning without its signature, as an answer cut by its token limit leaves it, is refused (OpenRouterTeam/ai-sdk-provider#423). */
function isAcceptedDetail(detail: JsonValue): boolean {
  const { type, format, signature } = asObject(detail) ?? {};
  return type !== 'reasoning.text' || format !== 'anthropic-claude-v1' || Boolean(signature);
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The argument text goes back byte for byte; an empty one is not JSON and would be refused. */
function encodeToolCall({ id, name, argumentsText, vendorFields }: ToolCallBlock, vendor: ChatVendor): ChatToolCall {
  const own = vendorFields?.family === 'openai-chat' ? Object.entries(vendorFields.fields) : [];
  const echoed = own.filter(([field]) => vendor.echoedCallFields?.includes(field));
  return {
    id: encodeCallId(id, vendor),
    type: 'function',
    function: { name, arguments: argumentsText.trim() === '' ? '{}' : argumentsText },
    ...Object.fromEntries(echoed),
  };
}

function encodeCallId(id: string, { callIds }: ChatVendor): string {
  if (!callIds || callIds.test(id)) return id;
  // Nine digits of a hash suit every form there is.
  return derivedCallId(id).slice(-9);
}

/** Tool messages take text alone: "Image URLs are only allowed for messages with role 'user'" (the vendor's words, 2026-11). */
function encodeTool(message: ToolMessage, round: ResultRound<ChatPart>, vendor: ChatVendor) {
  return encodeResults<ChatMessage, ChatPart>(message, round, {
    encodeMedium: encodeToolMedium,
    encodeResult: ({ toolCallId }: ToolResultBlock, content) => ({
      role: 'tool',
      tool_call_id: encodeCallId(toolCallId, vendor),
      content,
    }),
    encodeCarried: (carried) => ({
      role: 'user',
      content: carried.flatMap(({ label, medium }) => [{ type: 'text', text: label }, medium]),
    }),
  });
}

function encodeToolMedium(block: MediaBlock): ChatPart | undefined {
  if (block.type === 'image') return IMAGE_TYPES.has(block.mediaType) ? encodeUserBlock(block) : undefined;
  return block.type === 'document' ? encodeDocument(block) : undefined;
}
