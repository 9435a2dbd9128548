import { expect, test } from 'vitest';
import { STANDINGS, type Standing } from '../../standing.ts';
import { append, createRun, takeUp } from './run-writes.ts';
import { commitTurns, createSession, expectRefusal, pagesOf, type StoreSuite, tipOf } from './suite.ts';

const TERMS = { askingKinds: ['question', 'answer'], brokenOutcome: '{"reason":"error"' };
const FILTERS: readonly (readonly Standing[])[] = [
  ...STANDINGS.map((standing) => [standing]),
  ['asking', 'idle'],
  STANDINGS,
  [],
];
const OUTCOME = { broken: '{"reason":"error","text":""}', fine: '{"reason":"end","text":"{\\"reason\\":\\"error\\""}' };

export function describeStandings({ store }: StoreSuite): void {
  const standingOf = async (id: string): Promise<Standing | undefined> =>
    (await store().readStandings({ ...TERMS, sessionIds: [id] })).get(id);
  const say = async (sessionId: string, kind: string, at = 10) =>
    store().appendEntries({
      sessionId,
      expectedTip: await tipOf(store(), sessionId),
      entries: [{ kind, payload: '{}' }],
      at,
    });
  const endRun = (id: string, sessionId: string, outcome: string, at = 20) =>
    createRun(store(), id, { sessionId, at }).then(() =>
      store().appendRunEvents([append(id, { attempt: 0, end: { outcome }, at })]),
    );

  /** A session of each standing, named by it, in each of two places. */
  const createEach = async (): Promise<void> => {
    for (const place of ['a', 'b']) {
      for (const standing of STANDINGS) {
        const id = `${place}/${standing}`;
        await createSession(store(), id, { createdAt: 1 });
        if (standing === 'running')
          await createRun(store(), `run of ${id}`, { sessionId: id }).then(() => takeUp(store(), `run of ${id}`));
        if (standing === 'waiting') await createRun(store(), `run of ${id}`, { sessionId: id });
        if (standing === 'asking') await say(id, 'question');
        if (standing === 'broken') await endRun(`run of ${id}`, id, OUTCOME.broken);
      }
    }
  };

  test('sessions are told apart, listed and counted by what they are doing', async () => {
    await createEach();
    for (const standing of STANDINGS) expect(await standingOf(`a/${standing}`)).toBe(standing);
    for (const among of FILTERS) {
      const query = { standing: { ...TERMS, among }, prefix: 'a/', limit: 2 };
      const listed = (await pagesOf((asked) => store().listSessions(asked), query)).flat();
      expect(listed.map(({ id }) => id)).toEqual(
        STANDINGS.filter((each) => among.includes(each))
          .map((each) => `a/${each}`)
          .reverse(),
      );
    }
    const one = { running: 1, waiting: 1, asking: 1, broken: 1, idle: 1 };
    expect(await store().countStandings({ ...TERMS, prefix: 'a/' })).toEqual(one);
    expect(await store().countStandings(TERMS)).toEqual(Object.fromEntries(STANDINGS.map((standing) => [standing, 2])));
    const found = await store().listSessions({ search: 'B/', standing: { ...TERMS, among: ['asking'] } });
    expect(found.items.map(({ id }) => id)).toEqual(['b/asking']);
  });

  test('a session that is not there stands nowhere', async () => {
    await createSession(store(), 'a');
    const read = await store().readStandings({ ...TERMS, sessionIds: ['a', 'nowhere', '\ud800', '\0'] });
    expect([...read]).toEqual([['a', 'idle']]);
    expect(await store().readStandings({ ...TERMS, sessionIds: [] })).toEqual(new Map());
  });

  test('a run that goes or waits comes before a question, and a question before what broke', async () => {
    await createSession(store(), 'a', { createdAt: 1 });
    await say('a', 'question');
    await endRun('broke', 'a', OUTCOME.broken);
    expect(await standingOf('a')).toBe('asking');
    await createRun(store(), 'next', { sessionId: 'a', at: 30 });
    expect(await standingOf('a')).toBe('waiting');
    await takeUp(store(), 'next');
    expect(await standingOf('a')).toBe('running');
  });

  test('a question waits until something else comes behind it', async () => {
    await createSession(store(), 'a', { createdAt: 1 });
    for (const [kind, standing] of [
      ['question', 'asking'],
      ['answer', 'asking'],
      ['result', 'idle'],
    ] as const) {
      await say('a', kind);
      expect(await standingOf('a')).toBe(standing);
    }
  });

  test('a question of its origin is none of a fork', async () => {
    await createSession(store(), 'a', { createdAt: 1 });
    await commitTurns(store(), 'a', ['1']);
    const tip = await tipOf(store(), 'a');
    const terms = { ...TERMS, askingKinds: ['assistant-message'] };
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 50 });
    expect(await tipOf(store(), 'fork')).toBe(tip);
    expect(await store().readStandings({ ...terms, sessionIds: ['a', 'fork'] })).toEqual(
      new Map([
        ['a', 'asking'],
        ['fork', 'idle'],
      ]),
    );
  });

  test('what broke stays broken until something comes after it', async () => {
    await createSession(store(), 'a', { createdAt: 1 });
    await endRun('fine', 'a', OUTCOME.fine, 10);
    expect(await standingOf('a')).toBe('idle');
    await endRun('broke', 'a', OUTCOME.broken, 20);
    expect(await standingOf('a')).toBe('broken');
    await say('a', 'note', 21);
    expect(await standingOf('a')).toBe('idle');
    await endRun('again', 'a', OUTCOME.broken, 30);
    await endRun('repaired', 'a', OUTCOME.fine, 40);
    expect(await standingOf('a')).toBe('idle');
  });

  test.each([
    { ...TERMS, brokenOutcome: '' },
    { ...TERMS, brokenOutcome: '\ud800' },
    { ...TERMS, askingKinds: ['\0'] },
  ])('%j are no terms', async (terms) => {
    await expectRefusal(store().countStandings(terms), 'checkpoint/invalid-write');
    await expectRefusal(store().readStandings({ ...terms, sessionIds: [] }), 'checkpoint/invalid-write');
    await expectRefusal(store().listSessions({ standing: { ...terms, among: ['idle'] } }), 'checkpoint/invalid-write');
  });
}
