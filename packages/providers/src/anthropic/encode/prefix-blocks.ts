import type { PrefixBlock } from '../../cache/prefix.ts';
import { mapGrowing } from '../../frozen.ts';
import { asArray, asObject } from '../../json.ts';
import type { MessagesBody } from '../wire.ts';

/** A Messages request body as the blocks its cache matches: tools, then system, then messages. Cache marks are left out. */
export function anthropicPrefixBlocks(body: unknown): readonly PrefixBlock[] {
  const { tools, system, messages } = asObject(body) ?? {};
  // Whatever is no message counts as an empty one.
  return allBlocks({ tools, system, messages: asArray(messages).map((message) => asObject(message) ?? {}) });
}

/** The same of a body of our own, whose shape is known. */
export function bodyPrefixBlocks(body: MessagesBody): readonly PrefixBlock[] {
  return allBlocks(body);
}

function allBlocks({ tools, system, messages }: BodyParts): readonly PrefixBlock[] {
  const toolBlocks = asArray(tools).map((tool, index) => prefixBlock(`tools[${index}]`, 'tool', tool));
  const systemBlocks = contentBlocks(system).map((block, index) => prefixBlock(`system[${index}]`, 'system', block));
  return toolBlocks.concat(systemBlocks, messageBlocks(messages));
}

interface BodyParts {
  readonly tools?: unknown;
  readonly system?: unknown;
  readonly messages: readonly SomeMessage[];
}

interface SomeMessage {
  readonly role?: unknown;
  readonly content?: unknown;
}

const messageBlocks = mapGrowing(({ role, content }: SomeMessage, messageIndex) =>
  contentBlocks(content).map((block, index) =>
    prefixBlock(`messages[${messageIndex}].content[${index}]`, prefixRole(role), block),
  ),
);

/** A bare string stands for one text block; the two are the same prefix. */
function contentBlocks(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
}

function prefixRole(role: unknown): PrefixBlock['role'] {
  return role === 'assistant' || role === 'system' ? role : 'user';
}

function prefixBlock(path: string, role: PrefixBlock['role'], block: unknown): PrefixBlock {
  const { cache_control: _mark, ...content } = asObject(block) ?? {};
  const kind = typeof content['type'] === 'string' ? content['type'] : role;
  return { path, role, kind, text: JSON.stringify(content), markable: !kind.includes('thinking') };
}
