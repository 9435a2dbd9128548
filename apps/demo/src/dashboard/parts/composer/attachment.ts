import type { InputBlock } from '@reprise/service/client';

/** A file that is to go with a message. */
export interface Attachment {
  readonly name: string;
  readonly size: number;
  /** Such as `image/png`. */
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

const MAX_BYTES = 7 * 1024 * 1024;
/** The media types that can go with a message, as a file picker takes them. */
export const ACCEPTED = 'image/png,image/jpeg,image/gif,image/webp,application/pdf';

/** Reads a file. Rejects with a sentence for people if it cannot go with a message. */
export async function readAttachment(file: File): Promise<Attachment> {
  const { name, size, type: mediaType } = file;
  if (!ACCEPTED.split(',').includes(mediaType)) {
    throw new Error(`${name} is ${mediaType || 'of an unknown type'}; PNG, JPEG, GIF, WebP and PDF can be attached.`);
  }
  if (size > MAX_BYTES) throw new Error(`${name} has ${Math.ceil(size / 1024 / 1024)} MB; up to 7 MB can be attached.`);
  return { name, size, mediaType, data: toBase64(new Uint8Array(await file.arrayBuffer())) };
}

/** The blocks of a message: files first, then what is said of them. */
export function blocksOf(text: string, attachments: readonly Attachment[]): readonly InputBlock[] {
  const files = attachments.map(
    ({ name, mediaType, data }): InputBlock =>
      mediaType.startsWith('image/') ? { type: 'image', mediaType, data } : { type: 'document', mediaType, data, name },
  );
  return text.trim() === '' ? files : [...files, { type: 'text', text }];
}

const CHUNK = 0x8000;

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  return btoa(parts.join(''));
}
