import { hash } from 'node:crypto';

/** The name of bytes: `sha256:` and the hex digest. */
export type BlobHash = string;

/** Bytes that are kept once, however many entries and turns name them: media, system prompts, tool definitions. */
export interface Blob {
  readonly hash: BlobHash;
  readonly bytes: Uint8Array;
}

export function hashBlob(bytes: Uint8Array): BlobHash {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}
