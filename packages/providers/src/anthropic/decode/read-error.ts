import type { ProviderError, ProviderErrorCode } from '../../errors.ts';
import { readSdkError, type SdkFailure } from '../../transport/http-error.ts';

const CODES: ReadonlyMap<string, ProviderErrorCode> = new Map<string, ProviderErrorCode>([
  ['api_error', 'provider/server'],
  ['authentication_error', 'provider/auth'],
  ['billing_error', 'provider/quota'],
  ['conflict_error', 'provider/server'],
  ['invalid_request_error', 'provider/invalid-request'],
  ['not_found_error', 'provider/not-found'],
  ['overloaded_error', 'provider/overloaded'],
  ['permission_error', 'provider/auth'],
  ['rate_limit_error', 'provider/rate-limited'],
  ['request_too_large', 'provider/invalid-request'],
  ['timeout_error', 'provider/timeout'],
  // Bedrock's, inside a stream.
  ['internalServerException', 'provider/server'],
  ['modelStreamErrorException', 'provider/server'],
  ['modelTimeoutException', 'provider/timeout'],
  ['serviceUnavailableException', 'provider/overloaded'],
  ['throttlingException', 'provider/rate-limited'],
  ['validationException', 'provider/invalid-request'],
]);

// There is no type of its own for this (2026-11), and Bedrock has words of its own; `max_tokens` above a model's cap is another mistake.
const CONTEXT_WINDOW = /(prompt|input) is too long|context (window|limit|length)/i;

/** What an Anthropic client threw, before or inside a stream. `now` is in epoch milliseconds. */
export function readAnthropicError(error: unknown, now: number): ProviderError {
  return readSdkError(error, nameCode, now);
}

function nameCode({ status, type, message }: SdkFailure): ProviderErrorCode | undefined {
  const code = CODES.get(type);
  const isRefused = code === 'provider/invalid-request' || (code === undefined && status === 400);
  return isRefused && CONTEXT_WINDOW.test(message) ? 'provider/context-window' : code;
}
