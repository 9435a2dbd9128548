import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FollowedEvent, type FollowTerms, followRun } from '../src/runs/follow-run.ts';
import { createRunChanges } from '../src/runs/run-changes.ts';
import { createRunLog } from '../src/runs/run-log.ts';
import { eventsOf, OUTCOME, storeWithSession, takenRun, word } from './support/run-rows.ts';
import { settled, virtualTimers } from './support/virtual-timers.ts';

function sqliteStore(): CheckpointStore {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-service-'));
  const store = openSqliteStore(join(folder, 'sessions.db'));
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

/** A run that is going, and how to follow it. */
async function goingRun(opened: CheckpointStore = openMemoryStore()) {
  const timers = virtualTimers();
  const plain = await storeWithSession(opened);
  let wakeAll = () => {};
  const store: CheckpointStore = {
    ...plain,
    async watchRuns(watch) {
      wakeAll = () => watch.onChange(undefined);
      await plain.watchRuns(watch);
    },
  };
  const changes = await createRunChanges(store, { ...timers, onError: vi.fn() });
  onTestFinished(() => changes.close());
  const log = createRunLog({ store, ...timers, onError: vi.fn() });
  const writer = log.open(await takenRun(store, 'a'));
  const follow = (terms: Partial<FollowTerms> = {}) =>
    followRun({ store, changes, runId: 'a', signal: new AbortController().signal, clock: timers.clock, ...terms });
  return { timers, store, changes, writer, follow, wakeAll: () => wakeAll() };
}

/** Follows a run through connections that break after so many events each, until it has ended. */
async function followInPieces(
  follow: (terms: Partial<FollowTerms>) => ReturnType<typeof followRun>,
  lengths: readonly number[],
): Promise<readonly FollowedEvent[]> {
  const seen: FollowedEvent[] = [];
  for (let connection = 0; ; connection += 1) {
    const abort = new AbortController();
    let left = lengths[connection % lengths.length] ?? 1;
    for await (const followed of follow({ after: seen.at(-1)?.number ?? 0, signal: abort.signal })) {
      const events = 'events' in followed ? followed.events.slice(0, left) : [];
      seen.push(...events);
      left -= events.length;
      if (left > 0) continue;
      // Some leave, and of others the connection is cut.
      if (connection % 2 === 0) break;
      abort.abort();
    }
    if (seen.at(-1)?.json.includes('"type":"run-end"')) return seen;
  }
}

const stores = { 'in memory': () => openMemoryStore(), 'in SQLite': sqliteStore };

describe.each(Object.entries(stores))('a run %s', (_name, open) => {
  it('is seen by every one of 100 clients that come and go at random, each event once and in order (N-15)', async () => {
    const { timers, store, writer, follow } = await goingRun(open());
    const someLengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    const clients = fc.sample(someLengths, 100).map((lengths) => followInPieces(follow, lengths));
    for (let number = 0; number < 300; number += 1) {
      void writer.write(word(`${number} `));
      if (number % 7 === 0) await timers.pass(60);
    }
    const ended = writer.end(OUTCOME);
    await timers.pass(60_000);
    await ended;
    const events = await eventsOf(store, 'a');
    expect(events).toHaveLength(301);
    for (const seen of await Promise.all(clients)) {
      expect(seen.map(({ json }) => JSON.parse(json))).toEqual(events);
    }
    expect(timers.waiting).toBe(0);
  }, 60_000);
});

describe('following a run', () => {
  it('sees an event only when it is durable', async () => {
    const { timers, store, writer, follow } = await goingRun();
    const seen: number[] = [];
    const following = (async () => {
      for await (const followed of follow()) {
        if ('isIdle' in followed) continue;
        for (const { number } of followed.events) {
          expect(number).toBeLessThanOrEqual((await store.readRun('a'))?.lastEvent ?? 0);
          seen.push(number);
        }
      }
    })();
    for (let number = 0; number < 20; number += 1) {
      void writer.write(word('x'));
      await timers.pass(30);
    }
    void writer.end(OUTCOME);
    await timers.pass(1000);
    await following;
    expect(seen).toHaveLength(21);
  });

  it('says when nothing has come for a while, however often others wake it, and goes on', async () => {
    const { timers, writer, follow, wakeAll } = await goingRun();
    const heard: string[] = [];
    const following = (async () => {
      for await (const followed of follow({ heartbeatMs: 1000 })) heard.push('isIdle' in followed ? 'idle' : 'events');
    })();
    for (let wakes = 0; wakes < 7; wakes += 1) {
      wakeAll();
      await timers.pass(300);
    }
    expect(heard).toEqual(['idle', 'idle']);
    void writer.write(word('x'));
    await timers.pass(999);
    expect(heard).toEqual(['idle', 'idle', 'events']);
    await timers.pass(1);
    expect(heard.at(-1)).toBe('idle');
    void writer.end(OUTCOME);
    await timers.pass(300);
    await following;
    expect(heard.at(-1)).toBe('events');
  });

  it('reads no further than its client', async () => {
    const { timers, store, changes, writer } = await goingRun();
    for (let number = 0; number < 2000; number += 1) void writer.write(word('x'));
    await timers.pass(1000);
    const readRunEvents = vi.fn(store.readRunEvents);
    const signal = new AbortController().signal;
    const slow = followRun({ store: { ...store, readRunEvents }, changes, runId: 'a', signal });
    const page = await slow.next();
    await timers.pass(5000);
    expect(readRunEvents).toHaveBeenCalledTimes(1);
    expect(page.value && 'events' in page.value && page.value.events.length).toBeLessThanOrEqual(200);
    await slow.return();
  });

  it('misses nothing of a run that ends between two looks of it', async () => {
    const { timers, store, changes, writer } = await goingRun();
    const readRun: CheckpointStore['readRun'] = async (runId) => {
      void writer.write(word('the last one'));
      void writer.end(OUTCOME);
      await settled();
      return store.readRun(runId);
    };
    const following = Array.fromAsync(
      followRun({ store: { ...store, readRun }, changes, runId: 'a', signal: new AbortController().signal }),
    );
    await timers.pass(1000);
    expect((await following).flatMap((each) => ('events' in each ? each.events : []))).toHaveLength(2);
  });

  it('ends at once when it is left or aborted, and leaves nothing waiting', async () => {
    const { timers, writer, follow } = await goingRun();
    void writer.write(word('x'));
    await timers.pass(0);
    const left = follow();
    await left.next();
    await left.return();
    expect(timers.waiting).toBe(0);
    const abort = new AbortController();
    const waiting = follow({ signal: abort.signal, after: 1 }).next();
    await settled();
    expect(timers.waiting).toBe(1);
    abort.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(timers.waiting).toBe(0);
  });

  it('ends at once behind the last event of a run that is over', async () => {
    const { timers, writer, follow } = await goingRun();
    void writer.end(OUTCOME);
    await timers.pass(0);
    for (const after of [1, 2, 1000]) expect(await Array.fromAsync(follow({ after }))).toEqual([]);
  });

  it('rejects for a run that is not there, and ends with one that is deleted meanwhile', async () => {
    const { store, timers, writer, follow } = await goingRun();
    await expect(follow({ runId: 'b' }).next()).rejects.toMatchObject({ code: 'checkpoint/run-missing' });
    void writer.write(word('x'));
    await timers.pass(0);
    const following = Array.fromAsync(follow());
    await settled();
    await store.deleteSession({ sessionId: 'acme/s' });
    await timers.pass(15_000);
    expect(await following).toHaveLength(1);
  });
});

describe('the watch on runs', () => {
  it('is begun again when the store could not be watched, and tells of what came meanwhile', async () => {
    const timers = virtualTimers();
    const store = await storeWithSession();
    const failures = [new Error('away'), new Error('still away')];
    const onError = vi.fn();
    const watchRuns: CheckpointStore['watchRuns'] = async (watch) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return store.watchRuns(watch);
    };
    const changes = await createRunChanges({ watchRuns }, { ...timers, onError });
    await takenRun(store, 'a');
    const signal = new AbortController().signal;
    const missed = changes.next('a', { signal, timeoutMs: 60_000 });
    await timers.pass(10_000);
    expect([await missed, onError.mock.calls.length]).toEqual(['changed', 2]);
    const next = changes.next('a', { signal, timeoutMs: 60_000 });
    await store.requestRunStop('a');
    expect(await next).toBe('changed');
    const last = changes.next('a', { signal, timeoutMs: 60_000 });
    changes.close();
    expect(await last).toBe('changed');
    expect(timers.waiting).toBe(0);
  });
});
