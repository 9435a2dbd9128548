import { CheckpointError, type CheckpointStore, type RunAppend } from '@reprise/checkpoint';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createRunLog } from '../src/runs/run-log.ts';
import type { RunWriter } from '../src/runs/run-writer.ts';
import { eventsOf, OUTCOME, storeWithSession, takenRun, word } from './support/run-rows.ts';
import { virtualTimers } from './support/virtual-timers.ts';

/** What becomes of an append: as it should, nothing, or written with its answer lost. */
type Fate = 'written' | 'refused' | 'answer-lost';

function unavailable(): CheckpointError {
  return new CheckpointError('checkpoint/unavailable', 'No connection.');
}

/** A store whose appends meet these fates, one after the other, and succeed after that. */
async function fatedStore(fates: readonly Fate[]) {
  const store = await storeWithSession();
  const left = [...fates];
  const appends: (readonly RunAppend[])[] = [];
  const fated: CheckpointStore = {
    ...store,
    async appendRunEvents(batch) {
      const fate = left.shift() ?? 'written';
      if (fate === 'refused') throw unavailable();
      const results = await store.appendRunEvents(batch);
      appends.push(batch);
      if (fate === 'answer-lost') throw unavailable();
      return results;
    },
  };
  return { store: fated, appends };
}

const texts = (events: Awaited<ReturnType<typeof eventsOf>>) =>
  events.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));

