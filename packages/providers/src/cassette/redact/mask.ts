/**
 * What must never reach a cassette.
 *
 * Owns: what a secret looks like, and what stands in its place.
 * Leaves to others: which names hold secrets (`secret-names.ts`), and calling it on everything that is written.
 *
 * R1. The credentials a request was sent with are masked wherever they occur in its body or its answer.
 * R2. So is whatever looks like a vendor's key, whoever it belongs to, and the value of a field that is named after one, in JSON
 *     that stands in a text too.
 * R3. A mask has as many bytes as what it hides, so that chunk boundaries stay; and masking twice changes nothing, so that
 *     a conversation replayed from masked answers still sends the requests that were recorded.
 *
 * A key that the model spells out over several events of a stream is not recognised: no single run of bytes holds it.
 */

import type { JsonValue } from '../../json.ts';
import { fieldsOf } from '../exact-json.ts';
import { isSecretField, isSecretParameter, SECRET_FIELD_NAMES } from './secret-names.ts';

// A key may follow an escape of JSON text (`\nsk-…`), but not the middle of an encoded blob.
const START = String.raw`(?:(?<=\\[bfnrt]|\\u[0-9a-fA-F]{4})|(?<![\w-]))`;
const LOOKS_SECRET = new RegExp(
  [
    `${START}(?:sk|pk|rk|gsk|xai|hf|r8|fw|nvapi|pplx|tgp|gh[pousr]|github_pat|glpat|xox[abprs])[-_][\\w-]{12,}`,
    `${START}AIza[\\w-]{24,}`,
    `${START}(?:AKIA|ASIA)[0-9A-Z]{16}`,
    `${START}eyJ[\\w-]{10,}\\.[\\w-]{10,}\\.[\\w-]{10,}`,
    '(?<=\\bBearer\\s{1,4})(?=\\S*\\d)[\\w.~+/=-]{16,}',
    `(?<=[?&](?:key|sig|signature|${SECRET_FIELD_NAMES})=)[^&\\s"'<>\\\\)]{8,}`,
    '-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?-----END',
  ].join('|'),
  'g',
);
/** `"api_key": "…"` and `\"api_key\":\"…\"`: groups of what stays, and of what is masked. */
const SECRET_IN_JSON = new RegExp(`(\\\\*"(?:${SECRET_FIELD_NAMES})\\\\*"\\s{0,4}:\\s{0,4}\\\\*")([^"\\\\]{8,})`, 'gi');

/** An address without user, fragment and secret parameters. */
export function publicUrl(url: URL, secrets: readonly string[]): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  for (const name of [...shown.searchParams.keys()]) {
    if (isSecretParameter(name)) shown.searchParams.delete(name);
  }
  return maskText(shown.href, secrets);
}

/** The text with every secret in it masked, and as many bytes as before. */
export function maskText(text: string, secrets: readonly string[]): string {
  return maskWith(text, secrets, (secret) => '*'.repeat(Buffer.byteLength(secret)));
}

/** The bytes with every secret in them masked, and as many as before. */
export function maskBytes(bytes: Uint8Array, secrets: readonly string[]): Uint8Array {
  // One character a byte: offsets stay those of the bytes, whatever the encoding.
  const view = Buffer.from(bytes).toString('latin1');
  const known = secrets.map((secret) => Buffer.from(secret).toString('latin1'));
  const masked = maskWith(view, known, (secret) => '*'.repeat(secret.length));
  return masked === view ? bytes : Buffer.from(masked, 'latin1');
}

/** A JSON value with every secret in it masked, the values of fields that are named after one included. */
export function maskJson(value: JsonValue, secrets: readonly string[], parent?: string): JsonValue {
  if (typeof value === 'string') return maskText(value, secrets);
  if (Array.isArray(value)) return value.map((item: JsonValue) => maskJson(item, secrets, parent));
  const fields = fieldsOf(value);
  if (fields === undefined) return value;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      maskText(name, secrets),
      isSecretField(name, parent) && typeof field === 'string' ? '*' : maskJson(field, secrets, name),
    ]),
  );
}

function maskWith(text: string, secrets: readonly string[], mask: (secret: string) => string): string {
  return secrets
    .reduce((masked, secret) => masked.replaceAll(secret, mask), text)
    .replace(LOOKS_SECRET, mask)
    .replace(SECRET_IN_JSON, (_, kept: string, secret: string) => kept + mask(secret));
}
