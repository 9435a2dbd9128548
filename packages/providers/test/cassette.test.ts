import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultPath } from '../src/cassette/file/default-path.ts';
import { CassetteError, createCassette, DEFAULT_DOMAINS, type RequestSummary } from '../src/cassette/index.ts';
import {
  cassettePath,
  loopbackCassette,
  loopbackServer,
  post,
  readLines,
  replayingCassette,
} from './support/cassette-server.ts';

const counting = () =>
  loopbackServer((response, { count }) => {
    response.setHeader('x-answer', String(count));
    response.end(`{"answer":${count}}`);
  });

describe('a cassette that records what it lacks', () => {
  it('asks once, and answers the second time from its file (K-01, K-10, K-21)', async () => {
    const server = await counting();
    const path = cassettePath();
    const cassette = loopbackCassette({ path });
    const first = await cassette.fetch(`${server.origin}/v1/a`, post({ q: 1 }));
    expect(await first.json()).toEqual({ answer: 1 });
    const second = await cassette.fetch(`${server.origin}/v1/a`, post({ q: 1 }));
    expect(await second.json()).toEqual({ answer: 1 });
    expect(second.headers.get('x-answer')).toBe('1');
    await cassette.close();
    expect(server.requests).toHaveLength(1);
    expect(cassette.events.map(({ type }) => type).sort()).toEqual(['hit', 'miss', 'recorded']);
  });

  it('is disposable (K-14)', async () => {
    const server = await counting();
    const path = cassettePath();
    {
      await using cassette = loopbackCassette({ path });
      await (await cassette.fetch(server.origin, post({}))).text();
    }
    expect(readLines(path)).toHaveLength(1);
  });

  it('tells paths, methods, bodies and stream flags apart (X-04, X-06)', async () => {
    const server = await counting();
    const cassette = loopbackCassette({ path: cassettePath() });
    const asks: [string, RequestInit][] = [
      ['/models/one:generateContent', post({ q: 1 })],
      ['/models/two:generateContent', post({ q: 1 })],
      ['/models/one:streamGenerateContent', post({ q: 1 })],
      ['/models/one:generateContent', post({ q: 1 }, { accept: 'text/event-stream' })],
      ['/models/one:generateContent', post({ q: 1, stream: true })],
      ['/models/one:generateContent', { ...post({ q: 1 }), method: 'PUT' }],
      ['/models/one:generateContent?alt=sse', post({ q: 1 })],
    ];
    for (const [path, init] of asks) await (await cassette.fetch(server.origin + path, init)).text();
    for (const [path, init] of asks) await (await cassette.fetch(server.origin + path, init)).text();
    await cassette.close();
    expect(server.requests).toHaveLength(asks.length);
  });

  it('does not tell apart order of fields, multipart boundaries, and credentials (K-05, K-06, K-07)', async () => {
    const server = await counting();
    const cassette = loopbackCassette({ path: cassettePath() });
    const form = (): RequestInit => {
      const body = new FormData();
      body.set('file', new Blob(['hello']), 'a.txt');
      return { method: 'POST', body };
    };
    const same: [string, RequestInit][][] = [
      [
        ['/a', post({ a: 1, b: { c: 2, d: 3 } })],
        ['/a', post({ b: { d: 3, c: 2 }, a: 1 })],
      ],
      [
        ['/form', form()],
        ['/form', form()],
      ],
      [
        ['/g?key=AIzaSyFirstFirstFirst', post({}, { authorization: 'Bearer one' })],
        ['/g?key=dummy', post({}, { 'x-api-key': 'two' })],
      ],
    ];
    for (const [path, init] of same.flat()) await (await cassette.fetch(server.origin + path, init)).text();
    await cassette.close();
    expect(server.requests).toHaveLength(same.length);
  });

  it('applies what normalize makes alike (K-07)', async () => {
    const server = await counting();
    const normalize = [
      (request: RequestSummary) => ({
        ...request,
        body: JSON.parse(JSON.stringify(request.body).replace(/tmp\d+/g, 'tmp')),
      }),
    ];
    const cassette = loopbackCassette({ path: cassettePath(), normalize });
    await (await cassette.fetch(server.origin, post({ file: 'tmp1' }))).text();
    await (await cassette.fetch(server.origin, post({ file: 'tmp22' }))).text();
    await cassette.close();
    expect(server.requests).toHaveLength(1);
  });

  it('stores no error, and replays its status when told to store it (K-16, X-05)', async () => {
    const server = await loopbackServer((response) => void response.writeHead(429, { 'retry-after': '7' }).end('slow'));
    const path = cassettePath();
    const plain = loopbackCassette({ path });
    await (await plain.fetch(server.origin, post({}))).text();
    await plain.close();
    expect(plain.events.at(-1)).toMatchObject({ type: 'skipped', reason: 'status' });
    const keeping = loopbackCassette({ path, recordErrors: true });
    await (await keeping.fetch(server.origin, post({}))).text();
    await keeping.close();
    const replayed = await replayingCassette(path).fetch(server.origin, post({}));
    expect([replayed.status, replayed.headers.get('retry-after'), await replayed.text()]).toEqual([429, '7', 'slow']);
  });

  it('keeps one record of a request that was under way twice', async () => {
    const server = await counting();
    const path = cassettePath();
    const cassette = loopbackCassette({ path });
    const ask = async () => (await cassette.fetch(server.origin, post({ q: 1 }))).text();
    await Promise.all([ask(), ask(), ask()]);
    await cassette.close();
    expect(readLines(path)).toHaveLength(1);
    expect(cassette.events.filter((event) => 'reason' in event && event.reason === 'already-recorded')).toHaveLength(2);
  });

  it('hands a request with a body that can be read once on whole', async () => {
    const server = await counting();
    const cassette = loopbackCassette({ path: cassettePath() });
    await (await cassette.fetch(new Request(server.origin, post({ once: true })))).text();
    await (await cassette.fetch(`${server.origin}/get`)).text();
    await cassette.close();
    expect(server.requests).toEqual(['{"once":true}', '']);
  });
});

