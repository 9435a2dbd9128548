import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Step, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

function tempStore() {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

const scripted = (...steps: readonly Step[]) => createAgent({ model: scriptedModel(...steps) });

describe('a session', () => {
  it('is created under the id asked for, and resumed under the same', async () => {
    const store = tempStore();
    const session = await scripted(textTurn('one')).openSession(store, { id: 'mine' });
    await session.send('hi').result();
    const again = await scripted().openSession(store, { id: 'mine' });
    expect(again.state).toEqual(session.state);
    expect((await store.listSessions()).items).toHaveLength(1);
  });

  it('that must exist is not created', async () => {
    const store = tempStore();
    const opening = scripted().openSession(store, { id: 'gone', mustExist: true });
    await expect(opening).rejects.toMatchObject({ code: 'checkpoint/session-missing' });
    expect(await store.readSession('gone')).toBeUndefined();
    await store.createSession({ id: 'here', createdAt: 1 });
    expect((await scripted().openSession(store, { id: 'here', mustExist: true })).id).toBe('here');
  });

  it.each([
    [{ id: '' }, "id is ''; it must be a text that is not empty"],
    [{ id: 5 }, 'id is 5'],
    [{ snapshotId: '' }, "snapshotId is ''"],
  ])('is not opened under a name that is none: %j', async (options, words) => {
    const store = tempStore();
    // @ts-expect-error: as a caller without types may write it.
    const opening = scripted().openSession(store, options);
    await expect(opening).rejects.toMatchObject({
      code: 'agent/invalid-option',
      message: expect.stringContaining(words),
    });
    expect((await store.listSessions()).items).toEqual([]);
  });

  it('gives no snapshot a name that is none', async () => {
    const session = await scripted(textTurn('one')).openSession(tempStore());
    await session.send('hi').result();
    for (const label of ['', ' ', undefined, 5]) {
      // @ts-expect-error: as a caller without types may write it.
      const refused = session.label(label);
      await expect(refused).rejects.toMatchObject({
        code: 'agent/invalid-option',
        message: expect.stringMatching(/^The label is (empty|undefined|5); give a text, or null/),
      });
    }
    expect((await session.label('first')).label).toBe('first');
    expect((await session.label(null)).label).toBeNull();
  });

  it('without an id gets one that is free', async () => {
    const store = tempStore();
    const ids = [(await scripted().openSession(store)).id, (await scripted().openSession(store)).id];
    expect(new Set(ids).size).toBe(2);
  });

  it('tells a second run that it is busy', async () => {
    const session = await scripted(textTurn('one'), textTurn('two')).openSession(tempStore());
    const late = session.send('never sent in time');
    for await (const { type } of session.send('first')) {
      if (type === 'run-start') {
        expect(() => session.send('second')).toThrow(expect.objectContaining({ code: 'agent/session-busy' }));
        await expect(late.result()).rejects.toMatchObject({ code: 'agent/session-busy' });
      }
    }
    expect((await session.send('now').result()).text).toBe('two');
  });

  it('refuses to go on after it was closed', async () => {
    const session = await scripted().openSession(tempStore());
    await session.close();
    expect(() => session.send('hi')).toThrow(expect.objectContaining({ code: 'agent/session-closed' }));
  });

  it('says so when there is nothing to continue', async () => {
    const session = await scripted(textTurn('one')).openSession(tempStore());
    await session.send('hi').result();
    await expect(session.send().result()).rejects.toMatchObject({ code: 'agent/nothing-to-continue' });
  });

  it('shares nothing with another session of the same process (X-14)', async () => {
    const store = tempStore();
    const agent = scripted(textTurn('one'), textTurn('two'), textTurn('three'));
    const [a, b] = [await agent.openSession(store, { id: 'a' }), await agent.openSession(store, { id: 'b' })];
    await a.send('hi').result();
    await b.send('hi').result();
    await a.send('again').result();
    expect([a.state.turnCount, b.state.turnCount]).toEqual([2, 1]);
    const snapshots = await Promise.all([a, b].map(({ id }) => store.readSnapshots(id)));
    expect(snapshots.map((ofOne) => ofOne.map(({ turnCount }) => turnCount))).toEqual([[1, 2], [1]]);
  });

  it('I7 goes on from what another process has added to it', async () => {
    const store = tempStore();
    const one = await scripted(textTurn('one')).openSession(store, { id: 's' });
    const otherModel = scriptedModel(textTurn('other', { tokens: { fresh: 5 } }));
    const other = await createAgent({ model: otherModel }).openSession(store, { id: 's' });
    await one.send('first').result();
    expect(other.state.messages).toEqual([]);
    await other.send('second').result();
    expect(otherModel.requests[0]?.messages.map(messageText)).toEqual(['first', 'one', 'second']);
    expect(other.state).toMatchObject({ turnCount: 2, totalInputTokens: 5 });
    expect(await store.readLedger('s')).toHaveLength(2);
  });

  it('I7 I2 notices that another process was there although it left the same words', async () => {
    const store = tempStore();
    const answers = [textTurn('one'), textTurn('two', { tokens: { fresh: 1 } }), textTurn('three')];
    const one = await scripted(...answers).openSession(store, { id: 's' });
    await one.send('first').result();
    await one.send('second').result();
    const [first] = await store.readSnapshots('s');
    const other = await scripted(textTurn('two', { tokens: { fresh: 40 } })).openSession(store, { id: 's' });
    await other.rewind({ to: first?.id ?? '', what: 'conversation' });
    await other.send('second').result();
    expect((await one.send('third').result()).state.totalInputTokens).toBe(40);
    expect((await store.readLastSnapshot('s'))?.tokenSnapshot.input).toBe(40);
  });

  it('keeps the message when the vendor refuses the call, makes no row, and goes on by an empty send', async () => {
    const store = tempStore();
    const failing: Step = () => Promise.reject(new Error('refused'));
    const session = await scripted(failing, textTurn('there you are')).openSession(store, { id: 's' });
    await expect(session.send('hi').result()).rejects.toMatchObject({ code: 'provider/network' });
    expect(await store.readTurns('s')).toEqual([]);
    expect((await session.send().result()).text).toBe('there you are');
    expect(session.state.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('I11 writes what was not reported as null into the ledger, and a reported zero as 0', async () => {
    const store = tempStore();
    const session = await scripted(textTurn('one', { tokens: { cacheRead: 0 } })).openSession(store, { id: 's' });
    await session.send('hi').result();
    const [row] = await store.readTurns('s');
    expect(row?.tokens).toMatchObject({ fresh: null, cacheRead: 0, cacheWrite5m: null, output: null });
    expect(row?.costPicoUsd).toBeNull();
  });

  it('refuses an entry it cannot read, and names it', async () => {
    const store = tempStore();
    const { tip } = await store.createSession({ id: 's', createdAt: 0 });
    const entries = [{ kind: 'user-message', payload: '{"v":99,"message":{}}' }];
    const { tip: unreadable } = await store.appendEntries({ sessionId: 's', expectedTip: tip, entries, at: 0 });
    await expect(scripted().openSession(store, { id: 's' })).rejects.toMatchObject({
      code: 'agent/unreadable-entry',
      message: expect.stringContaining(unreadable),
    });
  });

  it('keeps numbers that no double can hold', async () => {
    const store = tempStore();
    const argumentsText = '{"id":12345678901234567890,"rate":1.10}';
    const session = await scripted(toolTurn(['c', 'none', argumentsText]), textTurn('ok')).openSession(store, {
      id: 's',
    });
    await session.send('hi').result();
    const again = await scripted().openSession(store, { id: 's' });
    const [block] = again.state.messages[1]?.content ?? [];
    expect(block).toMatchObject({ argumentsText });
    expect(JSON.stringify(block?.type === 'tool-call' && block.arguments)).toBe(argumentsText);
  });
});
