import { createAgent, type Session } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { type Model, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';

const open = (model: Model, store: CheckpointStore = openMemoryStore()): Promise<Session> =>
  createAgent({ model, system: 'Be brief.', cache: 'system_and_tools' }).openSession(store, { id: 's' });

async function policiesOf(store: CheckpointStore): Promise<readonly unknown[]> {
  return (await store.readLedger('s')).map(({ requestOptions }) => JSON.parse(requestOptions).cache);
}

describe('the cache policy of a send (D-01)', () => {
  it('holds for every request of its run, and for no other, and the ledger says so', async () => {
    const store = openMemoryStore();
    const model = scriptedModel(
      textTurn('one'),
      toolTurn(['call-1', 'gone', '{}']),
      textTurn('two'),
      textTurn('three'),
    );
    const session = await open(model, store);
    await session.send('one').result();
    await session.send('two', { cache: 'last_user_message' }).result();
    await session.send('three').result();
    const policies = ['system_and_tools', 'last_user_message', 'last_user_message', 'system_and_tools'];
    expect(model.requests.map(({ cache }) => cache)).toEqual(policies);
    expect(await policiesOf(store)).toEqual(policies);
  });

  it('holds for a run that goes on without a message', async () => {
    const store = openMemoryStore();
    const model = scriptedModel(() => {
      throw new Error('The line is cut.');
    }, textTurn('Hello.'));
    const session = await open(model, store);
    await session
      .send('hi')
      .result()
      .catch(() => undefined);
    await session.send(undefined, { cache: { breakpoints: [-1] } }).result();
    expect(model.requests.map(({ cache }) => cache)).toEqual(['system_and_tools', { breakpoints: [-1] }]);
  });

  it('is what the vendor is sent', async () => {
    const vendor = await simulator(() => 'fine');
    const agent = createAgent({ model: MODELS.anthropic(vendor.url), system: LONG_SYSTEM_PROMPT, cache: 'none' });
    const session = await agent.openSession(openMemoryStore());
    for (const options of [{}, { cache: 'system_and_tools' }, {}] as const) await session.send('hi', options).result();
    expect(vendor.requests.map(({ marks }) => marks.length)).toEqual([0, 1, 0]);
  });

  it.each(MODEL_NAMES)('is refused at once if %s has no such policy, or nobody sells its lifetime', async (name) => {
    const vendor = await simulator(() => 'fine');
    const session = await open(MODELS[name](vendor.url));
    // @ts-expect-error There is no such policy.
    expect(() => session.send('hi', { cache: 'bogus' })).toThrow(
      expect.objectContaining({ code: 'agent/invalid-option', message: expect.stringContaining("cache is 'bogus'") }),
    );
    // @ts-expect-error Nobody sells it.
    expect(() => session.send('hi', { cache: { breakpoints: [-1], ttl: '2h' } })).toThrow(
      expect.objectContaining({
        code: 'provider/invalid-request',
        message: expect.stringContaining('cache.ttl is 2h'),
      }),
    );
    expect(vendor.requests).toEqual([]);
    expect(session.state.messages).toEqual([]);
    await session.send('hi').result();
  });

  it('has no siblings that nobody knows', async () => {
    const session = await open(scriptedModel(textTurn('fine')));
    // @ts-expect-error An agent has a temperature, a send has none.
    await session.send('hi', { temperature: 1 }).result();
    expect(session.state.messages[0]).toEqual(userMessage('hi'));
  });
});
