import { type Blob, type BlobHash, hashBlob } from '../blob.ts';
import { blobMissing, invalidWrite } from '../refusals.ts';
import type { MemoryData } from './memory-data.ts';

/** The bytes of each hash. */
export function readBlobs(data: MemoryData, hashes: readonly BlobHash[]): ReadonlyMap<BlobHash, Uint8Array> {
  return new Map(hashes.map((hash) => [hash, requireBytes(data, hash).slice()]));
}

/** Throws unless every named blob is among the given ones or here already, and the given ones are what their hashes say. */
export function requireBlobs(
  data: MemoryData,
  named: readonly (BlobHash | null)[],
  given: readonly Blob[] = [],
): readonly Blob[] {
  for (const { hash, bytes } of given) {
    if (hashBlob(bytes) !== hash) throw invalidWrite(`The bytes of blob ${hash} are others than its hash says`);
  }
  const arriving = new Set(given.map(({ hash }) => hash));
  for (const hash of named) {
    if (hash !== null && !arriving.has(hash)) requireBytes(data, hash);
  }
  return given;
}

export function keepBlobs(data: MemoryData, blobs: readonly Blob[]): void {
  for (const { hash, bytes } of blobs) {
    // A view of its own, so that nobody who holds the bytes can change these.
    if (!data.blobs.has(hash)) data.blobs.set(hash, new Uint8Array(bytes));
  }
}

function requireBytes(data: MemoryData, hash: BlobHash): Uint8Array {
  const bytes = data.blobs.get(hash);
  if (bytes === undefined) throw blobMissing(hash);
  return bytes;
}
