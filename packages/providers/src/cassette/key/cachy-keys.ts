import { createHash } from 'node:crypto';
import type { JsonValue } from '../../json.ts';
import { fieldsOf } from '../exact-json.ts';

/** A request as cachy saw it. */
export interface CachyRequest {
  readonly url: URL;
  /** As sent, with the boundary of a multipart body made constant. */
  readonly bytes: Uint8Array;
  /** The body as JSON with sorted keys, where it is JSON. */
  readonly sorted: JsonValue | undefined;
}

/**
 * cachy's keys of a request: 8 hex digits of a SHA-256 over an address, `False` and the body. The address was the host up to its
 * version 0.0.4 and the URL without its `key` parameter since; JSON bodies are written again by Python with sorted keys since
 * 0.0.9. The stream flag is in the hash but was always passed as `False` (AnswerDotAI/cachy, `cachy/core.py` and `core.html.md`,
 * 2026-11).
 */
export function cachyKeys({ url, bytes, sorted }: CachyRequest): readonly string[] {
  const withoutKey = new URL(url);
  if (withoutKey.searchParams.has('key')) withoutKey.searchParams.delete('key');
  const bodies = sorted === undefined ? [bytes] : [bytes, Buffer.from(writeAsPython(sorted))];
  return [withoutKey.href, url.hostname].flatMap((address) =>
    bodies.map((written) => createHash('sha256').update(`${address}False`).update(written).digest('hex').slice(0, 8)),
  );
}

/** As `json.dumps(value, sort_keys=True)` does, for a value whose keys are sorted. */
function writeAsPython(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(writeAsPython).join(', ')}]`;
  const fields = fieldsOf(value);
  if (fields !== undefined) {
    const written = Object.entries(fields).map(([name, field]) => `${writeAsPython(name)}: ${writeAsPython(field)}`);
    return `{${written.join(', ')}}`;
  }
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}
