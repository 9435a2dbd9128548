import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type CheckpointStore,
  openPostgresStore,
  type PostgresStoreOptions,
  type StoreFaultPoint,
} from '../src/index.ts';
import { turnCommit, userEntry } from '../src/testing/builders.ts';
import { startProcess } from './support/child-process.ts';
import { countedPool } from './support/counted-pool.ts';
import { type TempSchema, tempSchema } from './support/postgres-place.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000 });

type Options = Omit<PostgresStoreOptions, 'connectionString' | 'pool' | 'schema'>;

/** A store whose connections are known by their name, closed when the test ends. */
async function openNamed(
  { connectionString, schema }: TempSchema,
  name: string,
  options: Options = {},
): Promise<CheckpointStore> {
  const url = `${connectionString}?application_name=${schema}_${name}`;
  const store = await openPostgresStore({ connectionString: url, schema, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Ends the store's connections as a server does that is told to, and waits until they are gone. */
async function endConnections({ query, schema }: TempSchema, name: string): Promise<void> {
  const named = `FROM pg_stat_activity WHERE application_name = '${schema}_${name}'`;
  const ended = await query(`SELECT pg_terminate_backend(pid) ${named}`);
  expect(ended.length).toBeGreaterThan(0);
  await vi.waitFor(async () => expect(await query(`SELECT pid ${named}`)).toEqual([]), {
    timeout: 10_000,
    interval: 10,
  });
}

async function turnIds(store: CheckpointStore): Promise<readonly string[]> {
  return (await store.readTurns('a')).map(({ id }) => id);
}

describe('lost connections', () => {
  test('a connection that is lost between two calls is replaced by the next', async () => {
    const place = await tempSchema();
    const store = await openNamed(place, 'one');
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    await endConnections(place, 'one');
    await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    await endConnections(place, 'one');
    expect(await turnIds(store)).toEqual(['turn-1']);
  });

  /** Commits a turn over a connection that is lost at a fault point. */
  const commitLosingAt = async (point: StoreFaultPoint) => {
    const { connectionString, schema } = await tempSchema();
    const pool = new pg.Pool({ connectionString });
    onTestFinished(() => pool.end());
    let used: pg.PoolClient | undefined;
    pool.on('acquire', (client) => {
      used = client;
    });
    let isArmed = false;
    const onFaultPoint = (passed: StoreFaultPoint) => {
      if (passed !== point || !isArmed || used === undefined) return;
      isArmed = false;
      Reflect.get(used, 'connection').stream.destroy();
    };
    const store = await openPostgresStore({ pool, schema, onFaultPoint });
    onTestFinished(() => store.close());
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    isArmed = true;
    const committing = store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    await Promise.allSettled([committing]);
    expect(isArmed).toBe(false);
    return { store, committing };
  };

  test.each<StoreFaultPoint>(['store/begun', 'store/entries-written'])(
    'C1 a write whose connection is lost at %s is written once',
    async (point) => {
      const { store, committing } = await commitLosingAt(point);
      await committing;
      expect(await turnIds(store)).toEqual(['turn-1']);
    },
  );

  test('I6 a write whose connection is lost while it is committed says that it may be there, and is whole', async () => {
    const { store, committing } = await commitLosingAt('store/written');
    await expect(committing).rejects.toMatchObject({
      code: 'checkpoint/unavailable',
      message: expect.stringContaining('Read the session again'),
    });
    const turns = await store.readTurns('a');
    expect(await store.readSnapshots('a')).toHaveLength(turns.length);
    expect(await store.readEntries('a')).toHaveLength(turns.length);
  });

  test('a watcher is told of what it may have missed once its connection is up again (N-11)', async () => {
    const place = await tempSchema();
    const store = await openNamed(place, 'one');
    const watching = await openNamed(place, 'watching');
    await store.createSession({ id: 'a', createdAt: 1 });
    const onChange = vi.fn();
    const told = () => vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 10 });
    await watching.watchLease({ sessionId: 'a', onChange, signal: new AbortController().signal });
    await endConnections(place, 'watching');
    await told();
    onChange.mockClear();
    await store.releaseLease(await store.acquireLease({ sessionId: 'a', holder: 'one', ttlMs: 1000 }));
    await told();
  });
});

describe('other writers', () => {
  test('I12 a writer that waits for another one longer than the busy timeout writes nothing', async () => {
    const place = await tempSchema();
    const store = await openNamed(place, 'one', { busyTimeoutMs: 50 });
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    await place.query("BEGIN; SELECT FROM sessions WHERE id = 'a' FOR UPDATE");
    const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' });
    await expect(store.commitTurn(commit)).rejects.toMatchObject({
      code: 'checkpoint/unavailable',
      message: expect.stringContaining('try again'),
    });
    await place.query('ROLLBACK');
    expect(await turnIds(store)).toEqual([]);
    await store.commitTurn(commit);
    expect(await turnIds(store)).toEqual(['turn-1']);
  });

  test('I7 I12 a process that is paused in the middle of a write stops nobody, and writes nothing when it wakes (N-11)', async () => {
    const place = await tempSchema();
    const store = await openNamed(place, 'one', { busyTimeoutMs: 10_000 });
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    const child = startProcess('pause-in-write-process.ts', place.connectionString, place.schema);
    expect((await child.lines.next()).value).toBe('pausing');
    await store.appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('from another')], at: 2 });
    child.wake();
    // The server has ended its connection. Heard before the COMMIT, that is a reason to look again; else nobody knows what came of it.
    expect(['checkpoint/tip-moved', 'checkpoint/unavailable']).toContain((await child.lines.next()).value);
    expect((await store.readEntries('a')).map(({ payload }) => JSON.parse(payload).text)).toEqual(['from another']);
  });

  test('C5 forks that are given the same answer at the same time share its entry', async () => {
    const place = await tempSchema();
    const stores = await Promise.all(['one', 'two'].map((name) => openNamed(place, name)));
    const [store] = stores;
    if (store === undefined) throw new Error('There is no store.');
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    const committed = await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: 'a' }));
    const ids = Array.from({ length: 20 }, (_, index) => `fork-${index}`);
    for (const id of ids) await store.forkSession({ id, snapshotId: 'snapshot-a', createdAt: 1 });
    await Promise.all(
      ids.map((id, index) => {
        const commit = turnCommit({ sessionId: id, expectedTip: committed.tip }, { name: id, turnNumber: 2 });
        return (stores[index % 2] ?? store).commitTurn(commit);
      }),
    );
    const tips = await Promise.all(ids.map(async (id) => (await store.readSession(id))?.tip));
    expect(new Set(tips).size).toBe(1);
    expect(await place.query('SELECT count(*)::int FROM entries')).toEqual([{ count: 3 }]);
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
  });

  test('a fork from a snapshot that somebody is deleting waits, and is refused', async () => {
    const place = await tempSchema();
    const store = await openNamed(place, 'one');
    const { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    await store.commitTurn(turnCommit({ sessionId: 'a', expectedTip: tip }, { name: '1' }));
    await place.query("BEGIN; DELETE FROM snapshots WHERE id = 'snapshot-1'");
    const forking = store.forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    const refused = expect(forking).rejects.toMatchObject({ code: 'checkpoint/snapshot-missing' });
    const waiting = `SELECT FROM pg_stat_activity WHERE application_name = '${place.schema}_one' AND wait_event_type = 'Lock'`;
    await vi.waitFor(async () => expect(await place.query(waiting)).toHaveLength(1), { timeout: 4000, interval: 10 });
    await place.query('COMMIT');
    await refused;
  });

  test('a fork made while its origin is deleted is whole, or refused', async () => {
    const place = await tempSchema();
    const stores = await Promise.all(['one', 'two'].map((name) => openNamed(place, name)));
    const [one, two] = stores;
    if (one === undefined || two === undefined) throw new Error('There is no store.');
    for (let round = 0; round < 20; round++) {
      const sessionId = `origin-${round}`;
      const { tip } = await one.createSession({ id: sessionId, createdAt: 1 });
      await one.commitTurn(turnCommit({ sessionId, expectedTip: tip }, { name: sessionId }));
      const fork = { id: `fork-${round}`, snapshotId: `snapshot-${sessionId}`, createdAt: 1 };
      const [forked] = await Promise.allSettled([two.forkSession(fork), one.deleteSession({ sessionId })]);
      if (forked.status === 'rejected') expect(forked.reason.code).toBe('checkpoint/snapshot-missing');
      else expect((await two.dumpSession(fork.id)).turns).toHaveLength(1);
    }
    expect(await Array.fromAsync(one.findDamage())).toEqual([]);
  });
});

