import type { ImageBlock, MediaBlock, TextBlock } from '@reprise/providers';
import { contentFault } from '../content-blocks.ts';

const BLOCKS: unique symbol = Symbol.for('@reprise/agent/tool-blocks');

/** Texts and images that a tool shows the model. */
export interface ToolBlocks {
  readonly [BLOCKS]: readonly (string | TextBlock | MediaBlock)[];
}

/**
 * What a tool returns to show the model texts and images, in this order: `toolBlocks(['The chart:', await mediaBlock({ path: 'chart.png' })])`.
 * A medium that is no image fails the call.
 */
export function toolBlocks(blocks: readonly (string | TextBlock | MediaBlock)[]): ToolBlocks {
  return { [BLOCKS]: blocks };
}

/**
 * The blocks of an output made by `toolBlocks`, without empty texts, which no vendor takes; `undefined` for any other output. Throws for what
 * is none: it would be in every later request.
 */
export function blocksOf(output: unknown): readonly (TextBlock | ImageBlock)[] | undefined {
  if (typeof output !== 'object' || output === null || !(BLOCKS in output)) return undefined;
  const given: unknown = output[BLOCKS];
  const content = Array.isArray(given) ? given.map(asBlock) : given;
  const fault = contentFault(content, ['text', 'image']);
  if (fault !== undefined) throw new Error(`The tool ran, but what it gave to toolBlocks ${fault}.`);
  // Checked just now.
  const blocks = content as readonly (TextBlock | ImageBlock)[];
  return blocks.filter((block) => block.type !== 'text' || block.text !== '');
}

function asBlock(given: unknown): unknown {
  return typeof given === 'string' ? { type: 'text', text: given } : given;
}
