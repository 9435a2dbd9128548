import {
  citationOf,
  type JsonObject,
  type ToolResultBlock,
  type UserBlock,
  type UserMessage,
} from '@reprise/providers';
import type { UiChunk, UiUserPart } from './ui-chunk.ts';

/** A tool's result as the output of its part. */
export function outputOf(toolCallId: string, result: ToolResultBlock, durationMs?: number): UiChunk {
  const toolMetadata: JsonObject = durationMs === undefined ? {} : { durationMs };
  if (result.isError) return { type: 'tool-output-error', toolCallId, errorText: textOf(result), toolMetadata };
  return { type: 'tool-output-available', toolCallId, output: plainOutput(result), toolMetadata };
}

/** Text as text; with images, the blocks as they are. */
export function plainOutput(result: ToolResultBlock): string | ToolResultBlock['content'] {
  return result.content.every(({ type }) => type === 'text') ? textOf(result) : result.content;
}

export function textOf({ content }: ToolResultBlock): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** Where the answer has something from: each address once in a message. */
export function sourcesOf(citation: JsonObject, told: Set<string>): readonly UiChunk[] {
  const { url, title } = citationOf(citation);
  if (url === undefined || told.has(url)) return [];
  told.add(url);
  return [{ type: 'source-url', sourceId: url, url, ...(title === undefined ? {} : { title }) }];
}

/** What a person said, in the AI SDK's parts. */
export function userParts({ content }: UserMessage): UiUserPart[] {
  return content.map(userPart);
}

function userPart(block: UserBlock): UiUserPart {
  if (block.type === 'text') return { type: 'text', text: block.text };
  const { mediaType, data } = block;
  const file = { type: 'file', mediaType, url: `data:${mediaType};base64,${data}` } as const;
  return block.type === 'document' && block.name !== undefined ? { ...file, filename: block.name } : file;
}