describe('a pool of the application’s own', () => {
  test('is used, and stays open when the store is closed', async () => {
    const { connectionString, schema } = await tempSchema();
    const pool = new pg.Pool({ connectionString });
    onTestFinished(() => pool.end());
    const store = await openPostgresStore({ pool, schema });
    await store.createSession({ id: 'a', createdAt: 1 });
    const onChange = vi.fn();
    await store.watchLease({ sessionId: 'a', onChange, signal: new AbortController().signal });
    await store.releaseLease(await store.acquireLease({ sessionId: 'a', holder: 'one', ttlMs: 1000 }));
    await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), { timeout: 10_000, interval: 10 });
    await store.close();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('is listened to by many stores as by one', async () => {
    const { connectionString, schema } = await tempSchema();
    const pool = new pg.Pool({ connectionString, max: 1 });
    onTestFinished(() => pool.end());
    const listeners: number[] = [];
    for (const _store of Array(12)) {
      const store = await openPostgresStore({ pool, schema });
      await store.listSessions();
      await store.close();
      const client = await pool.connect();
      listeners.push(client.listenerCount('error'));
      client.release();
    }
    expect(new Set(listeners).size).toBe(1);
  });

  test('a turn is six round trips, however long its session is', async () => {
    const { connectionString, schema } = await tempSchema();
    const { pool, trips } = countedPool(connectionString);
    const store = await openPostgresStore({ pool, schema });
    let { tip } = await store.createSession({ id: 'a', createdAt: 1 });
    const spent: number[] = [];
    for (let turnNumber = 1; turnNumber <= 12; turnNumber++) {
      const before = trips();
      const commit = turnCommit({ sessionId: 'a', expectedTip: tip }, { name: `${turnNumber}`, turnNumber });
      tip = (await store.commitTurn(commit)).tip;
      spent.push(trips() - before);
    }
    expect(spent).toEqual(Array(12).fill(6));
    await store.close();
  });
});
