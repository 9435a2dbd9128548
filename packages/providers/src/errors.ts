/** `provider/cassette`: a cassette in the place of `fetch` has no answer; `cause` is its `CassetteError`, and the message its words. */
export type ProviderErrorCode =
  | 'provider/aborted'
  | 'provider/auth'
  | 'provider/cassette'
  | 'provider/context-window'
  | 'provider/invalid-request'
  | 'provider/malformed-stream'
  | 'provider/malformed-output'
  | 'provider/missing-credentials'
  | 'provider/missing-sdk'
  | 'provider/network'
  | 'provider/not-found'
  | 'provider/overloaded'
  | 'provider/quota'
  | 'provider/rate-limited'
  | 'provider/server'
  | 'provider/stalled'
  | 'provider/stream-cut'
  | 'provider/timeout'
  | 'provider/unknown-model'
  | 'provider/unsupported'
  | 'provider/unsupported-media';

export interface ProviderErrorDetails {
  /** HTTP status, where the vendor answered with one. */
  readonly status?: number;
  /** How long the vendor asks us to wait. */
  readonly retryAfterMs?: number;
  /** The vendor's name for the exchange, to quote to its support. */
  readonly requestId?: string;
  /** Whoever knows better than the code does: the vendor's header, or a `fetch` that will never answer. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

const RETRYABLE: ReadonlySet<ProviderErrorCode> = new Set<ProviderErrorCode>([
  'provider/network',
  'provider/overloaded',
  'provider/rate-limited',
  'provider/server',
  'provider/stalled',
  'provider/stream-cut',
  'provider/timeout',
]);

/** What a vendor, the network or a caller of ours did wrong. Branch on `code`, not on the class or the text. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly code: ProviderErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;

  constructor(code: ProviderErrorCode, message: string, details: ProviderErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.retryable = details.retryable ?? RETRYABLE.has(code);
  }
}
