import type { ImageBlock, TextBlock } from '@reprise/providers';
import { contentFault } from '../content-blocks.ts';

const BLOCKS: unique symbol = Symbol.for('@reprise/agent/tool-blocks');

/** Texts and images that a tool shows the model. */
export interface ToolBlocks {
  readonly [BLOCKS]: readonly (TextBlock | ImageBlock)[];
}

/** What a tool returns to show the model texts and images, in this order: `toolBlocks([await mediaBlock('chart.png')])`. */
export function toolBlocks(blocks: readonly (TextBlock | ImageBlock)[]): ToolBlocks {
  return { [BLOCKS]: blocks };
}

/**
 * The blocks of an output made by `toolBlocks`, without empty texts, which no vendor takes; `undefined` for any other output. Throws for what
 * is none: it would be in every later request.
 */
export function blocksOf(output: unknown): readonly (TextBlock | ImageBlock)[] | undefined {
  if (typeof output !== 'object' || output === null || !(BLOCKS in output)) return undefined;
  const fault = contentFault(output[BLOCKS], ['text', 'image']);
  if (fault !== undefined) throw new Error(`The tool ran, but what it gave to toolBlocks ${fault}.`);
  // Checked just now.
  const blocks = output[BLOCKS] as ToolBlocks[typeof BLOCKS];
  return blocks.filter((block) => block.type !== 'text' || block.text !== '');
}
