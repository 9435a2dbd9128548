import type { PrefixBlock } from '../../cache/prefix.ts';
import { mapGrowing } from '../../frozen.ts';
import { asArray, asObject } from '../../json.ts';

/** A Messages request body as the blocks its cache matches: tools, then system, then messages. Cache marks are left out. */
export function anthropicPrefixBlocks(body: unknown): readonly PrefixBlock[] {
  const { tools, system, messages } = asObject(body) ?? {};
  const toolBlocks = asArray(tools).map((tool, index) => prefixBlock(`tools[${index}]`, 'tool', tool));
  const systemBlocks = contentBlocks(system).map((block, index) => prefixBlock(`system[${index}]`, 'system', block));
  return toolBlocks.concat(systemBlocks, messageBlocks(asMessages(messages)));
}

const messageBlocks = mapGrowing(({ role, content }: Readonly<Record<string, unknown>>, messageIndex) =>
  contentBlocks(content).map((block, index) =>
    prefixBlock(`messages[${messageIndex}].content[${index}]`, prefixRole(role), block),
  ),
);

/** Whatever is no message counts as an empty one. A body of our own is taken as it is. */
function asMessages(messages: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list = asArray(messages);
  return list.every(isObject) ? list : list.map((message) => asObject(message) ?? {});
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return asObject(value) !== undefined;
}

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
