import { once } from 'node:events';
import { setImmediate as nextTick } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCassette } from '../src/cassette/index.ts';
import {
  cassettePath,
  loopbackCassette,
  loopbackServer,
  post,
  readLines,
  replayingCassette,
} from './support/cassette-server.ts';

const ADDRESS = 'http://127.0.0.1:9/stream';

afterEach(() => void vi.useRealTimers());

/** An inner `fetch` whose body comes in exactly these chunks. */
function chunked(chunks: readonly Uint8Array[], onChunk = (): void => undefined): typeof fetch {
  return async () => {
    const left = chunks.values();
    return new Response(
      new ReadableStream(
        {
          pull(controller) {
            const { done, value } = left.next();
            onChunk();
            if (done) controller.close();
            else controller.enqueue(new Uint8Array(value));
          },
        },
        { highWaterMark: 0 },
      ),
    );
  };
}

async function readChunks(response: Response): Promise<readonly string[]> {
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString('latin1'));
  return chunks;
}

/** The first chunk, and the reader for what follows. */
async function readFirst(
  response: Response,
): Promise<{ readonly text: string; readonly reader: ReadableStreamDefaultReader }> {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error('There is no body.');
  const { value } = await reader.read();
  return { text: Buffer.from(value ?? []).toString(), reader };
}

describe('recording', () => {
  it('the caller streams while it is recorded (K-11)', async () => {
    let finish = (): void => undefined;
    const server = await loopbackServer((response) => {
      response.write('data: 1\n\n');
      finish = () => void response.end('data: 2\n\n');
    });
    const path = cassettePath();
    const cassette = loopbackCassette({ path });
    const { text, reader } = await readFirst(await cassette.fetch(server.origin, post({ stream: true })));
    expect(text).toBe('data: 1\n\n');
    expect(cassette.events.map(({ type }) => type)).toEqual(['miss']);
    finish();
    while (!(await reader.read()).done);
    await cassette.close();
    const replayed = await replayingCassette(path).fetch(server.origin, post({ stream: true }));
    expect(await readChunks(replayed)).toEqual(['data: 1\n\n', 'data: 2\n\n']);
  });

  it.each(['signal', 'cancel'])(
    'a stream that the caller ends by %s is not recorded, and its socket closes (K-11)',
    async (how) => {
      const gone: Promise<unknown>[] = [];
      const server = await loopbackServer((response) => {
        gone.push(once(response, 'close'));
        response.write('data: 1\n\n');
      });
      const path = cassettePath();
      const cassette = loopbackCassette({ path, mode: 'record' });
      const stop = new AbortController();
      const { reader } = await readFirst(await cassette.fetch(server.origin, { ...post({}), signal: stop.signal }));
      if (how === 'signal') {
        stop.abort();
        await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
      } else await reader.cancel();
      await Promise.all(gone);
      await cassette.close();
      expect(cassette.events).toMatchObject([{ type: 'skipped', reason: 'aborted' }]);
      expect(() => replayingCassette(path)).toThrow('There is no cassette');
    },
  );

  it('an answer that has arrived but is left halfway is not recorded either', async () => {
    const path = cassettePath();
    const stop = new AbortController();
    const inner = chunked(['a', 'b', 'c'].map((text) => Buffer.from(text)));
    const cassette = loopbackCassette({ path, fetch: inner });
    const { reader } = await readFirst(await cassette.fetch(ADDRESS, { signal: stop.signal }));
    await nextTick();
    stop.abort();
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' });
    await cassette.close();
    expect(cassette.events.at(-1)).toMatchObject({ reason: 'aborted' });
  });

  it('close waits for an answer under way, and then leaves it to its reader unrecorded', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    const cassette = loopbackCassette({ path: cassettePath(), fetch: async () => new Response(source.readable) });
    const reading = (await cassette.fetch(ADDRESS)).text();
    await writer.write(Buffer.from('a'));
    const closing = cassette.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closing;
    expect(cassette.events.at(-1)).toMatchObject({ reason: 'aborted' });
    await writer.write(Buffer.from('b'));
    await writer.close();
    expect(await reading).toBe('ab');
    expect(cassette.events).toHaveLength(2);
  });

  it.each([
    ['OpenAI', 'data: {"id":"1"}\n\ndata: [DONE]\n\n', true],
    ['Anthropic', 'event: message_stop\ndata: {"type":"message_stop"}\n\n', true],
    ['Responses', 'data: {}\n\nevent: response.completed\ndata: {}\n\n', true],
    ['Ollama', '{"message":{"content":"a"},"done":false}\n{"done":true}\n', true],
    ['nobody', 'data: {"text":"[DONE]"}\n\n', false],
    ['nobody', '{"message":{"content":"\\"done\\":true"},"done":false}\n', false],
  ])('a caller that leaves after the last event of %s has had the whole answer', async (_, text, isWhole) => {
    const path = cassettePath();
    const openEnded = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(text)) });
    const cassette = loopbackCassette({ path, fetch: async () => new Response(openEnded) });
    const { reader } = await readFirst(await cassette.fetch(ADDRESS));
    await reader.cancel();
    await cassette.close();
    expect(cassette.events.at(-1)).toMatchObject(isWhole ? { type: 'recorded' } : { reason: 'aborted' });
  });

  it('a caller that leaves while the last event waits for it has not', async () => {
    const pieces = ['data: {}\n\n', 'data: [DONE]\n\n'].map((text) => Buffer.from(text));
    const openEnded = new ReadableStream({
      start: (controller) => pieces.forEach((piece) => void controller.enqueue(piece)),
    });
    const cassette = loopbackCassette({ path: cassettePath(), fetch: async () => new Response(openEnded) });
    const { reader } = await readFirst(await cassette.fetch(ADDRESS));
    await nextTick();
    await reader.cancel();
    await cassette.close();
    expect(cassette.events.at(-1)).toMatchObject({ reason: 'aborted' });
  });

  it('a stream that the vendor cuts is not recorded', async () => {
    const server = await loopbackServer((response) => {
      response.write('data: 1\n\n', () => response.destroy());
    });
    const cassette = loopbackCassette({ path: cassettePath() });
    await expect(cassette.fetch(server.origin, post({})).then((answer) => answer.text())).rejects.toThrow();
    await cassette.close();
    expect(cassette.events.at(-1)).toMatchObject({ type: 'skipped', reason: 'failed' });
  });

  it('a caller that never asks for the end, or for anything, is recorded all the same', async () => {
    const path = cassettePath();
    const inner = chunked(['a', 'b'].map((text) => Buffer.from(text)));
    const cassette = loopbackCassette({ path, fetch: inner });
    const { reader } = await readFirst(await cassette.fetch(`${ADDRESS}/1`));
    await reader.read();
    await cassette.fetch(`${ADDRESS}/2`);
    await cassette.close();
    const replay = replayingCassette(path);
    expect(await (await replay.fetch(`${ADDRESS}/1`)).text()).toBe('ab');
    expect(await (await replay.fetch(`${ADDRESS}/2`)).text()).toBe('ab');
  });
});

