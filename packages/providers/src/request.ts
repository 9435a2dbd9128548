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
  /** How much the model thinks before it answers. Default: the model's own. What it cannot do is adapted with a warning. */
  readonly think?: ThinkLevel;
  /** Web search by the vendor, and how much of what it finds the model reads. Default `false`. */
  readonly search?: false | SearchLevel;
  /** How the answer begins; the model goes on from there, and the message holds both. */
  readonly prefill?: string;
  /** JSON Schema of the answer, an object schema: the answer's text is JSON that follows it. */
  readonly output?: JsonObject;
  /** Where cache marks go. Default `auto`. */
  readonly cache?: CachePolicy;
  /** Whose requests share a cache, at vendors that route by such a key (`prompt_cache_key`); the others are not told. */
  readonly cacheKey?: string;
  /** Asks the vendor how this request met the cache that the history's last response left: `turn.diagnostics`. Default `false`. */
  readonly diagnostics?: boolean;
  /** Fields added to the vendor's request body as they are. */
  readonly vendorOptions?: JsonObject;
}

export type ThinkLevel = 'off' | 'low' | 'medium' | 'high' | 'max';

export type SearchLevel = 'low' | 'medium' | 'high';

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object schema. */
  readonly inputSchema: JsonObject;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string };
