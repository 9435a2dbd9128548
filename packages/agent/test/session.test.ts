import { createAgent, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
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
    expect(await store.listSessions()).toHaveLength(1);
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

  it('I7 that two processes hold refuses the slower one and loses nothing', async () => {
    const store = tempStore();
    const one = await scripted(textTurn('one')).openSession(store, { id: 's' });
    const other = await scripted(textTurn('other')).openSession(store, { id: 's' });
    await one.send('first').result();
    await expect(other.send('second').result()).rejects.toMatchObject({ code: 'checkpoint/tip-moved' });
    expect(other.state.messages).toEqual([]);
    expect(await store.readTurns('s')).toHaveLength(1);
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

describe('I5 calls that a crash left open', () => {
  /** A session that stopped after its tool calls were committed, resumed with that tool. */
  async function resume(effect: 'pure' | 'idempotent' | 'effect', input?: string) {
    const store = tempStore();
    const run = vi.fn((_input: unknown, { idempotencyKey }: { idempotencyKey: string }) => idempotencyKey);
    const act = tool({ name: 'act', description: '', input: z.object({}), effect, run });
    const crashed = await createAgent({ model: scriptedModel(toolTurn(['c', 'act', '{}'])), tools: [act] }).openSession(
      store,
      { id: 's' },
    );
    for await (const { type } of crashed.send('go')) if (type === 'tool-start') break;
    // A killed process would not have closed the call: drop the entry that did, by forking at the turn.
    const snapshot = await store.readLastSnapshot('s');
    const model = scriptedModel(textTurn('done'));
    const resumed = await createAgent({ model, tools: [act] }).openSession(store, { snapshotId: snapshot?.id ?? '' });
    await resumed.send(input).result();
    return { run, model, resumed };
  }

  it.each(['pure', 'idempotent'] as const)(
    'of a tool that is %s run again when the session goes on',
    async (effect) => {
      const { run, model } = await resume(effect);
      expect(run).toHaveBeenCalledTimes(1);
      expect(model.requests[0]?.messages.at(-1)).toMatchObject({
        role: 'tool',
        content: [{ toolCallId: 'c', isError: false }],
      });
    },
  );

  it('of any other tool do not run again, and the model is told that the outcome is unknown', async () => {
    const { run, model } = await resume('effect');
    expect(run).not.toHaveBeenCalled();
    const [result] = model.requests[0]?.messages.at(-1)?.content ?? [];
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('Outcome unknown') }] });
  });

  it('are answered before a new message is sent', async () => {
    const { model } = await resume('effect', 'what now?');
    expect(model.requests[0]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
  });
});
