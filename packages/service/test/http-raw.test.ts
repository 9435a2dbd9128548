import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { AUTH, greeter } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';
import { liveService } from './support/live-service.ts';

const OPTIONS = { auth: AUTH };
const anna = `Authorization: Bearer ${AUTH.tokens.anna.token}`;
const bert = `Authorization: Bearer ${AUTH.tokens.bert.token}`;

test('requests that come in one piece are answered one after the other, each to who asked', async () => {
  const { url } = await liveService({ model: greeter() }, OPTIONS);
  const create = (who: string, id: string) => lines(`POST /v1/sessions HTTP/1.1`, 'Host: x', who, ...json({ id }));
  const answers = await raw(
    url,
    create(anna, 'a1') +
      create(bert, 'b1') +
      lines('GET /v1/sessions HTTP/1.1', 'Host: x', anna, 'Connection: close', '', ''),
  );
  const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  expect(statuses).toEqual(['201', '201', '200']);
  const list = answers.slice(answers.lastIndexOf('HTTP/1.1'));
  expect(list).toContain('"id":"a1"');
  expect(list).not.toContain('b1');
});

test('a body that stops coming is given up, and the next one is served', async () => {
  const { url } = await liveService({ model: greeter() }, { ...OPTIONS, limits: { bodyTimeoutMs: 20 } });
  const slow = lines(
    'POST /v1/sessions HTTP/1.1',
    'Host: x',
    anna,
    'Content-Type: application/json',
    'Content-Length: 100',
    '',
    '{"id":',
  );
  expect(await raw(url, slow)).toMatch(/^HTTP\/1\.1 408 [\s\S]*service\/slow-request/);
  expect(await isServed(url)).toBe(true);
});

test('a body that is larger than it says, or than it may be, is refused', async () => {
  const { url } = await liveService({ model: greeter() }, { ...OPTIONS, limits: { maxBodyBytes: 1000 } });
  const head = ['POST /v1/sessions HTTP/1.1', 'Host: x', anna, 'Content-Type: application/json'];
  const declared = lines(...head, 'Content-Length: 5000', '', 'x'.repeat(5000));
  expect(await raw(url, declared)).toMatch(/^HTTP\/1\.1 413 [\s\S]*service\/body-too-large/);
  const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
  const chunked = lines(...head, 'Transfer-Encoding: chunked', '', '') + chunk.repeat(5);
  expect(await raw(url, chunked)).toMatch(/^HTTP\/1\.1 413 [\s\S]*service\/body-too-large/);
  expect(await isServed(url)).toBe(true);
});

test.each([
  ['two lengths', ['Content-Length: 2', 'Content-Length: 3', '', '{}']],
  ['a length and chunks', ['Content-Length: 2', 'Transfer-Encoding: chunked', '', '0\r\n\r\n']],
  ['a header with a line feed', ['X-Bad: a\nX-Other: b\rc', '', '']],
  ['a header that is too large', [`X-Large: ${'x'.repeat(100_000)}`, '', '']],
])('a request with %s is refused, and others are served', async (_name, rest) => {
  const { url } = await liveService({ model: greeter() }, OPTIONS);
  const answer = await raw(url, lines('POST /v1/sessions HTTP/1.1', 'Host: x', anna, ...rest));
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer).not.toContain('201');
  expect(await isServed(url)).toBe(true);
});

test.each([
  '/v1/sessions/..%2f..%2fbolt%2fsecret',
  '/v1/sessions/%2e%2e%2fbolt%2fsecret',
  '/v1/sessions/bolt%2fsecret',
  '/v1/sessions/bolt/secret',
  '/v1/sessions/../../bolt/secret',
  '/v1/sessions/secret%00',
  '/v1/sessions/%00',
  '/v1/sessions/secret%0d%0aSet-Cookie:%20a=b',
  '/v1/sessions/%F0%9F%98%80',
  '/v1/sessions/%E0%A4%A',
  '/v1/sessions/%ff%fe',
  `/v1/sessions/${'x'.repeat(129)}`,
  `/v1/sessions/${'x'.repeat(8000)}`,
  '/v1/sessions/secret?tenant=bolt',
  '//v1/sessions/secret',
  '/v1//sessions/secret',
  '/v1/sessions/secret/runs/..%2f..%2f',
  'http://evil.example/v1/sessions/secret',
])('%s leads to nobody else, and breaks nothing', async (path) => {
  const { url, store, errors } = await liveService({ model: greeter() }, OPTIONS);
  await store.createSession({ id: 'bolt/secret', createdAt: 1, metadata: '{"title":"hidden"}' });
  const answer = await raw(url, lines(`GET ${path} HTTP/1.1`, 'Host: x', anna, 'Connection: close', '', ''));
  expect(answer).toMatch(/^HTTP\/1\.1 40[034] /);
  expect(answer).not.toContain('hidden');
  expect(answer).not.toMatch(/^Set-Cookie/im);
  expect(errors).toEqual([]);
  expect(await isServed(url)).toBe(true);
});

test.each(['a/b', '..', '.', '', 'a b', '😀', 'x'.repeat(129), 'a\u0000', 'a\r\nb', '%2e', 5, null, {}])(
  'a session cannot be called %j',
  async (id) => {
    const { url, store } = await liveService({ model: greeter() }, OPTIONS);
    const response = await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${AUTH.tokens.anna.token}` },
      body: JSON.stringify({ id }),
    });
    expect(response.status).toBe(422);
    expect(await store.countSessions()).toBe(0);
  },
);

test('what a client does not read is not read for it', async () => {
  const { url, store } = await liveService({ model: greeter() }, { ...OPTIONS, queue: heldQueue() });
  const read = vi.spyOn(store, 'readRunEvents');
  await store.createSession({ id: 'acme/s', createdAt: 1 });
  await store.createRun({ id: 'r', sessionId: 'acme/s', request: '{"agent":"agent"}', at: 1 });
  await store.takeUpRun({ runId: 'r', holder: 'w', at: 1 });
  // 80 MB, in 40 pages.
  const event = `{"type":"text-delta","text":"${'x'.repeat(10_000)}"}`;
  const events = Array.from({ length: 8000 }, () => event);
  await store.appendRunEvents([{ runId: 'r', attempt: 1, after: 0, events, at: 1 }]);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.pause();
  socket.write(lines('GET /v1/sessions/s/runs/r/events HTTP/1.1', 'Host: x', anna, '', ''));
  await vi.waitUntil(() => read.mock.calls.length > 1, { timeout: 10_000 });
  for (let turn = 0; turn < 2000; turn += 1) await new Promise(setImmediate);
  expect(read.mock.calls.length).toBeLessThan(20);
  socket.destroy();
});

function lines(...texts: readonly string[]): string {
  return texts.join('\r\n');
}

function json(body: unknown): readonly string[] {
  const text = JSON.stringify(body);
  return ['Content-Type: application/json', `Content-Length: ${text.length}`, '', text];
}

/** Sends these bytes, and resolves to all that comes until the other side ends, or has answered what it will not go on with. */
function raw(url: string, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
  });
  // A refused body may still be on its way when the connection ends.
  socket.on('error', () => resolve(answer));
  socket.on('close', () => resolve(answer));
  socket.write(text);
  return promise;
}

async function isServed(url: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${AUTH.tokens.anna.token}` };
  return (await fetch(`${url}/v1/sessions`, { headers })).ok;
}
