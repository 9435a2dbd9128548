/**
 * Messages written by hand, in as few words as they need. Pure: media are blocks already (`await mediaBlock(…)`), since what bytes are
 * has to be read from them.
 *
 * B1. The same content gives the same message, however it was wrapped: `msg('hey')` equals `msg(['hey'])`.
 * B2. Empty texts are left out, and what is empty then is refused: no vendor takes it.
 * B3. A message that exists keeps its role and its content; a content that is one text becomes a block.
 * B4. What is none of it, as callers without types may give it, is refused in words.
 */

import type { AssistantTurn } from './assistant-turn.ts';
import { refuseRequest } from './check-request.ts';
import { asObject } from './json.ts';
import type {
  AssistantBlock,
  AssistantMessage,
  Block,
  Message,
  ToolMessage,
  ToolResultBlock,
  UserBlock,
  UserMessage,
} from './message.ts';

/** What one message says: a text, a block, or several of both. */
export type MessageContent<PartBlock extends Block> =
  | string
  | PartBlock
  | MessageParts<PartBlock>
  | readonly (string | PartBlock)[];

/** Several parts of one message; see `parts`. */
export interface MessageParts<PartBlock extends Block = Block> {
  readonly parts: readonly (string | PartBlock)[];
}

/** A message as most SDKs take it: its content is one text. */
export interface TextMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface MarkOptions {
  /** `true` asks for the prefix that ends with the message to be kept, `false` takes such a mark away. Default: as the message was. */
  readonly cache?: boolean;
  /** How long to keep it; asks for it as `cache: true` does. Default: the shortest the vendor sells. */
  readonly ttl?: NonNullable<NonNullable<Message['cache']>['ttl']>;
}

export interface MessageOptions extends MarkOptions {
  /** Whose message it is, unless the content is one already. Default `user`. */
  readonly role?: 'user' | 'assistant';
}

type ConversationBlock = UserBlock | AssistantBlock;

/** One message of a conversation: what `msg` takes. A list within the list is one message of many parts. */
export type ConversationItem =
  | MessageContent<ConversationBlock>
  | Message
  | TextMessage
  | AssistantTurn
  | null
  | undefined;

/**
 * A message of this content; of a turn, its message; of nothing, nothing.
 * Throws `provider/invalid-request` if the content is empty, or holds what such a message cannot.
 */
export function msg(content: null | undefined, options?: MessageOptions): undefined;
export function msg<Built extends Message>(content: Built, options?: MarkOptions): Built;
export function msg(content: TextMessage, options?: MarkOptions): UserMessage | AssistantMessage;
export function msg(content: AssistantTurn, options?: MarkOptions): AssistantMessage;
export function msg(
  content: MessageContent<AssistantBlock>,
  options: MessageOptions & { readonly role: 'assistant' },
): AssistantMessage;
export function msg(
  content: MessageContent<UserBlock>,
  options?: MessageOptions & { readonly role?: 'user' },
): UserMessage;
export function msg(
  content: MessageContent<UserBlock> | Message | TextMessage | AssistantTurn | null | undefined,
  options?: MessageOptions & { readonly role?: 'user' },
): Message | undefined;
export function msg(content: ConversationItem, { role = 'user', ...mark }: MessageOptions = {}): Message | undefined {
  // Callers without types may pass any.
  if (role !== 'user' && role !== 'assistant') refuseRole(role, 'The message');
  const message = toMessage(content, role, 'The message');
  return message && markMessage(message, mark);
}

/** The parts of one message, where a plain list would be read as several: `conversation(parts('What is this?', image))`. */
export function parts<const Items extends readonly (string | Block)[]>(
  ...items: Items
): MessageParts<Exclude<Items[number], string>>;
export function parts(...items: readonly (string | Block)[]): MessageParts {
  return { parts: items };
}

/**
 * A history of these messages, in order; nothing gives the empty one, and what is no list is its one message.
 *
 * Roles alternate: the first is the user's, after the user or a tool comes the assistant, after the assistant the user. Messages that
 * exist keep theirs. One tool message holds all results of a turn, so tool messages in a row become one, with the last mark among them.
 * Throws what `msg` throws.
 */
export function conversation(items: ConversationItem | readonly ConversationItem[]): readonly Message[] {
  const messages: Message[] = [];
  for (const [index, item] of (isItemList(items) ? items : [items || undefined]).entries()) {
    const last = messages.at(-1);
    const role = last === undefined || last.role === 'assistant' ? 'user' : 'assistant';
    const message = toMessage(item, role, `Item ${index} of the conversation`);
    if (last?.role === 'tool' && message?.role === 'tool') messages.splice(-1, 1, joinResults(last, message));
    else if (message) messages.push(message);
  }
  return messages;
}

function isItemList(value: ConversationItem | readonly ConversationItem[]): value is readonly ConversationItem[] {
  return Array.isArray(value);
}

function joinResults(earlier: ToolMessage, later: ToolMessage): ToolMessage {
  return { ...earlier, ...later, content: [...earlier.content, ...later.content] };
}

