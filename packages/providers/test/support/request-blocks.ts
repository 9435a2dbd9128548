import type { PrefixBlock } from '../../src/cache/prefix.ts';

/** A block that does not know yet where it stands. */
export type LooseBlock = Omit<PrefixBlock, 'path'>;

export function looseBlock(role: PrefixBlock['role'], text: string, kind = 'text'): LooseBlock {
  return { role, kind, text, markable: !kind.includes('thinking') };
}

/** A request's prefix blocks, with the paths they have in an Anthropic body. */
export function requestBlocks(
  stable: readonly LooseBlock[],
  messages: readonly (readonly LooseBlock[])[],
): readonly PrefixBlock[] {
  const tools = stable.filter(({ role }) => role === 'tool');
  const system = stable.filter(({ role }) => role === 'system');
  return [
    ...tools.map((block, index) => ({ ...block, path: `tools[${index}]` })),
    ...system.map((block, index) => ({ ...block, path: `system[${index}]` })),
    ...messages.flatMap((content, messageIndex) =>
      content.map((block, index) => ({ ...block, path: `messages[${messageIndex}].content[${index}]` })),
    ),
  ];
}
