import { CassetteError } from '../cassette-error.ts';
import { type Difference, differences } from '../key/compare-requests.ts';
import type { KeyedRequest, RequestSummary } from '../key/request-key.ts';
import type { CassetteRecord } from './record.ts';
import type { RecordFile } from './record-file.ts';

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

/** A record whose request can be compared, and where it differs from the one that was sent. */
interface Candidate {
  readonly record: CassetteRecord;
  readonly difference: Difference;
}

/** The record that differs from the request in the fewest places. Another address counts for more than any body. */
function findNearest(request: RequestSummary, records: Iterable<CassetteRecord>): Candidate | undefined {
  let nearest: Candidate | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const record of records) {
    if (record.request === undefined) continue;
    const places = differences(record.request, request);
    const distance = places.length + (record.request.url === request.url ? 0 : 1_000_000);
    const first = places[0];
    if (first === undefined || distance >= fewest) continue;
    fewest = distance;
    nearest = { record, difference: first };
  }
  return nearest;
}
