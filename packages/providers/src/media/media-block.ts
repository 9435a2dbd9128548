/**
 * A file as a block of a message.
 *
 * The only part of the vocabulary that reads files and addresses, and so in a folder of its own: what it gives is plain data.
 *
 * Owns: that a block holds the bytes as they were when it was made, and under the type they really have.
 * Leaves to `read-source.ts`: where bytes come from. To `sniff-type.ts`: what they are. To the adapters: which of it a vendor takes.
 *
 * M1. The bytes are read once and frozen in the block; a file, an address or an array that changes later changes no block.
 * M2. The same bytes under the same name give the same block, whatever they were read from.
 * M3. The type is what the bytes say. A claimed type decides only between kinds of text, which has no signature.
 * M4. No error shows more of the content than its first bytes, and of an address neither its query nor its credentials.
 */

import { refuseRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import type { MediaBlock } from '../media.ts';
import { checkLimits } from '../transport/time-limits.ts';
import type { ReadMedia } from './read-media.ts';
import { type MediaSource, readSource } from './read-source.ts';
import { ACCEPTED_TYPES, type SniffedType, sniffType } from './sniff-type.ts';

export interface MediaOptions {
  /** What a model is told the document is called. Default: the name of the file, if the source has one. Images have none. */
  readonly name?: string;
  /** Which text it is, such as `text/csv`. Default: what the name, the address or the data URL says, else `text/plain`. */
  readonly mediaType?: string;
  /**
   * Default 33 554 432, the largest request that Anthropic takes (32 MB, 2026-11; OpenAI takes 50 MB). It keeps a wrong path from filling
   * memory and a history; what fits into one request, a third larger in base64 and beside other files, is the vendor's to say.
   */
  readonly maxBytes?: number;
  /** How long an address may take to deliver. Default 60 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Reads addresses. Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
}

const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * A file as an image block (JPEG, PNG, GIF, WebP) or a document block (PDF, UTF-8 text, audio, video).
 *
 * Rejects with a `ProviderError`: `provider/unsupported-media` for bytes of another type, too many of them or none;
 * `provider/not-found` for a path or an address where nothing is; `provider/invalid-request` for a source that cannot be read as it
 * was given; `provider/aborted`, `provider/timeout`, `provider/network` and the codes of HTTP errors for addresses.
 */
export async function mediaBlock(source: MediaSource, options: MediaOptions = {}): Promise<MediaBlock> {
  const { maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS, signal } = options;
  checkLimits({ timeoutMs });
  if (!(maxBytes > 0)) refuseRequest(`maxBytes is ${maxBytes}; it must be a number above 0.`);
  const media = await readSource(source, { maxBytes, timeoutMs, signal, fetch: options.fetch ?? globalThis.fetch });
  if (media.bytes.length === 0) throw new ProviderError('provider/unsupported-media', `${media.label} is empty.`);
  const name = options.name ?? media.name;
  const type = await sniffType(media.bytes, { name, claims: [options.mediaType, media.claimedType] });
  const { buffer, byteOffset, length } = media.bytes;
  const data = Buffer.from(buffer, byteOffset, length).toString('base64');
  switch (type.kind) {
    case 'image':
      return { type: 'image', mediaType: type.mediaType, data };
    case 'document':
      return { type: 'document', mediaType: type.mediaType, data, ...(name === undefined ? {} : { name }) };
    case 'unsupported':
      throw unsupported(media, type);
  }
}

const SHOWN_BYTES = 10;

function unsupported({ bytes, label }: ReadMedia, { mediaType }: SniffedType): ProviderError {
  const start = Buffer.from(bytes.subarray(0, SHOWN_BYTES))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  const guess = mediaType === undefined ? 'of no type known here' : mediaType;
  return new ProviderError(
    'provider/unsupported-media',
    `${label} is ${guess} (${bytes.length} bytes, beginning with ${start}); ${ACCEPTED_TYPES} is expected.`,
  );
}
