import type { DocumentBlock, ImageBlock } from '../message.ts';

/** Media as the address that carries its own bytes. */
export function dataUrl({ mediaType, data }: ImageBlock | DocumentBlock): string {
  return `data:${mediaType};base64,${data}`;
}
