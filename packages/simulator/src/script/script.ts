import {
  type Family,
  type JsonValue,
  type Message,
  parseExactJson,
  type StopReason,
  type ToolDefinition,
} from '@reprise/providers';

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
  /** Comes before the text. */
  readonly thinking?: string;
  /** Come after the text. */
  readonly toolCalls?: readonly ScriptedToolCall[];
  /** Default: `tool-use` with tool calls, else `end-turn`. */
  readonly stopReason?: ScriptedStopReason;
  /** Pause between two events of the stream, in real time. Default 0. */
  readonly delayMs?: number;
}

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

/** One block of an answer, in the order they are sent: thinking, text, tool calls. */
export type AnswerBlock =
  | { readonly type: 'thinking' | 'text'; readonly text: string }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly arguments: JsonValue;
      readonly argumentsText: string;
    };

/** A reply as parts. Throws for a value that is not a reply, which only untyped scripts can return. */
export function replyParts(reply: Reply): ReplyParts {
  if (typeof reply === 'string') return { text: reply };
  if (typeof reply === 'object' && reply !== null) return reply;
  throw new TypeError(`The script returned ${String(reply)}; expected a text or { text, thinking, toolCalls }.`);
}

/** A reply's blocks; `callId` names a tool call that has no id of its own. Empty parts leave no block. */
export function answerBlocks(reply: ReplyParts, callId: (callIndex: number) => string): readonly AnswerBlock[] {
  const { thinking = '', text = '', toolCalls = [] } = reply;
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking' as const, text: thinking }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...toolCalls.map((call, index) => ({
      type: 'tool-call' as const,
      id: call.id ?? callId(index),
      name: call.name,
      ...argumentsOf(call),
    })),
  ];
}

function argumentsOf({ arguments: given = {}, argumentsText }: ScriptedToolCall) {
  if (argumentsText === undefined) return { arguments: given, argumentsText: JSON.stringify(given) };
  return { arguments: parseExactJson(argumentsText) ?? {}, argumentsText };
}

/** A text cut the way a model streams it: a word at a time, never inside a character. Joined, the pieces are the text. */
export function streamPieces(text: string): readonly string[] {
  return text.match(/\s*\S{1,24}|\s+/gu) ?? [];
}
