import { expect, test } from 'vitest';
import { userEntry } from '../builders.ts';
import { callsOfSession } from './every-call.ts';
import { CREATED_AT, commitTurns, createSession, expectRefusal, type StoreSuite } from './suite.ts';

export function describeSessions({ store, open }: StoreSuite): void {
  test('a new session is empty and reads back as it was returned', async () => {
    const session = await createSession(store(), 'a');
    expect(session).toEqual({
      id: 'a',
      tip: expect.any(String),
      tipTurn: null,
      forkedFrom: null,
      createdAt: CREATED_AT,
      updatedAt: CREATED_AT,
      metadata: '{}',
    });
    expect(await store().readSession('a')).toEqual(session);
    expect(await store().readEntries('a')).toEqual([]);
    expect(await store().readTurns('a')).toEqual([]);
    expect(await store().readLedger('a')).toEqual([]);
    expect(await store().readSnapshots('a')).toEqual([]);
    expect(await store().listSnapshots('a')).toEqual({ items: [], next: null });
    expect(await store().readLastTurn('a')).toBeUndefined();
    expect(await store().readLastSnapshot('a')).toBeUndefined();
    expect(await store().readPendingTurn('a')).toBeUndefined();
    expect(await store().readLease('a')).toBeUndefined();
  });

  test('a session id can be taken once', async () => {
    const session = await createSession(store(), 'a');
    await expectRefusal(createSession(store(), 'a', { createdAt: 1 }), 'checkpoint/session-exists');
    expect(await store().readSession('a')).toEqual(session);
  });

  test('of many who create the same session at once one does', async () => {
    const other = await open();
    const stores = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? store() : other));
    const outcomes = await Promise.allSettled(stores.map((each) => createSession(each, 'a')));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(9).fill('checkpoint/session-exists'));
  });

  test('metadata is replaced as it was given, and is no update of the session', async () => {
    const created = await createSession(store(), 'a', { metadata: '{"title": "é\\u0000 1e400"}' });
    expect(created.metadata).toBe('{"title": "é\\u0000 1e400"}');
    const changed = await store().setMetadata({ sessionId: 'a', metadata: '{"title":"two"}' });
    expect(changed).toEqual({ ...created, metadata: '{"title":"two"}' });
    expect(await (await open()).readSession('a')).toEqual(changed);
  });

  test('metadata is set while somebody holds the session', async () => {
    await createSession(store(), 'a');
    await store().acquireLease({ sessionId: 'a', holder: 'me', ttlMs: 1000 });
    expect(await store().setMetadata({ sessionId: 'a', metadata: '1' })).toMatchObject({ metadata: '1' });
  });

  test('a session that does not exist reads as undefined', async () => {
    expect(await store().readSession('nowhere')).toBeUndefined();
    expect(await store().readSnapshot('nowhere')).toBeUndefined();
    expect(await store().readToolCalls('nowhere')).toEqual([]);
    expect(await store().listSessions()).toEqual({ items: [], next: null });
  });

  test('whatever else is asked of a session that does not exist is refused', async () => {
    for (const [method, call] of Object.entries(callsOfSession)) {
      await expectRefusal(call(store(), 'nowhere'), 'checkpoint/session-missing', method);
    }
    expect(await store().listSessions()).toEqual({ items: [], next: null });
  });

  test('equal conversations of two sessions have entries of their own', async () => {
    const a = await createSession(store(), 'a');
    const b = await createSession(store(), 'b');
    expect(a.tip).not.toBe(b.tip);
    await store().appendEntries({ sessionId: 'a', expectedTip: a.tip, entries: [userEntry('hi')], at: 1 });
    await store().appendEntries({ sessionId: 'b', expectedTip: b.tip, entries: [userEntry('hi')], at: 2 });
    const [ofA] = await store().readEntries('a');
    const [ofB] = await store().readEntries('b');
    expect(ofA?.id).not.toBe(ofB?.id);
  });

  const strange = [
    'A',
    '%',
    '_',
    "'; --",
    '"',
    '\\',
    '\n',
    '__proto__',
    'constructor',
    'á',
    'a\u0301',
    '\u{1F600}',
    ' a ',
  ];

  test('sessions are told apart by every character of their ids', async () => {
    const ids = ['a', ...strange, 'a'.repeat(1000)];
    for (const id of ids) await createSession(store(), id, { metadata: JSON.stringify(id) });
    for (const id of ids) {
      await commitTurns(store(), id, [id]);
      expect(await store().readSession(id)).toMatchObject({ id, metadata: JSON.stringify(id) });
      expect(await store().readSnapshot(`snapshot-${id}`)).toMatchObject({ sessionId: id, turnId: `turn-${id}` });
      expect(await store().readLedger(id)).toMatchObject([{ id: `turn-${id}`, sessionId: id, ordinal: 1 }]);
    }
    const listed = await store().listSessions({ limit: 100 });
    expect(listed.items.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  test.each(['n\0', 'n\0m', '\ud800', 'n\udc00'])(
    'the text %j is refused as an id or metadata, and finds nothing',
    async (text) => {
      await createSession(store(), 'a');
      await createSession(store(), text.toWellFormed().replaceAll('\0', ''));
      await expectRefusal(createSession(store(), text), 'checkpoint/invalid-write');
      await expectRefusal(createSession(store(), 'b', { metadata: text }), 'checkpoint/invalid-write');
      await expectRefusal(store().setMetadata({ sessionId: 'a', metadata: text }), 'checkpoint/invalid-write');
      expect(await store().readSession(text)).toBeUndefined();
      expect(await store().readSnapshot(text)).toBeUndefined();
      await expectRefusal(store().readEntries(text), 'checkpoint/session-missing');
    },
  );

  test.each([-1, 0.5, Number.NaN, 2 ** 53])('a session cannot be created at the time %d', async (createdAt) => {
    await expectRefusal(createSession(store(), 'a', { createdAt }), 'checkpoint/invalid-write');
    expect(await store().readSession('a')).toBeUndefined();
  });
}
