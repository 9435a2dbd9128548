import { inspect } from 'node:util';
import { ProviderError, type ProviderErrorCode } from '../errors.ts';
import { asObject } from '../json.ts';
import { withheld } from './withhold.ts';

/** What the vendors' SDK errors have in common. They are read by shape: `instanceof` fails across two copies of an SDK. */
export interface SdkFailure {
  /** Absent for an error inside a stream, and for one of the network. */
  readonly status: number | undefined;
  /** The vendor's name for the kind of error, such as `overloaded_error`; empty if it gave none. */
  readonly type: string;
  /** The vendor's or the network's own words. */
  readonly message: string;
}

/**
 * Whatever an SDK call or its stream threw, as a `ProviderError`. Never throws.
 *
 * No message carries a key or a header: what looks like one is withheld, and then the error it came from is dropped too.
 *
 * @param nameCode the adapter's word, which goes before what the status says
 * @param now epoch milliseconds, for a `retry-after` that is a date
 */
export function readSdkError(
  error: unknown,
  nameCode: (failure: SdkFailure) => ProviderErrorCode | undefined,
  now: number,
): ProviderError {
  if (error instanceof ProviderError) return error;
  const unanswered = causesOf(error).find(isCassetteError);
  if (unanswered !== undefined) return cassetteError(unanswered);
  const thrown = asObject(error) ?? {};
  const failure: SdkFailure = {
    status: typeof thrown['status'] === 'number' ? thrown['status'] : undefined,
    type: typeof thrown['type'] === 'string' ? thrown['type'] : '',
    message: vendorMessage(thrown, error),
  };
  const words = everyMessage(error);
  if (!isResponse(failure) && INVALID_HEADER.test(words)) return invalidHeader();
  const code = nameCode(failure) ?? responseCode(failure) ?? localErrorCode(thrown, words);
  // An error that repeats a credential is not passed on either.
  const cause = [words, bodyText(thrown)].every((text) => withheld(text) === text) ? { cause: error } : {};
  const message = code === 'provider/network' ? networkMessage(words) : failure.message;
  return new ProviderError(code, withheld(message), { ...details(thrown, failure, now), ...cause });
}

/** The code of an HTTP status that says something went wrong. */
export function statusErrorCode(status: number): ProviderErrorCode {
  switch (status) {
    case 401:
    case 403:
      return 'provider/auth';
    case 402:
      return 'provider/quota';
    case 404:
      return 'provider/not-found';
    case 408:
      return 'provider/timeout';
    case 429:
      return 'provider/rate-limited';
    case 503:
    case 529:
      return 'provider/overloaded';
    default:
      // 409 is a conflict with another request of the moment, and the SDKs try it again (2026-11).
      return status >= 500 || status === 409 ? 'provider/server' : 'provider/invalid-request';
  }
}

