import { CassetteError } from './cassette-error.ts';
import { findNearest } from './nearest-record.ts';
import type { RecordFile } from './record-file.ts';
import type { KeyedRequest } from './request-key.ts';

/** That a file does not answer a request: the record that comes nearest, and where it first differs. */
export function missError({ key, summary }: KeyedRequest, file: RecordFile): CassetteError {
  const asked = `${file.path} has no record of ${summary.method} ${summary.url} (${key}).`;
  const nearest = findNearest(summary, file.records);
  if (nearest === undefined) return new CassetteError('cassette/miss', `${asked} It has none to compare with either.`);
  const { record, difference } = nearest;
  const { path, recorded, sent } = difference;
  const place = record.line === undefined ? record.key : `${record.key} in line ${record.line}`;
  return new CassetteError(
    'cassette/miss',
    `${asked} The nearest is ${place}, which first differs at ${path}: recorded ${recorded}, sent ${sent}.`,
    {
      nearest: { key: record.key, ...(record.line === undefined ? {} : { line: record.line }), ...difference },
    },
  );
}

/** That a recorded answer would pass for a measurement. */
export function measuringError(url: string): CassetteError {
  return new CassetteError(
    'cassette/measuring',
    `The vendor's cache is being measured, and a recorded answer to ${url} would not show it; use mode 'record' or 'off'.`,
  );
}
