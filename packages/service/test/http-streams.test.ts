import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import { expect, test, vi } from 'vitest';
import type { RunBody } from '../src/http/schemas/run.ts';
import { type AskedService, AUTH, askedService, greeter, requestOf } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';
import { playedModel } from './support/played-model.ts';

const STREAM = { accept: 'text/event-stream' };

test('N-15 a run is streamed from its first event to its last, each with its number', async () => {
  const { ask } = askedService();
  const asked = { body: { input: 'Hi' }, headers: STREAM };
  const { status, headers, text } = await ask('POST /v1/sessions/s/runs?create=true', asked);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(headers.get('x-accel-buffering')).toBe('no');
  expect(headers.get('cache-control')).toBe('no-store');
  const [first, ...frames] = framesOf(text);
  expect(first).toEqual({ retry: '1000' });
  expect(frames.map(({ id }) => Number(id))).toEqual(frames.map((_, index) => index + 1));
  const events = frames.map(({ data }) => JSON.parse(data ?? ''));
  expect(events.map(({ number, type }) => [`${number}`, type])).toEqual(frames.map(({ id, event }) => [id, event]));
  expect([events[0].type, events.at(-1)?.type]).toEqual(['run-start', 'run-end']);
  expect(headers.get('location')).toBe(`/v1/sessions/s/runs/${events[0].runId}`);
});

test('N-15, B-21 from wherever a client comes back, what it has and what it gets are the whole', async () => {
  const { ask } = askedService();
  const asked = { body: { input: 'Hi' }, headers: STREAM };
  const whole = await ask('POST /v1/sessions/s/runs?create=true', asked);
  const path = `GET ${whole.headers.get('location')}/events`;
  const frames = framesOf(whole.text).slice(1);
  for (let after = 0; after <= frames.length; after += 1) {
    const byHeader = await ask(path, { headers: { 'last-event-id': `${after}` } });
    const byQuery = await ask(`${path}?after=${after}`, { headers: STREAM });
    expect(framesOf(byHeader.text).slice(1)).toEqual(frames.slice(after));
    expect(byQuery.text).toBe(byHeader.text);
  }
});

test('a client that leaves does not stop the run, and its stream is read no further', async () => {
  const gate = Promise.withResolvers<void>();
  const service = askedService({}, playedModel([{ text: 'One.' }, { until: gate.promise }, { text: 'Two.' }]));
  const { handler, store } = service;
  const client = new AbortController();
  const request = requestOf('POST /v1/sessions/s/runs?create=true', {
    token: AUTH.tokens.anna.token,
    body: { input: 'Hi' },
    headers: STREAM,
  });
  const response = await handler(new Request(request, { signal: client.signal }));
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.read();
  client.abort();
  expect((await reader?.read())?.done).toBe(true);
  gate.resolve();
  expect(await endOf(service, response.headers.get('location'))).toMatchObject({
    outcome: { reason: 'end-turn', text: 'One.Two.' },
  });
  expect(await store.countRuns()).toMatchObject({ ended: 1 });
});

test('stopping is a call of its own, and a stream hears of it', async () => {
  const service = askedService({}, playedModel([{ text: 'One.' }, { until: new Promise(() => {}) }]));
  const { ask } = service;
  const { json: run } = await ask<RunBody>('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' } });
  const path = `/v1/sessions/s/runs/${run.id}`;
  const stream = ask(`GET ${path}/events`);
  await vi.waitUntil(async () => (await ask<RunBody>(`GET ${path}`)).json.lastEvent > 1, { timeout: 10_000 });
  expect((await ask<RunBody>(`POST ${path}/stop`)).json).toMatchObject({ id: run.id, stopRequested: true });
  expect(framesOf((await stream).text).at(-1)).toMatchObject({ event: 'run-end' });
  expect(await endOf(service, path)).toMatchObject({ state: 'ended', outcome: { reason: 'aborted' } });
  expect((await ask(`POST ${path}/stop`)).status).toBe(200);
});

test('no more is read of a run than its client takes', async () => {
  const store = openMemoryStore();
  const read = vi.spyOn(store, 'readRunEvents');
  const { ask, handler } = askedService({ store, queue: heldQueue() });
  const { json: run } = await ask<RunBody>('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' } });
  await store.takeUpRun({ runId: run.id, holder: 'w', at: 1 });
  const events = Array.from({ length: 5000 }, (_, index) => `{"type":"text-delta","text":"${index}"}`);
  await store.appendRunEvents([{ runId: run.id, attempt: 1, after: 0, events, at: 1 }]);
  const token = AUTH.tokens.anna.token;
  const response = await handler(requestOf(`GET /v1/sessions/s/runs/${run.id}/events`, { token }));
  const reader = response.body?.getReader();
  expect(read).not.toHaveBeenCalled();
  await reader?.read();
  await reader?.read();
  expect(read).toHaveBeenCalledOnce();
  await reader?.read();
  expect(read).toHaveBeenCalledTimes(2);
  await reader?.cancel();
});