/** How long the vendor asks us to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date. */
function readRetryAfterMs(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const milliseconds = readNumber(headers.get('retry-after-ms'));
  if (milliseconds !== undefined) return milliseconds;
  const retryAfter = headers.get('retry-after');
  const seconds = readNumber(retryAfter);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(retryAfter ?? '');
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function readNumber(text: string | null): number | undefined {
  const number = Number(text);
  return text !== null && text.trim() !== '' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function details(
  thrown: Readonly<Record<string, unknown>>,
  { status }: SdkFailure,
  now: number,
): { status?: number; retryAfterMs?: number; requestId?: string; retryable?: boolean } {
  const { headers, requestID } = thrown;
  const retryable = headers instanceof Headers ? readShouldRetry(headers) : refusesRetry(thrown);
  const retryAfterMs = headers instanceof Headers ? readRetryAfterMs(headers, now) : undefined;
  return {
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(typeof requestID === 'string' ? { requestId: requestID } : {}),
    ...(retryable === undefined ? {} : { retryable }),
  };
}

/** The vendor's own word on trying again, which the SDKs follow as well. */
function readShouldRetry(headers: Headers): boolean | undefined {
  const word = headers.get('x-should-retry');
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}

/** A `fetch` of the caller's, such as a cassette's, may say that asking again changes nothing. */
function refusesRetry(thrown: unknown): false | undefined {
  return causesOf(thrown).some((cause) => asObject(cause)?.['retryable'] === false) ? false : undefined;
}

/** By its code, as there may be two copies of this package. */
function isCassetteError(error: unknown): boolean {
  const code = asObject(error)?.['code'];
  return typeof code === 'string' && code.startsWith('cassette/');
}

function cassetteError(error: unknown): ProviderError {
  const words = ownMessage(error);
  const cause = withheld(words) === words ? { cause: error } : {};
  return new ProviderError('provider/cassette', withheld(words), { retryable: false, ...cause });
}

/** The words in the error's body, without the status line that the SDKs put before them. */
function vendorMessage(thrown: Readonly<Record<string, unknown>>, error: unknown): string {
  const body = asObject(thrown['error']);
  const message = asObject(body?.['error'])?.['message'] ?? body?.['message'];
  return (typeof message === 'string' ? message : ownMessage(error)).slice(0, LONGEST_MESSAGE);
}

/** The body of an answer that the error keeps. */
function bodyText({ error, cause }: Readonly<Record<string, unknown>>): string {
  return inspect([error, asObject(cause)?.['error']], { depth: 10, maxStringLength: null, customInspect: false });
}

function ownMessage(error: unknown): string {
  const message = asObject(error)?.['message'] ?? error;
  return typeof message === 'string' ? message : 'The call failed without saying why.';
}

/** The messages of an error and of those that caused it. */
function everyMessage(error: unknown): string {
  return causesOf(error).map(ownMessage).join('\n');
}

/** The error and what caused it, from the outside in. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause !== undefined && causes.length < DEEPEST_CAUSE; cause = asObject(cause)?.['cause']) {
    causes.push(cause);
  }
  return causes;
}

/** The SDKs say "Connection error." and the like; the socket's own words, such as `connect ECONNREFUSED …`, are in the last cause. */
function networkMessage(words: string): string {
  return `The network failed: ${words.split('\n').at(-1)}`.slice(0, LONGEST_MESSAGE);
}

function isResponse({ status, type }: SdkFailure): boolean {
  return status !== undefined || type !== '';
}

function responseCode(failure: SdkFailure): ProviderErrorCode | undefined {
  if (!isResponse(failure)) return undefined;
  return failure.status === undefined ? 'provider/server' : statusErrorCode(failure.status);
}

/** What an error means that no response came with. */
function localErrorCode(thrown: Readonly<Record<string, unknown>>, words: string): ProviderErrorCode {
  // The SDKs name some of their subclasses by the constructor only.
  const name = typeof thrown['name'] === 'string' ? thrown['name'] : '';
  const kind = `${name} ${constructorName(thrown['constructor'])}`;
  if (/AbortError/.test(kind)) return 'provider/aborted';
  if (/Timeout/.test(kind)) return 'provider/timeout';
  if (/ConnectionError/.test(kind)) return 'provider/network';
  if (/credential|authentication|api.?key/i.test(`${kind} ${words}`)) return 'provider/missing-credentials';
  // undici's broken sockets are TypeErrors, and so are mistakes in reading a stream.
  const isBrokenSocket = 'cause' in thrown || /\bterminated\b|fetch failed|other side closed/i.test(words);
  const isUnreadable = /SyntaxError|TypeError|RangeError|ReferenceError/.test(kind) && !isBrokenSocket;
  return isUnreadable ? 'provider/malformed-stream' : 'provider/network';
}

function constructorName(value: unknown): string {
  return typeof value === 'function' ? value.name : '';
}

// undici quotes the whole value of a header it refuses (2026-11), so neither its words nor the error are kept.
const INVALID_HEADER = /invalid header|header value|Headers\.(append|set)/i;

function invalidHeader(): ProviderError {
  return new ProviderError(
    'provider/invalid-request',
    'The client was given a header that HTTP cannot carry; look for line ends in the API key.',
  );
}

const LONGEST_MESSAGE = 2000;
const DEEPEST_CAUSE = 8;
