import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { ProviderError } from '../src/errors.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { singly } from '../src/transport/read-stream.ts';
import { type DecodedTurn, type Exchange, type StreamDecoder, sendExchange } from '../src/transport/send.ts';

/** A wire whose events are words, the last of which is `stop`. */
function wordDecoder(): StreamDecoder<string> {
  const words: string[] = [];
  let isComplete = false;
  return {
    decode(word) {
      if (word === 'stop') {
        isComplete = true;
        return [];
      }
      words.push(word);
      return [{ type: 'text-delta', blockIndex: 0, text: word }];
    },
    finish: (): DecodedTurn => ({
      message: { role: 'assistant', content: words.map((text) => ({ type: 'text', text })) },
      tokens: { fresh: 10 },
      usageState: words.length > 0 ? 'final' : 'none',
      ...(isComplete ? { stopReason: 'end-turn' } : {}),
    }),
  };
}

interface Probe {
  signal: AbortSignal | undefined;
  isReturned: boolean;
}

function exchangeOf(wire: (signal: AbortSignal) => AsyncIterable<string>, more: Partial<Exchange<string>> = {}) {
  const probe: Probe = { signal: undefined, isReturned: false };
  const exchange: Exchange<string> = {
    open: async (signal) => {
      probe.signal = signal;
      return singly(observed(wire(signal), probe));
    },
    decoder: wordDecoder(),
    readError: (error) =>
      error instanceof ProviderError ? error : new ProviderError('provider/network', String(error)),
    warnings: [],
    ...more,
  };
  return { exchange, probe };
}

async function* observed(wire: AsyncIterable<string>, probe: Probe): AsyncGenerator<string> {
  try {
    yield* wire;
  } finally {
    probe.isReturned = true;
  }
}

async function* words(...list: readonly string[]): AsyncGenerator<string> {
  yield* list;
}

/** Says its words, and then nothing more for as long as nobody aborts it. Ends in silence, as the SDKs do. */
async function* stalled(signal: AbortSignal, ...list: readonly string[]): AsyncGenerator<string> {
  yield* list;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

async function collect(events: AsyncIterable<StreamEvent>): Promise<{ events: StreamEvent[]; turn: AssistantTurn }> {
  const all: StreamEvent[] = [];
  for await (const event of events) all.push(event);
  const last = all.at(-1);
  if (last?.type !== 'assistant-turn') throw new Error('The stream did not end with its turn.');
  expect(all.filter((event) => event.type === 'assistant-turn')).toHaveLength(1);
  return { events: all, turn: last.turn };
}

function textOf(turn: AssistantTurn): string {
  return turn.message.content.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
}

describe('an exchange that goes well', () => {
  it('passes warnings and deltas on and ends with its turn', async () => {
    const { exchange } = exchangeOf(() => words('a', 'b', 'stop'), {
      warnings: [{ type: 'warning', code: 'request/odd', message: 'odd' }],
    });
    const { events, turn } = await collect(sendExchange(exchange));
    expect(events.map((event) => event.type)).toEqual(['warning', 'text-delta', 'text-delta', 'assistant-turn']);
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'final' });
    expect(turn).not.toHaveProperty('error');
  });

  it('measures time with the clock it is given', async () => {
    let now = 1000;
    const { exchange } = exchangeOf(() => words('a', 'stop'), { clock: () => (now += 5) });
    const { turn } = await collect(sendExchange(exchange));
    expect(turn.timing).toEqual({ startedAt: 1005, firstTokenMs: 5, durationMs: 10 });
  });

  it('sends nothing before its first event is asked for', async () => {
    const { exchange, probe } = exchangeOf(() => words('stop'));
    const events = sendExchange(exchange);
    await Promise.resolve();
    expect(probe.signal).toBeUndefined();
    await collect(events);
    expect(probe.signal).toBeDefined();
  });
});

describe('an exchange that breaks (D1, D2)', () => {
  it('is cut when the stream ends without its last event', async () => {
    const { turn } = await collect(sendExchange(exchangeOf(() => words('a')).exchange));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/stream-cut' } });
    expect(textOf(turn)).toBe('a');
    expect(turn.tokens.fresh).toBe(10);
  });

  it('keeps what arrived before the stream threw', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'a';
      throw new Error('socket hang up');
    }
    const { turn } = await collect(sendExchange(exchangeOf(broken).exchange));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/network' } });
    expect(textOf(turn)).toBe('a');
  });

  it('does not throw when the stream cannot be opened', async () => {
    const open = async () => {
      throw new Error('refused');
    };
    const { turn } = await collect(sendExchange(exchangeOf(() => words(), { open, retry: false }).exchange));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', error: { message: 'Error: refused' } });
    expect(turn.timing).not.toHaveProperty('firstTokenMs');
  });

  it('does not throw when the decoder does', async () => {
    const decoder: StreamDecoder<string> = {
      ...wordDecoder(),
      decode: () => {
        throw new TypeError('bad wire');
      },
    };
    const { exchange, probe } = exchangeOf(() => words('a', 'stop'), { decoder });
    const { turn } = await collect(sendExchange(exchange));
    expect(turn.stopReason).toBe('error');
    expect(probe.isReturned).toBe(true);
  });

  it('is not undone by a socket that breaks after its last event', async () => {
    async function* brokenAfterwards(): AsyncGenerator<string> {
      yield* ['a', 'stop'];
      throw new Error('socket hang up');
    }
    const { turn } = await collect(sendExchange(exchangeOf(brokenAfterwards).exchange));
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'final' });
  });

  it('is undone by an error of the vendor after its last event', async () => {
    async function* refusedAfterwards(): AsyncGenerator<string> {
      yield* ['a', 'stop'];
      throw new ProviderError('provider/invalid-request', 'Token limit reached');
    }
    const { turn } = await collect(sendExchange(exchangeOf(refusedAfterwards).exchange));
    expect(turn).toMatchObject({
      stopReason: 'error',
      usageState: 'partial',
      error: { message: 'Token limit reached' },
    });
  });

  it('reports an error that the vendor put into the stream', async () => {
    const decoder = wordDecoder();
    const error = new ProviderError('provider/overloaded', 'Overloaded');
    const { exchange } = exchangeOf(() => words('a'), {
      decoder: { decode: decoder.decode, finish: () => ({ ...decoder.finish(), error }) },
    });
    const { turn } = await collect(sendExchange(exchange));
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/overloaded' } });
  });
});

