/**
 * A request's body, which is to be JSON.
 *
 * R1. No more is kept than the limit: bytes are counted as they come, whatever the request says of their number.
 * R2. A body that does not come in time is given up.
 * R3. What is not UTF-8, or nested too deeply, is refused before anything parses it.
 */

import { pause, type Timers } from '../timers.ts';
import { HttpProblem, invalidRequest } from './http-problem.ts';
import type { Limits } from './limits.ts';

const JSON_TYPE = /^application\/([a-z0-9.!#$&^_-]+\+)?json *(;|$)/i;

/** The body's text; of an empty one that is said to be JSON, that of an object without fields. Throws an `HttpProblem`. */
export async function readJsonText(request: Request, limits: Limits, timers: Pick<Timers, 'after'>): Promise<string> {
  const type = request.headers.get('content-type') ?? '';
  if (type !== '' && !JSON_TYPE.test(type)) throw unsupportedType(type);
  const bytes = await readBytes(request, limits, timers);
  if (bytes.length === 0) return type === '' ? '' : '{}';
  if (type === '') throw unsupportedType('nothing');
  const text = decodeUtf8(bytes);
  const { maxJsonDepth } = limits;
  if (depthOf(text, maxJsonDepth) > maxJsonDepth) {
    throw invalidRequest(`The body is nested deeper than ${maxJsonDepth} levels.`);
  }
  return text;
}

async function readBytes(
  { body, headers }: Request,
  { maxBodyBytes, bodyTimeoutMs }: Limits,
  timers: Pick<Timers, 'after'>,
): Promise<Uint8Array> {
  if (Number(headers.get('content-length') ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  if (!body) return new Uint8Array();
  const read = new AbortController();
  const reader = body.getReader();
  const late = pause(bodyTimeoutMs, timers, read.signal).then(() => 'late' as const);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), late]);
      if (next === 'late') throw bodyLate(bodyTimeoutMs);
      if (next.done) return Buffer.concat(chunks);
      length += next.value.byteLength;
      if (length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
      chunks.push(next.value);
    }
  } catch (error) {
    // What still comes is nobody's; whether it can be told to stop is the server's.
    reader.cancel().catch(() => {});
    throw error instanceof HttpProblem ? error : invalidRequest('The body broke off.');
  } finally {
    read.abort();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidRequest('The body is not UTF-8.');
  }
}

/** How deep the text is nested, if it is JSON; counting ends above `enough`. */
function depthOf(text: string, enough: number): number {
  let [depth, deepest, isInString] = [0, 0, false];
  for (let index = 0; index < text.length && deepest <= enough; index += 1) {
    const char = text[index];
    if (isInString && char === '\\') index += 1;
    else if (char === '"') isInString = !isInString;
    else if (!isInString && (char === '{' || char === '[')) deepest = Math.max(deepest, ++depth);
    else if (!isInString && (char === '}' || char === ']')) depth -= 1;
  }
  return deepest;
}

function unsupportedType(type: string): HttpProblem {
  const detail = `The body is said to be ${type.slice(0, 100)}; send it as application/json.`;
  return new HttpProblem({
    status: 415,
    code: 'service/unsupported-media-type',
    detail,
    headers: { Accept: 'application/json' },
  });
}

function bodyTooLarge(maxBodyBytes: number): HttpProblem {
  const detail = `The body is larger than ${maxBodyBytes} bytes.`;
  return new HttpProblem({ status: 413, code: 'service/body-too-large', detail, headers: { Connection: 'close' } });
}

function bodyLate(bodyTimeoutMs: number): HttpProblem {
  const detail = `The body did not come within ${bodyTimeoutMs} ms.`;
  return new HttpProblem({ status: 408, code: 'service/slow-request', detail, headers: { Connection: 'close' } });
}
