import type { JsonObject, JsonValue } from './json.ts';
import type { CacheLifetime } from './token-counts.ts';

/** Models that share cache and counting rules, whoever hosts them. */
export type Family = 'anthropic' | 'openai-chat' | 'openai-responses' | 'ollama' | (string & {});

/** One role's contribution to a conversation. */
export type Message = UserMessage | AssistantMessage | ToolMessage;

export interface UserMessage extends MarkedMessage {
  readonly role: 'user';
  readonly content: readonly UserBlock[];
  /**
   * Sent with this request alone: it is no part of the next one, so it stands behind everything else, belongs to no prefix and carries no
   * cache mark. Never stored.
   */
  readonly transient?: true;
}

export interface AssistantMessage extends MarkedMessage {
  readonly role: 'assistant';
  readonly content: readonly AssistantBlock[];
  /** The vendor's id of the response this message came from; a response is counted once by it. */
  readonly responseId?: string;
}

/** The results of every call in the assistant message before it, together. */
export interface ToolMessage extends MarkedMessage {
  readonly role: 'tool';
  readonly content: readonly ToolResultBlock[];
}

interface MarkedMessage {
  /** Asks for the prefix that ends with this message to be kept, beside what the request's cache policy asks. Never stored. */
  readonly cache?: { readonly ttl?: Exclude<CacheLifetime, 'unknown'> };
}

/** Fields of a vendor's block that have no word here: they go back unchanged to the family they came from, and to no other. */
export interface VendorFields {
  readonly family: Family;
  readonly fields: JsonObject;
}

export type UserBlock = TextBlock | ImageBlock | DocumentBlock;
export type AssistantBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolCallBlock | OpaqueBlock;
export type Block = UserBlock | AssistantBlock | ToolResultBlock;

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
  /** Citation objects as the vendor sent them, to be sent back unchanged. */
  readonly citations?: readonly JsonObject[];
  readonly vendorFields?: VendorFields;
}

export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly text: string;
  /** The vendor's proof that it wrote this; a block without one cannot be sent back to a vendor that signs. */
  readonly signature?: string;
  readonly vendorFields?: VendorFields;
}

export interface RedactedThinkingBlock {
  readonly type: 'redacted-thinking';
  readonly data: string;
  readonly vendorFields?: VendorFields;
}

export interface ToolCallBlock {
  readonly type: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** The parsed arguments; `{}` for empty text, `null` for text that is not JSON. */
  readonly arguments: JsonValue;
  /** The raw text received, which is what replay sends back. */
  readonly argumentsText: string;
  readonly vendorFields?: VendorFields;
}

export interface ToolResultBlock {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly content: readonly (TextBlock | ImageBlock)[];
  readonly isError: boolean;
}

export interface ImageBlock {
  readonly type: 'image';
  /** Such as `image/png`. */
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** A file that is no image: PDF, text, or audio and video where the model takes them. */
export interface DocumentBlock {
  readonly type: 'document';
  /** Such as `application/pdf`. */
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
  readonly name?: string;
}

/** A vendor's block that has no word here and must go back unchanged: server tools, encrypted reasoning, compaction. */
export interface OpaqueBlock {
  readonly type: 'opaque';
  readonly family: Family;
  readonly data: JsonObject;
}

/** A user message of one text. */
export function userMessage(text: string): UserMessage {
  return { role: 'user', content: [{ type: 'text', text }] };
}

/** The text blocks of a message, joined with nothing between. */
export function messageText(message: Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** The calls of a message that the client has to run, in order. */
export function toolCalls(message: Message): readonly ToolCallBlock[] {
  return message.content.filter((block) => block.type === 'tool-call');
}