describe('an aborted exchange', () => {
  it('sends nothing when the signal was aborted before', async () => {
    const { exchange, probe } = exchangeOf(() => words('a', 'stop'), { signal: AbortSignal.abort() });
    const { turn } = await collect(sendExchange(exchange));
    expect(turn).toMatchObject({ stopReason: 'aborted', usageState: 'none', error: { code: 'provider/aborted' } });
    expect(probe.signal).toBeUndefined();
  });

  it('ends in an aborted turn when aborted before the first event', async () => {
    const abort = new AbortController();
    const { exchange } = exchangeOf((signal) => stalled(signal), { signal: abort.signal });
    const collected = collect(sendExchange(exchange));
    setImmediate(() => abort.abort());
    expect((await collected).turn).toMatchObject({ stopReason: 'aborted', usageState: 'none' });
  });

  it('keeps what arrived before the abort', async () => {
    const abort = new AbortController();
    const { exchange } = exchangeOf((signal) => stalled(signal, 'a'), { signal: abort.signal });
    const collected = collect(sendExchange(exchange));
    setImmediate(() => abort.abort('enough'));
    const { turn } = await collected;
    expect(turn).toMatchObject({ stopReason: 'aborted', usageState: 'partial', error: { code: 'provider/aborted' } });
    expect(textOf(turn)).toBe('a');
  });

  it('stays complete when aborted after its last event', async () => {
    const abort = new AbortController();
    async function* abortedAfterwards(): AsyncGenerator<string> {
      yield* ['a', 'stop'];
      abort.abort();
    }
    const { turn } = await collect(sendExchange(exchangeOf(abortedAfterwards, { signal: abort.signal }).exchange));
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'final' });
  });

  it('does not wait for a client that ignores the signal (D4)', async () => {
    const abort = new AbortController();
    async function* deaf(): AsyncGenerator<string> {
      yield 'a';
      await new Promise(() => {});
    }
    const { exchange } = exchangeOf(deaf, { signal: abort.signal });
    const collected = collect(sendExchange(exchange));
    setImmediate(() => abort.abort());
    const { turn } = await collected;
    expect(turn.stopReason).toBe('aborted');
    expect(textOf(turn)).toBe('a');
  });

  it('ends at once when the consumer aborts between two events', async () => {
    const abort = new AbortController();
    const { exchange } = exchangeOf(() => words('a', 'b', 'c', 'stop'), { signal: abort.signal });
    const seen: string[] = [];
    for await (const event of sendExchange(exchange)) {
      seen.push(event.type === 'assistant-turn' ? event.turn.stopReason : event.type);
      abort.abort();
    }
    expect(seen).toEqual(['text-delta', 'aborted']);
  });
});

describe('a consumer that leaves early (D3)', () => {
  it('aborts the exchange and closes the stream', async () => {
    const { exchange, probe } = exchangeOf((signal) => stalled(signal, 'a', 'b'));
    for await (const event of sendExchange(exchange)) {
      if (event.type === 'text-delta') break;
    }
    expect(probe.signal?.aborted).toBe(true);
    expect(probe.isReturned).toBe(true);
  });
});

describe('the time limit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ends a stalled exchange and keeps what arrived', async () => {
    const { exchange, probe } = exchangeOf((signal) => stalled(signal, 'a'), { timeoutMs: 2000 });
    const collected = collect(sendExchange(exchange));
    await vi.advanceTimersByTimeAsync(1999);
    expect(probe.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const { turn } = await collected;
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/timeout' } });
    expect(turn.error?.retryable).toBe(true);
    expect(textOf(turn)).toBe('a');
  });

  it('ends a call that never opens, even if the client ignores the signal (D4)', async () => {
    const { exchange } = exchangeOf(() => words(), { open: () => new Promise(() => {}), timeoutMs: 2000 });
    const collected = collect(sendExchange(exchange));
    await vi.advanceTimersByTimeAsync(2000);
    expect((await collected).turn.error?.code).toBe('provider/timeout');
  });

  it('is ten minutes unless told otherwise', async () => {
    const collected = collect(sendExchange(exchangeOf((signal) => stalled(signal)).exchange));
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await collected).turn.error?.code).toBe('provider/timeout');
  });

  it('leaves no timer behind', async () => {
    await collect(sendExchange(exchangeOf(() => words('a', 'stop')).exchange));
    expect(vi.getTimerCount()).toBe(0);
    for await (const _event of sendExchange(exchangeOf((signal) => stalled(signal, 'a')).exchange)) break;
    expect(vi.getTimerCount()).toBe(0);
  });
});
