import { inspect } from 'node:util';
import { asObject, type JsonValue } from '../json.ts';
import { CassetteError } from './cassette-error.ts';
import type { NormalizeRequest } from './key/request-key.ts';

/** The same step, which throws `cassette/not-normalized` where it gives back no request. */
export function checkedNormalize(step: NormalizeRequest): NormalizeRequest {
  return (request) => {
    const given: unknown = step(request);
    const { method, url, stream, body } = asObject(given) ?? {};
    if (typeof method === 'string' && typeof url === 'string' && typeof stream === 'boolean' && body !== undefined) {
      // Whoever has no types may give what is no JSON; it is then named and kept as JSON writes it.
      return { method, url, stream, body: body as JsonValue };
    }
    throw new CassetteError(
      'cassette/not-normalized',
      `A function of normalize returned ${inspect(given, { depth: 0 })}; expected the request it was given, or one with another method, url, stream or body.`,
    );
  };
}
