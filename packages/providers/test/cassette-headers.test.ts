import { gzipSync } from 'node:zlib';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { readCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, loopbackServer, post, replayingCassette } from './support/cassette-server.ts';

describe('the headers of an answer (K-18)', () => {
  it('no longer say how the body was encoded, and the client reads it both times', async () => {
    const answer = JSON.stringify({ id: 'chatcmpl-1', choices: [], text: 'é'.repeat(500) });
    const server = await loopbackServer((response) => {
      const body = gzipSync(answer);
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': body.length,
        'x-request-id': 'req_1',
      });
      response.end(body);
    });
    const path = cassettePath();
    const ask = (send: typeof fetch) =>
      new OpenAI({ apiKey: 'key', baseURL: server.origin, fetch: send }).chat.completions
        .create({ model: 'm', messages: [] })
        .withResponse();
    const cassette = loopbackCassette({ path });
    const recorded = await ask(cassette.fetch);
    await cassette.close();
    const replayed = await ask(replayingCassette(path).fetch);
    for (const { data, request_id } of [recorded, replayed]) {
      expect([data, request_id]).toEqual([expect.objectContaining(JSON.parse(answer)), 'req_1']);
    }
    const [exchange] = (await readCassette(path)).exchanges;
    expect(exchange?.response.body).toBe(answer);
    expect(Object.keys(exchange?.response.headers ?? {}).sort()).toEqual(['content-type', 'date', 'x-request-id']);
  });

  it('keep what a client reads, and hold no cookie, token or key', async () => {
    const kept = { 'retry-after-ms': '5', 'anthropic-ratelimit-tokens-remaining': '9', 'x-should-retry': 'false' };
    const lost = { 'set-cookie': 'a=b', 'x-auth-token': 'abc', 'x-amz-security-token': 'abc', 'api-key': 'abc' };
    const path = cassettePath();
    const cassette = loopbackCassette({
      path,
      fetch: async () => new Response(Uint8Array.of(), { headers: { ...kept, ...lost } }),
    });
    await (await cassette.fetch('http://127.0.0.1:9/')).text();
    await cassette.close();
    const replayed = await replayingCassette(path).fetch('http://127.0.0.1:9/');
    expect(Object.fromEntries(replayed.headers)).toEqual(kept);
  });

  it('are those of the place a request was sent on to', async () => {
    const server = await loopbackServer((response, { incoming }) => {
      if (incoming.url === '/old') response.writeHead(307, { location: '/new' }).end();
      else response.writeHead(200, { 'x-at': incoming.url ?? '' }).end('ok');
    });
    const path = cassettePath();
    const cassette = loopbackCassette({ path, recordErrors: true });
    const ask = async (send: typeof fetch) => {
      const followed = await send(`${server.origin}/old`, post({ q: 1 }));
      const stopped = await send(new Request(`${server.origin}/old`, { ...post({ q: 2 }), redirect: 'manual' }));
      return [followed.headers.get('x-at'), await followed.text(), stopped.status, stopped.headers.get('location')];
    };
    expect(await ask(cassette.fetch)).toEqual(['/new', 'ok', 307, '/new']);
    await cassette.close();
    expect(await ask(replayingCassette(path).fetch)).toEqual(['/new', 'ok', 307, '/new']);
  });
});

describe('bodies that are no text (K-17)', () => {
  it('are told apart when sent, and come back to the byte', async () => {
    const server = await loopbackServer((response, { count }) => void response.end(Uint8Array.of(255, 0, 254, count)));
    const path = cassettePath();
    const cassette = loopbackCassette({ path });
    const send = (byte: number) => ({ method: 'PUT', body: Uint8Array.of(255, byte) });
    for (const byte of [1, 2]) await (await cassette.fetch(server.origin, send(byte))).arrayBuffer();
    await cassette.close();
    const replaying = replayingCassette(path);
    for (const byte of [1, 2]) {
      const bytes = await (await replaying.fetch(server.origin, send(byte))).arrayBuffer();
      expect([...new Uint8Array(bytes)]).toEqual([255, 0, 254, byte]);
    }
    await expect(replaying.fetch(server.origin, send(3))).rejects.toMatchObject({
      nearest: { path: 'body', sent: expect.stringContaining('sha256:') },
    });
  });
});
