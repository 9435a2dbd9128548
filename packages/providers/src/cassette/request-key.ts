/**
 * A request as a cassette knows it.
 *
 * Owns: which requests are the same, and the key of each.
 * Leaves to `redact.ts`: what may not be part of it.
 *
 * Q1. Requests that differ in method, address (path included), stream flag or body never share a key by design, and a
 *     record that shares one by accident is told apart by its stored request.
 * Q2. Order of fields, multipart boundaries and credentials make no difference.
 */

import { createHash } from 'node:crypto';
import { asObject, type JsonValue, parseExactJson } from '../json.ts';
import { findSecrets, isRawNumber, maskJson, publicUrl } from './redact.ts';

/** What a request asks, without its credentials. Stored beside the answer. */
export interface RequestSummary {
  readonly method: string;
  readonly url: string;
  readonly stream: boolean;
  /** JSON with sorted keys, other text, or the digest of bytes that are neither. */
  readonly body: JsonValue;
}

/** Makes requests alike that should be answered alike, such as by replacing a temporary path. */
export type NormalizeRequest = (request: RequestSummary) => RequestSummary;

/** A request about to be sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface KeyedRequest {
  /** 32 hex digits of a SHA-256. */
  readonly key: string;
  /** What cachy would call this request, in each of its versions. */
  readonly cachyKeys: readonly string[];
  readonly summary: RequestSummary;
  /** The request's own credentials. Never stored. */
  readonly secrets: readonly string[];
}

const BOUNDARY = 'cachy-boundary';
/** Longer texts are stored as their beginning and a digest; documents and images would be kept twice otherwise. */
const LONGEST_STORED_TEXT = 16_384;

/** The request as it would be sent, its body read. */
export async function readRequest(request: Request): Promise<SentRequest> {
  const body = new Uint8Array(await request.arrayBuffer());
  return { method: request.method, url: new URL(request.url), headers: request.headers, body };
}

export function keyRequest(sent: SentRequest, normalize: readonly NormalizeRequest[]): KeyedRequest {
  const secrets = findSecrets(sent.url, sent.headers);
  const bytes = withoutBoundary(sent);
  const body = readBody(bytes);
  const asked: RequestSummary = {
    method: sent.method,
    url: publicUrl(sent.url, secrets),
    stream: asksForStream(sent, body),
    body: maskJson(body, secrets),
  };
  const { method, url, stream, body: asBody } = normalize.reduce((request, step) => step(request), asked);
  const sorted = sortKeys(asBody);
  return {
    key: sha256(JSON.stringify([method, url, stream, sorted])).slice(0, 32),
    cachyKeys: cachyKeys(sent.url, bytes, body),
    summary: { method, url, stream, body: shorten(sorted) },
    secrets,
  };
}

/** Whether two requests ask the same. */
export function isSameRequest(one: RequestSummary, other: RequestSummary): boolean {
  const text = ({ method, url, stream, body }: RequestSummary) => JSON.stringify([method, url, stream, sortKeys(body)]);
  return text(one) === text(other);
}

function withoutBoundary({ headers, body }: SentRequest): Uint8Array {
  const boundary = /^multipart\/.*\bboundary="?([^";]+)/i.exec(headers.get('content-type') ?? '')?.[1];
  if (boundary === undefined) return body;
  return Buffer.from(Buffer.from(body).toString('latin1').replaceAll(boundary, BOUNDARY), 'latin1');
}

function readBody(bytes: Uint8Array): JsonValue {
  const text = decodeUtf8(bytes);
  if (text === undefined) return `sha256:${sha256(bytes)} (${bytes.length} bytes)`;
  return parseExactJson(text) ?? text;
}

/** The text of valid UTF-8, else nothing. A byte order mark stays, so that encoding it again gives the same bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** OpenAI and Anthropic ask in the body, Gemini by the path, others by what they accept. */
function asksForStream({ url, headers }: SentRequest, body: JsonValue): boolean {
  return (
    asObject(body)?.['stream'] === true ||
    /:stream/i.test(url.pathname) ||
    /event-stream|ndjson/i.test(headers.get('accept') ?? '')
  );
}

function sortKeys(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (isRawNumber(value) || asObject(value) === undefined) return value;
  const fields = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sortKeys(field)]),
  );
}

function shorten(value: JsonValue): JsonValue {
  if (typeof value === 'string') {
    if (value.length <= LONGEST_STORED_TEXT) return value;
    return `${value.slice(0, 200)}… (${value.length} characters, sha256:${sha256(value)})`;
  }
  if (Array.isArray(value)) return value.map(shorten);
  if (isRawNumber(value) || asObject(value) === undefined) return value;
  const fields = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(fields.map(([name, field]) => [name, shorten(field)]));
}

/**
 * cachy's keys: 8 hex digits of a SHA-256 over an address, `False` and the body. The address was the host up to its version
 * 0.0.4 and the URL without its `key` parameter since; JSON bodies are written again by Python with sorted keys since 0.0.9.
 * The stream flag is in the hash but was always passed as `False` (AnswerDotAI/cachy, `cachy/core.py` and `core.html.md`, 2026-11).
 */
function cachyKeys(url: URL, bytes: Uint8Array, body: JsonValue): readonly string[] {
  const withoutKey = new URL(url);
  if (withoutKey.searchParams.has('key')) withoutKey.searchParams.delete('key');
  const bodies = typeof body === 'string' ? [bytes] : [bytes, Buffer.from(writeAsPython(sortKeys(body)))];
  return [withoutKey.href, url.hostname].flatMap((address) =>
    bodies.map((written) => createHash('sha256').update(`${address}False`).update(written).digest('hex').slice(0, 8)),
  );
}

/** As `json.dumps(value, sort_keys=True)` does, for a value whose keys are sorted. */
function writeAsPython(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(writeAsPython).join(', ')}]`;
  if (!isRawNumber(value) && asObject(value) !== undefined) {
    const fields = Object.entries(value as Readonly<Record<string, JsonValue>>);
    return `{${fields.map(([name, field]) => `${writeAsPython(name)}: ${writeAsPython(field)}`).join(', ')}}`;
  }
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
