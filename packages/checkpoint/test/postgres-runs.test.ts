import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CheckpointStore, openPostgresStore, type RunAppend, type StoreFaultPoint } from '../src/index.ts';
import { type Child, startProcess } from './support/child-process.ts';
import { countedPool } from './support/counted-pool.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 120_000 });

/** A store with going runs of these names, in their first attempt, closed when the test ends. */
async function storeWith(place: TempSchema, runIds: readonly string[]): Promise<CheckpointStore> {
  const { connectionString, schema } = place;
  const url = `${connectionString}?application_name=${schema}`;
  const store = await openPostgresStore({ connectionString: url, schema, busyTimeoutMs: 10_000 });
  onTestFinished(() => store.close());
  await store.createSession({ id: 'a', createdAt: 1 });
  for (const id of runIds) {
    await store.createRun({ id, sessionId: 'a', request: '{}', at: 1 });
    await store.takeUpRun({ runId: id, holder: 'one', at: 1 });
  }
  return store;
}

function append(runId: string, given: Partial<RunAppend> = {}): RunAppend {
  return { runId, attempt: 1, after: 0, events: ['"event"'], at: 2, ...given };
}

async function eventsOf(store: CheckpointStore, runId: string): Promise<readonly string[]> {
  return (await store.readRunEvents(runId)).map(({ event }) => event);
}

