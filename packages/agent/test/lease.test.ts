import { spawnSync } from 'node:child_process';
import { type AgentEvent, createAgent, type Run, tool } from '@reprise/agent';
import { CheckpointError, type CheckpointStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createHolderName } from '../src/lease/holder.ts';
import { createWorld } from './support/crashes.ts';
import { busySession, openScripted } from './support/held-runs.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const TTL_MS = 30_000;

const endOf = (events: readonly AgentEvent[]) => events.at(-1);
const textsOf = (run: Run) => run.result().then(({ text }) => text);
const isHeld = async (store: CheckpointStore) => ((await store.readLease('s'))?.holder ?? null) !== null;

/** The name of a process of this machine that has ended. */
function goneHolder(): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return createHolderName().replace(`/${process.pid}/`, `/${pid}/`);
}

describe('I7 the lease of a session', () => {
  it('is taken when a run starts and given back before the run says that it ended', async () => {
    const store = createWorld().open();
    const session = await openScripted(store, [textTurn('one')]);
    expect(await store.readLease('s')).toBeUndefined();
    const held: boolean[] = [];
    for await (const { type } of session.send('hi')) {
      if (type === 'assistant-turn' || type === 'run-end') held.push(await isHeld(store));
    }
    expect(held).toEqual([true, false]);
  });

  it('is given back by a run that fails, and by one whose listener leaves', async () => {
    const store = createWorld().open();
    const session = await openScripted(store, [() => Promise.reject(new Error('no')), textTurn('one')]);
    await expect(session.send('hi').result()).rejects.toThrow();
    expect(await isHeld(store)).toBe(false);
    for await (const { type } of session.send()) if (type === 'text-delta') break;
    expect(await isHeld(store)).toBe(false);
  });

  it('is renewed for as long as the run goes', async () => {
    const store = createWorld().open();
    const busy = await busySession(store, { leaseTtlMs: 30 });
    const before = (await store.readLease('s'))?.expiresAt ?? 0;
    await vi.waitUntil(async () => ((await store.readLease('s'))?.expiresAt ?? 0) > before + 60);
    busy.answer();
    expect(endOf(await busy.events)).toMatchObject({ reason: 'end-turn' });
  });

  it('is not needed to look at the session', async () => {
    const store = createWorld().open();
    const busy = await busySession(store);
    expect((await openScripted(store, [])).state.messages).toHaveLength(1);
    busy.answer();
    await busy.events;
  });

  it('of a process that is gone from this machine is taken over at once (N-11)', async () => {
    const store = createWorld().open();
    const session = await openScripted(store, [textTurn('one')]);
    await store.acquireLease({ sessionId: 's', holder: goneHolder(), ttlMs: TTL_MS });
    expect(await textsOf(session.send('hi'))).toBe('one');
  });

  it.each([
    ['that still runs', () => createHolderName().replace(`/${process.pid}/`, `/${process.ppid}/`)],
    ['of another machine', () => `elsewhere${goneHolder()}`],
    ['that says nothing of itself', () => 'somebody'],
  ])('of a process %s is taken over only when it has run out', async (_which, holderName) => {
    const world = createWorld();
    const store = world.open();
    const session = await openScripted(store, [textTurn('one')]);
    await store.acquireLease({ sessionId: 's', holder: holderName(), ttlMs: TTL_MS });
    await expect(session.send('hi').result()).rejects.toMatchObject({ code: 'agent/session-busy' });
    world.leaseTimePasses();
    expect(await textsOf(session.send('hi'))).toBe('one');
  });

  it.each([
    { leaseTtlMs: 0 },
    { leaseTtlMs: 1.5 },
    { queueTimeoutMs: Number.POSITIVE_INFINITY },
    { onBusy: 'wait' as 'queue' },
  ])('refuses %o', async (options) => {
    const store = createWorld().open();
    await expect(openScripted(store, [], options)).rejects.toMatchObject({ code: 'agent/invalid-option' });
    expect((await store.listSessions()).items).toEqual([]);
  });
});

