import type { ImageBlock, TextBlock } from '@reprise/providers';

const BLOCKS: unique symbol = Symbol.for('@reprise/agent/tool-blocks');

/** Texts and images that a tool shows the model. */
export interface ToolBlocks {
  readonly [BLOCKS]: readonly (TextBlock | ImageBlock)[];
}

/** What a tool returns to show the model texts and images, in this order: `toolBlocks([await mediaBlock('chart.png')])`. */
export function toolBlocks(blocks: readonly (TextBlock | ImageBlock)[]): ToolBlocks {
  return { [BLOCKS]: blocks };
}

/** The blocks of an output made by `toolBlocks`, without empty texts, which no vendor takes; `undefined` for any other output. */
export function blocksOf(output: unknown): readonly (TextBlock | ImageBlock)[] | undefined {
  const blocks = typeof output === 'object' && output !== null && BLOCKS in output ? output[BLOCKS] : undefined;
  // Nothing but `toolBlocks` writes this field.
  return (blocks as ToolBlocks[typeof BLOCKS] | undefined)?.filter(
    (block) => block.type !== 'text' || block.text !== '',
  );
}
