import { ProviderError } from '../errors.ts';
import type { StreamOptions } from '../model.ts';

/** What ends a call from outside. Close it, or its timer and its listener outlive the call. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly stallTimeoutMs: number;
  /** Says stop when the caller does, and when the time is over. */
  readonly signal: AbortSignal;
  /** Present when the time is over. */
  readonly timeout: ProviderError | undefined;
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 600_000;

// Some servers send a tool call's arguments in one piece, and say nothing for as long as the model writes them (2026-11). To cut such
// a call costs the response, each time it is tried; to notice a dead connection late costs minutes, once.
const DEFAULT_STALL_TIMEOUT_MS = 300_000;

// What a timer of Node can hold; it takes anything longer for 1 ms.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts the time limit of a call. */
export function startLimits(options: StreamOptions): CallLimits {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const stop = new AbortController();
  let timeout: ProviderError | undefined;
  const deadline = setTimeout(() => {
    timeout = new ProviderError(
      'provider/timeout',
      'The call took longer than its timeoutMs; what had arrived is kept.',
    );
    stop.abort(timeout);
  }, timeoutMs);
  const { signal } = options;
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort);
  return {
    timeoutMs,
    stallTimeoutMs: options.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS,
    signal: stop.signal,
    get timeout() {
      return timeout;
    },
    close() {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Throws `provider/invalid-request` for limits that no call can keep. */
export function checkLimits({ timeoutMs, stallTimeoutMs, retry }: StreamOptions): void {
  const { attempts, maxDelayMs, budgetMs } = retry || {};
  check('timeoutMs', timeoutMs, isTimer, `a number above 0, and at most ${LONGEST_TIMER_MS}`);
  check('stallTimeoutMs', stallTimeoutMs, isTimer, `a number above 0, and at most ${LONGEST_TIMER_MS}`);
  check('retry.attempts', attempts, (value) => Number.isInteger(value) && value >= 1, 'a whole number of at least 1');
  check('retry.maxDelayMs', maxDelayMs, isAtLeast0, 'a number of at least 0');
  check('retry.budgetMs', budgetMs, isAtLeast0, 'a number of at least 0');
}

function isTimer(value: number): boolean {
  return value > 0 && value <= LONGEST_TIMER_MS;
}

function isAtLeast0(value: number): boolean {
  return value >= 0;
}

function check(name: string, value: number | undefined, isValid: (value: number) => boolean, expected: string): void {
  if (value === undefined || isValid(value)) return;
  throw new ProviderError('provider/invalid-request', `${name} is ${value}; it must be ${expected}.`);
}