/** Waits until a statement of the store waits for a lock. */
async function waitsForLock({ query, schema }: TempSchema): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE application_name = '${schema}' AND wait_event_type = 'Lock'`;
  await vi.waitFor(async () => expect(await query(waiting)).toHaveLength(1), { timeout: 10_000, interval: 10 });
}

/** Writes to run 'r' in a process that sends itself a signal at that point. */
function writing(
  { connectionString, schema }: TempSchema,
  write: 'append' | 'take-up',
  at: { readonly point: StoreFaultPoint; readonly signal: 'SIGSTOP' | 'SIGKILL'; readonly busyTimeoutMs?: number },
): Child {
  const { point, signal, busyTimeoutMs = 1000 } = at;
  return startProcess('write-run-process.ts', connectionString, schema, write, point, signal, `${busyTimeoutMs}`);
}

/** What a process that pauses says when it goes on. It may not have paused yet when it is woken for the first time. */
async function woken(child: Child): Promise<string> {
  const waking = setInterval(() => child.wake(), 10);
  const { value } = await child.lines.next();
  clearInterval(waking);
  return value;
}

describe('U3 a run that is taken over while its last writer is in the midst of an append', () => {
  test.each<StoreFaultPoint>(['store/begun', 'store/written'])(
    'and paused at %s gets nothing of it, also when that one wakes (N-15)',
    async (point) => {
      const place = await tempSchema();
      const store = await storeWith(place, ['r']);
      await store.appendRunEvents([append('r')]);
      const child = writing(place, 'append', { point, signal: 'SIGSTOP' });
      expect((await child.lines.next()).value).toBe('there');
      expect(await store.takeUpRun({ runId: 'r', holder: 'two', at: 3 })).toMatchObject({ attempt: 2, lastEvent: 1 });
      const mine = append('r', { attempt: 2, after: 1, events: ['"mine"'] });
      expect(await store.appendRunEvents([mine])).toEqual([{ isWritten: true, stopRequested: false }]);
      // The server has ended its connection. Heard before the COMMIT, that is a reason to look again; else nobody knows what came of it.
      expect(['taken-over', 'checkpoint/unavailable']).toContain(await woken(child));
      expect(await eventsOf(store, 'r')).toEqual(['"event"', '"mine"']);
    },
  );

  test.each<[StoreFaultPoint, readonly string[]]>([
    ['store/begun', ['"event"']],
    ['store/written', ['"event"']],
    ['store/committed', ['"event"', '"late"']],
  ])('and killed at %s has all of it or nothing, and goes on from there (N-15)', async (point, events) => {
    const place = await tempSchema();
    const store = await storeWith(place, ['r']);
    await store.appendRunEvents([append('r')]);
    const child = writing(place, 'append', { point, signal: 'SIGKILL' });
    expect(await child.ended).toEqual({ code: null, errors: '' });
    const { lastEvent } = await store.takeUpRun({ runId: 'r', holder: 'two', at: 3 });
    expect(await eventsOf(store, 'r')).toEqual(events);
    await store.appendRunEvents([append('r', { attempt: 2, after: lastEvent, events: ['"mine"'] })]);
    expect(await eventsOf(store, 'r')).toEqual([...events, '"mine"']);
  });

  test('lets nothing in of an append that has waited for it', async () => {
    const place = await tempSchema();
    const store = await storeWith(place, ['r']);
    const at = { point: 'store/written', signal: 'SIGSTOP', busyTimeoutMs: 60_000 } as const;
    const child = writing(place, 'take-up', at);
    expect((await child.lines.next()).value).toBe('there');
    const appending = store.appendRunEvents([append('r')]);
    await waitsForLock(place);
    expect(await woken(child)).toBe('attempt 2');
    expect(await appending).toEqual([{ isWritten: false, reason: 'taken-over' }]);
    expect(await eventsOf(store, 'r')).toEqual([]);
  });
});

describe('many writers', () => {
  test('U2 a hundred of two processes on twenty runs leave no gap, and each event once (N-15)', async () => {
    const place = await tempSchema();
    const runIds = Array.from({ length: 20 }, (_, index) => `run-${index}`);
    const store = await storeWith(place, runIds);
    const names = ['one', 'other'];
    const children = names.map((name) =>
      startProcess('add-events-process.ts', place.connectionString, place.schema, name),
    );
    for (const { lines } of children) expect((await lines.next()).value).toBe('ready');
    for (const { input } of children) input.write('go\n');
    for (const { ended } of children) expect(await ended).toEqual({ code: 0, errors: '' });
    const read = await Promise.all(runIds.map((runId) => store.readRunEvents(runId, { limit: 10_000 })));
    for (const events of read) expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
    for (const events of read) {
      const said = events.map(({ event }) => String(JSON.parse(event)).split(' '));
      const byWriter = Map.groupBy(said, ([name, writer]) => `${name} ${writer}`);
      for (const own of byWriter.values()) {
        const count = 2 * (1 + (Number(own[0]?.[1]) % 3));
        expect(own.map(([, , place]) => Number(place))).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      }
    }
    const writers = read.flatMap((events) => events.map(({ event }) => event.replace(/ \d+"$/, '')));
    expect(new Set(writers).size).toBe(100);
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  });

  test('I12 runs are locked in one order, whatever the order they are named in and were made in', async () => {
    const place = await tempSchema();
    const store = await storeWith(place, ['b', 'c', 'a']);
    // Who waits for the first of them holds none of the others.
    const expectOrder = async (write: () => Promise<unknown>) => {
      await place.query("BEGIN; SELECT FROM runs WHERE id = 'a' FOR UPDATE");
      const writing = write();
      await waitsForLock(place);
      expect(await place.query("SELECT id FROM runs WHERE id IN ('b', 'c') FOR UPDATE SKIP LOCKED")).toHaveLength(2);
      await place.query('ROLLBACK');
      await writing;
    };
    await expectOrder(() => store.appendRunEvents(['b', 'c', 'a'].map((id) => append(id))));
    await expectOrder(() => store.deleteSession({ sessionId: 'a' }));
    expect((await store.listRuns()).items).toEqual([]);
  });

  test('a run that is asked for while its session is deleted is refused, or goes with it', async () => {
    const place = await tempSchema();
    const store = await storeWith(place, []);
    for (let round = 0; round < 20; round++) {
      const sessionId = `session-${round}`;
      await store.createSession({ id: sessionId, createdAt: 1 });
      const run = { id: `run-${round}`, sessionId, request: '{}', at: 1 };
      const [created] = await Promise.allSettled([store.createRun(run), store.deleteSession({ sessionId })]);
      if (created.status === 'rejected') expect(created.reason.code).toBe('checkpoint/session-missing');
    }
    expect((await store.listRuns()).items).toEqual([]);
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  });

  test('two processes that delete old runs delete each once, and leave none', async () => {
    const place = await tempSchema();
    const store = await storeWith(place, []);
    const ids = Array.from({ length: 1200 }, (_, index) => `${index}`);
    await place.query(`
      INSERT INTO runs (id, session_id, state, attempt, stop_requested, last_event, created_at, ended_at, outcome, request, request_checksum, hash)
      SELECT i::text, 'a', 'ended', 0, false, 0, 1, 1, '1', '{}', 0, '' FROM generate_series(0, ${ids.length - 1}) AS i`);
    const other = await openPostgresStore(place);
    onTestFinished(() => other.close());
    const counts = await Promise.all([store, other].map((each) => each.deleteRuns({ endedBefore: 2 })));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1200);
    expect(await store.countRuns()).toEqual({ waiting: 0, going: 0, ended: 0 });
  });
});

test('events are four round trips, for however many runs', async () => {
  const { connectionString, schema } = await tempSchema();
  const { pool, trips } = countedPool(connectionString);
  const store = await openPostgresStore({ pool, schema });
  await store.createSession({ id: 'a', createdAt: 1 });
  const ids = Array.from({ length: 200 }, (_, index) => `run-${index}`);
  for (const id of ids) await store.createRun({ id, sessionId: 'a', request: '{}', at: 1 });
  const spent: number[] = [];
  for (const runIds of [ids.slice(0, 1), ids.slice(1, 3), ids.slice(3)]) {
    const before = trips();
    await store.appendRunEvents(runIds.map((id) => append(id, { attempt: 0 })));
    spent.push(trips() - before);
  }
  expect(spent).toEqual([4, 4, 4]);
  await store.close();
});
