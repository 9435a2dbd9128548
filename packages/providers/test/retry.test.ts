import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderError, type ProviderErrorCode } from '../src/errors.ts';
import type { RetryOptions } from '../src/model.ts';
import type { RetryEvent, StreamEvent } from '../src/stream-event.ts';
import { singly } from '../src/transport/read-stream.ts';
import { planRetry, sleepUntilAborted } from '../src/transport/retry.ts';
import { type Exchange, sendExchange } from '../src/transport/send.ts';
import { lastTurn } from './support/collect-stream.ts';

const OVERLOADED = new ProviderError('provider/overloaded', 'Overloaded');
const TEN_MINUTES = 600_000;

function plan(
  error: ProviderError,
  options: RetryOptions | false = {},
  more: { attempt?: number; random?: number } = {},
) {
  const { attempt = 1, random = 0 } = more;
  return planRetry({ error, attempt, elapsedMs: 0, timeoutMs: TEN_MINUTES }, options, () => random);
}

function askingToWait(retryAfterMs: number): ProviderError {
  return new ProviderError('provider/rate-limited', 'Slow down', { retryAfterMs });
}

describe('the wait before another attempt', () => {
  it.each<[ProviderErrorCode, number | undefined]>([
    ['provider/network', 500],
    ['provider/overloaded', 500],
    ['provider/rate-limited', 500],
    ['provider/server', 500],
    ['provider/stream-cut', 500],
    ['provider/timeout', 500],
    ['provider/aborted', undefined],
    ['provider/auth', undefined],
    ['provider/context-window', undefined],
    ['provider/invalid-request', undefined],
    ['provider/malformed-stream', undefined],
    ['provider/missing-credentials', undefined],
    ['provider/not-found', undefined],
    ['provider/unknown-model', undefined],
    ['provider/unsupported', undefined],
  ])('after %s is %s', (code, wanted) => {
    expect(plan(new ProviderError(code, ''))).toBe(wanted);
  });

  it('doubles up to eight seconds', () => {
    const delays = [1, 2, 3, 4, 5, 6, 2000].map((attempt) => plan(OVERLOADED, { attempts: 2001 }, { attempt }));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it('is up to a quarter shorter, at random', () => {
    const delays = [0, 0.5, 0.999].map((random) => plan(OVERLOADED, {}, { random, attempt: 2 }));
    expect(delays).toEqual([1000, 875, 1000 - 0.999 * 250]);
  });

  it('is what the vendor asks for, to the millisecond', () => {
    expect(plan(askingToWait(12_345), {}, { random: 0.9 })).toBe(12_345);
    expect(plan(askingToWait(0))).toBe(0);
  });

  it('is not shortened where the vendor asks for too much: then there is none', () => {
    expect(plan(askingToWait(60_000))).toBe(60_000);
    expect(plan(askingToWait(60_001))).toBeUndefined();
    expect(plan(askingToWait(2000), { maxDelayMs: 1999 })).toBeUndefined();
    expect(plan(OVERLOADED, { maxDelayMs: 100 })).toBe(100);
  });

  it('does not come after the last attempt, which is the third unless told otherwise', () => {
    expect([2, 3].map((attempt) => plan(OVERLOADED, {}, { attempt }))).toEqual([1000, undefined]);
    expect(plan(OVERLOADED, { attempts: 1 })).toBeUndefined();
    expect(plan(OVERLOADED, false)).toBeUndefined();
  });

  it('property: stays within its bounds, the budget and the time limit', () => {
    const milliseconds = fc.nat({ max: 100_000 });
    fc.assert(
      fc.property(
        fc.record({
          attempt: fc.integer({ min: 1, max: 40 }),
          attempts: fc.integer({ min: 1, max: 40 }),
          retryAfterMs: fc.option(milliseconds, { nil: undefined, freq: 1 }),
          elapsedMs: milliseconds,
          timeoutMs: milliseconds,
          budgetMs: milliseconds,
          maxDelayMs: milliseconds,
          random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        }),
        ({ attempt, retryAfterMs, elapsedMs, timeoutMs, random, ...options }) => {
          const error = retryAfterMs === undefined ? OVERLOADED : askingToWait(retryAfterMs);
          const delayMs = planRetry({ error, attempt, elapsedMs, timeoutMs }, options, () => random);
          if (delayMs === undefined) return;
          expect(attempt).toBeLessThan(options.attempts);
          expect(delayMs).toBeLessThanOrEqual(options.maxDelayMs);
          expect(elapsedMs + delayMs).toBeLessThan(Math.min(timeoutMs, options.budgetMs));
          const longest = retryAfterMs ?? Math.min(500 * 2 ** (attempt - 1), 8000);
          const shortest = retryAfterMs ?? 0.75 * Math.min(longest, options.maxDelayMs);
          expect(delayMs).toBeGreaterThanOrEqual(shortest);
          expect(delayMs).toBeLessThanOrEqual(longest);
        },
      ),
    );
  });
});

/** An exchange whose attempts play the wires in order; a wire that is an error cannot be opened. */
function attemptsOf(
  wires: readonly (ProviderError | (() => AsyncIterable<string>))[],
  more: Partial<Exchange<string>> = {},
) {
  const opened: AbortSignal[] = [];
  const delays: number[] = [];
  const heard: string[] = [];
  const exchange: Exchange<string> = {
    open: async (signal) => {
      const wire = wires[opened.length];
      opened.push(signal);
      if (wire instanceof Function) return singly(wire());
      throw wire ?? new Error('There are no more wires.');
    },
    decoder: {
      decode(word) {
        heard.push(word);
        return word === 'stop' || word === 'start' ? [] : [{ type: 'text-delta', blockIndex: 0, text: word }];
      },
      finish: () => ({
        message: { role: 'assistant', content: heard.map((text) => ({ type: 'text', text })) },
        usageState: heard.length > 0 ? 'final' : 'none',
        ...(heard.includes('stop') ? { stopReason: 'end-turn' } : {}),
      }),
    },
    readError: (error) =>
      error instanceof ProviderError ? error : new ProviderError('provider/network', String(error)),
    warnings: [],
    random: () => 0,
    sleep: async (delayMs) => void delays.push(delayMs),
    ...more,
  };
  return { events: sendExchange(exchange), opened, delays };
}

async function* answer(): AsyncGenerator<string> {
  yield* ['start', 'hi', 'stop'];
}

async function* cutAfter(...words: readonly string[]): AsyncGenerator<string> {
  yield* words;
  throw new ProviderError('provider/network', 'socket hang up');
}

function typesOf(events: readonly StreamEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

function retriesOf(events: readonly StreamEvent[]): readonly RetryEvent[] {
  return events.filter((event): event is RetryEvent => event.type === 'retry');
}

describe('a call whose attempts fail (D5)', () => {
  it('tells of each failure before it waits, and ends with the answer (L-54)', async () => {
    const { events, delays, opened } = attemptsOf([OVERLOADED, askingToWait(3000), answer], {
      warnings: [{ type: 'warning', code: 'request/odd', message: 'odd' }],
    });
    const all = await Array.fromAsync(events);
    expect(typesOf(all)).toEqual(['warning', 'retry', 'retry', 'text-delta', 'assistant-turn']);
    expect(retriesOf(all)).toMatchObject([
      { attempt: 1, delayMs: 500, error: { code: 'provider/overloaded' } },
      { attempt: 2, delayMs: 3000, error: { code: 'provider/rate-limited' } },
    ]);
    expect(delays).toEqual([500, 3000]);
    // The last one was read to its end, and nothing of it is left to stop.
    expect(opened.map(({ aborted }) => aborted)).toEqual([true, true, false]);
    expect(lastTurn(all)).toMatchObject({ stopReason: 'end-turn', usageState: 'final' });
    expect(lastTurn(all)).not.toHaveProperty('error');
  });

  it('ends with the last error when no attempt is left', async () => {
    const last = new ProviderError('provider/server', 'the third');
    const { events, opened } = attemptsOf([OVERLOADED, OVERLOADED, last, answer]);
    const all = await Array.fromAsync(events);
    expect(typesOf(all)).toEqual(['retry', 'retry', 'assistant-turn']);
    expect(lastTurn(all)).toMatchObject({ stopReason: 'error', usageState: 'none', error: last });
    expect(opened).toHaveLength(3);
  });

  it('is tried again when its stream was cut, or ended, before the first event', async () => {
    const { events } = attemptsOf([() => cutAfter(), async function* () {}, answer]);
    const all = await Array.fromAsync(events);
    expect(retriesOf(all).map(({ error }) => error.code)).toEqual(['provider/network', 'provider/stream-cut']);
    expect(lastTurn(all).stopReason).toBe('end-turn');
  });

  it.each([
    ['with content', ['start', 'hi']],
    ['without content', ['start']],
  ])('is not tried again once a response has begun, %s', async (_name, words) => {
    const { events, opened } = attemptsOf([() => cutAfter(...words), answer]);
    const turn = lastTurn(await Array.fromAsync(events));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/network' } });
    expect(opened).toHaveLength(1);
  });

  it.each<[string, Partial<Exchange<string>>]>([
    ['retry is false', { retry: false }],
    ['one attempt is all', { retry: { attempts: 1 } }],
    ['the wait is longer than the budget', { retry: { budgetMs: 400 } }],
    ['the wait is longer than the time limit', { timeoutMs: 400 }],
  ])('is not tried again where %s', async (_name, options) => {
    const all = await Array.fromAsync(attemptsOf([OVERLOADED, answer], options).events);
    expect(typesOf(all)).toEqual(['assistant-turn']);
    expect(lastTurn(all).error).toBe(OVERLOADED);
  });

  it('counts the time of its attempts against the budget', async () => {
    let now = 0;
    const sleep = async (delayMs: number) => {
      now += delayMs;
    };
    const options = { clock: () => now, sleep, retry: { attempts: 9, budgetMs: 3500 } };
    const all = await Array.fromAsync(attemptsOf(Array(9).fill(OVERLOADED), options).events);
    // 500 + 1000 + 2000 would be all of it.
    expect(retriesOf(all).map(({ delayMs }) => delayMs)).toEqual([500, 1000]);
  });

  it('is not tried again when it failed because it was aborted', async () => {
    const abort = new AbortController();
    const open = async () => {
      abort.abort();
      throw OVERLOADED;
    };
    const all = await Array.fromAsync(attemptsOf([], { open, signal: abort.signal }).events);
    expect(typesOf(all)).toEqual(['assistant-turn']);
    expect(lastTurn(all).stopReason).toBe('aborted');
    expect(lastTurn(all).error?.cause).toBeUndefined();
  });

  it('has the timing of the attempt that was answered', async () => {
    let now = 1000;
    const sleep = async (delayMs: number) => {
      now += delayMs;
    };
    const all = await Array.fromAsync(attemptsOf([OVERLOADED, answer], { clock: () => now, sleep }).events);
    expect(lastTurn(all).timing).toEqual({ startedAt: 1500, firstTokenMs: 0, durationMs: 0 });
  });

  it.each<[string, Partial<Exchange<string>>]>([
    ['timeoutMs is 0', { timeoutMs: 0 }],
    ['timeoutMs is Infinity', { timeoutMs: Number.POSITIVE_INFINITY }],
    ['stallTimeoutMs is NaN', { stallTimeoutMs: Number.NaN }],
    ['retry.attempts is 0', { retry: { attempts: 0 } }],
    ['retry.attempts is 1.5', { retry: { attempts: 1.5 } }],
    ['retry.maxDelayMs is -1', { retry: { maxDelayMs: -1 } }],
    ['retry.budgetMs is NaN', { retry: { budgetMs: Number.NaN } }],
  ])('is refused at once if %s', (words, options) => {
    expect(() => attemptsOf([answer], options)).toThrow(words);
  });
});

describe('the wait', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A call that waits, on a timer, for 50 seconds before its second attempt. */
  function waitingCall(more: Partial<Exchange<string>> = {}) {
    const abort = new AbortController();
    const wires = [askingToWait(50_000), answer];
    return { ...attemptsOf(wires, { signal: abort.signal, sleep: sleepUntilAborted, ...more }), abort };
  }

  function expectNothingLeft(abort: AbortController): void {
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  }

  it('is as long as was told, and leaves nothing behind', async () => {
    const { events, opened, abort } = waitingCall();
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(49_999);
    expect(opened).toHaveLength(1);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(lastTurn(await collected).stopReason).toBe('end-turn');
    expectNothingLeft(abort);
  });

  it('ends at once with an abort, and the error that was waited for is the cause', async () => {
    const { events, opened, abort } = waitingCall();
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(1000);
    abort.abort();
    const turn = lastTurn(await collected);
    expect(turn).toMatchObject({ stopReason: 'aborted', usageState: 'none', error: { code: 'provider/aborted' } });
    expect(turn.error?.cause).toMatchObject({ code: 'provider/rate-limited' });
    expect(opened).toHaveLength(1);
    expectNothingLeft(abort);
  });

  it('does not begin when the consumer aborts as it hears of it', async () => {
    const { events, opened, abort } = waitingCall();
    const heard: string[] = [];
    for await (const event of events) {
      heard.push(event.type);
      if (event.type === 'retry') abort.abort();
    }
    expect(heard).toEqual(['retry', 'assistant-turn']);
    expect(opened).toHaveLength(1);
    expectNothingLeft(abort);
  });

  it('does not begin when the consumer leaves as it hears of it', async () => {
    const { events, opened, abort } = waitingCall();
    for await (const event of events) if (event.type === 'retry') break;
    expect(opened).toHaveLength(1);
    expectNothingLeft(abort);
  });

  it('ends with the time limit, in the error that was waited for', async () => {
    // The clock of the budget stands still, so that only the timer can tell.
    const { events, opened, abort } = waitingCall({ timeoutMs: 60_000, clock: () => 0 });
    const iterator = events[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ type: 'retry' });
    await vi.advanceTimersByTimeAsync(30_000);
    const last = iterator.next();
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await last).value).toMatchObject({
      turn: { stopReason: 'error', error: { code: 'provider/rate-limited' } },
    });
    await iterator.next();
    expect(opened).toHaveLength(1);
    expectNothingLeft(abort);
  });

  it('is part of the time limit: a later attempt has only what is left', async () => {
    const never = async function* (): AsyncGenerator<string> {
      await new Promise(() => {});
    };
    const abort = new AbortController();
    const options = { signal: abort.signal, sleep: sleepUntilAborted, timeoutMs: 60_000 };
    const collected = Array.fromAsync(attemptsOf([askingToWait(50_000), never], options).events);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lastTurn(await collected).error?.code).toBe('provider/timeout');
    expectNothingLeft(abort);
  });

  it('is a timer that ends early in silence', async () => {
    const abort = new AbortController();
    const waits = [sleepUntilAborted(1000, abort.signal), sleepUntilAborted(1000, AbortSignal.abort())];
    abort.abort();
    await Promise.all(waits);
    expectNothingLeft(abort);
  });
});
