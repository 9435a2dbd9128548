import type { Difference } from './nearest-record.ts';

export type CassetteErrorCode =
  | 'cassette/busy'
  | 'cassette/malformed'
  | 'cassette/measuring'
  | 'cassette/miss'
  | 'cassette/no-file'
  | 'cassette/no-folder';

/** The record most like a request that none answers. */
export interface NearestRecord extends Difference {
  readonly key: string;
  /** Line of the file, from 1. Absent for a record made since the file was read. */
  readonly line?: number;
}

/** Why a cassette does not answer. Branch on `code`. Its message is one line and holds no secret. */
export class CassetteError extends Error {
  override readonly name = 'CassetteError';
  readonly code: CassetteErrorCode;
  /** With `cassette/miss`, where the file has a record that can be compared. */
  readonly nearest: NearestRecord | undefined;
  /** Asking again changes nothing. */
  readonly retryable = false;

  constructor(
    code: CassetteErrorCode,
    message: string,
    details: { readonly nearest?: NearestRecord; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.nearest = details.nearest;
  }
}
