/**
 * The history as wire messages, one function for each type of block.
 *
 * Owns: the bytes of the history, which depend on nothing else in the request.
 *
 * W2. No block is empty: empty text is left out, text of white space alone becomes `.`, a message without blocks is left out.
 * W3. What another vendor's model produced, and cannot be sent here, is left out; so is a document in an assistant message, which the
 *     vendor refuses there (2026-10-21).
 * W4. What this vendor produced goes back as it came, fields without a word here included: signatures and encrypted content are checked
 *     against it. A block does not know which model signed it. The vendor drops, unbilled, thoughts that another model cannot read, and
 *     the newest models refuse thoughts whose system prompt, tools or earlier messages have changed since; whoever edits a history strips
 *     the thoughts after the edit.
 * W7. The first message is the user's, as the vendor demands: one that says `.` stands before a history that begins with an answer.
 */

import { derivedCallId } from '../../derived-call-id.ts';
import { foldGrowing } from '../../frozen.ts';
import { asObject, type JsonObject, type JsonValue, parseExactJson } from '../../json.ts';
import { IMAGE_TYPES, type MediaBlock } from '../../media.ts';
import type {
  AssistantBlock,
  DocumentBlock,
  ImageBlock,
  Message,
  OpaqueBlock,
  RedactedThinkingBlock,
  TextBlock,
  ThinkingBlock,
  ToolCallBlock,
  ToolResultBlock,
  UserBlock,
} from '../../message.ts';
import { createLeftOutWarnings, leftOutText } from '../../tool-media.ts';
import { withUniqueCallIds } from '../../unique-call-ids.ts';
import { withVendorFields } from '../decode/vendor-fields.ts';
import type { WireBlock, WireMessage } from '../wire.ts';
import { withoutLostCalls } from './open-calls.ts';

export function encodeMessages(messages: readonly Message[]): readonly WireMessage[] {
  return encodeEach(withUniqueCallIds(withoutLostCalls(messages)));
}

const encodeEach = foldGrowing(false, (message: Message, _index, hasBegun: boolean) => {
  const encoded = encodeMessage(message);
  const lacksUser = !hasBegun && encoded[0]?.role === 'assistant';
  return { results: lacksUser ? [encodeOpening(), ...encoded] : encoded, state: hasBegun || encoded.length > 0 };
});

function encodeOpening(): WireMessage {
  return { role: 'user', content: encodeText(' ') };
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
      return [encodeRedactedThinking(block)];
    case 'tool-call':
      return [encodeToolCall(block)];
    case 'opaque':
      return encodeOpaque(block);
  }
}

/** Text as blocks of the system prompt or of a message. */
export function encodeText(text: string): readonly WireBlock[] {
  if (text === '') return [];
  return [{ type: 'text', text: text.trim() === '' ? '.' : text }];
}

/** Citations go back on assistant text only; on user text they are refused. */
function encodeCitedText(block: TextBlock): readonly WireBlock[] {
  const { text, citations } = block;
  return encodeText(text).map((wire) => withVendorFields(citations?.length ? { ...wire, citations } : wire, block));
}

function encodeThinking(block: ThinkingBlock): readonly WireBlock[] {
  const { text, signature } = block;
  return signature ? [withVendorFields({ type: 'thinking', thinking: text, signature }, block)] : [];
}

function encodeRedactedThinking(block: RedactedThinkingBlock): WireBlock {
  return withVendorFields({ type: 'redacted_thinking', data: block.data }, block);
}

function encodeToolCall(block: ToolCallBlock): WireBlock {
  const { id, name, arguments: parsed, argumentsText } = block;
  // The text, not the parsed value, so that numbers a double cannot hold go back as they came.
  const exact = argumentsText === '' ? parsed : parseExactJson(argumentsText);
  return withVendorFields(
    { type: 'tool_use', id: encodeCallId(id), name, input: isPlainObject(exact) ? exact : {} },
    block,
  );
}

/** Other vendors' ids may be what this one refuses ("String should match pattern '^[a-zA-Z0-9_-]+$'", 2025-07). */
function encodeCallId(id: string): string {
  return /^[\w-]+$/.test(id) ? id : derivedCallId(id);
}

/** Numbers kept as source text are objects too, but without a prototype. */
function isPlainObject(value: JsonValue | undefined): value is JsonObject {
  return asObject(value) !== undefined && Object.getPrototypeOf(value) !== null;
}

function encodeOpaque({ family, data }: OpaqueBlock): readonly WireBlock[] {
  return family === 'anthropic' && data['type'] !== 'document' ? [data] : [];
}

function encodeToolResult({ toolCallId, content, isError }: ToolResultBlock): WireBlock {
  const blocks = content.flatMap(encodeResultBlock);
  return {
    type: 'tool_result',
    tool_use_id: encodeCallId(toolCallId),
    ...(blocks.length > 0 ? { content: blocks } : {}),
    ...(isError ? { is_error: true } : {}),
  };
}

function encodeResultBlock(block: UserBlock): readonly WireBlock[] {
  if (block.type === 'text' || isReadable(block)) return encodeUserBlock(block);
  return encodeText(leftOutText(block));
}

/** What Claude reads: images of four types, PDFs and text (Anthropic's pages on vision and PDF support, 2026-11). */
export function isReadable({ type, mediaType }: MediaBlock): boolean {
  if (type === 'image') return IMAGE_TYPES.has(mediaType);
  return type === 'document' && /^(application\/pdf$|text\/)/.test(mediaType);
}

/** Warns of what tools gave and Claude does not read. */
export const leftOutWarnings: ReturnType<typeof createLeftOutWarnings> = createLeftOutWarnings('Claude', isReadable);

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
