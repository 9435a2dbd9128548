import { type AgentFaultPoint, type AgentOptions, createAgent, systemPorts } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { ProviderError, type StreamEvent } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { type Step, scriptedModel, textTurn } from './support/scripted-stream.ts';

const TOKENS = { fresh: 7, cacheRead: 0, output: 3 };

/** A session whose first turn is whole, and whose process died at the point in the second. */
async function crashed(point: AgentFaultPoint): Promise<CheckpointStore> {
  const world = createWorld();
  const store = world.open();
  await send(store, [textTurn('one', { tokens: TOKENS })], 'first');
  const model = scriptedModel(textTurn('lost', { tokens: TOKENS }));
  await sendAndDie(world, { model }, { point, input: 'second' });
  return world.open();
}

/** Sends in a new process; resolves to the events of the run. */
async function send(
  store: CheckpointStore,
  steps: readonly Step[],
  input?: string,
  options: Partial<AgentOptions> = {},
) {
  const model = scriptedModel(...steps);
  const session = await createAgent({ model, ...options }).openSession(store, { id: 's' });
  const events = await Array.fromAsync(session.send(input));
  return { events, state: session.state, model };
}

describe('I6 a model call whose process died (N-10)', () => {
  it.each(['agent/turn-begun', 'agent/first-event', 'agent/stream-ended'] as const)(
    'at %s has its row before the next is made: aborted, with nothing reported',
    async (point) => {
      const store = await crashed(point);
      const pending = await store.readPendingTurn('s');
      const { events, state, model } = await send(store, [textTurn('two', { tokens: TOKENS })]);
      expect(events.map(({ type }) => type)).toEqual([
        'run-start',
        'turn-end',
        'text-delta',
        'assistant-turn',
        'turn-end',
        'run-end',
      ]);
      const rows = await store.readLedger('s');
      expect(rows.map(({ stopReason }) => stopReason)).toEqual(['end-turn', 'aborted', 'end-turn']);
      expect(rows[1]).toMatchObject({ id: pending?.id, usageState: 'none', tokens: { fresh: null, output: null } });
      expect(rows[1]?.prefixFingerprint).toBe(pending?.prefixFingerprint);
      expect(await store.readPendingTurn('s')).toBeUndefined();
      expect(state).toMatchObject({ turnCount: 3, totalInputTokens: 14, totalOutputTokens: 6, silentTurnCount: 1 });
      expect(model.requests[0]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    },
  );

  it.each(['agent/input-committed', 'agent/turn-prepared'] as const)(
    'at %s was not made, and has none',
    async (point) => {
      const store = await crashed(point);
      const { events } = await send(store, [textTurn('two')]);
      expect(events.filter(({ type }) => type === 'turn-end')).toHaveLength(1);
      expect(await store.readLedger('s')).toHaveLength(2);
    },
  );

  it('is recovered before a new message is added', async () => {
    const store = await crashed('agent/turn-begun');
    await send(store, [textTurn('two')], 'third');
    expect((await store.readEntries('s')).slice(2).map(({ kind }) => kind)).toEqual([
      'user-message',
      'assistant-message',
      'user-message',
      'assistant-message',
    ]);
  });
});

describe('the note of a model call', () => {
  it('is gone after a response', async () => {
    const store = openMemoryStore();
    await send(store, [textTurn('one')], 'hi');
    expect(await store.readPendingTurn('s')).toBeUndefined();
  });

  it('is taken back when the vendor refused the call, and there is no row', async () => {
    const store = openMemoryStore();
    await send(store, [() => Promise.reject(new ProviderError('provider/overloaded', 'Overloaded'))], 'hi');
    expect(await store.readPendingTurn('s')).toBeUndefined();
    expect(await store.readLedger('s')).toEqual([]);
  });

  it('is taken back when the request is refused before it is sent', async () => {
    const store = openMemoryStore();
    const refusal = new ProviderError('provider/invalid-request', 'temperature is 7');
    const model = {
      ...scriptedModel(),
      stream: () => {
        throw refusal;
      },
    };
    const { events } = await send(store, [], 'hi', { model });
    expect(events.at(-1)).toMatchObject({ reason: 'error', error: refusal });
    expect(await store.readPendingTurn('s')).toBeUndefined();
  });

  it('is taken back when the run is aborted before the model is asked', async () => {
    const store = openMemoryStore();
    const abort = new AbortController();
    const onFaultPoint = (point: AgentFaultPoint) => {
      if (point === 'agent/turn-begun') abort.abort();
    };
    const model = scriptedModel();
    const agent = createAgent({ model, ports: { ...systemPorts, onFaultPoint } });
    const session = await agent.openSession(store, { id: 's' });
    await expect(session.send('hi', { signal: abort.signal }).result()).rejects.toMatchObject({
      code: 'provider/aborted',
    });
    expect(model.requests).toEqual([]);
    expect(await store.readPendingTurn('s')).toBeUndefined();
    expect(await store.readLedger('s')).toEqual([]);
  });

  it('stays when a model breaks its promise, and the next run has its row', async () => {
    const store = openMemoryStore();
    const silence = (async function* (): AsyncGenerator<StreamEvent> {})();
    const model = { ...scriptedModel(), stream: () => Object.assign(silence, { turn: new Promise<never>(() => {}) }) };
    const { events } = await send(store, [], 'hi', { model });
    expect(events.at(-1)).toMatchObject({ error: { code: 'agent/broken-model' } });
    await send(store, [textTurn('one')]);
    expect((await store.readLedger('s')).map(({ stopReason }) => stopReason)).toEqual(['aborted', 'end-turn']);
  });

  it('stays when the answer cannot be committed, and the next run has its row', async () => {
    const store = openMemoryStore();
    const full = new Error('disk full');
    await send({ ...store, commitTurn: () => Promise.reject(full) }, [textTurn('lost')], 'hi');
    await send(store, [textTurn('one')]);
    expect((await store.readLedger('s')).map(({ stopReason }) => stopReason)).toEqual(['aborted', 'end-turn']);
  });
});
