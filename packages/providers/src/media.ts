import { createHash } from 'node:crypto';
import type { DocumentBlock, ImageBlock } from './message.ts';

/** A block that carries the bytes of a file. They are in the block itself, so nothing that happens to the file changes the history. */
export type MediaBlock = ImageBlock | DocumentBlock;

/** The images that every vendor of images takes (Anthropic's and OpenAI's pages on vision, 2026-11). */
export const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** The name of the bytes, whatever they are called and wherever they came from: `sha256:` and 64 hexadecimal digits. */
export function mediaHash({ data }: Pick<MediaBlock, 'data'>): string {
  return `sha256:${createHash('sha256').update(data, 'base64').digest('hex')}`;
}
