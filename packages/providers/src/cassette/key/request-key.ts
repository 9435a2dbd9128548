/**
 * A request as a cassette knows it.
 *
 * Owns: which requests are the same, and the key of each.
 * Leaves to `redact/`: what may not be part of it.
 *
 * Q1. Requests that differ in method, address (path included), stream flag or body never share a key by design, and a
 *     record that shares one by accident is told apart by its stored request.
 * Q2. Order of fields, multipart boundaries and credentials make no difference.
 */

import { createHash } from 'node:crypto';
import { asObject, type JsonValue, parseExactJson } from '../../json.ts';
import { fieldsOf, mapItems } from '../exact-json.ts';
import { findSecrets } from '../redact/find-secrets.ts';
import { maskJson, publicUrl } from '../redact/mask.ts';
import { cachyKeys } from './cachy-keys.ts';
import type { SentRequest } from './sent-request.ts';

/**
 * What a request asks, without its credentials: what makes two requests the same, and what is stored beside the answer. Headers are
 * no part of it, so requests that differ in a header alone, such as the name of a beta, are the same.
 */
export interface RequestSummary {
  /** In capitals. */
  readonly method: string;
  /** Whole, without user, fragment and secret parameters. */
  readonly url: string;
  /** Whether the answer is to come as a stream, by the body's `stream`, the path or the `accept` header. */
  readonly stream: boolean;
  /**
   * JSON with sorted keys, other text, or the digest of bytes that are neither. Where it is stored, a text of more than 16,384
   * characters is its beginning and a digest.
   */
  readonly body: JsonValue;
}

/**
 * Makes requests alike that should be answered alike, such as by replacing a temporary path. Only the name and the record of a
 * request change, never what is sent. What it throws, the request rejects with; with `cassette/not-normalized` where it returns no
 * request.
 */
export type NormalizeRequest = (request: RequestSummary) => RequestSummary;

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

export function keyRequest(sent: SentRequest, normalize: readonly NormalizeRequest[]): KeyedRequest {
  const bytes = withoutBoundary(sent);
  const body = readBody(bytes);
  const secrets = findSecrets({ ...sent, body });
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
    cachyKeys: cachyKeys({ url: sent.url, bytes, sorted: typeof body === 'string' ? undefined : sortKeys(body) }),
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
  const fields = fieldsOf(value);
  if (fields === undefined) return mapItems(value, sortKeys);
  return mapItems(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))), sortKeys);
}

function shorten(value: JsonValue): JsonValue {
  if (typeof value !== 'string') return mapItems(value, shorten);
  if (value.length <= LONGEST_STORED_TEXT) return value;
  return `${value.slice(0, 200)}… (${value.length} characters, sha256:${sha256(value)})`;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
