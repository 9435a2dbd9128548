/**
 * What must never reach a cassette.
 *
 * Owns: which names hold secrets, what a secret looks like, and what stands in its place.
 * Leaves to others: calling it on everything that is written.
 *
 * R1. The credentials a request was sent with are masked wherever they occur in its body or its answer.
 * R2. So is whatever looks like a vendor's key, whoever it belongs to.
 * R3. A mask has as many bytes as what it hides, so that chunk boundaries stay; and masking twice changes nothing, so that
 *     a conversation replayed from masked answers still sends the requests that were recorded.
 *
 * A key that the model spells out over several events of a stream is not recognised: no single run of bytes holds it.
 */

import { asObject, type JsonValue } from '../json.ts';

const SECRET_HEADER = /(^|-)(api-?key|auth|authorization|cookie2?|credential|key|secret|signature|token)($|-)/i;
const SECRET_PARAMETER =
  /^(key|api[-_]?key|access[-_]?token|token|auth|sig|signature|client[-_]?secret|x-amz-(signature|credential|security-token))$/i;
const SECRET_FIELD = /^((x[-_])?api[-_]?key|authorization([-_]token)?|access[-_]?token|client[-_]?secret)$/i;

// A key may follow an escape of JSON text (`\nsk-…`), but not the middle of an encoded blob.
const START = String.raw`(?:(?<=\\[bfnrt]|\\u[0-9a-fA-F]{4})|(?<![\w-]))`;
const LOOKS_SECRET = new RegExp(
  [
    `${START}(?:sk|pk|rk|gsk|xai|hf|r8|fw|nvapi|pplx|tgp|gh[pousr]|github_pat|glpat|xox[abprs])[-_][\\w-]{12,}`,
    `${START}AIza[\\w-]{24,}`,
    `${START}(?:AKIA|ASIA)[0-9A-Z]{16}`,
    `${START}eyJ[\\w-]{10,}\\.[\\w-]{10,}\\.[\\w-]{10,}`,
    '(?<=\\bBearer\\s{1,4})(?=\\S*\\d)[\\w.~+/=-]{16,}',
    '(?<=[?&](?:key|api[-_]?key|access_token|sig|signature)=)[^&\\s"\'<>\\\\)]{8,}',
    '-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?-----END',
  ].join('|'),
  'g',
);
/** Shorter ones are dummies such as `test`, and ordinary words. */
const SHORTEST_SECRET = 8;

/** The credentials that a request carries in its headers and its address. */
export function findSecrets(url: URL, headers: Headers): readonly string[] {
  const values = [url.username, url.password];
  for (const [name, value] of headers) {
    if (isSecretHeader(name)) values.push(value, ...value.split(/[\s;,=]+/));
  }
  for (const [name, value] of url.searchParams) {
    if (SECRET_PARAMETER.test(name)) values.push(value);
  }
  const spellings = values.flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  const secrets = new Set(spellings.filter((value) => value.length >= SHORTEST_SECRET));
  return [...secrets].sort((a, b) => b.length - a.length);
}

export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name);
}

/** An address without user, fragment and secret parameters. */
export function publicUrl(url: URL, secrets: readonly string[]): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  for (const name of [...shown.searchParams.keys()]) {
    if (SECRET_PARAMETER.test(name)) shown.searchParams.delete(name);
  }
  return maskText(shown.href, secrets);
}

export function maskText(text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((masked, secret) => masked.replaceAll(secret, maskOf), text);
  return known.replace(LOOKS_SECRET, maskOf);
}

/** The bytes with every secret in them masked, and as many as before. */
export function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  // One character a byte: offsets stay those of the bytes, whatever the encoding.
  const view = Buffer.from(bytes).toString('latin1');
  const known = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  const masked = known
    .reduce((text, secret) => text.replaceAll(secret, starsFor), view)
    .replace(LOOKS_SECRET, starsFor);
  return masked === view ? bytes : Buffer.from(masked, 'latin1');
}

/** A JSON value with every secret in it masked, the values of fields that are named after one included. */
export function maskJson(value: JsonValue, secrets: readonly string[]): JsonValue {
  if (typeof value === 'string') return maskText(value, secrets);
  if (Array.isArray(value)) return value.map((item: JsonValue) => maskJson(item, secrets));
  const object = isRawNumber(value) ? undefined : asObject(value);
  if (object === undefined) return value;
  const fields = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    fields.map(([name, field]) => [
      maskText(name, secrets),
      SECRET_FIELD.test(name) && typeof field === 'string' ? '*' : maskJson(field, secrets),
    ]),
  );
}

/** Whether a value is a number that a double cannot hold, kept as its own text. */
export function isRawNumber(value: unknown): boolean {
  return isRawJSON(value);
}

// In Node since 21; TypeScript 6 does not describe it yet.
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

function maskOf(secret: string): string {
  return '*'.repeat(Buffer.byteLength(secret));
}

function starsFor(secret: string): string {
  return '*'.repeat(secret.length);
}
