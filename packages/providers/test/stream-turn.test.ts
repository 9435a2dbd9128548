import { describe, expect, it } from 'vitest';
import { ProviderError } from '../src/errors.ts';
import type { ModelStream } from '../src/model.ts';
import { clientFrom } from '../src/transport/load-sdk.ts';
import { singly } from '../src/transport/read-stream.ts';
import { type DecodedTurn, sendExchange } from '../src/transport/send.ts';

/** A stream of words, one event each; `isOpened` tells whether its request was sent. */
function wordStream(...words: readonly string[]) {
  const probe = { isOpened: false, isClosed: false };
  const heard: string[] = [];
  const stream: ModelStream = sendExchange<string>({
    open: async () => {
      probe.isOpened = true;
      return singly(source(words, probe));
    },
    decoder: {
      decode: (text) => {
        heard.push(text);
        return [{ type: 'text-delta', blockIndex: 0, text }];
      },
      finish: (): DecodedTurn => ({
        message: { role: 'assistant', content: [{ type: 'text', text: heard.join('') }] },
        warnings: [{ type: 'warning', code: 'odd', message: 'Odd.' }],
        ...(heard.length === words.length ? { stopReason: 'end-turn' } : {}),
      }),
    },
    readError: (error) => new ProviderError('provider/network', String(error)),
    warnings: [],
    retry: false,
  });
  return { stream, probe };
}

async function* source(words: readonly string[], probe: { isClosed: boolean }): AsyncGenerator<string> {
  try {
    yield* words;
  } finally {
    probe.isClosed = true;
  }
}

const text = (stream: ModelStream) => stream.turn.then(({ message }) => message.content);

describe('the turn of a stream (L-27)', () => {
  it('is the one its last event carries', async () => {
    const { stream } = wordStream('a', 'b');
    const events = await Array.fromAsync(stream);
    expect(events.map(({ type }) => type)).toEqual(['text-delta', 'text-delta', 'warning', 'assistant-turn']);
    expect(events.at(-1)).toEqual({ type: 'assistant-turn', turn: await stream.turn });
  });

  it('is read for, if nobody else reads', async () => {
    const { stream, probe } = wordStream('a', 'b');
    expect(probe.isOpened).toBe(false);
    expect(await text(stream)).toEqual([{ type: 'text', text: 'ab' }]);
  });

  it('leaves the events to a reader that begins in the same tick', async () => {
    const { stream } = wordStream('a', 'b');
    const { turn } = stream;
    expect(await Array.fromAsync(stream)).toHaveLength(4);
    expect(await turn).toMatchObject({ stopReason: 'end-turn' });
  });

  it('is aborted, with what had arrived, when the reader leaves early', async () => {
    const { stream, probe } = wordStream('a', 'b');
    for await (const _event of stream) break;
    expect(await stream.turn).toMatchObject({
      stopReason: 'aborted',
      error: { code: 'provider/aborted' },
      message: { content: [{ type: 'text', text: 'a' }] },
      timing: { firstTokenMs: expect.any(Number) },
    });
    expect(probe.isClosed).toBe(true);
  });

  it('is there even for a stream left before it began, and nothing is sent', async () => {
    const { stream, probe } = wordStream('a');
    await stream[Symbol.asyncIterator]().return?.();
    expect(await stream.turn).toMatchObject({ stopReason: 'aborted', usageState: 'none' });
    expect(probe.isOpened).toBe(false);
  });
});

describe('the SDK of a family', () => {
  it('is loaded with the first use, and once', async () => {
    let loads = 0;
    const openClient = clientFrom(
      'some-sdk',
      async () => {
        loads += 1;
        return { name: 'sdk' };
      },
      (sdk) => ({ sdk }),
    );
    expect(loads).toBe(0);
    expect(await openClient()).toBe(await openClient());
    expect(loads).toBe(1);
  });

  it('is asked for by name where it is not installed', async () => {
    const openClient = clientFrom(
      'some-sdk',
      () => Promise.reject(new Error('Cannot find package')),
      () => ({}),
    );
    await expect(openClient()).rejects.toMatchObject({
      code: 'provider/missing-sdk',
      message: expect.stringContaining('npm install some-sdk'),
      retryable: false,
    });
  });
});
