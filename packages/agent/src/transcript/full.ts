import type { JsonValue } from '@reprise/providers';
import { blocksOf, type ToolBlocks, toolBlocks } from '../tools/tool-blocks.ts';
import { markFields } from './reference.ts';

/**
 * What a tool returns so that transcripts show its result whole, however long: `full(await readFile(path, 'utf8'))`. Text as it is,
 * `toolBlocks` with each of its texts, anything else as JSON. The model is given the same as without.
 */
export function full(output: JsonValue | ToolBlocks): ToolBlocks {
  const blocks = blocksOf(output);
  const text = typeof output === 'string' ? output : JSON.stringify(output);
  const parts = blocks ?? [{ type: 'text', text } as const];
  return toolBlocks(
    parts.map((part) => (part.type === 'text' ? { vendorFields: markFields({ full: true }), ...part } : part)),
  );
}
