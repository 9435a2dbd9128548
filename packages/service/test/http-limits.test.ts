import { createAgent, usd } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import { expect, test } from 'vitest';
import type { SessionBody } from '../src/http/schemas/session.ts';
import { ANNA, AUTH, askedService, BERT, greeter } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';
import { simulatedAgent } from './support/simulated-agent.ts';

test('a body above the limit is refused, whatever it says of its length', async () => {
  const { handler } = askedService({ limits: { maxBodyBytes: 1000 } });
  let taken = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      taken += 100;
      controller.enqueue(new TextEncoder().encode('"'.padEnd(100, 'x')));
    },
  });
  const response = await handler(streamed(endless));
  expect(await response.json()).toMatchObject({ status: 413, code: 'service/body-too-large' });
  expect(taken).toBeLessThan(2000);
});

test('a body that is said to be too large is not read', async () => {
  const { ask } = askedService({ limits: { maxBodyBytes: 1000 } });
  const body = { input: 'x'.repeat(2000) };
  const { json } = await ask('POST /v1/sessions', { body, headers: { 'content-length': '2014' } });
  expect(json).toMatchObject({ status: 413, code: 'service/body-too-large' });
});

test('a body that does not come is given up', async () => {
  const timers = {
    after: (ms: number, callback: () => void) => {
      if (ms === 1234) queueMicrotask(callback);
      return () => {};
    },
  };
  let isCancelled = false;
  const { handler } = askedService({ timers, queue: heldQueue(), limits: { bodyTimeoutMs: 1234 } });
  const silent = new ReadableStream<Uint8Array>({
    pull: () => new Promise<void>(() => {}),
    cancel: () => {
      isCancelled = true;
    },
  });
  const response = await handler(streamed(silent));
  expect(await response.json()).toMatchObject({ status: 408, code: 'service/slow-request' });
  expect(isCancelled).toBe(true);
});

test('JSON that is nested too deeply is refused before it is parsed, and braces in texts are no depth', async () => {
  const { ask } = askedService();
  const nested = (depth: number) => `{"metadata":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
  expect((await ask('POST /v1/sessions', { body: nested(30) })).status).toBe(201);
  expect((await ask('POST /v1/sessions', { body: nested(31) })).json).toMatchObject({
    status: 400,
    code: 'service/invalid-request',
  });
  expect((await ask('POST /v1/sessions', { body: nested(1_000_000) })).status).toBe(400);
  const text = JSON.stringify({ metadata: { title: `\\"${'{['.repeat(100)}` } });
  expect((await ask('POST /v1/sessions', { body: text })).status).toBe(201);
});

test('a message and metadata have their limits', async () => {
  const { ask, store } = askedService({ limits: { maxMessageChars: 10, maxMetadataChars: 20 } });
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const content = [
    { type: 'text', text: '123456' },
    { type: 'text', text: '12345' },
  ];
  const { json } = await ask('POST /v1/sessions/s/runs', { body: { input: { content } } });
  expect(json).toMatchObject({ status: 413, code: 'service/message-too-long' });
  expect(await store.countRuns()).toMatchObject({ waiting: 0, going: 0, ended: 0 });
  const change = { body: { metadata: { title: 'x'.repeat(20) } } };
  expect((await ask('PATCH /v1/sessions/s', change)).status).toBe(413);
});

test('a tenant has no more sessions than its limit, and each has its own', async () => {
  const limits = (tenant: string) => ({ maxSessions: tenant === 'acme' ? 2 : 1 });
  const { ask, talk } = askedService({ limits });
  const create = (token?: string) => ask('POST /v1/sessions', { token, body: {} });
  // At once, so that each could have counted before another one was made.
  const statuses = (await Promise.all(Array.from({ length: 5 }, () => create()))).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([201, 201, 429, 429, 429]);
  const refused = await create();
  expect(refused.json).toMatchObject({ code: 'service/too-many-sessions' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect([(await create(BERT)).status, (await create(BERT)).status]).toEqual([201, 429]);
  await expect(talk('third', 'Hi')).rejects.toThrow('too-many-sessions');
});

test('no more runs of a tenant wait or go than its limit, also when they are asked for at once', async () => {
  const { ask, store } = askedService({ queue: heldQueue(), limits: { maxRuns: 3 } });
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const say = () => ask('POST /v1/sessions/s/runs', { body: { input: 'Hi' } });
  const answers = await Promise.all(Array.from({ length: 6 }, say));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 429, 429, 429]);
  const refused = answers.find(({ status }) => status === 429);
  expect(refused?.json).toMatchObject({ code: 'service/too-many-runs' });
  expect(refused?.headers.get('retry-after')).toBe('5');
  expect(await store.countRuns()).toEqual({ waiting: 3, going: 0, ended: 0 });
  expect((await ask('POST /v1/sessions/s/runs?create=true', { token: BERT, body: { input: 'Hi' } })).status).toBe(201);
});

test("a tenant's day ends with its budget, and a new one begins at midnight UTC", async () => {
  let now = Date.UTC(2026, 10, 21, 23, 59, 0);
  const timers = { clock: () => now };
  const agent = await simulatedAgent(() => 'Hello.', { clock: () => now });
  const { ask, talk } = askedService({ agent, timers, limits: { maxPicoUsdPerDay: usd('0.000001') } });
  await talk('s', 'Hi');
  const { json: session } = await ask<SessionBody>('GET /v1/sessions/s');
  expect(BigInt(session.spent.paidPicoUsd ?? 0)).toBeGreaterThan(usd('0.000001'));
  const refused = await ask('POST /v1/sessions/s/runs', { body: { input: 'Hi' } });
  expect(refused.json).toMatchObject({ status: 429, code: 'service/budget-spent' });
  expect(refused.headers.get('retry-after')).toBe('60');
  expect((await ask('POST /v1/sessions/s/runs?create=true', { token: BERT, body: { input: 'Hi' } })).status).toBe(201);
  now += 60_000;
  await talk('s', 'Hi again');
});

test.each([{ maxRuns: -1 }, { maxBodyBytes: 1.5 }, { maxPicoUsdPerDay: 5 as unknown as bigint }])(
  'limits that are none are refused at once: %j',
  (limits) => {
    const make = () =>
      createHandler({
        agent: createAgent({ model: greeter() }),
        store: openMemoryStore(),
        auth: AUTH,
        limits,
        queue: heldQueue(),
      });
    expect(make).toThrow(expect.objectContaining({ code: 'service/invalid-option' }));
  },
);

function streamed(body: ReadableStream<Uint8Array>): Request {
  const headers = { authorization: `Bearer ${ANNA}`, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body, duplex: 'half' as const };
  return new Request('http://service.test/v1/sessions', init);
}
