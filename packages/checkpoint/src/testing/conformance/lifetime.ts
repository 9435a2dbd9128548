import { expect, test } from 'vitest';
import { callsOfSession, otherCalls } from './every-call.ts';
import { createRichSession } from './rich-session.ts';
import { createSession, everythingIn, expectRefusal, type StoreSuite } from './suite.ts';

export function describeLifetime({ store, open }: StoreSuite): void {
  test('C3 what was written is there after the store is closed and opened again', async () => {
    await createRichSession(store());
    const ids = ['a', 'fork', 'late'];
    const before = await Promise.all(ids.map((id) => everythingIn(store(), id)));
    const listed = await store().listSessions();
    await store().close();
    const reopened = await open();
    expect(await Promise.all(ids.map((id) => everythingIn(reopened, id)))).toEqual(before);
    expect(await reopened.listSessions()).toEqual(listed);
  });

  test('a store that was used as it should be has no damage', async () => {
    await createRichSession(store());
    await store().deleteSession({ sessionId: 'fork' });
    await store().deleteSnapshots({ sessionId: 'a', snapshotIds: ['snapshot-1'] });
    expect(await Array.fromAsync(store().findDamage())).toEqual([]);
  });

  test('who looks for damage is told of each session before it is read', async () => {
    await createRichSession(store());
    const told: string[] = [];
    const found = await Array.fromAsync(store().findDamage({ onSession: (sessionId) => told.push(sessionId) }));
    expect(found).toEqual([]);
    expect(told.sort()).toEqual(['a', 'fork', 'late']);
  });

  test('C4 reading changes nothing that another store would see', async () => {
    await createRichSession(store());
    const other = await open();
    const before = await everythingIn(other, 'a');
    await everythingIn(store(), 'a');
    await Array.fromAsync(store().findDamage());
    expect(await everythingIn(other, 'a')).toEqual(before);
  });

  test('places have nothing in common, and two stores in one place have everything', async () => {
    await createSession(store(), 'a');
    expect(await (await open()).readSession('a')).toEqual(await store().readSession('a'));
  });

  test('a closed store refuses every call, closes again without harm, and leaves others in its place open', async () => {
    await createSession(store(), 'a');
    const other = await open();
    await store().close();
    await store().close();
    for (const [method, call] of Object.entries({ ...callsOfSession, ...otherCalls })) {
      await expectRefusal(call(store(), 'a'), 'checkpoint/closed', method);
    }
    expect(await other.listSessions()).toMatchObject({ items: [{ id: 'a' }] });
  });
}
