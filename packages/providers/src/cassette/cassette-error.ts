import type { Difference } from './key/compare-requests.ts';

/**
 * `busy`: another process keeps the file's lock · `closed`: enabled after `close` · `count-pruned`: a step of `prune` would change
 * what a vendor counted · `malformed`: a line of the file is no record · `measuring`: a recorded answer was asked for while the
 * vendor's cache is measured · `miss`: no record answers the request · `no-file`, `no-folder`: there is none where the path says, or the
 * one in the place of the other · `not-normalized`: a function of `normalize` gave back no request.
 */
export type CassetteErrorCode =
  | 'cassette/busy'
  | 'cassette/closed'
  | 'cassette/count-pruned'
  | 'cassette/malformed'
  | 'cassette/measuring'
  | 'cassette/miss'
  | 'cassette/no-file'
  | 'cassette/no-folder'
  | 'cassette/not-normalized';

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

/** That a recorded answer would pass for a measurement. */
export function measuringError(url: string): CassetteError {
  return new CassetteError(
    'cassette/measuring',
    `The vendor's cache is being measured, and a recorded answer to ${url} would not show it; use mode 'record' or 'off', or end measureCache.`,
  );
}
