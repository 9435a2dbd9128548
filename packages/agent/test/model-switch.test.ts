import { type AgentEvent, createAgent, type ModelSwitchEvent, type Session, systemPorts } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { anthropic, type Model } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const SETTINGS = { system: LONG_SYSTEM_PROMPT, onPrefixChange: 'allow' } as const;

async function claudes() {
  const server = await simulator(() => 'So it is.');
  const provider = anthropic({ apiKey: 'simulated', baseURL: server.url });
  return { server, opus: provider.model('claude-opus-5'), haiku: provider.model('claude-haiku-4-5'), provider };
}

function open(store: CheckpointStore, model: Model, at?: string): Promise<Session> {
  return createAgent({ ...SETTINGS, model }).openSession(store, at === undefined ? { id: 's' } : { snapshotId: at });
}

async function switchesOf(session: Session, input = 'And now?') {
  const events: AgentEvent[] = [];
  for await (const event of session.send(input)) events.push(event);
  const switches = events.filter((event): event is AgentEvent & ModelSwitchEvent => event.type === 'model-switch');
  return { switches, events };
}

describe('a session stays with its model (D-21)', () => {
  it('and says nothing as long as it does, resumed or not', async () => {
    const { opus } = await claudes();
    const store = openMemoryStore();
    const session = await open(store, opus);
    expect((await switchesOf(session)).switches).toEqual([]);
    expect((await switchesOf(session)).switches).toEqual([]);
    await session.close();
    expect((await switchesOf(await open(store, opus))).switches).toEqual([]);
  });

  it('and a switch is an event with its price, before anything is sent', async () => {
    const { server, opus, haiku } = await claudes();
    const store = openMemoryStore();
    await (await open(store, opus)).send('hello').result();
    const session = await open(store, haiku);
    const sent = server.requests.length;
    for await (const event of session.send('And now?')) {
      if (event.type !== 'model-switch') continue;
      expect(server.requests).toHaveLength(sent);
      expect([event.from, event.to]).toEqual([
        { family: 'anthropic', id: 'claude-opus-5' },
        { family: 'anthropic', id: 'claude-haiku-4-5' },
      ]);
      expect(event.price.heldTokens).toBeGreaterThan(1000);
    }
    expect(server.requests).toHaveLength(sent + 1);
    expect((await switchesOf(session)).switches).toEqual([]);
  });

  it('and `onPrefixChange: refuse` does not let it switch', async () => {
    const { server, opus, haiku } = await claudes();
    const store = openMemoryStore();
    await (await open(store, opus)).send('hello').result();
    const strict = createAgent({ ...SETTINGS, model: haiku, onPrefixChange: 'refuse' });
    const { switches, events } = await switchesOf(await strict.openSession(store, { id: 's' }));
    expect([switches.length, server.requests.length]).toEqual([1, 1]);
    expect(events.at(-1)).toMatchObject({ reason: 'error', error: { code: 'agent/prefix-changed' } });
  });
});

describe('the price of a switch (N-20)', () => {
  /** The same message on both models, in two sessions forked off at the same turn. */
  async function bothWays(from: string, to: string, idleMs = 0) {
    const { server, provider } = await claudes();
    const store = openMemoryStore();
    const origin = await open(store, provider.model(from));
    await origin.send('hello').result();
    const snapshotId = (await origin.snapshots()).at(-1)?.id ?? '';
    server.advance(idleMs);
    const ports = { ...systemPorts, clock: server.clock };
    const goOn = async (id: string) => {
      const agent = createAgent({ ...SETTINGS, model: provider.model(id), ports });
      const session = await agent.openSession(store, { snapshotId });
      const { switches } = await switchesOf(session);
      return { price: switches[0]?.price, row: await store.readLastTurn(session.id) };
    };
    const stayed = await goOn(from);
    const switched = await goOn(to);
    return { price: switched.price, switched: switched.row, stayed: stayed.row };
  }

  it('is what the simulator charges: models of one price differ by what is read of the cache, to the picoUsd', async () => {
    const { price, switched, stayed } = await bothWays('claude-opus-4-8', 'claude-opus-5');
    const predicted = (price?.coldPicoUsd ?? 0n) - (price?.warmPicoUsd ?? 0n);
    expect(predicted).toBe((switched?.costPicoUsd ?? 0n) - (stayed?.costPicoUsd ?? 0n));
    expect(predicted).toBeGreaterThan(0n);
  });

  it('is within a few tokens of what each model charges, where their prices differ', async () => {
    const { price, switched, stayed } = await bothWays('claude-opus-5', 'claude-haiku-4-5');
    const charged = [stayed, switched].map((row) => row?.costPicoUsd ?? 0n);
    for (const [index, expected] of [price?.warmPicoUsd, price?.coldPicoUsd].entries()) {
      // The answer is not in the price, and what was added is told by its bytes: at most 100 tokens at the dearest rate of either.
      const off = (charged[index] ?? 0n) - (expected ?? 0n);
      expect(off < 0n ? -off : off).toBeLessThan(100n * 25_000_000n);
    }
  });

  it('is that of sending all anew on both, once what was held has died', async () => {
    const { price, stayed } = await bothWays('claude-opus-4-8', 'claude-opus-5', 6 * 60_000);
    expect(price?.heldTokens).toBe(0);
    expect(price?.warmPicoUsd).toBe(price?.coldPicoUsd);
    expect(stayed?.tokens.cacheRead).toBe(0);
  });

  it('stays unknown where the price of a model is, or the counts are (I11)', async () => {
    const { opus } = await claudes();
    const store = openMemoryStore();
    await (await open(store, opus)).send('hello').result();
    const unpriced = await switchesOf(await open(store, scriptedModel(textTurn('Hm.'))));
    expect(unpriced.switches[0]?.price.coldPicoUsd).toBeUndefined();
    expect(unpriced.switches[0]?.price.warmPicoUsd).toBeTypeOf('bigint');
    const uncounted = await switchesOf(await open(store, opus));
    expect(uncounted.switches[0]?.price).toEqual({
      promptTokens: 'not-reported',
      heldTokens: 0,
      warmPicoUsd: undefined,
      coldPicoUsd: undefined,
    });
  });
});
