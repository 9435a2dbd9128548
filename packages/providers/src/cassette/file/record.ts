import { asArray, asObject, type JsonValue, parseExactJson } from '../../json.ts';
import type { RequestSummary } from '../key/request-key.ts';

/** One exchange as it is kept: one line of the file. */
export interface CassetteRecord {
  readonly key: string;
  /** The body as text, or in base64 where `binary` says so. */
  readonly response: string;
  readonly binary: boolean;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The pieces the body came in. Empty where that is not known. */
  readonly chunks: readonly Chunk[];
  /** Absent in a line of cachy's. */
  readonly request?: RequestSummary;
  /** ISO 8601. */
  readonly recordedAt?: string;
  /** How often the request had been asked in a row when this came, each time before it with an error. */
  readonly attempt: number;
  /** Line of the file, from 1, where it was read from one. */
  readonly line?: number;
}

/** Bytes of a piece, and milliseconds from sending the request to its arrival. */
export type Chunk = readonly [bytes: number, atMs: number];

/** A body as it arrived. */
export interface RecordedBody {
  readonly bytes: Uint8Array;
  readonly chunks: readonly Chunk[];
}

const VERSION = 1;

/** The record as a line, its end included. `key` and `response` come first, as in cachy's files. */
export function encodeRecord({ key, response, binary, ...record }: CassetteRecord): string {
  return `${JSON.stringify({
    key,
    response,
    v: VERSION,
    ...(binary ? { binary } : {}),
    status: record.status,
    headers: record.headers,
    recordedAt: record.recordedAt,
    chunks: record.chunks,
    request: record.request,
    ...(record.attempt === 1 ? {} : { attempt: record.attempt }),
  })}\n`;
}

/** What a line is that is no record: not JSON, other JSON, or of a format that this version does not know. */
export type LineProblem = 'no-json' | 'no-record' | 'unknown-version';

/** The record of a line, ours or cachy's, or why it is neither. */
export function decodeRecord(text: string, line: number): CassetteRecord | LineProblem {
  const json = parseExactJson(text);
  if (json === undefined) return 'no-json';
  const fields = asObject(json);
  const { key, response, v } = fields ?? {};
  if (fields === undefined || typeof key !== 'string' || typeof response !== 'string') return 'no-record';
  if (v !== undefined && v !== VERSION) return 'unknown-version';
  const request = decodeRequest(fields['request']);
  if (v === VERSION && request === undefined) return 'no-record';
  const status = fields['status'] ?? fields['status_code'];
  const recordedAt = fields['recordedAt'];
  const attempt = fields['attempt'];
  return {
    key,
    response,
    binary: fields['binary'] === true,
    status: typeof status === 'number' ? status : 200,
    headers: decodeHeaders(fields['headers']),
    chunks: decodeChunks(fields['chunks']),
    attempt: typeof attempt === 'number' ? attempt : 1,
    line,
    ...(request === undefined ? {} : { request }),
    ...(typeof recordedAt === 'string' ? { recordedAt } : {}),
  };
}

/** Whether its status says that something went wrong, so that asking again may bring another answer. */
export function isError({ status }: Pick<CassetteRecord, 'status'>): boolean {
  return status < 200 || status >= 300;
}

function decodeRequest(value: unknown): RequestSummary | undefined {
  const { method, url, stream, body } = asObject(value) ?? {};
  if (typeof method !== 'string' || typeof url !== 'string' || typeof stream !== 'boolean') return undefined;
  // It came out of a JSON parser, so any value is one.
  return body === undefined ? undefined : { method, url, stream, body: body as JsonValue };
}

function decodeHeaders(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function decodeChunks(value: unknown): readonly Chunk[] {
  return asArray(value).flatMap((chunk): Chunk[] => {
    const [bytes, atMs] = asArray(chunk);
    return typeof bytes === 'number' && typeof atMs === 'number' ? [[bytes, atMs]] : [];
  });
}
