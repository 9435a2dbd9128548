import { expect, test } from 'vitest';
import type { RunRecord } from '../../run.ts';
import { append, createRun, endedRuns, takeUp } from './run-writes.ts';
import { CREATED_AT, commitTurns, createSession, expectRefusal, leaving, type StoreSuite } from './suite.ts';

export function describeRuns({ store, open, elsewhere }: StoreSuite): void {
  const asked: RunRecord = {
    ...{ id: 'r', sessionId: 'a', state: 'waiting', request: '{ "say":\t"é\u2028\u{1f600}", "n": 1e400 }' },
    ...{ attempt: 0, holder: null, stopRequested: false, lastEvent: 0 },
    ...{ createdAt: CREATED_AT, startedAt: null, endedAt: null, outcome: null },
  };

  test('a run that was asked for waits, and every store reads it to the byte', async () => {
    await createSession(store(), 'a');
    expect(await createRun(store(), 'r', { request: asked.request })).toEqual(asked);
    expect(await store().readRun('r')).toEqual(asked);
    expect(await (await open()).readRun('r')).toEqual(asked);
    expect(await store().readRunEvents('r')).toEqual([]);
  });

  test('a request is any text that a store can hold', async () => {
    await createSession(store(), 'a');
    for (const [index, request] of ['', 'no JSON', '"'.repeat(100_000), '"\u{10ffff}\\u0000"'].entries()) {
      expect(await createRun(store(), `${index}`, { request })).toMatchObject({ request });
      expect(await store().readRun(`${index}`)).toMatchObject({ request });
    }
  });

  test('the id of a run is taken as long as the run is there, in every session', async () => {
    for (const id of ['a', 'b']) await createSession(store(), id);
    await createRun(store(), 'r', { request: asked.request });
    await expectRefusal(createRun(store(), 'r', { request: '2' }), 'checkpoint/run-exists');
    await expectRefusal(createRun(store(), 'r', { sessionId: 'b' }), 'checkpoint/run-exists');
    expect(await store().readRun('r')).toEqual(asked);
    expect((await store().listRuns()).items).toHaveLength(1);
  });

  test.each([{ request: '\0' }, { request: '\ud800' }, { at: -1 }, { at: 1.5 }, { id: 'r\0' }])(
    'a run of %j is refused',
    async (given) => {
      await createSession(store(), 'a');
      const run = { id: 'r', sessionId: 'a', request: '{}', at: 1, ...given };
      await expectRefusal(store().createRun(run), 'checkpoint/invalid-write');
      expect((await store().listRuns()).items).toEqual([]);
    },
  );

  test('U1 a run is waiting, going and ended', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r', { request: asked.request });
    const going = { ...asked, state: 'going', attempt: 1, holder: 'é one', startedAt: 20 };
    expect(await store().takeUpRun({ runId: 'r', holder: 'é one', at: 20 })).toEqual(going);
    expect(await store().readRun('r')).toEqual(going);
    const end = { outcome: '{ "text":  "é" }' };
    const [result] = await store().appendRunEvents([append('r', { events: ['1'], end, at: 30 })]);
    expect(result).toEqual({ isWritten: true, stopRequested: false });
    const ended = { ...going, state: 'ended', lastEvent: 1, endedAt: 30, outcome: end.outcome };
    expect(await (await open()).readRun('r')).toEqual(ended);
  });

  test('U1 a run that has ended never goes back', async () => {
    await createSession(store(), 'a');
    await endedRuns(store(), ['r'], 30);
    const ended = await store().readRun('r');
    await expectRefusal(takeUp(store(), 'r'), 'checkpoint/run-ended');
    const late = [append('r', { after: 1, events: ['2'] })];
    expect(await store().appendRunEvents(late)).toEqual([{ isWritten: false, reason: 'ended' }]);
    const again = [append('r', { after: 1, end: { outcome: '"again"' } })];
    expect(await store().appendRunEvents(again)).toEqual([{ isWritten: false, reason: 'ended' }]);
    expect(await store().requestRunStop('r')).toEqual(ended);
    expect(await store().readRun('r')).toEqual(ended);
  });

  test('U1 a run that nobody has taken up can be ended', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await store().requestRunStop('r');
    const [result] = await store().appendRunEvents([append('r', { attempt: 0, end: { outcome: '"stopped"' }, at: 9 })]);
    expect(result).toEqual({ isWritten: true, stopRequested: true });
    expect(await store().readRun('r')).toMatchObject({ state: 'ended', startedAt: null, endedAt: 9, attempt: 0 });
  });

  test('U3 who takes a run over gets the next attempt, and it has begun when it first did', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await store().takeUpRun({ runId: 'r', holder: 'one', at: 20 });
    const second = await (await open()).takeUpRun({ runId: 'r', holder: 'two', at: 40 });
    expect(second).toMatchObject({ state: 'going', attempt: 2, holder: 'two', startedAt: 20 });
    expect(await store().takeUpRun({ runId: 'r', holder: 'two', at: 50 })).toMatchObject({ attempt: 3 });
  });

  test('U3 of two stores that take a run up at once, each gets an attempt of its own', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    const other = await open();
    const taken = await Promise.all([store(), other, store(), other].map((each) => takeUp(each, 'r')));
    expect(taken.map(({ attempt }) => attempt).sort()).toEqual([1, 2, 3, 4]);
  });

  test('what cannot be taken up is refused', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await expectRefusal(takeUp(store(), 'other'), 'checkpoint/run-missing');
    await expectRefusal(takeUp(store(), 'r', 'a\0b'), 'checkpoint/invalid-write');
    await expectRefusal(store().takeUpRun({ runId: 'r', holder: 'h', at: -1 }), 'checkpoint/invalid-write');
    expect(await store().readRun('r')).toMatchObject({ state: 'waiting', attempt: 0 });
  });

  test('who is to stop is told at its next append, by whichever store it was asked', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await takeUp(store(), 'r');
    expect(await (await open()).requestRunStop('r')).toMatchObject({ state: 'going', stopRequested: true });
    expect(await store().requestRunStop('r')).toMatchObject({ stopRequested: true });
    const told = { isWritten: true, stopRequested: true };
    expect(await store().appendRunEvents([append('r')])).toEqual([told]);
    expect(await store().appendRunEvents([append('r', { events: ['1'] })])).toEqual([told]);
    expect(await takeUp(store(), 'r')).toMatchObject({ attempt: 2, stopRequested: true });
  });

  test.each(['nowhere', 'r\0', '\ud800'])('a run %j that is not there is missing', async (id) => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    // What half a character becomes where it cannot be kept.
    await createRun(store(), '\ufffd');
    expect(await store().readRun(id)).toBeUndefined();
    await expectRefusal(store().readRunEvents(id), 'checkpoint/run-missing');
    await expectRefusal(store().requestRunStop(id), 'checkpoint/run-missing');
    await expectRefusal(takeUp(store(), id), 'checkpoint/run-missing');
    const results = await store().appendRunEvents([append(id, { events: ['1'] })]);
    expect(results).toEqual([{ isWritten: false, reason: 'missing' }]);
  });

  test('U4 runs that ended before a time are deleted, with their events, and their ids are free', async () => {
    await createSession(store(), 'a');
    await endedRuns(store(), ['old', 'older'], 10);
    await endedRuns(store(), ['young'], 20);
    await createRun(store(), 'waiting', { at: 1 });
    await createRun(store(), 'going', { at: 1 });
    await takeUp(store(), 'going');
    expect(await store().deleteRuns({ endedBefore: 10 })).toBe(0);
    expect(await store().deleteRuns({ endedBefore: 20 })).toBe(2);
    expect(await store().deleteRuns({ endedBefore: 20 })).toBe(0);
    expect(await store().countRuns()).toEqual({ waiting: 1, going: 1, ended: 1 });
    expect(await store().readRun('old')).toBeUndefined();
    await expectRefusal(store().readRunEvents('old'), 'checkpoint/run-missing');
    expect(await createRun(store(), 'old')).toMatchObject({ state: 'waiting', lastEvent: 0 });
    expect(await store().readRunEvents('old')).toEqual([]);
    expect(await store().readRunEvents('young')).toHaveLength(1);
    await expectRefusal(store().deleteRuns({ endedBefore: -1 }), 'checkpoint/invalid-write');
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('U4 however many runs have ended, all of them are deleted', async () => {
    await createSession(store(), 'a');
    const ids = Array.from({ length: 1001 }, (_, index) => `${index}`);
    for (const id of ids) await createRun(store(), id);
    const ends = ids.map((id) => append(id, { attempt: 0, events: ['1'], end: { outcome: '1' }, at: 10 }));
    await store().appendRunEvents(ends);
    expect(await store().countRuns()).toEqual({ waiting: 0, going: 0, ended: 1001 });
    expect(await store().deleteRuns({ endedBefore: 11 })).toBe(1001);
    expect(await store().countRuns()).toEqual({ waiting: 0, going: 0, ended: 0 });
  });

  test('U4 a session that is deleted takes its runs with it, and leaves those of others', async () => {
    for (const id of ['a', 'ab', 'b']) await createSession(store(), id);
    await endedRuns(store(), ['ended'], 10);
    await createRun(store(), 'waiting');
    for (const sessionId of ['ab', 'b']) await createRun(store(), `of ${sessionId}`, { sessionId });
    await store().deleteSession({ sessionId: 'a' });
    expect((await store().listRuns()).items.map(({ id }) => id)).toEqual(['of b', 'of ab']);
    await expectRefusal(store().readRunEvents('ended'), 'checkpoint/run-missing');
    expect(await takeUp(store(), 'of b')).toMatchObject({ state: 'going' });
    await createSession(store(), 'a');
    expect((await store().listRuns({ sessionId: 'a' })).items).toEqual([]);
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('U4 a fork has no runs of its origin, a rewind leaves them, and a dump does not carry them', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await createRun(store(), 'r');
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-1', leaving: leaving('left'), at: 1 });
    expect((await store().listRuns({ sessionId: 'fork' })).items).toEqual([]);
    expect((await store().listRuns({ sessionId: 'a' })).items).toHaveLength(1);
    const other = await elsewhere();
    await other.restoreSession(await store().dumpSession('a'));
    expect((await other.listRuns()).items).toEqual([]);
  });

  test('C6 a run needs no lease of its session', async () => {
    await createSession(store(), 'a');
    await store().acquireLease({ sessionId: 'a', holder: 'somebody', ttlMs: 1000 });
    await createRun(store(), 'r');
    await takeUp(store(), 'r');
    expect(await store().appendRunEvents([append('r', { events: ['1'] })])).toMatchObject([{ isWritten: true }]);
  });

  test('C3 runs and their events are there after the store is closed and opened again', async () => {
    await createSession(store(), 'a');
    await createRun(store(), 'r');
    await takeUp(store(), 'r');
    await store().appendRunEvents([append('r', { events: ['1', '2'] })]);
    const before = [await store().readRun('r'), await store().readRunEvents('r')];
    const other = await open();
    await store().close();
    await other.close();
    const reopened = await open();
    expect([await reopened.readRun('r'), await reopened.readRunEvents('r')]).toEqual(before);
    expect(await reopened.appendRunEvents([append('r', { after: 2, events: ['3'] })])).toMatchObject([
      { isWritten: true },
    ]);
  });
}