describe('the other modes', () => {
  it('record asks anew and replaces (K-19, K-22)', async () => {
    const server = await counting();
    const path = cassettePath();
    const cassette = loopbackCassette({ path, mode: 'record' });
    for (let time = 0; time < 2; time += 1) await (await cassette.fetch(server.origin, post({}))).text();
    await cassette.close();
    expect(server.requests).toHaveLength(2);
    expect(await (await replayingCassette(path).fetch(server.origin, post({}))).json()).toEqual({ answer: 2 });
  });

  it('off leaves everything alone, a missing folder included', async () => {
    const server = await counting();
    const cassette = loopbackCassette({ path: '/nowhere/at/all.jsonl', mode: 'off' });
    expect(await (await cassette.fetch(server.origin, post({}))).json()).toEqual({ answer: 1 });
    expect(cassette.events).toEqual([{ type: 'passed', url: `${server.origin}/` }]);
    await cassette.close();
  });

  it('replay opens no socket to a recorded host, hit or miss (K-22, N-17)', async () => {
    const server = await counting();
    const path = cassettePath();
    const recording = loopbackCassette({ path });
    await (await recording.fetch(server.origin, post({}))).text();
    await recording.close();
    const before = server.connections();
    const cassette = loopbackCassette({ path, mode: 'replay' });
    await (await cassette.fetch(server.origin, post({}))).text();
    await expect(cassette.fetch(server.origin, post({ other: true }))).rejects.toThrow(CassetteError);
    expect(server.connections()).toBe(before);
  });

  it('a miss names the nearest record and the first differing path (K-22, N-17)', async () => {
    const server = await counting();
    const path = cassettePath();
    const recording = loopbackCassette({ path });
    const body = (text: string, model = 'm-1') => ({
      model,
      max_tokens: 10,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: [{ type: 'text', text }] },
      ],
    });
    await (
      await recording.fetch(`${server.origin}/v1/messages`, post(body('Tell me about prompt caching', 'm-2')))
    ).text();
    await (
      await recording.fetch(`${server.origin}/v1/messages`, post(body('What is the weather in Paris today?')))
    ).text();
    await (await recording.fetch(`${server.origin}/v1/other`, post(body('What is the weather in Rome today?')))).text();
    await recording.close();
    const miss = await replayingCassette(path)
      .fetch(`${server.origin}/v1/messages`, post(body('What is the weather in Rome today?')))
      .catch((error: unknown) => error);
    expect(miss).toMatchObject({
      name: 'CassetteError',
      code: 'cassette/miss',
      retryable: false,
      nearest: {
        line: 2,
        path: 'messages[1].content[0].text',
        recorded: '"…t is the weather in Paris today?"',
        sent: '"…t is the weather in Rome today?"',
      },
    });
    expect(String(miss)).toContain('messages[1].content[0].text');
    expect(String(miss)).not.toContain('\n');
  });

  it('a miss names a field that is only on one side, and a different address', async () => {
    const server = await counting();
    const path = cassettePath();
    const recording = loopbackCassette({ path });
    await (await recording.fetch(`${server.origin}/one`, post({ a: [1, 2] }))).text();
    await recording.close();
    const replay = replayingCassette(path);
    const nearest = async (at: string, body: unknown) => {
      const error = await replay.fetch(server.origin + at, post(body)).catch((thrown: unknown) => thrown);
      return error instanceof CassetteError ? error.nearest : error;
    };
    expect(await nearest('/one', { a: [1] })).toMatchObject({ path: 'a[1]', recorded: '2', sent: 'nothing' });
    expect(await nearest('/one', { a: [1, 2], b: true })).toMatchObject({
      path: 'b',
      recorded: 'nothing',
      sent: 'true',
    });
    expect(await nearest('/two', { a: [1, 2] })).toMatchObject({ path: 'url' });
  });

  it('a record whose stored request is another one is not served (X-07)', async () => {
    const server = await counting();
    const path = cassettePath();
    const recording = loopbackCassette({ path });
    await (await recording.fetch(server.origin, post({ q: 1 }))).text();
    await recording.close();
    writeFileSync(path, `${readLines(path)[0]?.replace('"q":1', '"q":2')}\n`);
    await expect(replayingCassette(path).fetch(server.origin, post({ q: 1 }))).rejects.toMatchObject({
      code: 'cassette/miss',
      nearest: { path: 'q', recorded: '2', sent: '1' },
    });
  });

  it('a missing file is an error in replay mode, and a missing folder in any', () => {
    const path = cassettePath();
    expect(() => createCassette({ path, mode: 'replay' })).toThrow(
      expect.objectContaining({ code: 'cassette/no-file' }),
    );
    const lost = join(dirname(path), 'gone', 'x.jsonl');
    expect(() => createCassette({ path: lost })).toThrow(expect.objectContaining({ code: 'cassette/no-folder' }));
    expect(() => createCassette({ path, speed: -1 })).toThrow('speed is -1');
  });
});

