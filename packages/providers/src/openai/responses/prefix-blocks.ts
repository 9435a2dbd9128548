import type { PrefixBlock } from '../../cache/prefix.ts';
import { asArray, asObject } from '../../json.ts';

/**
 * A Responses request body as the blocks its cache matches: tools, then `instructions`, then input items. An item is one block, and none
 * can carry a mark.
 */
export function responsesPrefixBlocks(body: unknown): readonly PrefixBlock[] {
  const { tools, instructions, input } = asObject(body) ?? {};
  return [
    ...asArray(tools).map((tool, index) => prefixBlock(`tools[${index}]`, 'tool', 'tool', tool)),
    ...(instructions ? [prefixBlock('instructions', 'system', 'system', instructions)] : []),
    ...inputItems(input).map((item, index) => {
      const { role, type } = asObject(item) ?? {};
      const kind = [type, role].find((word) => typeof word === 'string');
      return prefixBlock(`input[${index}]`, itemRole(role, type), typeof kind === 'string' ? kind : 'item', item);
    }),
  ];
}

/** A bare string stands for one user message; the two are the same prefix. */
function inputItems(input: unknown): readonly unknown[] {
  return typeof input === 'string'
    ? [{ role: 'user', content: [{ type: 'input_text', text: input }] }]
    : asArray(input);
}

/** What has no role is the model's, but for the answers to its calls. */
function itemRole(role: unknown, type: unknown): PrefixBlock['role'] {
  if (role === 'system' || role === 'developer') return 'system';
  if (role === 'user' || (typeof type === 'string' && type.endsWith('call_output'))) return 'user';
  return 'assistant';
}

function prefixBlock(path: string, role: PrefixBlock['role'], kind: string, content: unknown): PrefixBlock {
  return { path, role, kind, text: JSON.stringify(content) ?? '', markable: false };
}
