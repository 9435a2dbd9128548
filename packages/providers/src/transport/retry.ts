import type { ProviderError } from '../errors.ts';
import type { RetryOptions } from '../model.ts';

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  readonly error: ProviderError;
  /** Counted from 1. */
  readonly attempt: number;
  /** Since the call began. */
  readonly elapsedMs: number;
  /** Of the whole call. */
  readonly timeoutMs: number;
}

/** Waits, and ends early and in silence when the signal says stop. */
export type Sleep = (delayMs: number, signal: AbortSignal) => Promise<void>;

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_MAX_DELAY_MS = 60_000;
const FIRST_DELAY_MS = 500;
const LONGEST_BACKOFF_MS = 8000;
const JITTER = 0.25;

/**
 * How long to wait before the request is sent again; `undefined` if it is not.
 *
 * A vendor's own time is kept to the millisecond, or not waited for at all. Without one, waits double from 0.5 s up to 8 s, less up
 * to a quarter at random, so that many callers do not come back at once. These are the numbers of the vendors' SDKs (2026-11).
 */
export function planRetry(
  { error, attempt, elapsedMs, timeoutMs }: FailedAttempt,
  options: RetryOptions | false = {},
  random: () => number = Math.random,
): number | undefined {
  if (options === false || !error.retryable) return undefined;
  const { attempts = DEFAULT_ATTEMPTS, maxDelayMs = DEFAULT_MAX_DELAY_MS, budgetMs = timeoutMs } = options;
  const delayMs = error.retryAfterMs ?? Math.min(backoffMs(attempt, random()), maxDelayMs);
  const leftMs = Math.min(budgetMs, timeoutMs) - elapsedMs;
  return attempt < attempts && delayMs <= maxDelayMs && delayMs < leftMs ? delayMs : undefined;
}

export const sleepUntilAborted: Sleep = (delayMs, signal) =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });

function backoffMs(attempt: number, random: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS) * (1 - JITTER * random);
}
