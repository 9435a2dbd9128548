import type { ProviderError, ProviderErrorCode } from '../errors.ts';
import { asObject } from '../json.ts';
import { readSdkError, type SdkFailure, statusErrorCode } from '../transport/http-error.ts';

const CODES: ReadonlyMap<string, ProviderErrorCode> = new Map<string, ProviderErrorCode>([
  ['authentication_error', 'provider/auth'],
  ['billing_hard_limit_reached', 'provider/quota'],
  ['context_length_exceeded', 'provider/context-window'],
  ['exceeded_current_quota_error', 'provider/quota'],
  ['insufficient_quota', 'provider/quota'],
  ['invalid_api_key', 'provider/auth'],
  ['invalid_request_error', 'provider/invalid-request'],
  ['model_not_found', 'provider/not-found'],
  ['overloaded', 'provider/overloaded'],
  ['overloaded_error', 'provider/overloaded'],
  ['permission_error', 'provider/auth'],
  ['rate_limit_error', 'provider/rate-limited'],
  ['rate_limit_exceeded', 'provider/rate-limited'],
  ['server_error', 'provider/server'],
  ['too_many_prompt_tokens', 'provider/context-window'],
]);

// Only OpenAI has a code for it; the others say it in words, under a plain 400 (2026-11).
const CONTEXT_WINDOW = /context.?(window|length|size)|prompt is too long|total length of all messages is too long/i;

/** What an OpenAI client threw, before or inside a stream, or `{ error }` with an error object of the wire. `now` is in epoch milliseconds. */
export function readOpenAIError(error: unknown, now: number): ProviderError {
  const body = asObject(asObject(error)?.['error']);
  return readSdkError(error, (failure) => nameCode(failure, body), now);
}

function nameCode(
  { status, type, message }: SdkFailure,
  body: Readonly<Record<string, unknown>> | undefined,
): ProviderErrorCode | undefined {
  const ownCode = word(body?.['code']);
  const named = CODES.get(ownCode) ?? CODES.get(type) ?? CODES.get(word(body?.['type']));
  // Inside a stream, gateways put the upstream's status into the error.
  const streamStatus = [body?.['status_code'], Number(ownCode)].find(isErrorStatus);
  const byStatus = status ?? streamStatus;
  // It comes under the status of a rate limit, but no waiting helps.
  if (named === 'provider/quota' || byStatus === PAYMENT_REQUIRED) return 'provider/quota';
  const code = byStatus === undefined ? named : statusErrorCode(byStatus);
  const isRefused = code === 'provider/invalid-request' || (code === undefined && body !== undefined);
  if (named === 'provider/context-window' || (isRefused && CONTEXT_WINDOW.test(message)))
    return 'provider/context-window';
  // An error object means that the vendor answered, whatever it failed to say.
  return code ?? (body ? 'provider/server' : undefined);
}

const PAYMENT_REQUIRED = 402;

function word(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600;
}
