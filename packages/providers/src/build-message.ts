/**
 * Messages written by hand, in as few words as they need. Pure: media are blocks already (`await mediaBlock(…)`), since what bytes are
 * has to be read from them.
 *
 * B1. The same content gives the same message, however it was wrapped: `msg('hey')` equals `msg(['hey'])`.
 * B2. Empty texts are left out, and what is empty then is refused: no vendor takes it.
 * B3. A message that exists keeps its role and its content.
 */

import type { AssistantTurn } from './assistant-turn.ts';
import { refuseRequest } from './check-request.ts';
import type {
  AssistantBlock,
  AssistantMessage,
  Block,
  Message,
  ToolMessage,
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
export type ConversationItem = MessageContent<ConversationBlock> | Message | AssistantTurn | null | undefined;

/**
 * A message of this content; of a turn, its message; of nothing, nothing.
 * Throws `provider/invalid-request` if the content is empty, or holds what such a message cannot.
 */
export function msg(content: null | undefined, options?: MessageOptions): undefined;
export function msg<Built extends Message>(content: Built, options?: MarkOptions): Built;
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
  content: MessageContent<UserBlock> | Message | AssistantTurn | null | undefined,
  options?: MessageOptions & { readonly role?: 'user' },
): Message | undefined;
export function msg(content: ConversationItem, { role = 'user', ...mark }: MessageOptions = {}): Message | undefined {
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
  if (typeof content === 'object' && 'role' in content) return content;
  if (typeof content === 'object' && 'message' in content) return content.message;
  const blocks = toBlocks(toParts(content, label));
  if (blocks.length === 0) refuseRequest(`${label} is empty; give it a text or a block, or leave it out.`);
  return role === 'user'
    ? { role, content: blocks.map((block) => (isUserBlock(block) ? block : refuseBlock(block, role, label))) }
    : { role, content: blocks.map((block) => (isAssistantBlock(block) ? block : refuseBlock(block, role, label))) };
}

function toParts(content: MessageContent<ConversationBlock>, label: string): readonly (string | ConversationBlock)[] {
  if (typeof content === 'string') return [content];
  if ('parts' in content) return content.parts;
  if ('type' in content) return [content];
  // Asked although the type says so: bytes are what is often given here, and have to be read first.
  if (isPartList(content)) return content;
  return refuseRequest(`${label} is no text, block or list of both; bytes become a block by mediaBlock.`);
}

function isPartList(value: readonly (string | ConversationBlock)[]): boolean {
  return Array.isArray(value);
}

function toBlocks(parts: readonly (string | ConversationBlock)[]): readonly ConversationBlock[] {
  return parts
    .map((part): ConversationBlock => (typeof part === 'string' ? { type: 'text', text: part } : part))
    .filter((block) => block.type !== 'text' || block.text !== '');
}

const USER_BLOCKS: ReadonlySet<string> = new Set<UserBlock['type']>(['text', 'image', 'document']);
const ASSISTANT_BLOCKS: ReadonlySet<string> = new Set<AssistantBlock['type']>([
  'text',
  'thinking',
  'redacted-thinking',
  'tool-call',
  'opaque',
]);

function isUserBlock(block: Block): block is UserBlock {
  return USER_BLOCKS.has(block.type);
}

function isAssistantBlock(block: Block): block is AssistantBlock {
  return ASSISTANT_BLOCKS.has(block.type);
}

function refuseBlock({ type }: Block, role: 'user' | 'assistant', label: string): never {
  const expected = [...(role === 'user' ? USER_BLOCKS : ASSISTANT_BLOCKS)].join(', ');
  return refuseRequest(`${label} is one of role ${role} and holds a block of type ${type}; ${expected} are expected.`);
}

function markMessage(message: Message, { cache, ttl }: MarkOptions): Message {
  if (cache ?? ttl !== undefined) return { ...message, cache: ttl === undefined ? {} : { ttl } };
  if (cache === undefined) return message;
  const { cache: _mark, ...unmarked } = message;
  return unmarked;
}