test('a run of which nothing comes is told to be alive', async () => {
  let now = 0;
  const timers = {
    clock: () => now,
    after: (ms: number, callback: () => void) => {
      if (ms <= 15_000) {
        queueMicrotask(() => {
          now += ms;
          callback();
        });
      }
      return () => {};
    },
  };
  const { ask, handler } = askedService({ queue: heldQueue(), timers });
  const { json: run } = await ask<RunBody>('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' } });
  const token = AUTH.tokens.anna.token;
  const response = await handler(requestOf(`GET /v1/sessions/s/runs/${run.id}/events`, { token }));
  const reader = response.body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value);
  expect([await next(), await next()]).toEqual(['retry: 1000\n\n', ': heartbeat\n\n']);
  await reader?.cancel();
});

test('a run that ended long ago is gone, and that is said', async () => {
  let now = 1_000_000;
  const service = askedService({ timers: { clock: () => now }, keepRunsMs: 60_000 });
  const { ask, talk, store } = service;
  await talk('s', 'one');
  const [run] = (await store.listRuns()).items;
  now += 30_000;
  await talk('s', 'two');
  expect((await ask(`GET /v1/sessions/s/runs/${run?.id}`)).status).toBe(200);
  now += 60_000;
  await talk('s', 'three');
  await vi.waitUntil(async () => (await store.readRun(run?.id ?? '')) === undefined);
  const { json } = await ask(`GET /v1/sessions/s/runs/${run?.id}/events`);
  expect(json).toMatchObject({
    status: 404,
    code: 'checkpoint/run-missing',
    detail: expect.stringContaining('kept for a while'),
  });
});

test('who prefers to wait gets the run when it has ended, or as it is when the time is over', async () => {
  let now = 0;
  const waits = Promise.withResolvers<() => void>();
  const timers = {
    clock: () => now,
    after: (ms: number, callback: () => void) => {
      if (ms === 60_000) waits.resolve(callback);
      return () => {};
    },
  };
  const { ask } = askedService({ queue: heldQueue(), timers });
  const say = (prefer: string) =>
    ask<RunBody>('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' }, headers: { prefer } });
  const long = say('respond-async, wait=600');
  const late = await waits.promise;
  now = 60_000;
  late();
  const { status, json, headers } = await long;
  expect([status, json.state, headers.get('preference-applied')]).toEqual([201, 'waiting', 'wait=60']);
  expect((await say('wait=0')).json.state).toBe('waiting');
  expect((await say('handling=lenient')).headers.get('preference-applied')).toBeNull();
});

test('a handler that is closed ends its streams, takes nothing, and leaves its runs to the next', async () => {
  const store = openMemoryStore();
  const agent = createAgent({ model: greeter() });
  const first = createHandler({ agent, store, auth: AUTH, queue: heldQueue() });
  const token = AUTH.tokens.anna.token;
  const created = await first(requestOf('POST /v1/sessions/s/runs?create=true', { token, body: { input: 'Hi' } }));
  const path = created.headers.get('location');
  const stream = await first(requestOf(`GET ${path}/events`, { token }));
  const text = stream.text();
  await first.close();
  expect(await text).not.toContain('run-end');
  const refused = await first(requestOf('POST /v1/sessions/s/runs', { token, body: { input: 'Hi' } }));
  expect(await refused.json()).toMatchObject({ status: 503, code: 'service/stopping' });
  const next = askedService({ store, agent });
  expect(await endOf(next, path)).toMatchObject({ state: 'ended', outcome: { reason: 'end-turn', text: 'Hello.' } });
});

test('onBusy reject is refused while a run has the session, and others stand in line or beside it', async () => {
  const queue = heldQueue();
  const { ask } = askedService({ queue });
  const say = (onBusy: string) => ask('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi', onBusy } });
  expect((await say('reject')).status).toBe(201);
  const refused = await say('reject');
  expect(refused.json).toMatchObject({ status: 409, code: 'agent/session-busy' });
  expect(refused.headers.get('retry-after')).toBe('1');
  for (const onBusy of ['queue', 'steer', 'interrupt']) expect((await say(onBusy)).status).toBe(201);
  expect(queue.enqueued.map(({ isBeside }) => isBeside ?? false)).toEqual([false, false, true, true]);
});

type Frame = Readonly<Record<string, string>>;

function framesOf(text: string): readonly Frame[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) =>
      Object.fromEntries(
        frame.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]),
      ),
    );
}

/** The run when it has ended: its stream is over then. */
async function endOf({ ask }: AskedService, path: string | null): Promise<RunBody> {
  await ask(`GET ${path}/events`);
  return (await ask<RunBody>(`GET ${path}`)).json;
}
