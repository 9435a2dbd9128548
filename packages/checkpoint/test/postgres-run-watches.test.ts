import { type PostgresServer, startPostgres } from '@reprise/local-postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointStore, openPostgresStore, type RunId } from '../src/index.ts';
import { runPayloads } from '../src/postgres/run-watch.ts';
import { startProcess } from './support/child-process.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A store with session 'a', whose connections are known by the name of its schema; closed when the test ends. */
async function openStore({ connectionString, schema }: TempSchema): Promise<CheckpointStore> {
  const url = `${connectionString}?application_name=${schema}`;
  const store = await openPostgresStore({ connectionString: url, schema });
  onTestFinished(() => store.close());
  if ((await store.readSession('a')) === undefined) await store.createSession({ id: 'a', createdAt: 1 });
  return store;
}

function createRun(store: CheckpointStore, id: RunId) {
  return store.createRun({ id, sessionId: 'a', request: '{}', at: 1 });
}

async function watch(store: CheckpointStore) {
  const told: (RunId | undefined)[] = [];
  const ending = new AbortController();
  await store.watchRuns({ onChange: (runId) => void told.push(runId), signal: ending.signal });
  return {
    told,
    end: () => ending.abort(),
    hears: (runId: RunId | undefined) =>
      vi.waitFor(() => expect(told).toContain(runId), { timeout: 20_000, interval: 10 }),
  };
}

/** Ends the connection that listens, as a server does that is told to. */
async function endListener({ query, schema }: TempSchema): Promise<void> {
  const listeners = `FROM pg_stat_activity WHERE application_name = '${schema}' AND query LIKE 'LISTEN %'`;
  expect(await query(`SELECT pg_terminate_backend(pid) ${listeners}`)).toHaveLength(1);
}

test('another process hears of every change, in order (N-15)', async () => {
  const place = await tempSchema();
  const store = await openStore(place);
  const child = startProcess('watch-runs-process.ts', place.connectionString, place.schema, 'stay');
  expect((await child.lines.next()).value).toBe('watching');
  const expected: string[] = [];
  for (const id of ['r', 'é "s"', 't']) {
    await createRun(store, id);
    await store.takeUpRun({ runId: id, holder: 'one', at: 1 });
    await store.appendRunEvents([{ runId: id, attempt: 1, after: 0, events: ['1'], at: 1 }]);
    await store.requestRunStop(id);
    await store.requestRunStop(id);
    await store.appendRunEvents([{ runId: id, attempt: 1, after: 1, events: [], end: { outcome: '1' }, at: 1 }]);
    expected.push(id, id, id, id);
  }
  await store.deleteSession({ sessionId: 'a' });
  for (const id of expected) expect((await child.lines.next()).value).toBe(id);
  const gone = [await child.lines.next(), await child.lines.next(), await child.lines.next()];
  expect(new Set(gone.map(({ value }) => value))).toEqual(new Set(expected));
});

test('who watches is told nothing of what was taken back, or of another store', async () => {
  const [store, stranger] = await Promise.all([openStore(await tempSchema()), openStore(await tempSchema())]);
  const watcher = await watch(store);
  await createRun(stranger, 'of another');
  await createRun(store, 'r');
  const lost = { runId: 'r', attempt: 0, after: 7, events: ['1'], at: 1 };
  await expect(store.appendRunEvents([lost])).rejects.toMatchObject({ code: 'checkpoint/invalid-write' });
  await store.appendRunEvents([{ ...lost, after: 0, attempt: 3 }]);
  await createRun(store, 'last');
  await watcher.hears('last');
  expect(watcher.told).toEqual(['r', 'last']);
});

test('a watcher that throws keeps nothing from the others', async () => {
  const store = await openStore(await tempSchema());
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => void thrown.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  const onChange = () => {
    throw new Error('mine');
  };
  await store.watchRuns({ onChange, signal: new AbortController().signal });
  const watcher = await watch(store);
  for (const id of ['r', 's']) await createRun(store, id);
  await watcher.hears('s');
  expect(watcher.told).toEqual(['r', 's']);
  expect(thrown).toHaveLength(2);
});

