/**
 * The media of a message, apart from it.
 *
 * Owns: which blocks hold bytes, and what stands in their place in a payload.
 * Leaves to `record.ts`: the payload. To the store: the bytes.
 *
 * B1. Putting back what was taken out gives the same message.
 * B2. Base64 that its own bytes would not give again, with line breaks in it say, stays in the payload.
 */

import { type Blob, type BlobHash, hashBlob } from '@reprise/checkpoint';
import { asArray, asObject } from '@reprise/providers';

/** A message, or one as its payload has it, with a reference in place of each file. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** The message with `{ "blob": hash }` in place of the data of each image and document, and what was there. */
export function takeMedia(message: MessageFields): {
  readonly message: MessageFields;
  readonly blobs: readonly Blob[];
} {
  const blobs = new Map<BlobHash, Blob>();
  const taken = mapMedia(message, (block) => {
    const bytes = canonicalBytes(block['data']);
    if (bytes === undefined) return block;
    const hash = hashBlob(bytes);
    blobs.set(hash, { hash, bytes });
    return { ...block, data: { blob: hash } };
  });
  return { message: taken, blobs: [...blobs.values()] };
}

/** The hashes that a payload's message names. */
export function mediaHashes(message: MessageFields): readonly BlobHash[] {
  const hashes = new Set<BlobHash>();
  mapMedia(message, (block) => {
    const hash = blobReference(block);
    if (hash !== undefined) hashes.add(hash);
    return block;
  });
  return [...hashes];
}

/** The message with its media back in place; `dataOf` gives the base64 of a blob. */
export function restoreMedia(message: MessageFields, dataOf: (hash: BlobHash) => string): MessageFields {
  return mapMedia(message, (block) => {
    const hash = blobReference(block);
    return hash === undefined ? block : { ...block, data: dataOf(hash) };
  });
}

/** The bytes of base64 that they give again; `undefined` for any other. */
function canonicalBytes(data: unknown): Uint8Array | undefined {
  if (typeof data !== 'string' || data === '') return undefined;
  const bytes = Buffer.from(data, 'base64');
  return bytes.toString('base64') === data ? bytes : undefined;
}

function blobReference(block: MessageFields): BlobHash | undefined {
  const hash = asObject(block['data'])?.['blob'];
  return typeof hash === 'string' ? hash : undefined;
}

/** The message with each block that holds bytes mapped, at any depth; the message itself where there is none. */
function mapMedia<Fields extends MessageFields>(fields: Fields, map: (block: MessageFields) => MessageFields): Fields {
  const { content } = fields;
  if (!Array.isArray(content)) return fields;
  const mapped = asArray(content).map((block) => mapBlock(block, map));
  return mapped.some((block, index) => block !== content[index]) ? { ...fields, content: mapped } : fields;
}

function mapBlock(block: unknown, map: (block: MessageFields) => MessageFields): unknown {
  const fields = asObject(block);
  switch (fields?.['type']) {
    case 'image':
    case 'document':
      return map(fields);
    case 'tool-result':
      return mapMedia(fields, map);
    default:
      return block;
  }
}
