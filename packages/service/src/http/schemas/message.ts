import { z } from '@hono/zod-openapi';
import type { JsonObject, Message } from '@reprise/providers';
import { count, describing, json, time } from './fields.ts';

/** A message of a session's branch, with its place in it. */
export interface MessageItemBody {
  /** From 0. */
  readonly index: number;
  readonly message: Message;
  /** Of what the model said: what is known of it beside. Absent of other messages, and where nothing is known. */
  readonly turn?: MessageTurnBody;
  /** Why it stands there, if nobody said it: it takes the place of messages that the model is not shown any more. */
  readonly edit?: 'compaction' | 'overflow';
}

/** The turn that a message of the model's is of. */
export interface MessageTurnBody {
  /** Its id in the ledger. */
  readonly id: string;
  readonly model: string;
  readonly stopReason: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Those of its tool calls that were begun, in call order. */
  readonly calls: readonly BegunCallBody[];
}

/** What the journal has of a tool call. */
export interface BegunCallBody {
  /** Its place among the calls of its turn, from 0. */
  readonly position: number;
  /** What running the tool twice would do: nothing, the same again, or harm. */
  readonly effect: 'effect' | 'idempotent' | 'pure';
  /** How often it was started. */
  readonly attempts: number;
  /** From its last start to its outcome; `null` while nobody knows what came of it. */
  readonly durationMs: number | null;
}

/** A part of a branch's messages, oldest first. */
export interface MessagePageBody {
  readonly items: readonly MessageItemBody[];
  /** How many messages there are. */
  readonly total: number;
  /** What to give as `after` for those that follow; `null` after the last. */
  readonly next: string | null;
  /** What to give as `before` for those that go before; `null` before the first. */
  readonly previous: string | null;
}

/** A block of a message that a client sends. Media are base64, and what their bytes say they are. */
export type InputBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mediaType?: string | undefined }
  | {
      readonly type: 'document';
      readonly data: string;
      readonly mediaType?: string | undefined;
      readonly name?: string | undefined;
    };

/** What a client says: a text, or blocks. */
export type InputBody = string | { readonly role?: 'user' | undefined; readonly content: readonly InputBlock[] };

const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const vendorFields = z.object({ family: z.string(), fields: jsonObject }).optional();
const text = z.object({ type: z.literal('text'), text: z.string() });
const image = z.object({ type: z.literal('image'), mediaType: z.string(), data: z.base64() });
const document = z.object({
  type: z.literal('document'),
  mediaType: z.string(),
  data: z.base64(),
  name: z.string().optional(),
});

const userBlock = z.discriminatedUnion('type', [text, image, document]).openapi('UserBlock');

const assistantBlock = z
  .discriminatedUnion('type', [
    text.extend({ citations: z.array(jsonObject).optional(), vendorFields }),
    z.object({
      type: z.literal('thinking'),
      text: z.string(),
      signature: z.string().optional(),
      vendorFields,
    }),
    z.object({ type: z.literal('redacted-thinking'), data: z.string(), vendorFields }),
    z.object({
      type: z.literal('tool-call'),
      id: z.string(),
      name: z.string(),
      arguments: json,
      argumentsText: z.string().openapi({ description: 'The arguments as the model wrote them.' }),
      vendorFields,
    }),
    z.object({ type: z.literal('opaque'), family: z.string(), data: jsonObject }),
  ])
  .openapi('AssistantBlock');

const toolResult = z
  .object({
    type: z.literal('tool-result'),
    toolCallId: z.string(),
    toolName: z.string(),
    content: z.array(z.discriminatedUnion('type', [text, image])),
    isError: z.boolean(),
  })
  .openapi('ToolResult');

const messageSchema: z.ZodType<Message> = describing<Message>(
  z
    .discriminatedUnion('role', [
      z.object({ role: z.literal('user'), content: z.array(userBlock) }),
      z.object({ role: z.literal('assistant'), content: z.array(assistantBlock), responseId: z.string().optional() }),
      z.object({ role: z.literal('tool'), content: z.array(toolResult) }),
    ])
    .openapi('Message'),
);

const messageTurn = z
  .object({
    id: z.string(),
    model: z.string(),
    stopReason: z.string(),
    startedAt: time,
    calls: z.array(
      z.object({
        position: count,
        effect: z.enum(['effect', 'idempotent', 'pure']),
        attempts: count,
        durationMs: count.nullable(),
      }),
    ),
  })
  .openapi('MessageTurn', { description: 'What the ledger and the journal of tool calls know of a message.' });

export const messagePageSchema: z.ZodType<MessagePageBody> = describing<MessagePageBody>(
  z
    .object({
      items: z.array(
        z.object({
          index: count,
          message: messageSchema,
          turn: messageTurn.optional(),
          edit: z.enum(['compaction', 'overflow']).optional(),
        }),
      ),
      total: count,
      next: z.string().nullable(),
      previous: z.string().nullable(),
    })
    .openapi('MessagePage'),
);

const inputBlock: z.ZodType<InputBlock> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image'), data: z.base64(), mediaType: z.string().max(128).optional() }),
  z.strictObject({
    type: z.literal('document'),
    data: z.base64(),
    mediaType: z.string().max(128).optional(),
    name: z.string().max(256).optional(),
  }),
]);

export const inputSchema: z.ZodType<InputBody> = z
  .union([
    z.string().min(1),
    z.strictObject({ role: z.literal('user').optional(), content: z.array(inputBlock).min(1).max(100) }),
  ])
  .openapi('Input');