describe('I7 a run that loses its lease (N-11)', () => {
  /** Somebody else takes the session over, as after a pause longer than the lease. */
  async function takeOver(store: CheckpointStore) {
    const fence = (await store.readLease('s'))?.fence ?? 0;
    return store.acquireLease({ sessionId: 's', holder: 'somebody', ttlMs: TTL_MS, takeOverFence: fence });
  }

  /** A session whose model calls a tool that never ends, and the signal that the tool is given. */
  async function deafSession(store: CheckpointStore, leaseTtlMs: number) {
    const { promise: signalOfTool, resolve } = Promise.withResolvers<AbortSignal>();
    const deaf = tool({
      name: 'act',
      description: '',
      input: z.object({}),
      run: (_input, { signal }) => {
        resolve(signal);
        return new Promise<string>(() => {});
      },
    });
    const agent = createAgent({ model: scriptedModel(toolTurn(['c', 'act', '{}'])), tools: [deaf] });
    return { session: await agent.openSession(store, { id: 's', leaseTtlMs }), signalOfTool };
  }

  it('stops its model call at once, writes nothing more and says why', async () => {
    const store = createWorld().open();
    const { session, events } = await busySession(store);
    const before = await store.dumpSession('s');
    const lease = await takeOver(store);
    expect(endOf(await events)).toMatchObject({ reason: 'error', error: { code: 'checkpoint/lease-lost' } });
    expect(await store.dumpSession('s')).toEqual(before);
    expect(await store.readLease('s')).toEqual(lease);
    await store.releaseLease(lease);
    expect((await session.send('again').result()).text).toBe('later');
  });

  it('stops its tool at once, and keeps neither outcome nor result', async () => {
    const store = createWorld().open();
    const { session, signalOfTool } = await deafSession(store, TTL_MS);
    const events = Array.fromAsync(session.send('go'));
    const signal = await signalOfTool;
    await takeOver(store);
    expect(endOf(await events)).toMatchObject({ reason: 'error', error: { code: 'checkpoint/lease-lost' } });
    expect(signal.aborted).toBe(true);
    expect((await store.readEntries('s')).map(({ kind }) => kind)).toEqual(['user-message', 'assistant-message']);
    const [call] = await store.readToolCalls((await store.readLastTurn('s'))?.id ?? '');
    expect(call).toMatchObject({ attempts: 1, outcome: null });
  });

  it('is told by the next renewal where the store does not tell of changes', async () => {
    const store = createWorld().open();
    const { events } = await busySession({ ...store, watchLease: async () => {} }, { leaseTtlMs: 30 });
    await takeOver(store);
    expect(endOf(await events)).toMatchObject({ reason: 'error', error: { code: 'checkpoint/lease-lost' } });
  });

  it('also stops when the store does not answer for as long as the lease lasts', async () => {
    const store = createWorld().open();
    const down = new CheckpointError('checkpoint/unavailable', 'no connection');
    const { session, signalOfTool } = await deafSession({ ...store, renewLease: () => Promise.reject(down) }, 9);
    const events = await Array.fromAsync(session.send('go'));
    expect(endOf(events)).toMatchObject({ reason: 'error', error: down });
    expect((await signalOfTool).aborted).toBe(true);
    expect((await store.readEntries('s')).map(({ kind }) => kind).at(-1)).toBe('tool-message');
  });

  it('does not disturb the run that comes after it', async () => {
    const store = createWorld().open();
    const session = await openScripted(store, [textTurn('late'), textTurn('in time')]);
    const late = session.send('first')[Symbol.asyncIterator]();
    for (let type = ''; type !== 'text-delta'; ) type = (await late.next()).value?.type;
    await store.releaseLease(await takeOver(store));
    const { state } = await session.send('second', { onBusy: 'queue' }).result();
    const end = endOf(await Array.fromAsync({ [Symbol.asyncIterator]: () => late }));
    expect(end).toMatchObject({ reason: 'error', error: { code: 'checkpoint/lease-lost' } });
    expect(session.state).toEqual(state);
    expect(state.messages.map(messageText)).toEqual(['first', '', 'second', 'in time']);
  });
});
