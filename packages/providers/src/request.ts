import type { CachePolicy } from './cache/plan-breakpoints.ts';
import type { JsonObject } from './json.ts';
import type { Message } from './message.ts';

/** What one model call is asked. */
export interface ModelRequest {
  readonly system?: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly ToolDefinition[];
  /** Default `auto`. Changing it between turns can lose the cached messages; see `cache/family-rules.ts`. */
  readonly toolChoice?: ToolChoice;
  /** Output cap in tokens, reasoning included. Default: the adapter's, where the vendor demands one. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly stopSequences?: readonly string[];
  /** Where cache marks go. Default `auto`. */
  readonly cache?: CachePolicy;
  /** Fields added to the vendor's request body as they are. */
  readonly vendorOptions?: JsonObject;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object schema. */
  readonly inputSchema: JsonObject;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string };
