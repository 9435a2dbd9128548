import { expect, test } from 'vitest';
import type { PageQuery } from '../../page.ts';
import { turnCommit } from '../builders.ts';
import { PREFIX_CASES } from './prefix-cases.ts';
import { commitTurns, createSession, expectRefusal, leaving, pagesOf, type StoreSuite, tipOf } from './suite.ts';

export function describeLists({ store }: StoreSuite): void {
  const sessionIds = async (query?: PageQuery) => (await store().listSessions(query)).items.map(({ id }) => id);
  const snapshotIds = async (query?: PageQuery) => (await store().listSnapshots('a', query)).items.map(({ id }) => id);

  test('sessions are listed newest first, and of one millisecond the one created last comes first', async () => {
    for (const [id, createdAt] of Object.entries({ middle: 20, new: 30, old: 10, newest: 30 })) {
      await createSession(store(), id, { createdAt });
    }
    const { items } = await store().listSessions();
    expect(items.map(({ id }) => id)).toEqual(['newest', 'new', 'middle', 'old']);
    expect(items[3]).toEqual(await store().readSession('old'));
  });

  test.each([
    [6, [3, 3]],
    [7, [3, 3, 1]],
    [2, [2]],
    [0, [0]],
  ])('%d sessions are paged by three', async (count, sizes) => {
    // Two of each time, so that pages end within one.
    const ids = Array.from({ length: count }, (_, index) => `${index}`);
    for (const [index, id] of ids.entries()) await createSession(store(), id, { createdAt: Math.floor(index / 2) });
    const read = await pagesOf((query) => store().listSessions(query), { limit: 3 });
    expect(read.map(({ length }) => length)).toEqual(sizes);
    expect(read.flat().map(({ id }) => id)).toEqual(ids.reverse());
  });

  test('fifty are listed unless a limit is given', async () => {
    for (let index = 0; index < 51; index += 1) await createSession(store(), `${index}`);
    expect(await sessionIds()).toHaveLength(50);
    expect(await sessionIds({ limit: 100 })).toHaveLength(51);
  });

  test('what is left undefined is as if it were not asked for', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    const page = { search: undefined, limit: undefined, after: undefined };
    const all = { ...page, prefix: undefined, standing: undefined };
    expect(await store().listSessions(all)).toEqual(await store().listSessions());
    expect(await sessionIds(all)).toEqual(['a']);
    expect(await store().countSessions({ prefix: undefined })).toBe(1);
    expect(await snapshotIds(page)).toEqual(['snapshot-1']);
  });

  test('a page goes on where the one before it ended, whatever was created and deleted in between', async () => {
    for (let createdAt = 1; createdAt <= 6; createdAt += 1) await createSession(store(), `${createdAt}`, { createdAt });
    const first = await store().listSessions({ limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual(['6', '5']);
    await createSession(store(), 'newer', { createdAt: 9 });
    await createSession(store(), 'of the same time', { createdAt: 5 });
    await createSession(store(), 'older', { createdAt: 3 });
    await store().deleteSession({ sessionId: '5' });
    await store().deleteSession({ sessionId: '4' });
    const rest = await sessionIds({ limit: 10, ...(first.next !== null && { after: first.next }) });
    expect(rest).toEqual(['older', '3', '2', '1']);
  });

  test.each([
    { after: '' },
    { after: 'x' },
    { after: '1.2.3' },
    { limit: 0 },
    { limit: -1 },
    { limit: 1.5 },
    { search: '\0' },
  ])('a page that asks for %j is refused', async (query) => {
    await createSession(store(), 'a');
    await expectRefusal(store().listSessions(query), 'checkpoint/invalid-write');
    await expectRefusal(store().listSnapshots('a', query), 'checkpoint/invalid-write');
  });

  test('a search finds sessions by id, metadata, prompt and label', async () => {
    for (const id of ['by-id-needle', 'metadata', 'prompt', 'label', 'not']) {
      await createSession(store(), id, { metadata: id === 'metadata' ? '{"title":"a needle"}' : '{}' });
      const commit = turnCommit({ sessionId: id, expectedTip: await tipOf(store(), id) }, { name: id });
      const promptPreview = id === 'prompt' ? 'needles?' : 'hay';
      await store().commitTurn({ ...commit, snapshot: { ...commit.snapshot, promptPreview } });
    }
    await store().labelSnapshot({ snapshotId: 'snapshot-label', label: 'the needle' });
    expect(await sessionIds({ search: 'needle' })).toEqual(['label', 'prompt', 'metadata', 'by-id-needle']);
    expect(await sessionIds({ search: 'no such thing' })).toEqual([]);
    expect(await sessionIds({ search: '' })).toHaveLength(5);
  });

  test('a search finds a session by the snapshots it made, not by those it inherited', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1']);
    await store().labelSnapshot({ snapshotId: 'snapshot-1', label: 'needle' });
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-1', createdAt: 1 });
    expect(await sessionIds({ search: 'needle' })).toEqual(['a']);
  });

  test.each([
    ['%', ['100%']],
    ['_', ['snake_case']],
    ['\\', ['back\\slash']],
    ["'", ["it's"]],
    ['"', ['"quoted"']],
    ['*', ['star*']],
    ['100%', ['100%']],
    ['SNAKE', ['snake_case']],
    ['ÉTÉ', ['ÉTÉ']],
    ['été', ['été']],
    ['\u{1F600}', ['\u{1F600}']],
  ])('a search for %s takes it literally', async (search, found) => {
    const ids = ['100%', 'snake_case', 'back\\slash', "it's", '"quoted"', 'star*', 'été', 'ÉTÉ', '\u{1F600}', 'x'];
    for (const id of ids) await createSession(store(), id);
    expect(await sessionIds({ search })).toEqual(found);
  });

  test('what a search finds is paged, too', async () => {
    for (let index = 0; index < 9; index += 1)
      await createSession(store(), index % 2 === 0 ? `even ${index}` : `${index}`);
    const read = await pagesOf((query) => store().listSessions(query), { search: 'EVEN', limit: 2 });
    expect(read.map((page) => page.map(({ id }) => id))).toEqual([
      ['even 8', 'even 6'],
      ['even 4', 'even 2'],
      ['even 0'],
    ]);
  });

  test.each(PREFIX_CASES)(
    'the sessions whose ids begin with $prefix are listed and counted',
    async ({ prefix, ids, found }) => {
      for (const id of ids) await createSession(store(), id);
      const listed = (await store().listSessions({ prefix })).items.map(({ id }) => id);
      expect(new Set(listed)).toEqual(new Set(found));
      expect(listed).toHaveLength(found.length);
      expect(await store().countSessions({ prefix })).toBe(found.length);
      expect(await store().countSessions()).toBe(ids.length);
    },
  );

  test.each(['\ud83d', 'a\0'])('a prefix %j that no id can have is refused', async (prefix) => {
    await expectRefusal(store().listSessions({ prefix }), 'checkpoint/invalid-write');
    await expectRefusal(store().countSessions({ prefix }), 'checkpoint/invalid-write');
  });

  test('sessions of a prefix are paged and searched, newest first', async () => {
    for (let index = 0; index < 8; index += 1) {
      await createSession(store(), `b/${index}`, { createdAt: Math.floor(index / 3), metadata: `"${index % 2}"` });
      await createSession(store(), `a/${index}`, { createdAt: index });
    }
    const list = (query: PageQuery) => store().listSessions({ ...query, prefix: 'b/' });
    const read = await pagesOf(list, { limit: 3 });
    expect(read.map((page) => page.map(({ id }) => id))).toEqual([
      ['b/7', 'b/6', 'b/5'],
      ['b/4', 'b/3', 'b/2'],
      ['b/1', 'b/0'],
    ]);
    const odd = await pagesOf(list, { limit: 3, search: '"1"' });
    expect(odd.map((page) => page.map(({ id }) => id))).toEqual([['b/7', 'b/5', 'b/3'], ['b/1']]);
    expect((await list({ search: 'a/' })).items).toEqual([]);
  });

  test('a session lists every snapshot it made, newest first: on other branches and by rewinds, too', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
    await store().rewindSession({
      sessionId: 'a',
      snapshotId: 'snapshot-1',
      leaving: leaving('left'),
      at: 1_760_000_001_000,
    });
    await commitTurns(store(), 'a', ['3']);
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-3', createdAt: 1 });
    await commitTurns(store(), 'fork', ['of-fork']);
    expect(await snapshotIds()).toEqual(['snapshot-3', 'snapshot-left', 'snapshot-2', 'snapshot-1']);
    expect((await store().listSnapshots('fork')).items.map(({ id }) => id)).toEqual(['snapshot-of-fork']);
  });

  test('snapshots are paged and searched by prompt and label', async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2', '3', '4', '5']);
    const read = await pagesOf((query) => store().listSnapshots('a', query), { limit: 2 });
    expect(read.map((page) => page.map(({ turnCount }) => turnCount))).toEqual([[5, 4], [3, 2], [1]]);
    await store().labelSnapshot({ snapshotId: 'snapshot-4', label: '50% of PROMPT 2' });
    expect(await snapshotIds({ search: 'prompt 2' })).toEqual(['snapshot-4', 'snapshot-2']);
    expect(await snapshotIds({ search: '%' })).toEqual(['snapshot-4']);
  });
}
