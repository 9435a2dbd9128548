import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cassettePath, loopbackCassette, post, readLines, replayingCassette } from './support/cassette-server.ts';

const ADDRESS = 'http://127.0.0.1:9';

const echo: typeof fetch = async (input, init) => {
  const { pathname } = new URL(String(input));
  return new Response(`answer to ${pathname}${init?.body ? '!' : ''}`, {
    headers: { 'content-type': 'text/plain', 'content-encoding': 'identity', 'x-kept': 'yes' },
  });
};

async function record(path: string, ...paths: readonly string[]): Promise<void> {
  const cassette = loopbackCassette({ path, fetch: echo, clock: () => 0 });
  for (const at of paths) await (await cassette.fetch(ADDRESS + at)).text();
  await cassette.close();
}

describe('the format', () => {
  it('begins each line as cachy does, and goes on with what it leaves out (K-04, K-05, K-18)', async () => {
    const path = cassettePath();
    await record(path, '/a');
    const [line = ''] = readLines(path);
    expect(line).toMatch(/^\{"key":"[0-9a-f]{32}","response":"answer to \/a","v":1,/);
    expect(JSON.parse(line)).toEqual({
      key: expect.any(String),
      response: 'answer to /a',
      v: 1,
      status: 200,
      headers: { 'content-type': 'text/plain', 'x-kept': 'yes' },
      recordedAt: '1970-01-01T00:00:00.000Z',
      chunks: [[12, 0]],
      request: { method: 'GET', url: `${ADDRESS}/a`, stream: false, body: '' },
    });
  });

  it('keeps a long text of the request as its beginning and a digest', async () => {
    const path = cassettePath();
    const cassette = loopbackCassette({ path, fetch: echo });
    const long = (end: string) => post({ image: 'A'.repeat(50_000) + end });
    await (await cassette.fetch(ADDRESS, long('1'))).text();
    await cassette.close();
    expect(statSync(path).size).toBeLessThan(2_000);
    await replayingCassette(path).fetch(ADDRESS, long('1'));
    await expect(replayingCassette(path).fetch(ADDRESS, long('2'))).rejects.toMatchObject({
      nearest: { path: 'image' },
    });
  });

  it('keeps numbers that a double cannot hold', async () => {
    const path = cassettePath();
    const cassette = loopbackCassette({ path, fetch: echo });
    const big = (end: string) => ({ method: 'POST', body: `{"id":1234567890123456789${end}}` });
    await (await cassette.fetch(ADDRESS, big('0'))).text();
    await cassette.close();
    await replayingCassette(path).fetch(ADDRESS, big('0'));
    await expect(replayingCassette(path).fetch(ADDRESS, big('1'))).rejects.toMatchObject({
      nearest: { path: 'id', recorded: '12345678901234567890', sent: '12345678901234567891' },
    });
  });
});

describe('a file of cachy', () => {
  const url = 'https://httpbin.org/post';
  const cassetteOf = (...lines: readonly unknown[]) => {
    const path = cassettePath();
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return replayingCassette(path, {
      domains: ['httpbin.org', 'api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com'],
    });
  };

  it('answers under the keys that cachy publishes (K-04, K-05)', async () => {
    const cassette = cassetteOf(
      // From the output of cachy's own notebook: POST https://httpbin.org/post with {"a":1}.
      { key: '6422adea', response: '{"json":{"a":1}}' },
      { key: 'afc2be0c', response: 'of a request nobody knows' },
    );
    const response = await cassette.fetch(url, post({ a: 1 }));
    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([
      200,
      'application/json',
      { json: { a: 1 } },
    ]);
    expect(cassette.events).toEqual([{ type: 'hit', key: '6422adea', url, isVerified: false }]);
    // From the same notebook: the body of a call to the Responses API.
    const input = [{ role: 'user', content: 'write 1 word about openai sync' }];
    const known = cassetteOf({ key: '57d94e97', response: '{"id":"resp_1"}' });
    const answer = await known.fetch('https://api.openai.com/v1/responses', post({ model: 'gpt-4o', input }));
    expect(await answer.json()).toEqual({ id: 'resp_1' });
  });

  it.each([
    // sha256('api.anthropic.comFalse{"b":1,"a":"é"}'), versions up to 0.0.4
    ['host', 'https://api.anthropic.com/v1/messages', '4621908b'],
    // sha256('https://api.anthropic.com/v1/messagesFalse{"b":1,"a":"é"}'), versions 0.0.5 to 0.0.8
    ['address', 'https://api.anthropic.com/v1/messages?key=AIzaSecret', 'dfa15fab'],
    // sha256('https://api.anthropic.com/v1/messagesFalse{"a": "\\u00e9", "b": 1}'), since
    ['sorted', 'https://api.anthropic.com/v1/messages', 'cff86fa5'],
  ])('is found by a key over its %s (K-05)', async (_, address, key) => {
    const cassette = cassetteOf({ key, response: 'data: 1\n\n' }, { key: 'ffffffff', response: '' });
    const response = await cassette.fetch(address, {
      method: 'POST',
      body: '{"b":1,"a":"é"}',
      headers: { accept: 'text/event-stream' },
    });
    expect(await response.text()).toBe('data: 1\n\n');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('keeps its headers, status and binary flag (K-04, K-17)', async () => {
    const response = await cassetteOf({
      key: '6422adea',
      response: Buffer.from([0, 255]).toString('base64'),
      headers: { 'x-a': 'b' },
      status_code: 201,
      binary: true,
    }).fetch(url, post({ a: 1 }));
    expect([response.status, response.headers.get('x-a')]).toEqual([201, 'b']);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(0, 255));
  });

  it('does not answer a plain request with a stream, nor the other way round (X-06)', async () => {
    const stream = cassetteOf({ key: '6422adea', response: 'data: {}\n\n' });
    await expect(stream.fetch(url, post({ a: 1 }))).rejects.toMatchObject({ code: 'cassette/miss' });
    const plain = cassetteOf({ key: '6422adea', response: '{}' });
    await expect(plain.fetch(url, post({ a: 1 }, { accept: 'text/event-stream' }))).rejects.toMatchObject({
      code: 'cassette/miss',
      nearest: undefined,
    });
  });
});

describe('a damaged file', () => {
  it('is read without a last line that a crash cut, and written on (K-19)', async () => {
    const path = cassettePath();
    await record(path, '/a', '/b');
    const whole = readFileSync(path);
    for (const lost of [1, 2, 50, 200]) {
      writeFileSync(path, whole.subarray(0, whole.length - lost));
      const cassette = loopbackCassette({ path, fetch: echo });
      // A line that only lacks its end has lost nothing.
      const isCut = lost > 1;
      expect(cassette.events).toEqual(isCut ? [{ type: 'skipped', reason: 'cut-line', path, line: 2 }] : []);
      await (await cassette.fetch(`${ADDRESS}/c`)).text();
      await cassette.close();
      expect(readLines(path).map((line) => JSON.parse(line).response)).toEqual([
        'answer to /a',
        ...(isCut ? [] : ['answer to /b']),
        'answer to /c',
      ]);
    }
  });

  it.each([
    ['no JSON', '{"key":"a'],
    ['no record', '{"key":"a"}'],
    ['a newer format', '{"key":"a","response":"","v":2}'],
  ])('is refused where another line is %s, and the line is named', async (_, line) => {
    const path = cassettePath();
    await record(path, '/a', '/b');
    const [first, second] = readLines(path);
    writeFileSync(path, [first, line, second, ''].join('\n'));
    expect(() => replayingCassette(path)).toThrow(`Line 2 of ${path}`);
  });

  it('is refused, and kept, where the last line is of a newer format', async () => {
    const path = cassettePath();
    writeFileSync(path, '{"key":"a","response":"","v":2}');
    expect(() => loopbackCassette({ path })).toThrow(expect.objectContaining({ code: 'cassette/malformed' }));
    expect(readLines(path)).toHaveLength(1);
  });
});

describe('writing', () => {
  it('compact keeps the newest of each key, sorted by response (K-19)', async () => {
    const path = cassettePath();
    let version = 0;
    const inner: typeof fetch = async (input) => new Response(`${new URL(String(input)).pathname} ${version}`);
    const cassette = loopbackCassette({ path, mode: 'record', fetch: inner });
    for (const at of ['/c', '/a', '/b', '/a']) {
      version += 1;
      await (await cassette.fetch(ADDRESS + at)).text();
    }
    await cassette.compact();
    expect(readLines(path).map((line) => JSON.parse(line).response)).toEqual(['/a 4', '/b 3', '/c 1']);
    await (await cassette.fetch(`${ADDRESS}/d`)).text();
    await cassette.close();
    expect(readLines(path)).toHaveLength(4);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('compact leaves a link a link, and who may read the file (K-19)', async () => {
    const path = cassettePath();
    await record(path, '/b', '/a');
    chmodSync(path, 0o600);
    symlinkSync(path, `${path}.link`);
    const cassette = loopbackCassette({ path: `${path}.link`, fetch: echo });
    await cassette.compact();
    await cassette.close();
    expect(lstatSync(`${path}.link`).isSymbolicLink()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readLines(path).map((line) => JSON.parse(line).response)).toEqual(['answer to /a', 'answer to /b']);
  });

  it('of two that recorded the same request at once, the later line is the answer (K-19)', async () => {
    const path = cassettePath();
    const cassettes = ['one', 'two'].map((answer) =>
      loopbackCassette({ path, fetch: async () => new Response(answer) }),
    );
    const given = cassettes.map(async (cassette) => (await cassette.fetch(ADDRESS)).text());
    expect(await Promise.all(given)).toEqual(['one', 'two']);
    for (const cassette of cassettes) await cassette.close();
    expect(readLines(path)).toHaveLength(2);
    const last = JSON.parse(readLines(path)[1] ?? '').response;
    expect(await (await replayingCassette(path).fetch(ADDRESS)).text()).toBe(last);
  });

  it('loses nothing when instances and processes record at once, and compact meanwhile (K-19)', async () => {
    const path = cassettePath();
    const children = ['x', 'y', 'z'].map((name) => recordInProcess(path, name, 25));
    const cassettes = ['m', 'n'].map((name) => ({ name, cassette: loopbackCassette({ path, fetch: echo }) }));
    const recorded = Promise.all(
      cassettes.flatMap(({ name, cassette }) =>
        Array.from({ length: 25 }, async (_, index) => (await cassette.fetch(`${ADDRESS}/${name}${index}`)).text()),
      ),
    );
    const compacting = loopbackCassette({ path, mode: 'record' });
    let isRecording = true;
    const ended = Promise.all(children).finally(() => {
      isRecording = false;
    });
    for (let time = 0; time < 30 && isRecording; time += 1) await compacting.compact();
    await recorded;
    for (const { cassette } of cassettes) await cassette.close();
    expect(await ended).toEqual([0, 0, 0]);
    const urls = readLines(path).map((line) => JSON.parse(line).request.url);
    expect(new Set(urls).size).toBe(125);
    const replay = replayingCassette(path);
    for (const name of ['x0', 'y24', 'z7', 'm3', 'n20']) await replay.fetch(`${ADDRESS}/${name}`);
  }, 30_000);

  it('takes over the lock of a process that died, or that keeps it for too long', async () => {
    const path = cassettePath();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'close');
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: child.pid, id: 'dead' }));
    await record(path, '/a');
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: process.pid, id: 'slow' }));
    utimesSync(`${path}.lock`, 0, 0);
    await record(path, '/b');
    expect(readLines(path)).toHaveLength(2);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('tells on close what could not be written', async () => {
    const path = cassettePath();
    const cassette = loopbackCassette({ path, fetch: echo });
    writeFileSync(path, '');
    const file = `${path}/not-a-folder.jsonl`;
    const lost = loopbackCassette({ path: file, fetch: echo });
    expect(await (await lost.fetch(ADDRESS)).text()).toBe('answer to /');
    await expect(lost.close()).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(lost.events.at(-1)).toMatchObject({ type: 'skipped', reason: 'not-written' });
    await cassette.close();
  });
});

/** The exit code of a process that records so many answers. */
async function recordInProcess(path: string, name: string, count: number): Promise<number | null> {
  const module = new URL('../src/cassette/index.ts', import.meta.url).href;
  const script = `
    const { createCassette } = await import(${JSON.stringify(module)});
    const answer = async (url) => new Response('x'.repeat(5000) + url);
    const cassette = createCassette({ path: ${JSON.stringify(path)}, domains: ['127.0.0.1'], fetch: answer });
    for (let index = 0; index < ${count}; index += 1) await (await cassette.fetch('${ADDRESS}/${name}' + index)).text();
    await cassette.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'close');
  return child.exitCode;
}
