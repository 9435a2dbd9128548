import type { JsonObject } from '../json.ts';

export type WireObject = Readonly<Record<string, unknown>>;

/** A chat body as far as this adapter writes it; `vendorOptions` may add any other field. */
export interface ChatBody {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly WireTool[];
  /** Whether to think, or how much; only `false` is taken by a model that cannot. */
  readonly think?: false | 'low' | 'medium' | 'high' | 'max';
  /** JSON Schema of the answer. */
  readonly format?: JsonObject;
  readonly options?: WireObject;
  readonly stream: true;
}

export interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly thinking?: string;
  /** Base64. */
  readonly images?: readonly string[];
  readonly tool_calls?: readonly WireToolCall[];
  readonly tool_name?: string;
}

export interface WireToolCall {
  readonly function: { readonly name: string; readonly arguments: WireObject };
}

export interface WireTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description: string; readonly parameters: JsonObject };
}
