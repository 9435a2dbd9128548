import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderError } from '../src/errors.ts';
import { messageText } from '../src/message.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { singly } from '../src/transport/read-stream.ts';
import { type Exchange, sendExchange } from '../src/transport/send.ts';
import { lastTurn } from './support/collect-stream.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Wire = (signal: AbortSignal) => AsyncIterable<string>;

/** A call whose wire says words, the last of which is `stop`, and a look at what it leaves behind. */
function callOf(wire: Wire, more: Partial<Exchange<string>> = { stallTimeoutMs: 1000 }) {
  const words: string[] = [];
  const abort = new AbortController();
  const open = vi.fn(async (signal: AbortSignal) => singly(wire(signal)));
  const events = sendExchange<string>({
    open,
    decoder: {
      decode(word) {
        words.push(word);
        return word === 'stop' ? [] : [{ type: 'text-delta', blockIndex: 0, text: word }];
      },
      finish: () => ({
        message: { role: 'assistant', content: [{ type: 'text', text: words.join(' ') }] },
        tokens: { fresh: 10 },
        usageState: 'final',
        ...(words.includes('stop') ? { stopReason: 'end-turn' } : {}),
      }),
    },
    readError: () => {
      throw new Error('Nothing here is the error of a client.');
    },
    warnings: [],
    signal: abort.signal,
    ...more,
  });
  const expectNothingLeft = () => {
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
    for (const [signal] of open.mock.calls) expect(getEventListeners(signal, 'abort')).toEqual([]);
  };
  return { events, open, expectNothingLeft };
}

/** Words, each after its wait, and then silence. Ignores its signal. */
function deafWire(...words: readonly (readonly [afterMs: number, word: string])[]): Wire {
  return async function* () {
    for (const [afterMs, word] of words) {
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      yield word;
    }
    await new Promise(() => {});
  };
}

/** As the SDKs do it: the stream ends without a word when its signal is aborted. */
function heedfulWire(...words: readonly string[]): Wire {
  return async function* (signal) {
    yield* words;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  };
}

describe('a response that falls silent (D6)', () => {
  it.each<[string, Wire]>([
    ['heeds its signal', heedfulWire('half', 'an')],
    ['ignores its signal', deafWire([0, 'half'], [0, 'an'])],
  ])('from a client that %s ends as stalled, with what had arrived', async (_name, wire) => {
    const { events, open, expectNothingLeft } = callOf(wire);
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(999);
    expect(open.mock.calls[0]?.[0].aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(5);
    const turn = lastTurn(await collected);
    expect(turn).toMatchObject({
      stopReason: 'error',
      usageState: 'partial',
      tokens: { fresh: 10 },
      error: { code: 'provider/stalled', retryable: true },
    });
    expect(messageText(turn.message)).toBe('half an');
    expect(open).toHaveBeenCalledTimes(1);
    expectNothingLeft();
  });

  it('has its whole time again after every event', async () => {
    const { events, expectNothingLeft } = callOf(deafWire([0, 'a'], [900, 'b'], [900, 'c']));
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(4000);
    expect(messageText(lastTurn(await collected).message)).toBe('a b c');
    expectNothingLeft();
  });

  it('may take as long to begin as the whole call', async () => {
    const { events } = callOf(deafWire([500_000, 'late']), { stallTimeoutMs: 1000, timeoutMs: 600_000 });
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(502_000);
    expect(messageText(lastTurn(await collected).message)).toBe('late');
  });

  it('that never began ends with the time limit, whatever the client calls that', async () => {
    const readError = () => new ProviderError('provider/network', 'This operation was aborted');
    const { events, open, expectNothingLeft } = callOf(heedfulWire(), { timeoutMs: 5000, readError });
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(5000);
    expect(lastTurn(await collected)).toMatchObject({ stopReason: 'error', error: { code: 'provider/timeout' } });
    expect(open).toHaveBeenCalledTimes(1);
    expectNothingLeft();
  });

  it('is not silent while its consumer thinks', async () => {
    const { events, expectNothingLeft } = callOf(async function* () {
      yield* ['a', 'b', 'stop'];
    });
    const heard: StreamEvent[] = [];
    for await (const event of events) {
      heard.push(event);
      await vi.advanceTimersByTimeAsync(50_000);
    }
    expect(lastTurn(heard).stopReason).toBe('end-turn');
    expectNothingLeft();
  });

  it('has its whole time again after its consumer has thought for longer', async () => {
    const { events, open, expectNothingLeft } = callOf(deafWire([0, 'a'], [0, 'b']));
    const said = [events.next(), events.next()];
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all(said);
    await vi.advanceTimersByTimeAsync(50_000);
    const rest = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(999);
    expect(open.mock.calls[0]?.[0].aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(5);
    expect(lastTurn(await rest).error?.code).toBe('provider/stalled');
    expectNothingLeft();
  });

  it('is whole if it had said its last event', async () => {
    const { events } = callOf(deafWire([0, 'a'], [0, 'stop']));
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(2000);
    expect(lastTurn(await collected)).toMatchObject({ stopReason: 'end-turn', usageState: 'final' });
  });

  it('is given five minutes unless told otherwise', async () => {
    const { events, open } = callOf(deafWire([0, 'a']), {});
    const collected = Array.fromAsync(events);
    await vi.advanceTimersByTimeAsync(299_999);
    expect(open.mock.calls[0]?.[0].aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(lastTurn(await collected).error?.code).toBe('provider/stalled');
  });
});
