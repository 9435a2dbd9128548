import type { JsonValue } from '../../json.ts';
import { fieldsOf } from '../exact-json.ts';
import { isSecretField, isSecretHeader, isSecretParameter, SECRET_FIELD_NAMES } from './secret-names.ts';

/** Where a request may carry credentials. */
export interface Carrier {
  readonly url: URL;
  readonly headers: Headers;
  /** As JSON where it is, else as text. */
  readonly body: JsonValue;
}

/** Shorter ones are dummies such as `test`, and ordinary words. */
const SHORTEST_SECRET = 8;

/** The credentials that a request carries, in every spelling they may be repeated in, the longest first. */
export function findSecrets({ url, headers, body }: Carrier): readonly string[] {
  const values = [url.username, url.password];
  for (const [name, value] of headers) {
    if (isSecretHeader(name)) values.push(value, ...value.split(/[\s;,=]+/));
  }
  for (const [name, value] of url.searchParams) {
    if (isSecretParameter(name)) values.push(value);
  }
  values.push(...(typeof body === 'string' ? formSecrets(body) : jsonSecrets(body)));
  return spellings(values);
}

/** Secrets in every spelling they may be repeated in, the longest first; without what is too short to be one. */
export function spellings(secrets: readonly string[]): readonly string[] {
  const all = secrets.flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]);
  const distinct = new Set(all.filter((value) => value.length >= SHORTEST_SECRET));
  return [...distinct].sort((a, b) => b.length - a.length);
}

function jsonSecrets(value: JsonValue, parent?: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => jsonSecrets(item, parent));
  return Object.entries(fieldsOf(value) ?? {}).flatMap(([name, field]) => {
    if (typeof field !== 'string' || !isSecretField(name, parent)) return jsonSecrets(field, name);
    return field.split(/\s+/).filter(looksRandom);
  });
}

/** A word in such a field (`required`) may stand anywhere in an answer; it is masked where it is, not everywhere. */
function looksRandom(value: string): boolean {
  return /\d/.test(value) || value.length >= 20;
}

const FORM_FIELD = new RegExp(`(?:^|[&?])(?:${SECRET_FIELD_NAMES})=([^&\\s]+)`, 'gi');
const MULTIPART_FIELD = new RegExp(
  `name="(?:${SECRET_FIELD_NAMES})"(?:\\r?\\n[^\\r\\n]+)*\\r?\\n\\r?\\n([^\\r\\n]+)`,
  'gi',
);

function formSecrets(body: string): readonly string[] {
  const encoded = [...body.matchAll(FORM_FIELD)].map(([, value = '']) => value);
  const decoded = encoded.map((value) => new URLSearchParams(`value=${value}`).get('value') ?? '');
  const parts = [...body.matchAll(MULTIPART_FIELD)].map(([, value = '']) => value);
  return [...encoded, ...decoded, ...parts];
}
