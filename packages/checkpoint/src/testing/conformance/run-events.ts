import { expect, test } from 'vitest';
import type { RunAppend } from '../../run.ts';
import type { CheckpointStore } from '../../store.ts';
import { append, createRun, endedRuns, takeUp } from './run-writes.ts';
import { createSession, expectRefusal, type StoreSuite } from './suite.ts';

const WRITTEN = { isWritten: true, stopRequested: false };

export function describeRunEvents({ store, open }: StoreSuite): void {
  /** Runs of a session, each in its first attempt. */
  const goingRuns = async (...ids: string[]) => {
    await createSession(store(), 'a');
    for (const id of ids) {
      await createRun(store(), id);
      await takeUp(store(), id);
    }
  };
  const eventsOf = async (runId: string, from: CheckpointStore = store()) =>
    (await from.readRunEvents(runId)).map(({ event }) => event);
  const numbered = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => `"${from + index}"`);

  test('U2 events are numbered from 1 without a gap, however many are added at once, and read from anywhere (N-15)', async () => {
    await goingRuns('r');
    let after = 0;
    for (const size of [1, 3, 0, 5, 1, 2]) {
      const events = numbered(after + 1, after + size);
      expect(await store().appendRunEvents([append('r', { after, events })])).toEqual([WRITTEN]);
      after += size;
      expect(await store().readRun('r')).toMatchObject({ lastEvent: after, state: 'going' });
    }
    const all = numbered(1, 12).map((event, index) => ({ number: index + 1, event }));
    const other = await open();
    expect(await other.readRunEvents('r')).toEqual(all);
    for (let from = 0; from <= 13; from += 1) {
      for (const limit of [0, 1, 2, 4, 12, 1000]) {
        expect(await other.readRunEvents('r', { after: from, limit })).toEqual(all.slice(from, from + limit));
      }
    }
  });

  test('a thousand events are read unless a limit is given', async () => {
    await goingRuns('r');
    await store().appendRunEvents([append('r', { events: numbered(1, 1500) })]);
    await store().appendRunEvents([append('r', { after: 1500, events: numbered(1501, 1600) })]);
    expect(await store().readRunEvents('r')).toHaveLength(1000);
    expect(await store().readRunEvents('r', { after: 1000 })).toHaveLength(600);
    expect(await store().readRunEvents('r', { limit: 2000 })).toHaveLength(1600);
  });

  test('events are handed out to the byte', async () => {
    await goingRuns('r');
    const events = [
      '{ "a" :1.10,\t"b":1e400 }',
      '',
      '"é\u2028\u2029\u{1f600}"',
      'no JSON',
      '\\"\n',
      '[',
      ',',
      '"'.repeat(50_000),
    ];
    await store().appendRunEvents([append('r', { events })]);
    await store().appendRunEvents([append('r', { after: events.length, events })]);
    expect(await eventsOf('r', await open())).toEqual([...events, ...events]);
  });

  test('one append writes to many runs, and ends some of them', async () => {
    await goingRuns('r', 's', 't');
    const results = await store().appendRunEvents([
      append('t', { events: ['"t1"'], end: { outcome: '"over"' }, at: 50 }),
      append('r', { events: ['"r1"', '"r2"'] }),
      append('s'),
    ]);
    expect(results).toEqual([WRITTEN, WRITTEN, WRITTEN]);
    expect(await Promise.all(['r', 's', 't'].map((id) => eventsOf(id)))).toEqual([['"r1"', '"r2"'], [], ['"t1"']]);
    expect(await store().readRun('t')).toMatchObject({ state: 'ended', lastEvent: 1, outcome: '"over"', endedAt: 50 });
    expect(await store().countRuns()).toEqual({ waiting: 0, going: 2, ended: 1 });
    expect(await store().appendRunEvents([])).toEqual([]);
  });

  test('an end without events adds none', async () => {
    await goingRuns('r');
    await store().appendRunEvents([append('r', { events: ['1'] })]);
    await store().appendRunEvents([append('r', { after: 1, end: { outcome: '' } })]);
    expect(await store().readRun('r')).toMatchObject({ state: 'ended', lastEvent: 1, outcome: '' });
    expect(await eventsOf('r')).toEqual(['1']);
  });

  test('U3 what an earlier attempt adds is refused, whatever it takes for the last event', async () => {
    await goingRuns('r');
    await store().appendRunEvents([append('r', { events: ['1'] })]);
    await takeUp(await open(), 'r', 'another');
    for (const late of [{ after: 1 }, { after: 0 }, { after: 9 }, { after: 1, end: { outcome: '1' } }]) {
      const results = await store().appendRunEvents([append('r', { events: ['"late"'], ...late })]);
      expect(results).toEqual([{ isWritten: false, reason: 'taken-over' }]);
    }
    // An attempt that nobody has been given is nobody's.
    const [early] = await store().appendRunEvents([append('r', { attempt: 3, after: 1, events: ['"early"'] })]);
    expect(early).toEqual({ isWritten: false, reason: 'taken-over' });
    expect(await store().appendRunEvents([append('r', { attempt: 2, after: 1, events: ['2'] })])).toEqual([WRITTEN]);
    expect(await eventsOf('r')).toEqual(['1', '2']);
  });

  test('what is refused of some runs keeps nothing from the others, and results are in the order of the appends', async () => {
    await goingRuns('over', 'taken', 'good', 'fine');
    await endedRuns(store(), ['ended'], 10);
    await takeUp(store(), 'taken');
    await store().appendRunEvents([append('over', { end: { outcome: '1' } })]);
    const ids = ['good', 'missing', 'ended', 'taken', 'over', 'fine'];
    const results = await store().appendRunEvents(ids.map((id) => append(id, { events: [`"${id}"`] })));
    expect(results.map((result) => (result.isWritten ? 'written' : result.reason))).toEqual([
      ...['written', 'missing', 'ended', 'taken-over', 'ended', 'written'],
    ]);
    expect(await eventsOf('good')).toEqual(['"good"']);
    expect(await eventsOf('fine')).toEqual(['"fine"']);
    expect(await eventsOf('taken')).toEqual([]);
    expect(await eventsOf('over')).toEqual([]);
  });

  const wrong: readonly (readonly [string, RunAppend])[] = [
    ['takes an event for the last that is not there yet', append('r', { after: 2 })],
    ['has missed events', append('r', { after: 0 })],
    ['writes to a run that is named already', append('s', { events: ['2'] })],
    ['goes on with a run that is named already', append('s', { after: 1, events: ['2'] })],
    ['has an event that no store can hold', append('r', { after: 1, events: ['1', 'a\0b'] })],
    ['has an event that is no text', append('r', { after: 1, events: ['\ud800'] })],
    ['has an outcome that is no text', append('r', { after: 1, end: { outcome: '\ud800' } })],
    ['has no time', append('r', { after: 1, at: Number.NaN })],
    ['has no count', append('r', { after: -1 })],
    ['has no attempt', append('r', { attempt: 0.5 })],
  ];

  test.each(wrong)('nothing is written by an append one of which %s', async (_, given) => {
    await goingRuns('r', 's', 't');
    await store().appendRunEvents([append('r', { events: ['1'] })]);
    const others = [append('s', { events: ['1'] }), append('t', { events: ['1'], end: { outcome: '1' } })];
    await expectRefusal(store().appendRunEvents([...others, given]), 'checkpoint/invalid-write');
    expect(await eventsOf('r')).toEqual(['1']);
    expect(await eventsOf('s')).toEqual([]);
    expect(await store().readRun('t')).toMatchObject({ state: 'going', lastEvent: 0 });
    expect(await store().appendRunEvents(others)).toEqual([WRITTEN, WRITTEN]);
  });

  test.each([{ after: -1 }, { after: 0.5 }, { limit: -1 }, { limit: Number.NaN }])(
    'events from %j are refused',
    async (range) => {
      await goingRuns('r');
      await expectRefusal(store().readRunEvents('r', range), 'checkpoint/invalid-write');
    },
  );

  test('U2 U3 many writers that take a run over from each other leave one row of events', {
    timeout: 60_000,
  }, async () => {
    await goingRuns('r', 's');
    const other = await open();
    const written: string[][] = [[], []];
    /** Takes the run over and adds to it, until somebody else has it. */
    const write = async (to: CheckpointStore, runId: string, writer: number) => {
      for (let round = 0; round < 5; round += 1) {
        const { attempt, lastEvent } = await takeUp(to, runId, `${writer}`);
        for (let count = 0; ; count += 1) {
          const event = `"${writer}.${round}.${count}"`;
          const [result] = await to.appendRunEvents([
            append(runId, { attempt, after: lastEvent + count, events: [event] }),
          ]);
          if (!result?.isWritten || count === 3) break;
          written[runId === 'r' ? 0 : 1]?.push(event);
        }
      }
    };
    const writers = [0, 1, 2, 3].flatMap((writer) =>
      ['r', 's'].map((id) => write(writer % 2 ? other : store(), id, writer)),
    );
    await Promise.all(writers);
    for (const [index, runId] of ['r', 's'].entries()) {
      const read = await store().readRunEvents(runId);
      expect(read.map(({ number }) => number)).toEqual(read.map((_, place) => place + 1));
      // Whoever was told that an event was written finds it.
      const events = new Set(read.map(({ event }) => event));
      expect(written[index]?.filter((event) => !events.has(event))).toEqual([]);
      expect(new Set(events).size).toBe(read.length);
    }
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });
}
