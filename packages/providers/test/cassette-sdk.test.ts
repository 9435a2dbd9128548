import { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readCassette } from '../src/cassette/index.ts';
import { askAnthropic, type Exchange, exchanges, streamed } from './support/cassette-exchanges.ts';
import {
  cassettePath,
  type LoopbackServer,
  loopbackCassette,
  loopbackServer,
  readLines,
  replayingCassette,
} from './support/cassette-server.ts';

afterEach(() => void vi.restoreAllMocks());

/** A server that answers every request with these pieces. */
function serve({ contentType, pieces }: Exchange): Promise<LoopbackServer> {
  return loopbackServer((response) => {
    response.setHeader('content-type', contentType);
    for (const piece of pieces) response.write(piece);
    response.end();
  });
}

/** What the SDK said while a cassette recorded it, and where that is. */
async function record(exchange: Exchange) {
  const server = await serve(exchange);
  const path = cassettePath();
  const cassette = loopbackCassette({ path });
  const said = await exchange.ask(server.origin, cassette.fetch);
  await cassette.close();
  return { server, path, said };
}

describe.each(exchanges)('$name', (exchange) => {
  it('is asked once, and answered the same from the file (K-01, K-10, K-13, K-15)', async () => {
    const { server, path, said } = await record(exchange);
    expect(await exchange.ask(server.origin, replayingCassette(path).fetch)).toEqual(said);
    expect(server.requests).toHaveLength(1);
    expect(readLines(path).join()).not.toMatch(/secret-0123456789/);
  });

  it('opens no socket in replay, on a hit or a miss (K-22, N-17)', async () => {
    const { server, path, said } = await record(exchange);
    const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementation(() => {
      throw new Error('A socket was opened.');
    });
    const cassette = loopbackCassette({ path, mode: 'replay' });
    expect(await exchange.ask(server.origin, cassette.fetch)).toEqual(said);
    await expect(exchange.ask(`${server.origin}/other`, cassette.fetch)).rejects.toThrow();
    expect(cassette.events.map(({ type }) => type)).toEqual(['hit', 'miss']);
    expect([connect.mock.calls.length, server.requests.length]).toEqual([0, 1]);
    connect.mockRestore();
    const connected = vi.spyOn(Socket.prototype, 'connect');
    await exchange.ask((await serve(exchange)).origin, loopbackCassette({ path, mode: 'record' }).fetch);
    expect(connected).toHaveBeenCalled();
  });

  it('is answered by a server that knows no more than the file (N-17)', async () => {
    const { path, said } = await record(exchange);
    const { exchanges: known } = await readCassette(path);
    const seeded = await loopbackServer((response, { body }) => {
      const found = known.find(({ request }) => JSON.stringify(request?.body) === JSON.stringify(sorted(body)));
      if (found === undefined) return void response.writeHead(404).end();
      response.writeHead(found.response.status, { ...found.response.headers });
      response.end(found.response.body);
    });
    expect(await exchange.ask(seeded.origin, globalThis.fetch)).toEqual(said);
  });

  it.each([400, 429, 500])('fails the same again with status %i (K-15, K-16, X-05)', async (status) => {
    const server = await loopbackServer((response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', 'retry-after': '3' });
      response.end('{"type":"error","error":{"type":"some_error","message":"No."}}');
    });
    const path = cassettePath();
    const recording = loopbackCassette({ path, recordErrors: true });
    const recorded = await exchange.ask(server.origin, recording.fetch).catch(describeError);
    await recording.close();
    expect(recorded).toMatchObject({ status });
    expect(await exchange.ask(server.origin, replayingCassette(path).fetch).catch(describeError)).toEqual(recorded);
  });
});

/** A `fetch` that tells when a chunk has come, so that a server need not guess. */
function watchedFetch(): { readonly fetch: typeof fetch; readonly nextChunk: () => Promise<void> } {
  let tell = (): void => undefined;
  return {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const watch = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          tell();
        },
      });
      return new Response(response.body?.pipeThrough(watch) ?? null, response);
    },
    nextChunk: () =>
      new Promise((resolve) => {
        tell = resolve;
      }),
  };
}