describe('hosts', () => {
  it('passes other hosts through untouched, in replay mode too (K-09)', async () => {
    const server = await counting();
    const path = cassettePath();
    writeFileSync(path, '');
    const cassette = loopbackCassette({ path, mode: 'replay', domains: ['api.openai.com'] });
    await (await cassette.fetch(`${server.origin}/a?key=secret`, post({}))).text();
    expect(cassette.events).toEqual([{ type: 'passed', url: `${server.origin}/a` }]);
    expect(readLines(path)).toEqual(['']);
  });

  it('matches a host or a subdomain, never a part of a name (K-08)', async () => {
    const path = cassettePath();
    const asked = async (url: string, domains?: readonly string[]) => {
      const cassette = loopbackCassette({
        path,
        mode: 'record',
        fetch: async () => new Response('{}'),
        domains: domains ?? DEFAULT_DOMAINS,
      });
      await (await cassette.fetch(url)).text();
      await cassette.close();
      return cassette.events[0]?.type;
    };
    expect(await asked('https://api.anthropic.com/v1/messages')).toBe('recorded');
    expect(await asked('https://mine.openai.azure.com/openai')).toBe('recorded');
    expect(await asked('https://api.openai.com.evil.example/')).toBe('passed');
    expect(await asked('https://evil-api.openai.com/')).toBe('passed');
    expect(await asked('https://example.com/?to=api.openai.com')).toBe('passed');
    expect(await asked('http://localhost:11434/api/chat', ['localhost:11434'])).toBe('recorded');
    expect(await asked('https://api.openai.com/', ['localhost'])).toBe('passed');
  });

  it('looks for its file beside the nearest package.json, else in the working folder (K-03)', () => {
    const root = dirname(cassettePath());
    const inner = join(root, 'a', 'b');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(root, 'package.json'), '{}');
    expect(defaultPath(inner)).toBe(join(root, 'cassette.jsonl'));
    expect(defaultPath('/no/package/anywhere')).toBe('/no/package/anywhere/cassette.jsonl');
  });
});
