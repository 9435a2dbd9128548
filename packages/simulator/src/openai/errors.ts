import type { Refusal } from '../dialect.ts';

/** The error body of both OpenAI APIs. */
export function openaiErrorBody({ status, message }: Refusal): unknown {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'requests' : 'invalid_request_error';
  return { error: { message, type, param: null, code: CODES[status] ?? null } };
}

const CODES: Partial<Record<Refusal['status'], string>> = {
  401: 'invalid_api_key',
  404: 'unknown_url',
  429: 'rate_limit_exceeded',
};

/** OpenAI asks for a key in one header only. */
export function refuseWithoutKey(headers: Headers): Refusal | undefined {
  if (headers.has('authorization')) return undefined;
  return {
    status: 401,
    message: "You didn't provide an API key. Provide it in an Authorization header, as a Bearer token.",
  };
}