describe.each(streamed)('$name', ({ contentType, pieces, ask }) => {
  it('leaves no record when it is aborted, and is aborted the same in replay (K-11, K-15, N-17)', async () => {
    const watched = watchedFetch();
    let isWhole = false;
    const server = await loopbackServer(async (response) => {
      response.setHeader('content-type', contentType);
      for (const piece of isWhole ? pieces : pieces.slice(0, 1)) {
        const come = watched.nextChunk();
        response.write(piece);
        await come;
      }
      if (isWhole) response.end();
    });
    const abortedOnArrival = (send: typeof fetch) => {
      const stop = new AbortController();
      const abortingSend: typeof fetch = async (input, init) => {
        const response = await send(input, init);
        stop.abort();
        return response;
      };
      return ask(server.origin, abortingSend, stop.signal).catch(describeError);
    };
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: watched.fetch });
    const aborted = await abortedOnArrival(recording.fetch);
    expect(recording.events.at(-1)).toMatchObject({ type: 'skipped', reason: 'aborted' });
    isWhole = true;
    await ask(server.origin, recording.fetch);
    await recording.close();
    expect(readLines(path)).toHaveLength(1);
    expect(await abortedOnArrival(replayingCassette(path).fetch)).toEqual(aborted);
  });

  it('comes in the same chunks as it was written in (K-12)', async () => {
    const watched = watchedFetch();
    const server = await loopbackServer(async (response) => {
      response.setHeader('content-type', contentType);
      for (const piece of pieces) {
        const come = watched.nextChunk();
        response.write(piece);
        await come;
      }
      response.end();
    });
    const path = cassettePath();
    const cassette = loopbackCassette({ path, fetch: watched.fetch });
    await ask(server.origin, cassette.fetch);
    await cassette.close();
    const [recorded] = (await readCassette(path)).exchanges;
    const chunks = recorded?.response.chunks ?? [];
    expect(chunks.map(({ bytes }) => bytes)).toEqual(pieces.map((piece) => Buffer.byteLength(piece)));
    const times = chunks.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

describe('the official clients', () => {
  it('plain and streamed calls with one body are records of their own (K-12, X-06)', async () => {
    const [plain, stream] = [exchanges[0], streamed[0]];
    if (plain === undefined || stream === undefined) throw new Error('There are no exchanges.');
    const server = await loopbackServer((response, { body }) => {
      const { contentType, pieces } = JSON.parse(body).stream === true ? stream : plain;
      response.setHeader('content-type', contentType).end(pieces.join(''));
    });
    const cassette = loopbackCassette({ path: cassettePath() });
    for (const { ask } of [plain, stream, plain, stream]) await ask(server.origin, cassette.fetch);
    await cassette.close();
    expect(server.requests).toHaveLength(2);
  });

  it('a miss reaches the caller through the client (K-22)', async () => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => Response.json({ id: 'msg_1' }) });
    await askAnthropic('http://127.0.0.1:9', recording.fetch, 'Weather?');
    await recording.close();
    await expect(askAnthropic('http://127.0.0.1:9', replayingCassette(path).fetch, 'Rain?')).rejects.toMatchObject({
      cause: {
        code: 'cassette/miss',
        nearest: { path: 'messages[0].content', recorded: '"Weather?"', sent: '"Rain?"' },
      },
    });
  });
});

/** The JSON with its fields in order, as the file has it. */
function sorted(text: string): unknown {
  return JSON.parse(text, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { status, status_code, requestID, headers } = error as Error & Readonly<Record<string, unknown>>;
  return {
    name: error.constructor.name,
    message: error.message,
    status: status ?? status_code,
    requestID,
    retryAfter: headers instanceof Headers ? headers.get('retry-after') : undefined,
  };
}