/** `label` names the message in errors. */
function toMessage(content: ConversationItem, role: 'user' | 'assistant', label: string): Message | undefined {
  if (content === undefined || content === null) return undefined;
  if (typeof content === 'object' && 'role' in content) return toWholeMessage(content, label);
  if (typeof content === 'object' && 'message' in content && asObject(content.message)) return content.message;
  return fromParts(toParts(content, label), role, label);
}

/** A message that exists, if it is one. */
function toWholeMessage(message: Message | TextMessage, label: string): Message {
  const { role } = message;
  const types = BLOCK_TYPES.get(role) ?? refuseRole(role, label);
  if (isTextMessage(message)) return { ...message, ...fromParts([message.content], message.role, label) };
  if (!isList(message.content)) {
    const content = describe(message.content);
    refuseRequest(`${label} is one of role ${role} whose content is ${content}; a list of blocks is expected.`);
  }
  for (const block of message.content) {
    if (!types.has(toBlock(block, label).type)) refuseBlock(block, role, label);
  }
  return message;
}

function isTextMessage(message: Message | TextMessage): message is TextMessage {
  return message.role !== 'tool' && typeof message.content === 'string';
}

function fromParts(
  given: readonly unknown[],
  role: 'user' | 'assistant',
  label: string,
): UserMessage | AssistantMessage {
  const blocks = given
    .map((part): Block => (typeof part === 'string' ? { type: 'text', text: part } : toBlock(part, label)))
    .filter((block) => block.type !== 'text' || block.text !== '');
  if (blocks.length === 0) refuseRequest(`${label} is empty; give it a text or a block, or leave it out.`);
  return role === 'user'
    ? { role, content: blocks.map((block) => (isUserBlock(block) ? block : refuseBlock(block, role, label))) }
    : { role, content: blocks.map((block) => (isAssistantBlock(block) ? block : refuseBlock(block, role, label))) };
}

function toParts(content: unknown, label: string): readonly unknown[] {
  if (typeof content === 'string') return [content];
  if (isList(content)) return content;
  const { parts: given, type } = asObject(content) ?? {};
  if (isList(given)) return given;
  if (type !== undefined) return [content];
  return refuseRequest(`${label} is ${describe(content)}, which is no text, block or list of both; ${HOW_BYTES}`);
}

// Bytes are what is often given here, and have to be read first.
const HOW_BYTES = 'bytes become a block by await mediaBlock(…).';

function toBlock(value: unknown, label: string): Block {
  if (!isBlock(value)) refuseRequest(`${label} holds ${describe(value)}, which is no text or block; ${HOW_BYTES}`);
  if (value.type === 'text' && typeof value.text !== 'string') {
    refuseRequest(`${label} holds a text block without its text.`);
  }
  return value;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A file has a type too. */
function isBlock(value: unknown): value is Block {
  return typeof asObject(value)?.['type'] === 'string' && !(value instanceof Blob);
}

const USER_BLOCKS: ReadonlySet<string> = new Set<UserBlock['type']>(['text', 'image', 'document']);
const ASSISTANT_BLOCKS: ReadonlySet<string> = new Set<AssistantBlock['type']>([
  'text',
  'thinking',
  'redacted-thinking',
  'tool-call',
  'opaque',
]);

/** What a message of each role can hold. */
const BLOCK_TYPES: ReadonlyMap<string, ReadonlySet<string>> = new Map<Message['role'], ReadonlySet<string>>([
  ['user', USER_BLOCKS],
  ['assistant', ASSISTANT_BLOCKS],
  ['tool', new Set<ToolResultBlock['type']>(['tool-result'])],
]);

function isUserBlock(block: Block): block is UserBlock {
  return USER_BLOCKS.has(block.type);
}

function isAssistantBlock(block: Block): block is AssistantBlock {
  return ASSISTANT_BLOCKS.has(block.type);
}

function refuseBlock({ type }: Block, role: Message['role'], label: string): never {
  const expected = [...(BLOCK_TYPES.get(role) ?? [])].join(', ');
  return refuseRequest(`${label} is one of role ${role} and holds a block of type ${type}; ${expected} are expected.`);
}

function refuseRole(role: unknown, label: string): never {
  const remedy =
    role === 'system' || role === 'developer'
      ? 'what it says goes into `system`, beside the messages.'
      : 'user, assistant, or tool with results of calls is expected.';
  return refuseRequest(`${label} is one of role ${role}; ${remedy}`);
}

/** What a value is, without what it says. */
function describe(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const { name = 'Object' } = value.constructor ?? {};
  if (name === 'Object') return 'an object';
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

function markMessage(message: Message, { cache, ttl }: MarkOptions): Message {
  if (cache ?? ttl !== undefined) return { ...message, cache: ttl === undefined ? {} : { ttl } };
  if (cache === undefined) return message;
  const { cache: _mark, ...unmarked } = message;
  return unmarked;
}