describe('replay', () => {
  it('gives the very bytes and chunks that were recorded (K-12, K-17)', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const text = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .map((value) => new Uint8Array(Buffer.from(value)));
    const chunks = fc.array(fc.oneof(bytes, text), { maxLength: 6 });
    const cutText = fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat())
      .map(([value, at]) => [Buffer.from(value), at % Buffer.byteLength(value)] as const)
      .map(([all, at]) => [all.subarray(0, at), all.subarray(at)].map((part) => new Uint8Array(part)));
    const path = cassettePath();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(chunks, cutText), async (pieces) => {
        count += 1;
        const sent = pieces.filter(({ length }) => length > 0).map((piece) => Buffer.from(piece).toString('latin1'));
        const recording = createCassette({ path, domains: ['127.0.0.1'], fetch: chunked(pieces) });
        expect((await readChunks(await recording.fetch(`${ADDRESS}/${count}`))).join('')).toBe(sent.join(''));
        await recording.close();
        const replayed = await replayingCassette(path).fetch(`${ADDRESS}/${count}`);
        expect(await readChunks(replayed)).toEqual(sent);
      }),
      { numRuns: 150, examples: [[[Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 0x61)]]] },
    );
  });

  it('keeps the recorded times at speed 1, halves them at 2, and has none at 0 (K-12)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const path = cassettePath();
    const inner = chunked(
      ['a', 'b', 'c'].map((text) => Buffer.from(text)),
      () => void vi.setSystemTime(Date.now() + 100),
    );
    const recording = loopbackCassette({ path, fetch: inner });
    await (await recording.fetch(ADDRESS)).text();
    await recording.close();
    expect(JSON.parse(readLines(path)[0] ?? '').chunks).toEqual([
      [1, 100],
      [1, 200],
      [1, 300],
    ]);
    expect(await readChunks(await replayingCassette(path).fetch(ADDRESS))).toEqual(['a', 'b', 'c']);
    expect(await arrivals(path, 1)).toEqual([100, 200, 300]);
    expect(await arrivals(path, 2)).toEqual([50, 100, 150]);
  });

  it('an abort ends it as it ends the original, whether or not the caller is waiting (K-15, N-17)', async () => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: chunked(['a', 'b'].map((text) => Buffer.from(text))) });
    await (await recording.fetch(ADDRESS)).text();
    await recording.close();
    for (const speed of [0, 0.000_001]) {
      const stop = new AbortController();
      const response = await replayingCassette(path, { speed }).fetch(ADDRESS, { signal: stop.signal });
      const reading = speed > 0 ? response.text() : readFirst(response).then(({ reader }) => reader.closed);
      stop.abort();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
      await expect(replayingCassette(path).fetch(ADDRESS, { signal: stop.signal })).rejects.toMatchObject({
        name: 'AbortError',
      });
    }
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const path = cassettePath();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const recording = loopbackCassette({ path, fetch: chunked([Buffer.from('a')]) });
    const ours = (calls: readonly (readonly unknown[])[]) => new Set(calls.map(([, listener]) => listener));
    await (await recording.fetch(ADDRESS, { signal })).text();
    await (await recording.fetch(ADDRESS, { signal })).text();
    await (await recording.fetch(ADDRESS, { signal })).body?.cancel();
    await recording.close();
    const named = [...ours(added.mock.calls)].filter(
      (listener) => typeof listener === 'function' && listener.name === 'onAbort',
    );
    expect(named).toHaveLength(3);
    expect([...ours(removed.mock.calls)]).toEqual(expect.arrayContaining(named));
  });

  it('an empty answer has no body (K-10)', async () => {
    const server = await loopbackServer((response) => void response.writeHead(204).end());
    const path = cassettePath();
    const recording = loopbackCassette({ path });
    await recording.fetch(server.origin);
    await recording.close();
    const replayed = await replayingCassette(path).fetch(server.origin);
    expect([replayed.status, replayed.body]).toEqual([204, null]);
  });
});

/** When each chunk comes, in milliseconds from the start of a replay. */
async function arrivals(path: string, speed: number): Promise<readonly number[]> {
  const response = await replayingCassette(path, { speed }).fetch(ADDRESS);
  const start = Date.now();
  const times: number[] = [];
  const reading = (async () => {
    for await (const _ of response.body ?? []) times.push(Date.now() - start);
  })();
  for (let step = 0; step < 40; step += 1) await vi.advanceTimersByTimeAsync(10);
  await reading;
  return times;
}