test('W2 a watcher whose connection is lost is told that it may have missed something, and hears on', async () => {
  const place = await tempSchema();
  const store = await openStore(place);
  const watcher = await watch(store);
  for (const id of ['first', 'second']) {
    await endListener(place);
    await watcher.hears(undefined);
    await createRun(store, id);
    await watcher.hears(id);
    watcher.told.length = 0;
  }
});

test('one connection hears of leases and of runs, and goes with its store', async () => {
  const place = await tempSchema();
  const store = await openStore(place);
  const onLease = vi.fn();
  const { signal } = new AbortController();
  const watching = [1, 2].map(() => store.watchLease({ sessionId: 'a', onChange: onLease, signal }));
  const watchers = await Promise.all([watch(store), watch(store)]);
  await Promise.all(watching);
  const listening = `SELECT pid FROM pg_stat_activity WHERE application_name = '${place.schema}' AND query LIKE 'LISTEN %'`;
  expect(await place.query(listening)).toHaveLength(1);
  await createRun(store, 'r');
  await Promise.all(watchers.map(({ hears }) => hears('r')));
  expect(onLease).not.toHaveBeenCalled();
  await store.releaseLease(await store.acquireLease({ sessionId: 'a', holder: 'one', ttlMs: 1000 }));
  await vi.waitFor(() => expect(onLease).toHaveBeenCalledTimes(2), { timeout: 10_000, interval: 10 });
  expect(watchers.map(({ told }) => told)).toEqual([['r'], ['r']]);
  await store.close();
  await vi.waitFor(async () => expect(await place.query(listening)).toEqual([]), { timeout: 10_000, interval: 10 });
});

test.each(['own', 'pool'])('a process that only watches ends by itself, with connections of its %s', async (source) => {
  const place = await tempSchema();
  await openStore(place);
  const child = startProcess('watch-runs-process.ts', place.connectionString, place.schema, 'leave', source);
  expect((await child.lines.next()).value).toBe('watching');
  expect(await child.ended).toEqual({ code: 0, errors: '' });
});

describe('a server that is down', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('I12 refuses who wants to watch, and tells who watched when it is up again', async () => {
    const store = await openPostgresStore({ connectionString: server.url });
    onTestFinished(() => store.close());
    await store.createSession({ id: 'a', createdAt: 1 });
    const watcher = await watch(store);
    await server.crash();
    await expect(watch(store)).rejects.toMatchObject({ code: 'checkpoint/unavailable' });
    expect(watcher.told).toEqual([]);
    await server.restart();
    await watcher.hears(undefined);
    await createRun(store, 'r');
    await watcher.hears('r');
    expect(watcher.told.filter((runId) => runId === 'r')).toHaveLength(1);
  });
});

describe('what is told of runs', () => {
  const ids = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 200 });

  test('names each of them once, in payloads that the server takes', () => {
    fc.assert(
      fc.property(ids, (runIds) => {
        const payloads = runPayloads(runIds);
        expect(payloads.flatMap((payload) => JSON.parse(payload))).toEqual(runIds);
        for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
      }),
    );
  });

  test('fills a payload to the last byte before it begins another', () => {
    // Four quotes, two brackets and a comma.
    const sizes = (length: number) =>
      runPayloads(['x'.repeat(7000), 'y'.repeat(length)]).map((payload) => Buffer.byteLength(payload));
    expect(sizes(992)).toEqual([7999]);
    expect(sizes(993)).toEqual([7004, 997]);
  });

  test('names none when one is too long to be told', () => {
    expect(runPayloads(['x'.repeat(7995)]).map((payload) => payload.length)).toEqual([7999]);
    expect(runPayloads(['a', 'x'.repeat(7996)])).toEqual(['']);
  });
});