describe('the log of the runs of a process', () => {
  it('G2 writes at once after a quiet spell, then every flushMs, and of all runs together (B-21)', async () => {
    const timers = virtualTimers();
    const { store, appends } = await fatedStore([]);
    const log = createRunLog({ store, ...timers, flushMs: 200, onError: vi.fn() });
    const [a, b] = [log.open(await takenRun(store, 'a')), log.open(await takenRun(store, 'b'))];
    void a.write(word('1'));
    await timers.pass(0);
    expect(appends.map((batch) => batch.map(({ events }) => events.length))).toEqual([[1]]);
    for (const text of ['2', '3']) void a.write(word(text));
    void b.write(word('x'));
    await timers.pass(199);
    expect(appends).toHaveLength(1);
    await timers.pass(1);
    expect(appends[1]?.map(({ runId, events }) => [runId, events.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    await timers.pass(1000);
    void b.write(word('y'));
    await timers.pass(0);
    expect(appends).toHaveLength(3);
    expect([texts(await eventsOf(store, 'a')), texts(await eventsOf(store, 'b'))]).toEqual([
      ['1', '2', '3'],
      ['x', 'y'],
    ]);
  });

  it('flushes for whoever waits, without waiting for the time, and for nobody else', async () => {
    const timers = virtualTimers();
    const { store, appends } = await fatedStore([]);
    const log = createRunLog({ store, ...timers, onError: vi.fn() });
    const writer = log.open(await takenRun(store, 'a'));
    for (const text of ['1', '2', '3']) {
      void writer.write(word(text));
      await writer.flush();
      expect(texts(await eventsOf(store, 'a')).at(-1)).toBe(text);
    }
    expect(timers.waiting).toBe(0);
    void writer.write(word('4'));
    await timers.pass(199);
    expect(appends).toHaveLength(3);
    await timers.pass(1);
    expect(appends).toHaveLength(4);
  });

  it('writes the end of a run and its last event in one go, and nothing after it', async () => {
    const { store, appends } = await fatedStore([]);
    const log = createRunLog({ store, ...virtualTimers(), onError: vi.fn() });
    const writer = log.open(await takenRun(store, 'a'));
    void writer.write(word('1'));
    const ended = writer.end(OUTCOME);
    void writer.write(word('too late'));
    await ended;
    await writer.end(OUTCOME);
    const endOf = ({ events, end }: RunAppend) => [
      events.some((event) => event.includes('run-end')),
      end !== undefined,
    ];
    expect(appends.flat().map(endOf)).toEqual([[true, true]]);
    expect((await eventsOf(store, 'a')).map(({ type }) => type)).toEqual(['text-delta', 'run-end']);
    expect(await store.readRun('a')).toMatchObject({ state: 'ended', outcome: JSON.stringify(OUTCOME) });
  });

  it('G3 has a run wait whose events are not durable, and no other', async () => {
    const timers = virtualTimers();
    const { store } = await fatedStore(['refused']);
    const log = createRunLog({ store, ...timers, maxWaitingChars: 200, onError: vi.fn() });
    const [a, b] = [log.open(await takenRun(store, 'a')), log.open(await takenRun(store, 'b'))];
    expect(a.write(word('a little'))).toBeUndefined();
    let hasRoom = false;
    const room = a.write(word('x'.repeat(300)))?.then(() => {
      hasRoom = true;
    });
    expect(room).toBeInstanceOf(Promise);
    expect(b.write(word('a little'))).toBeUndefined();
    await timers.pass(50);
    expect(hasRoom).toBe(false);
    await timers.pass(60);
    expect(hasRoom).toBe(true);
    expect(a.write(word('a little'))).toBeUndefined();
  });

  it('G4 tells a writer that the run was taken over, and keeps what it says to itself', async () => {
    const { store } = await fatedStore([]);
    const log = createRunLog({ store, ...virtualTimers(), onError: vi.fn() });
    const [old, other] = [log.open(await takenRun(store, 'a')), log.open(await takenRun(store, 'b'))];
    await store.takeUpRun({ runId: 'a', holder: 'somebody', at: 3 });
    void old.write(word('stale'));
    void other.write(word('fine'));
    await Promise.all([old.flush(), other.flush()]);
    expect([old.signal.reason, old.letGo, other.letGo]).toEqual(['taken-over', 'taken-over', undefined]);
    await old.end(OUTCOME);
    expect([await eventsOf(store, 'a'), texts(await eventsOf(store, 'b'))]).toEqual([[], ['fine']]);
    expect((await store.readRun('a'))?.state).toBe('going');
  });

  it('G4 does not take the events of another attempt for its own, whose answer was lost', async () => {
    const timers = virtualTimers();
    const { store } = await fatedStore(['refused']);
    const log = createRunLog({ store, ...timers, onError: vi.fn() });
    const old = log.open(await takenRun(store, 'a'));
    void old.write(word('stale'));
    await timers.pass(50);
    const next = await store.takeUpRun({ runId: 'a', holder: 'somebody', at: 3 });
    const events = [JSON.stringify(word('new'))];
    await store.appendRunEvents([{ runId: 'a', attempt: next.attempt, after: 0, events, at: 4 }]);
    await timers.pass(100);
    expect(old.letGo).toBe('taken-over');
    expect(texts(await eventsOf(store, 'a'))).toEqual(['new']);
  });

  it('G4 tells the writer of an earlier attempt in the same process at once', async () => {
    const { store } = await fatedStore([]);
    const log = createRunLog({ store, ...virtualTimers(), onError: vi.fn() });
    const old = log.open(await takenRun(store, 'a'));
    const next = log.open(await store.takeUpRun({ runId: 'a', holder: 'test', at: 3 }));
    expect(old.letGo).toBe('taken-over');
    void old.write(word('stale'));
    void next.write(word('new'));
    await next.flush();
    expect(texts(await eventsOf(store, 'a'))).toEqual(['new']);
  });

  it('tells a writer that the run is to be stopped, when it is opened or with the next append, and takes its end', async () => {
    const { store } = await fatedStore([]);
    const log = createRunLog({ store, ...virtualTimers(), onError: vi.fn() });
    const writer = log.open(await takenRun(store, 'a'));
    await store.requestRunStop('a');
    expect(writer.signal.aborted).toBe(false);
    void writer.write(word('1'));
    await writer.flush();
    expect([writer.signal.reason, writer.letGo]).toEqual(['stop-requested', undefined]);
    const again = log.open(await store.takeUpRun({ runId: 'a', holder: 'test', at: 3 }));
    expect(again.signal.reason).toBe('stop-requested');
    await again.end(OUTCOME);
    expect((await store.readRun('a'))?.state).toBe('ended');
  });

  it('lets every run go, and says why, when the store cannot be written for long; a later one finds it again', async () => {
    const timers = virtualTimers();
    const { store } = await fatedStore(Array<Fate>(6).fill('refused'));
    const onError = vi.fn();
    const log = createRunLog({ store, ...timers, onError });
    const writer = log.open(await takenRun(store, 'a'));
    void writer.write(word('lost'));
    const flushed = writer.flush().catch((error: unknown) => error);
    await timers.pass(60_000);
    expect(await flushed).toMatchObject({ code: 'service/unavailable' });
    await expect(writer.end(OUTCOME)).rejects.toMatchObject({ code: 'service/unavailable' });
    expect([writer.letGo, onError.mock.calls.length]).toEqual(['unavailable', 1]);
    const next = log.open(await store.takeUpRun({ runId: 'a', holder: 'test', at: 3 }));
    void next.write(word('found'));
    await next.flush();
    expect(texts(await eventsOf(store, 'a'))).toEqual(['found']);
  });

  it('writes what is left when it is closed', async () => {
    const timers = virtualTimers();
    const { store } = await fatedStore([]);
    const log = createRunLog({ store, ...timers, onError: vi.fn() });
    const writer = log.open(await takenRun(store, 'a'));
    for (const text of ['1', '2', '3']) {
      void writer.write(word(text));
      await timers.pass(10);
    }
    await log.close();
    expect(texts(await eventsOf(store, 'a'))).toEqual(['1', '2', '3']);
    expect(timers.waiting).toBe(0);
  });

  it('G1 has in the store what was written, each once and in order, whatever fails on the way (N-15)', async () => {
    const fate = fc.constantFrom<Fate>('written', 'written', 'refused', 'answer-lost');
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('write'), run: fc.nat(2) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(400) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush'), run: fc.nat(2) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(fate, { maxLength: 12 }), async (steps, fates) => {
        const timers = virtualTimers();
        // More in a row than are tried again are another test's.
        const { store } = await fatedStore(fates.map((each, index) => (index % 4 === 3 ? 'written' : each)));
        const onError = vi.fn();
        const log = createRunLog({ store, ...timers, onError, maxWaitingChars: 300 });
        const ids = ['a', 'b', 'c'];
        const writers: RunWriter[] = [];
        for (const id of ids) writers.push(log.open(await takenRun(store, id)));
        const said: string[][] = ids.map(() => []);
        const flushes: Promise<unknown>[] = [];
        for (const [number, each] of steps.entries()) {
          if ('ms' in each) await timers.pass(each.ms);
          else if (each.kind === 'flush') flushes.push(writers[each.run]?.flush().catch(() => {}) ?? Promise.resolve());
          else {
            void writers[each.run]?.write(word(`${number}`));
            said[each.run]?.push(`${number}`);
          }
        }
        const ends = writers.map((writer) => writer.end(OUTCOME));
        await timers.pass(100_000);
        await Promise.all([...flushes, ...ends]);
        for (const [index, id] of ids.entries()) {
          const events = await eventsOf(store, id);
          expect(texts(events)).toEqual(said[index]);
          expect(events.map(({ number }) => number)).toEqual(events.map((_, place) => place + 1));
          expect(events.at(-1)?.type).toBe('run-end');
        }
        expect(onError).not.toHaveBeenCalled();
        expect(timers.waiting).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
