import type {
  CachedRequest,
  CacheParameters,
  CacheVerdict,
  Family,
  JsonValue,
  Message,
  PrefixBlock,
  ToolDefinition,
} from '@reprise/providers';
import type { Fault } from './faults/faults.ts';
import type { PromptComparison } from './prompt-history.ts';
import type { AnswerBlock } from './script/answer-blocks.ts';
import type { RefusalCategory, ScriptedStopReason } from './script/script.ts';
import type { UsageProfile } from './usage-profile.ts';

/**
 * One vendor's half of an exchange: what it accepts, what it matches, how it speaks. Pure.
 *
 * `refuse…` is called before anything else reads the body; the others may take its shape for granted.
 */
export interface Dialect {
  readonly family: Family;
  readonly path: string;
  readonly streamType: 'text/event-stream' | 'application/x-ndjson';
  /** The response header that names a request, for those who write to the vendor about it. */
  readonly requestIdHeader?: string;
  refuseCaller(headers: Headers): Refusal | undefined;
  refuseBody(body: unknown, headers: Headers): Refusal | undefined;
  errorBody(refusal: Refusal): unknown;
  prefixBlocks(body: unknown): readonly PrefixBlock[];
  /** Settings beside the blocks that a change of loses a part of the cache. */
  parameters(body: unknown): CacheParameters;
  marks(body: unknown): CacheMarks;
  /** The response that a request wants to be compared with, by its id; absent where the vendor compares none. */
  comparedWith?(body: unknown): string | undefined;
  /** What stands before the id of a response. */
  readonly idPrefix: string;
  conversation(body: unknown): Conversation;
  /** The vendor's usage object of a whole answer. */
  usage(answer: AnswerUsage): unknown;
  /** The answer as one JSON body. */
  body(answer: Answer): unknown;
  /** The same answer as a stream: one string per event, framed. */
  events(answer: Answer): Iterable<string>;
}

export interface Refusal {
  readonly status: Extract<Fault, { readonly type: 'status' }>['status'];
  readonly message: string;
  /** How long the caller is asked to wait. */
  readonly retryAfterMs?: number;
}

/** A request that the vendor does not take as it is. */
export function badRequest(message: string): Refusal {
  return { status: 400, message };
}

export type CacheMarks = CachedRequest['marks'];

/** What a request asks, in the vocabulary's words. */
export interface Conversation {
  readonly model: string;
  readonly system: string | undefined;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  readonly isStreaming: boolean;
  /** The request fills the cache and wants no answer, so no script is asked. */
  readonly isPrewarm?: boolean;
}

export interface AnswerCounts {
  /** The prompt, in disjoint parts. */
  readonly prompt: Pick<CacheVerdict, 'fresh' | 'read' | 'written'>;
  /** Output tokens, thinking included. */
  readonly output: number;
  /** The part of `output` that was thinking. */
  readonly thinking: number;
  /** Searches of the vendor's own, and how many tokens the model read of what they found, on top of the prompt. */
  readonly searched: { readonly requests: number; readonly tokens: number };
}

/** What a usage object is made of. */
export interface AnswerUsage {
  readonly model: string;
  readonly counts: AnswerCounts;
  readonly usageProfile: UsageProfile;
}

export interface Answer extends AnswerUsage {
  /** Hexadecimal; each vendor puts its own prefix before it. */
  readonly id: string;
  /** Epoch milliseconds at which the request arrived. */
  readonly at: number;
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: ScriptedStopReason;
  readonly refusalCategory: RefusalCategory | null;
  /** How many characters a piece of the stream has; `undefined`: a word. */
  readonly chunkCharacters: number | undefined;
  /** The request's body. */
  readonly request: unknown;
  /** The hash of the whole prompt. */
  readonly prefixHash: string;
  /** How the prompt compares with the one it asked to be compared with, if it did. */
  readonly comparison: PromptComparison | undefined;
}

/** All prompt tokens, for the vendors whose count is gross. */
export function promptTokens({ fresh, read, written }: AnswerCounts['prompt']): number {
  return Object.values(written).reduce((sum, tokens) => sum + tokens, fresh + read);
}

/** The text of all blocks of one type, joined. */
export function blockText(blocks: readonly AnswerBlock[], type: 'text' | 'thinking'): string {
  return blocks.map((block) => (block.type === type ? block.text : '')).join('');
}

/** A wire value as text: strings as they are, anything else as nothing. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A value that came out of a JSON parser. */
export function jsonValue(parsed: unknown): JsonValue {
  return parsed as JsonValue;
}
