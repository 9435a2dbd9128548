import { partBlocks, withoutMark } from '../../cache/part-blocks.ts';
import type { PrefixBlock } from '../../cache/prefix.ts';
import { foldGrowing, isSameJson } from '../../frozen.ts';
import { asArray, asObject } from '../../json.ts';

/**
 * A Responses request body as the blocks its cache matches: tools, then `instructions`, then input items, those of a user and the results
 * of calls with a block for each part.
 */
export function responsesPrefixBlocks(body: unknown): readonly PrefixBlock[] {
  const { tools, instructions, input } = asObject(body) ?? {};
  return [
    ...asArray(tools).map(toolBlock),
    ...(instructions ? [wholeBlock('instructions', 'instructions', 'system', 'system', instructions)] : []),
    ...itemBlocks(inputItems(input).map((item) => asObject(item) ?? {})),
  ];
}

/** The parts that have the field for a mark (`openai` 7.55 responses.d.ts). What the model made, tools and `instructions` have none. */
const MARKABLE_PARTS: ReadonlySet<string> = new Set(['input_text', 'input_image', 'input_file']);

function toolBlock(tool: unknown, index: number): PrefixBlock {
  const { type } = asObject(tool) ?? {};
  const isVendors = typeof type === 'string' && type !== 'function' && type !== 'custom';
  const path = `tools[${index}]`;
  return wholeBlock(path, path, 'tool', isVendors ? type : 'tool', tool);
}

/** A bare string stands for one user message; the two are the same prefix. */
function inputItems(input: unknown): readonly unknown[] {
  return typeof input === 'string'
    ? [{ role: 'user', content: [{ type: 'input_text', text: input }] }]
    : asArray(input);
}

/** The items of one answer are one message, and so are results of calls that stand together: the state is where such a group began. */
const itemBlocks = foldGrowing(
  { messagePath: '', group: undefined },
  (
    item: Readonly<Record<string, unknown>>,
    index,
    before: { readonly messagePath: string; readonly group: string | undefined },
  ) => {
    const { role: wireRole, type } = item;
    const role = itemRole(wireRole, type);
    const isResult = isCallOutput(type);
    const group = role === 'assistant' ? 'answer' : isResult ? 'results' : undefined;
    const path = `input[${index}]`;
    const messagePath = group !== undefined && group === before.group ? before.messagePath : path;
    const kind = [type, wireRole].find((word) => typeof word === 'string');
    const name = typeof kind === 'string' ? kind : 'item';
    const state = { messagePath, group };
    if (role === 'assistant') return { results: [wholeBlock(path, messagePath, role, name, item)], state };
    const results = partBlocks(item, {
      path,
      messagePath,
      role,
      kind: name,
      namesParts: isResult,
      field: isResult ? 'output' : 'content',
      text: { type: 'input_text', writes: isResult ? 'string' : 'part' },
      markable: MARKABLE_PARTS,
    });
    return { results, state };
  },
  isSameJson,
);

/** What has no role is the model's, but for the answers to its calls. */
function itemRole(role: unknown, type: unknown): PrefixBlock['role'] {
  if (role === 'system' || role === 'developer') return 'system';
  return role === 'user' || isCallOutput(type) ? 'user' : 'assistant';
}

function isCallOutput(type: unknown): boolean {
  return typeof type === 'string' && type.endsWith('call_output');
}

function wholeBlock(
  path: string,
  messagePath: string,
  role: PrefixBlock['role'],
  kind: string,
  content: unknown,
): PrefixBlock {
  const text = typeof content === 'string' ? content : withoutMark(content);
  return { path, messagePath, role, kind, text: JSON.stringify(text), markable: false };
}
