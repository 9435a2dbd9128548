import { expect, test } from 'vitest';
import type { RunBody } from '../src/http/schemas/run.ts';
import type { SessionBody } from '../src/http/schemas/session.ts';
import { askedService } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';

const key = { 'idempotency-key': 'k-1' };

test('a run that is asked for again with its key is the same run, and its message is said once', async () => {
  const { ask, store } = askedService();
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const asked = { body: { input: 'Hi' }, headers: { ...key, prefer: 'wait=30' } };
  const first = await ask<RunBody>('POST /v1/sessions/s/runs', asked);
  const again = await ask<RunBody>('POST /v1/sessions/s/runs', asked);
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.json).toEqual(first.json);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(await store.readEntries('acme/s')).toHaveLength(2);
});

test('a key that comes back with another request is refused', async () => {
  const { ask, store } = askedService({ queue: heldQueue() });
  await ask('POST /v1/sessions', { body: { id: 's' } });
  await ask('POST /v1/sessions/s/runs', { body: { input: 'Hi' }, headers: key });
  for (const body of [{ input: 'Ho' }, {}, { input: 'Hi', onBusy: 'steer' }]) {
    const { json } = await ask('POST /v1/sessions/s/runs', { body, headers: key });
    expect(json).toMatchObject({ status: 422, code: 'service/idempotency-mismatch' });
  }
  expect(await store.countRuns()).toMatchObject({ waiting: 1 });
});

test('a hundred requests with one key at once make one run', async () => {
  const queue = heldQueue();
  const { ask, store } = askedService({ queue });
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const say = () => ask<RunBody>('POST /v1/sessions/s/runs', { body: { input: 'Hi' }, headers: key });
  const answers = await Promise.all(Array.from({ length: 100 }, say));
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(await store.countRuns()).toMatchObject({ waiting: 1 });
  expect(new Set(queue.enqueued.map(({ runId }) => runId)).size).toBe(1);
});

test('the same key is another run in another session, and no limit stands in the way of asking again', async () => {
  const { ask } = askedService({ queue: heldQueue(), limits: { maxRuns: 2 } });
  const say = (id: string) =>
    ask<RunBody>(`POST /v1/sessions/${id}/runs?create=true`, { body: { input: 'Hi' }, headers: key });
  const [one, other] = [await say('one'), await say('other')];
  expect(one.json.id).not.toBe(other.json.id);
  expect((await say('three')).status).toBe(429);
  expect((await say('one')).json.id).toBe(one.json.id);
});

test('a session that is created again with its key is the same session, whatever became of it', async () => {
  const { ask, talk } = askedService();
  const create = (body: unknown) => ask<SessionBody>('POST /v1/sessions', { body, headers: key });
  const first = await create({ metadata: { title: 'one' } });
  const { id } = first.json;
  await talk(id, 'Hi');
  await ask(`PATCH /v1/sessions/${id}`, { body: { metadata: { title: 'renamed' } } });
  const again = await create({ metadata: { title: 'one' } });
  expect([first.status, again.status, again.json.id]).toEqual([201, 200, id]);
  expect(again.json.metadata).toEqual({ title: 'renamed' });
  expect((await create({ metadata: { title: 'two' } })).json).toMatchObject({ code: 'service/idempotency-mismatch' });
});

test('a fork that is asked for again with its key is the same fork', async () => {
  const { ask, talk } = askedService();
  await talk('s', 'Hi');
  const fork = () => ask<SessionBody>('POST /v1/sessions/s/fork', { headers: key });
  const [first, again] = [await fork(), await fork()];
  expect([first.status, again.status]).toEqual([201, 200]);
  expect(again.json.id).toBe(first.json.id);
});

test.each(['', ' ', 'a b', 'x'.repeat(256), 'é'])('"%s" is no key', async (text) => {
  const { ask } = askedService();
  const headers = { 'idempotency-key': text };
  expect((await ask('POST /v1/sessions', { headers })).json).toMatchObject({
    status: 400,
    code: 'service/invalid-request',
  });
});

test('a run that could not be put in line is durable, and is put there when it is asked for again', async () => {
  const queue = heldQueue();
  const enqueue = queue.enqueue;
  const gone = new Error('the line is down');
  queue.enqueue = () => Promise.reject(gone);
  const { ask, errors } = askedService({ queue });
  const say = () => ask<RunBody>('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' }, headers: key });
  expect((await say()).json).toMatchObject({ state: 'waiting' });
  expect(errors.map(({ error }) => error)).toEqual([gone]);
  queue.enqueue = enqueue;
  const { json } = await say();
  expect(queue.enqueued).toEqual([{ runId: json.id, sessionId: 'acme/s' }]);
});
