import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { refuseRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import { asObject } from '../json.ts';
import { type ReadLimits, type ReadMedia, tooLarge } from './read-media.ts';
import { readUrl } from './read-url.ts';

/**
 * Where media come from: bytes, a file on this machine, an `http:`, `https:` or `data:` address. A data URL may also stand alone.
 * Whoever passes on an address that somebody else chose lets that person read whatever this machine can reach.
 */
export type MediaSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | `data:${string}`
  | { readonly path: string }
  | { readonly url: string | URL };

/** Reads a source to its end, or up to the limits. Bytes are copied before this function first waits. */
export async function readSource(source: MediaSource, limits: ReadLimits): Promise<ReadMedia> {
  if (limits.signal?.aborted) throw new ProviderError('provider/aborted', 'Reading media was aborted before it began.');
  const media = await openSource(source, limits);
  if (media.bytes.length > limits.maxBytes) throw tooLarge(media.label, media.bytes.length, limits.maxBytes);
  return media;
}

function openSource(source: MediaSource, limits: ReadLimits): Promise<ReadMedia> | ReadMedia {
  if (typeof source === 'string') return readDataUrl(source);
  // Callers without types may give anything.
  if (typeof source !== 'object' || source === null) {
    refuseRequest(`The media source is ${String(source)}; ${EXPECTED_SOURCE}`);
  }
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return copyBytes(source, limits);
  if (source instanceof Blob) return readBlob(source, limits);
  if ('path' in source) return readPath(source.path, limits);
  if ('url' in source)
    return /^data:/i.test(String(source.url)) ? readDataUrl(String(source.url)) : readUrl(source.url, limits);
  return refuseRequest(
    `The media source is an object of ${Object.keys(source).join(', ') || 'no fields'}; ${EXPECTED_SOURCE}`,
  );
}

const EXPECTED_SOURCE = 'bytes, { path }, { url } or a data URL is expected.';

function copyBytes(source: Uint8Array | ArrayBuffer, { maxBytes }: ReadLimits): ReadMedia {
  const label = `The ${source.constructor.name} given`;
  if (source.byteLength > maxBytes) throw tooLarge(label, source.byteLength, maxBytes);
  // An array made of a buffer would only be another view of it.
  return { bytes: new Uint8Array(source instanceof ArrayBuffer ? source.slice() : source), label };
}

async function readBlob(blob: Blob, { maxBytes }: ReadLimits): Promise<ReadMedia> {
  const label = `The ${blob.constructor.name} given`;
  if (blob.size > maxBytes) throw tooLarge(label, blob.size, maxBytes);
  const name = blob instanceof File ? blob.name : undefined;
  return { bytes: new Uint8Array(await blob.arrayBuffer()), name, claimedType: blob.type, label };
}

async function readPath(path: string, { maxBytes, signal }: ReadLimits): Promise<ReadMedia> {
  try {
    const found = await stat(path);
    // A pipe or a device may never end.
    if (!found.isFile())
      refuseRequest(`${path} is ${found.isDirectory() ? 'a folder' : 'no regular file'}; a file is expected.`);
    if (found.size > maxBytes) throw tooLarge(path, found.size, maxBytes);
    const bytes = new Uint8Array(await readFile(path, { signal }));
    return { bytes, name: basename(path), label: path };
  } catch (error) {
    throw error instanceof ProviderError ? error : fileError(path, error);
  }
}

function fileError(path: string, error: unknown): ProviderError {
  const { name, code } = asObject(error) ?? {};
  if (name === 'AbortError')
    return new ProviderError('provider/aborted', `Reading ${path} was aborted.`, { cause: error });
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? new ProviderError('provider/not-found', `There is no file at ${path}.`, { cause: error })
    : new ProviderError('provider/invalid-request', `The file ${path} cannot be read (${code}).`, { cause: error });
}

/** RFC 2397. */
function readDataUrl(url: string): ReadMedia {
  const label = `The data URL of ${url.length} characters`;
  const comma = url.indexOf(',');
  if (!/^data:/i.test(url) || comma === -1) {
    refuseRequest(
      `The media source is a string of ${url.length} characters and no data URL; a path is given as { path } and an address as { url }.`,
    );
  }
  const header = url.slice('data:'.length, comma);
  const isBase64 = /;\s*base64\s*$/i.test(header);
  const text = decodePercents(url.slice(comma + 1), label);
  return { bytes: isBase64 ? decodeBase64(text, label) : new TextEncoder().encode(text), claimedType: header, label };
}

function decodePercents(text: string, label: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return refuseRequest(`${label} holds percent escapes that are no UTF-8; anything but text is expected in base64.`);
  }
}

/** Node skips what is no base64, so a broken text is known by the bytes that are missing. */
function decodeBase64(text: string, label: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/\s+/g, '').replace(/={1,2}$/, '');
  const bytes = new Uint8Array(Buffer.from(digits, 'base64'));
  if (bytes.length !== Math.floor((digits.length * 3) / 4)) refuseRequest(`${label} is not valid base64.`);
  return bytes;
}
