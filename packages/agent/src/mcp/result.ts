import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ImageBlock, TextBlock } from '@reprise/providers';
import { type ToolBlocks, toolBlocks } from '../tools/tool-blocks.ts';

type Content = CallToolResult['content'][number];

/** The images that vendors take. Any other would have every later request of the conversation refused. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/gif', 'image/jpeg', 'image/png', 'image/webp']);

/**
 * What the model is shown of a result: texts and images, links and other files as words, and structured content as JSON where no text says
 * the same. Throws an error with its words for a result that is one.
 */
export function toolOutput({ content, structuredContent, isError }: CallToolResult): ToolBlocks {
  const blocks = content.map(blockOf);
  const hasText = blocks.some((block) => block.type === 'text');
  if (structuredContent && !hasText) blocks.push(textBlock(JSON.stringify(structuredContent)));
  if (isError) throw new Error(blocks.map((block) => (block.type === 'text' ? block.text : '[image]')).join('\n'));
  return toolBlocks(blocks);
}

function blockOf(part: Content): TextBlock | ImageBlock {
  switch (part.type) {
    case 'text':
      return textBlock(part.text);
    case 'image':
      return fileBlock(part.mimeType, part.data, 'image');
    case 'audio':
      return fileBlock(part.mimeType, part.data, 'audio');
    case 'resource': {
      const { resource } = part;
      if ('text' in resource) return textBlock(resource.text);
      return fileBlock(resource.mimeType ?? 'application/octet-stream', resource.blob, resource.uri);
    }
    case 'resource_link':
      return textBlock(`[${[part.title ?? part.name, part.uri, part.description].filter(Boolean).join(': ')}]`);
  }
}

function fileBlock(mediaType: string, data: string, name: string): TextBlock | ImageBlock {
  const bytes = Buffer.from(data, 'base64').byteLength;
  if (IMAGE_TYPES.has(mediaType) && bytes > 0) return { type: 'image', mediaType, data };
  return textBlock(`[${name}: ${bytes} bytes of ${mediaType}, which cannot be shown here]`);
}

function textBlock(text: string): TextBlock {
  return { type: 'text', text };
}
