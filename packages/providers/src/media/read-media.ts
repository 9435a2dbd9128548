import { ProviderError } from '../errors.ts';

/** The bytes of a source, a copy of our own, and what the source says of them. */
export interface ReadMedia {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What the file is called, without the folders it is in. */
  readonly name?: string | undefined;
  /** The media type that the source claims, as it stands there. */
  readonly claimedType?: string | undefined;
  /** What to call the source in an error, at the beginning of a sentence. */
  readonly label: string;
}

/** How far reading may go. */
export interface ReadLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly fetch: typeof fetch;
}

/** The error for a source that holds at least `size` bytes. */
export function tooLarge(label: string, size: number, maxBytes: number): ProviderError {
  return new ProviderError(
    'provider/unsupported-media',
    `${label} holds ${size} bytes or more; maxBytes allows ${maxBytes}.`,
  );
}
