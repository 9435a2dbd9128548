import { expect, test } from 'vitest';
import type { RunRange, RunState } from '../../run.ts';
import { PREFIX_CASES } from './prefix-cases.ts';
import { append, createRun, takeUp } from './run-writes.ts';
import { createSession, expectRefusal, pagesOf, type StoreSuite } from './suite.ts';

const SESSIONS = ['a/1', 'a/2', 'b/1'];
const STATES: readonly RunState[] = ['waiting', 'going', 'ended'];

export function describeRunLists({ store, open }: StoreSuite): void {
  const idsOf = async (range?: Parameters<ReturnType<typeof store>['listRuns']>[0]) =>
    (await store().listRuns(range)).items.map(({ id }) => id);

  /** Two runs of each state in each session, each named by these. The first of each is as old as any other first. */
  const createRuns = async (): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (const sessionId of SESSIONS) await createSession(store(), sessionId);
    for (const at of [1, 2]) {
      for (const sessionId of SESSIONS) {
        for (const state of STATES) {
          const id = `${sessionId} ${state} ${at}`;
          await createRun(store(), id, { sessionId, at });
          if (state !== 'waiting') await takeUp(store(), id);
          if (state === 'ended') await store().appendRunEvents([append(id, { end: { outcome: '1' } })]);
          ids.unshift(id);
        }
      }
    }
    return ids;
  };

  test('runs are listed newest first, and of one millisecond the one created last comes first', async () => {
    await createSession(store(), 'a');
    for (const [id, at] of Object.entries({ middle: 20, new: 30, old: 10, newest: 30 }))
      await createRun(store(), id, { at });
    expect(await idsOf()).toEqual(['newest', 'new', 'middle', 'old']);
    expect((await store().listRuns({ limit: 1 })).items[0]).toEqual(await store().readRun('newest'));
  });

  const ranges: readonly RunRange[] = [
    {},
    ...STATES.map((state) => ({ states: [state] })),
    { states: ['waiting', 'going'] },
    { states: ['ended', 'waiting', 'ended'] },
    { states: STATES },
    { states: [] },
    { states: undefined },
  ];
  const owners: readonly RunRange[] = [
    {},
    { sessionId: 'a/1' },
    { sessionId: 'nowhere' },
    { sessionPrefix: '' },
    { sessionId: undefined, sessionPrefix: undefined },
    { sessionPrefix: 'a/' },
    { sessionId: 'a/2', sessionPrefix: 'a/' },
    { sessionId: 'a/2', sessionPrefix: 'b/' },
  ];
  const combined = owners.flatMap((owner) => ranges.map((range) => ({ ...owner, ...range })));

  test('each range has its runs, in pages of any size, and is counted', async () => {
    const ids = await createRuns();
    for (const range of combined) {
      const { sessionId = '', sessionPrefix = '', states } = range;
      const isIn = (id: string) =>
        id.startsWith(sessionId) &&
        id.startsWith(sessionPrefix) &&
        (states ?? STATES).some((state) => id.includes(state));
      const expected = ids.filter(isIn);
      expect(await idsOf(range), JSON.stringify(range)).toEqual(expected);
      const pages = await pagesOf((query) => store().listRuns(query), { ...range, limit: 4 });
      expect(pages.flat().map(({ id }) => id)).toEqual(expected);
      expect(pages.every(({ length }, index) => length === 4 || index === pages.length - 1)).toBe(true);
      if (states !== undefined) continue;
      const count = (state: RunState) => expected.filter((id) => id.includes(state)).length;
      const counts = { waiting: count('waiting'), going: count('going'), ended: count('ended') };
      expect(await store().countRuns(range), JSON.stringify(range)).toEqual(counts);
    }
  });

  test.each(PREFIX_CASES)('the runs of sessions whose ids begin with $prefix are listed', async (given) => {
    for (const id of given.ids) {
      await createSession(store(), id);
      await createRun(store(), `run of ${id}`, { sessionId: id });
    }
    const listed = (await store().listRuns({ sessionPrefix: given.prefix })).items.map(({ sessionId }) => sessionId);
    expect(new Set(listed)).toEqual(new Set(given.found));
    expect(listed).toHaveLength(given.found.length);
    expect((await store().countRuns({ sessionPrefix: given.prefix })).waiting).toBe(given.found.length);
  });

  test('fifty runs are listed unless a limit is given', async () => {
    await createSession(store(), 'a');
    for (let index = 0; index < 51; index += 1) await createRun(store(), `${index}`);
    expect(await idsOf()).toHaveLength(50);
    expect(await idsOf({ limit: undefined, after: undefined })).toHaveLength(50);
    expect(await idsOf({ limit: 100 })).toHaveLength(51);
  });

  test('a page goes on where the one before it ended, whatever became of the runs in between', async () => {
    await createSession(store(), 'a');
    for (let at = 1; at <= 6; at += 1) await createRun(store(), `${at}`, { at });
    const first = await store().listRuns({ limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(['6', '5']);
    await createRun(store(), 'newer', { at: 9 });
    await store().appendRunEvents(['4', '5'].map((id) => append(id, { attempt: 0, end: { outcome: '1' }, at: 7 })));
    await store().deleteRuns({ endedBefore: 8 });
    await takeUp(await open(), '3');
    expect(await idsOf({ limit: 10, ...(first.next !== null && { after: first.next }) })).toEqual(['3', '2', '1']);
  });

  test.each([
    { after: 'x' },
    { limit: 0 },
    { limit: 1.5 },
    { sessionPrefix: '\ud83d' },
    { sessionPrefix: '\0' },
    { sessionId: '\udc00' },
  ])('a list of %j is refused', async (query) => {
    await createSession(store(), 'a');
    await expectRefusal(store().listRuns(query), 'checkpoint/invalid-write');
  });

  test.each([{ sessionPrefix: '\ud83d' }, { sessionId: '\0' }])('a count of %j is refused', async (range) => {
    await expectRefusal(store().countRuns(range), 'checkpoint/invalid-write');
  });
}
