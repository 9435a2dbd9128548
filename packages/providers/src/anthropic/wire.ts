import type { JsonValue } from '../json.ts';

/** A Messages request body as far as this adapter writes it; `vendorOptions` may add any other field. */
export interface MessagesBody {
  readonly model: string;
  readonly max_tokens: number;
  readonly system?: readonly WireBlock[];
  readonly tools?: readonly WireTool[];
  readonly messages: readonly WireMessage[];
  readonly tool_choice?: WireToolChoice;
  readonly stop_sequences?: readonly string[];
  readonly [field: string]: unknown;
}

export interface WireMessage {
  readonly role: 'user' | 'assistant';
  readonly content: readonly WireBlock[];
}

/** A content block, in a request or in a response. */
export interface WireBlock {
  readonly [field: string]: JsonValue;
}

/** A tool of the caller's, or one that the vendor runs itself. */
export type WireTool = WireClientTool | WireServerTool;

export interface WireServerTool {
  readonly type: string;
  readonly name: string;
  readonly max_uses: number;
}

interface WireClientTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: JsonValue;
}

export type WireToolChoice =
  | { readonly type: 'auto' | 'none' | 'any' }
  | { readonly type: 'tool'; readonly name: string };

/** The mark that asks for the prefix ending with its block to be kept. Five minutes is the default and is not written. */
export interface WireCacheControl {
  readonly type: 'ephemeral';
  readonly ttl?: string;
}
