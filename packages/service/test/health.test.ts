import { CheckpointError, openMemoryStore } from '@reprise/checkpoint';
import { createLocalQueue } from '@reprise/service';
import { expect, test } from 'vitest';
import { askedService } from './support/asked-service.ts';
import { virtualTimers } from './support/virtual-timers.ts';

const NOBODY = { token: '' };

test('a service that works is alive and ready, to whoever asks', async () => {
  const { ask } = askedService();
  expect(await ask('GET /healthz', NOBODY)).toMatchObject({ status: 200, json: { status: 'alive' } });
  expect(await ask('GET /readyz', NOBODY)).toMatchObject({ status: 200, json: { status: 'ready' } });
});

test('a service whose store fails is alive and not ready, says which part, and no more', async () => {
  const store = failing(openMemoryStore(), 'readSession');
  const { ask, errors } = askedService({ store });
  expect((await ask('GET /healthz', NOBODY)).status).toBe(200);
  const { status, json, text } = await ask('GET /readyz', NOBODY);
  expect([status, json]).toEqual([503, expect.objectContaining({ code: 'service/unavailable' })]);
  expect(text).toContain('No answer from: store.');
  expect(text).not.toContain('db.internal');
  expect(errors.map(({ error }) => String(error))).toEqual([expect.stringContaining('db.internal')]);
});

test('a service whose line fails is not ready', async () => {
  const queue = { ...lineOf(createLocalQueue()), depth: () => Promise.reject(new Error('no line')) };
  const { ask } = askedService({ queue });
  expect((await ask('GET /readyz', NOBODY)).text).toContain('No answer from: line.');
});

test('a store that never answers makes the service unready in time (I12)', async () => {
  const timers = virtualTimers();
  const store = Object.assign(openMemoryStore(), { readSession: () => new Promise<never>(() => {}) });
  const { ask } = askedService({ store, timers, queue: lineOf(createLocalQueue()) });
  const asked = ask('GET /readyz', NOBODY);
  await timers.pass(2000);
  expect((await asked).status).toBe(503);
});

test('many who ask at once cost the store one question', async () => {
  let questions = 0;
  const store = openMemoryStore();
  const read = store.readSession.bind(store);
  const readSession = (id: string) => {
    questions += 1;
    return read(id);
  };
  Object.assign(store, { readSession });
  const { ask } = askedService({ store });
  await Promise.all(Array.from({ length: 20 }, () => ask('GET /readyz', NOBODY)));
  expect(questions).toBe(1);
});

test('a service that is closed is alive and no longer ready', async () => {
  const { ask, handler } = askedService();
  await handler.close();
  expect((await ask('GET /healthz', NOBODY)).status).toBe(200);
  expect(await ask('GET /readyz', NOBODY)).toMatchObject({ status: 503, json: { code: 'service/stopping' } });
});

function failing<Store extends object>(store: Store, method: string): Store {
  const fail = () => Promise.reject(new CheckpointError('checkpoint/unavailable', 'db.internal:5432 is gone.'));
  return Object.assign(store, { [method]: fail });
}

function lineOf(queue: ReturnType<typeof createLocalQueue>): ReturnType<typeof createLocalQueue> {
  return {
    enqueue: (run) => queue.enqueue(run),
    work: (terms) => queue.work(terms),
    depth: () => queue.depth(),
    close: () => queue.close(),
  };
}
