import { expect, test } from 'vitest';
import { userEntry } from '../builders.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, type StoreSuite, tipOf } from './suite.ts';

export function describeAppends({ store, open }: StoreSuite): void {
  test('appended entries are read back in order, each after its parent', async () => {
    const { tip: root } = await createSession(store(), 'a');
    const first = [userEntry('one'), userEntry('two')];
    const { tip } = await store().appendEntries({ sessionId: 'a', expectedTip: root, entries: first, at: 5 });
    const third = [userEntry('three')];
    const last = await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: third, at: 6 });
    const entries = await store().readEntries('a');
    expect(entries.map(({ kind, payload }) => ({ kind, payload }))).toEqual([...first, ...third]);
    expect(entries.map(({ parent }) => parent)).toEqual([root, entries[0]?.id, entries[1]?.id]);
    expect(entries.map(({ createdAt }) => createdAt)).toEqual([5, 5, 6]);
    expect(entries[2]?.id).toBe(last.tip);
    expect(await store().readSession('a')).toMatchObject({ tip: last.tip, tipTurn: null, updatedAt: 6 });
  });

  test('a payload comes back to the byte', async () => {
    const payload = '{ "n": 12345678901234567890.10,\t"é": "e\u0301 \u{1F600} \\ud800 \\u0000", "n": 1e400 }\n';
    const { tip } = await createSession(store(), 'a');
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [{ kind: 'raw', payload }], at: 1 });
    expect((await store().readEntries('a')).map((entry) => entry.payload)).toEqual([payload]);
  });

  test('every character but NUL comes back, in every text', async () => {
    const codes = Array.from({ length: 0xffff }, (_, index) => index + 1).filter(
      (code) => code < 0xd800 || code > 0xdfff,
    );
    const text = `${String.fromCodePoint(...codes)}\u{10000}\u{1F600}\u{10FFFF}`;
    await createSession(store(), 'a', { metadata: text });
    await commitTurns(store(), 'a', ['1']);
    await store().labelSnapshot({ snapshotId: 'snapshot-1', label: text });
    const expectedTip = await tipOf(store(), 'a');
    await store().appendEntries({ sessionId: 'a', expectedTip, entries: [{ kind: text, payload: text }], at: 1 });
    const read = [
      (await store().readSession('a'))?.metadata,
      (await store().readSnapshot('snapshot-1'))?.label,
      (await store().readEntries('a'))[1]?.kind,
      (await store().readEntries('a'))[1]?.payload,
    ];
    expect(read.map((each) => each === text)).toEqual([true, true, true, true]);
  });

  test('an entry as large as an image comes back', async () => {
    const payload = JSON.stringify({ data: 'x'.repeat(3_000_000) });
    const { tip } = await createSession(store(), 'a');
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [{ kind: 'raw', payload }], at: 1 });
    expect((await store().readEntries('a'))[0]?.payload === payload).toBe(true);
  });

  test('appending nothing changes nothing', async () => {
    const session = await createSession(store(), 'a');
    const { tip } = session;
    expect(await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [], at: 1 })).toEqual({ tip });
    expect(await store().readEntries('a')).toEqual([]);
    expect(await store().readSession('a')).toEqual(session);
  });

  test('C2 an append to a tip that has moved writes nothing', async () => {
    const { tip } = await createSession(store(), 'a');
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [userEntry('first')], at: 1 });
    const before = await everythingIn(store(), 'a');
    for (const entries of [[userEntry('late')], [userEntry('first')], []]) {
      const late = store().appendEntries({ sessionId: 'a', expectedTip: tip, entries, at: 2 });
      await expectRefusal(late, 'checkpoint/tip-moved');
    }
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test.each([
    ['of which one is no Unicode', [userEntry('fine'), { kind: 'raw', payload: '"\ud800"' }], 1],
    ['of which one has a NUL', [userEntry('fine'), { kind: 'raw', payload: '"\0"' }], 1],
    ['whose kind has a NUL', [userEntry('fine'), { kind: '\0', payload: '1' }], 1],
    ['at no time', [userEntry('fine')], Number.NaN],
  ])('entries %s are refused, all of them', async (_, entries, at) => {
    const { tip } = await createSession(store(), 'a');
    const before = await everythingIn(store(), 'a');
    const broken = store().appendEntries({ sessionId: 'a', expectedTip: tip, entries, at });
    await expectRefusal(broken, 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('what is handed out and what was handed in is the caller’s own', async () => {
    const { tip } = await createSession(store(), 'a');
    const entry = { kind: 'raw', payload: '1' };
    await store().appendEntries({ sessionId: 'a', expectedTip: tip, entries: [entry], at: 1 });
    const before = structuredClone(await store().readEntries('a'));
    entry.payload = '2';
    const [handedOut] = await store().readEntries('a');
    try {
      Object.assign(handedOut ?? {}, { payload: '3' });
    } catch {
      // Frozen, which is as good.
    }
    expect(await store().readEntries('a')).toEqual(before);
  });

  test('C2 of a hundred appends to one tip one is written', async () => {
    const { tip } = await createSession(store(), 'a');
    const other = await open();
    const appends = Array.from({ length: 100 }, (_, index) => {
      const entries = [userEntry(`${index}`)];
      return (index % 2 === 0 ? store() : other).appendEntries({
        sessionId: 'a',
        expectedTip: tip,
        entries,
        at: index,
      });
    });
    const outcomes = await Promise.allSettled(appends);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(new Set(refused.map(({ reason }) => reason.code))).toEqual(new Set(['checkpoint/tip-moved']));
    expect(refused).toHaveLength(99);
    expect(await store().readEntries('a')).toHaveLength(1);
    expect(await everythingIn(other, 'a')).toEqual(await everythingIn(store(), 'a'));
  });

  test('two stores that append in turns lose nothing of each other', async () => {
    await createSession(store(), 'a');
    const appendAll = async (each: typeof store, name: string) => {
      for (let index = 0; index < 100; ) {
        const expectedTip = (await each().readSession('a'))?.tip ?? '';
        const entries = [userEntry(`${name}${index}`)];
        const outcome = await each()
          .appendEntries({ sessionId: 'a', expectedTip, entries, at: index })
          .catch((error) => error.code);
        if (outcome !== 'checkpoint/tip-moved') index += 1;
      }
    };
    const other = await open();
    await Promise.all([appendAll(store, 'x'), appendAll(() => other, 'y')]);
    const texts = (await store().readEntries('a')).map(({ payload }) => JSON.parse(payload).text);
    const ofEach = (name: string) => texts.filter((text) => text.startsWith(name));
    expect(ofEach('x')).toEqual(Array.from({ length: 100 }, (_, index) => `x${index}`));
    expect(ofEach('y')).toEqual(Array.from({ length: 100 }, (_, index) => `y${index}`));
  });
}
