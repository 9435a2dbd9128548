import type { Family, JsonValue, Message, StopReason, ToolDefinition } from '@reprise/providers';

/** What the assistant says. It throws to make the vendor fail with a status 500. */
export type Script = (request: ScriptRequest) => Reply | Promise<Reply>;

/** A request in nobody's wire format. */
export interface ScriptRequest {
  readonly family: Family;
  readonly model: string;
  readonly system: string | undefined;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** The number of requests that came before this one, refused ones included. */
  readonly requestIndex: number;
}

/** A bare string is a reply of that text. */
export type Reply = string | ReplyParts;

export interface ReplyParts {
  readonly text?: string;
  /** Comes first. */
  readonly thinking?: string;
  /** A thought that only the vendor can read. Comes after the thinking; vendors without such a thing send nothing of it. */
  readonly redactedThinking?: string;
  /** Searches that the vendor makes by itself. They come before the text, which cites all they found; Ollama has none. */
  readonly searches?: readonly ScriptedSearch[];
  /** Come after the text. */
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Default: `tool-use` with tool calls, else `end-turn`. */
  readonly stopReason?: ScriptedStopReason;
  /** Of a refusal, where the vendor names one. Default: none. */
  readonly refusalCategory?: RefusalCategory;
  /** How many characters a piece of the stream has. Default: a word of up to 24. */
  readonly chunkCharacters?: number;
  /** Pause between two events of the stream, in real time. Default 0. */
  readonly delayMs?: number;
}

export interface ScriptedSearch {
  readonly query: string;
  readonly results: readonly SearchResult[];
}

export interface SearchResult {
  readonly url: string;
  readonly title: string;
  /** What the model reads there. Default: the title. */
  readonly text?: string;
}

/** What Anthropic refuses answers for (`stop_details.category`, SDK 1.11). */
export type RefusalCategory = 'cyber' | 'bio' | 'frontier_llm' | 'reasoning_extraction' | 'general_harms';

export interface ScriptedToolCall {
  /** Default: one that no other call has. */
  readonly id?: string;
  readonly name: string;
  /** Default `{}`. */
  readonly arguments?: JsonValue;
  /** The text the model writes instead, such as one that is cut off, or none. Vendors that send arguments as objects send what it parses to. */
  readonly argumentsText?: string;
}

export type ScriptedStopReason = Exclude<StopReason, 'aborted' | 'error'>;
