/**
 * A request of ours as the body of a Messages call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `check-request.ts`: what is refused. To `place-marks.ts`: cache marks.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. No block is empty: empty text is left out, text of white space alone becomes `.`, a message without blocks is left out.
 * W3. What another vendor's model produced, and cannot be sent here, is left out.
 */

import { asObject, type JsonObject, type JsonValue, parseExactJson } from '../json.ts';
import type {
  AssistantBlock,
  DocumentBlock,
  ImageBlock,
  Message,
  TextBlock,
  ThinkingBlock,
  ToolCallBlock,
  ToolResultBlock,
  UserBlock,
} from '../message.ts';
import type { ModelRequest, ToolChoice, ToolDefinition } from '../request.ts';
import type { WarningEvent } from '../stream-event.ts';
import type { MessagesBody, WireBlock, WireMessage, WireTool, WireToolChoice } from './wire.ts';

export interface EncodedRequest {
  readonly body: MessagesBody;
  /** What was adapted. */
  readonly warnings: readonly WarningEvent[];
}

// The API demands a cap. This one fits every model sold in 2026 and leaves room for thinking, which counts toward it.
const DEFAULT_MAX_TOKENS = 16_000;

export function encodeRequest(request: ModelRequest, model: string): EncodedRequest {
  const system = encodeText(request.system ?? '');
  const tools = (request.tools ?? []).map(encodeTool);
  const body: MessagesBody = {
    model,
    max_tokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...(system.length > 0 ? { system } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    messages: request.messages.flatMap(encodeMessage),
    ...(request.toolChoice === undefined || tools.length === 0
      ? {}
      : { tool_choice: encodeToolChoice(request.toolChoice) }),
    ...(request.stopSequences === undefined ? {} : { stop_sequences: request.stopSequences }),
    ...request.vendorOptions,
  };
  return { body, warnings: request.temperature === undefined ? [] : [TEMPERATURE_IGNORED] };
}

const TEMPERATURE_IGNORED: WarningEvent = {
  type: 'warning',
  code: 'request/temperature-ignored',
  message: 'Anthropic takes no temperature since API version 2026-10-21; it was not sent.',
};

function encodeTool({ name, description, inputSchema }: ToolDefinition): WireTool {
  return { name, description, input_schema: inputSchema };
}

function encodeToolChoice(choice: ToolChoice): WireToolChoice {
  if (typeof choice === 'object') return { type: 'tool', name: choice.tool };
  return { type: choice === 'required' ? 'any' : choice };
}

function encodeMessage(message: Message): readonly WireMessage[] {
  const content = encodeContent(message);
  if (content.length === 0) return [];
  return [{ role: message.role === 'assistant' ? 'assistant' : 'user', content }];
}

function encodeContent(message: Message): readonly WireBlock[] {
  switch (message.role) {
    case 'user':
      return message.content.flatMap(encodeUserBlock);
    case 'assistant':
      return message.content.flatMap(encodeAssistantBlock);
    case 'tool':
      return message.content.map(encodeToolResult);
  }
}

function encodeUserBlock(block: UserBlock): readonly WireBlock[] {
  switch (block.type) {
    case 'text':
      return encodeText(block.text);
    case 'image':
      return [encodeImage(block)];
    case 'document':
      return [encodeDocument(block)];
  }
}

function encodeAssistantBlock(block: AssistantBlock): readonly WireBlock[] {
  switch (block.type) {
    case 'text':
      return encodeCitedText(block);
    case 'thinking':
      return encodeThinking(block);
    case 'redacted-thinking':
      return [{ type: 'redacted_thinking', data: block.data }];
    case 'tool-call':
      return [encodeToolCall(block)];
    case 'opaque':
      return block.family === 'anthropic' ? [block.data] : [];
  }
}

function encodeText(text: string): readonly WireBlock[] {
  if (text === '') return [];
  return [{ type: 'text', text: text.trim() === '' ? '.' : text }];
}

/** Citations go back on assistant text only; on user text they are refused. */
function encodeCitedText({ text, citations }: TextBlock): readonly WireBlock[] {
  return encodeText(text).map((block) => (citations?.length ? { ...block, citations } : block));
}

function encodeThinking({ text, signature }: ThinkingBlock): readonly WireBlock[] {
  return signature ? [{ type: 'thinking', thinking: text, signature }] : [];
}

function encodeToolCall({ id, name, arguments: parsed, argumentsText }: ToolCallBlock): WireBlock {
  // The text, not the parsed value, so that numbers a double cannot hold go back as they came.
  const exact = argumentsText === '' ? parsed : parseExactJson(argumentsText);
  return { type: 'tool_use', id, name, input: isPlainObject(exact) ? exact : {} };
}

/** Numbers kept as source text are objects too, but without a prototype. */
function isPlainObject(value: JsonValue | undefined): value is JsonObject {
  return asObject(value) !== undefined && Object.getPrototypeOf(value) !== null;
}

function encodeToolResult({ toolCallId, content, isError }: ToolResultBlock): WireBlock {
  const blocks = content.flatMap((block) => (block.type === 'text' ? encodeText(block.text) : [encodeImage(block)]));
  return {
    type: 'tool_result',
    tool_use_id: toolCallId,
    ...(blocks.length > 0 ? { content: blocks } : {}),
    ...(isError ? { is_error: true } : {}),
  };
}

function encodeImage({ mediaType, data }: ImageBlock): WireBlock {
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}

/** PDFs travel as base64; text has a source type of its own and is refused as base64. */
function encodeDocument({ mediaType, data, name }: DocumentBlock): WireBlock {
  const source: JsonObject = mediaType.startsWith('text/')
    ? { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString('utf8') }
    : { type: 'base64', media_type: mediaType, data };
  return { type: 'document', source, ...(name === undefined ? {} : { title: name }) };
}
