import {
  addUsage,
  Chat,
  createAgent,
  NO_USAGE,
  tool,
  totalUsage,
  type Usage,
  type UsageEntry,
  usageEntries,
  usageOfTurn,
} from '@reprise/agent';
import { type CheckpointStore, openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import { anthropic, type Model } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';
import { tempDatabase } from './support/temp-store.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a tree' });

/** Calls a tool wherever the message says so, then answers. */
const obedient: Script = ({ messages }) => {
  const last = messages.at(-1);
  const isAsked =
    last?.role === 'user' && last.content.some((block) => block.type === 'text' && block.text.includes('Look'));
  return isAsked ? { toolCalls: [{ id: `toolu_${messages.length}`, name: 'look' }] } : 'Done.';
};

function tempStore(): CheckpointStore {
  const store = openSqliteStore(tempDatabase());
  onTestFinished(() => store.close());
  return store;
}

async function entriesOf(store: CheckpointStore, sessionId?: string): Promise<readonly UsageEntry[]> {
  return Array.fromAsync(usageEntries(store, sessionId === undefined ? {} : { sessionId }));
}

/** Models with a price and without one. */
const modelOf = (url: string, isPriced: boolean): Model =>
  anthropic({ apiKey: 'simulated', baseURL: url }).model(isPriced ? 'claude-opus-5' : 'tree-1');

describe('the cost of a chat (L-63)', () => {
  it('is that of its ledger, for any talk (X-18)', async () => {
    const vendor = await simulator(obedient);
    let runs = 0;
    const talk = fc.array(fc.constantFrom('Look.', 'Say.', 'Look, and say.'), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(talk, fc.boolean(), fc.boolean(), async (questions, isPriced, isCached) => {
        const store = openMemoryStore();
        const cache = isCached ? 'last_user_message' : 'none';
        const options = { system: LONG_SYSTEM_PROMPT, tools: [look], cache } as const;
        const [forChat, forSession] = ['chat', 'session'].map((name) => {
          const { url } = vendor.workspace(`${name} ${runs}`);
          return modelOf(url, isPriced);
        });
        runs += 1;
        if (!forChat || !forSession) throw new Error('No models.');
        const chat = new Chat(forChat, options);
        const session = await createAgent({ model: forSession, ...options, maxToolRounds: 2 }).openSession(store);
        for (const question of questions) {
          await chat.ask(question);
          await session.send(question).result();
        }
        const rows = await store.readLedger(session.id);
        expect(chat.cost).toEqual({
          known: rows.reduce((sum, { costPicoUsd }) => sum + (costPicoUsd ?? 0n), 0n),
          unpricedTurns: rows.filter(({ costPicoUsd }) => costPicoUsd === null).length,
        });
        expect(chat.cost.known > 0n).toBe(isPriced);
        expect(await totalUsage(usageEntries(store))).toEqual(chat.lifetimeUsage);
        await store.close();
      }),
      { numRuns: 15 },
    );
  });

  it('is the sum of its turns, those of broken runs included', async () => {
    const vendor = await simulator(() => 'One two three.');
    const chat = new Chat(MODELS.anthropic(vendor.url));
    const { cost } = await chat.ask('Count.');
    for await (const { type } of chat.stream('Again.')) if (type === 'text-delta') break;
    expect(chat.usage.turns).toBe(1);
    expect(chat.cost.known).toBe(cost.known + chat.usage.picoUsd);
    expect(chat.cost.unpricedTurns).toBe(chat.usage.unpricedTurns);
  });

  it('is not that of a history it began with, nor of the chat it was forked from', async () => {
    const vendor = await simulator(() => 'Done.');
    const chat = new Chat(MODELS.anthropic(vendor.url));
    await chat.ask('One.');
    const [fork, copy] = [chat.fork(), new Chat(scriptedModel(), { history: chat.history })];
    expect([fork.cost, copy.cost]).toEqual([
      { known: 0n, unpricedTurns: 0 },
      { known: 0n, unpricedTurns: 0 },
    ]);
    await fork.ask('Two.');
    expect([fork.lifetimeUsage.turns, chat.lifetimeUsage.turns]).toEqual([1, 1]);
  });
});

describe('the usage of a chat (L-64)', () => {
  it('begins anew with each run, and goes on over its life', async () => {
    const vendor = await simulator(obedient);
    const chat = new Chat(MODELS.anthropic(vendor.url), { tools: [look] });
    const first = await chat.ask('Look.');
    expect([chat.usage.turns, chat.usage]).toEqual([2, first.usage]);
    const second = await chat.ask('Say.');
    expect([chat.usage.turns, chat.usage]).toEqual([1, second.usage]);
    expect(chat.lifetimeUsage.turns).toBe(3);
    expect(chat.lifetimeUsage.picoUsd).toBe(first.usage.picoUsd + second.usage.picoUsd);
    expect([first.usage.turns, first.cost.known]).toEqual([2, first.usage.picoUsd]);
  });

  it('tells reads and writes apart: a write that nobody reads costs more than none (B-18)', async () => {
    const vendor = await simulator(() => 'Done.');
    const once = async (cache: boolean): Promise<Usage> => {
      const model = MODELS.anthropic(vendor.url);
      return (await new Chat(model, { system: LONG_SYSTEM_PROMPT, cache, cacheIdxs: [0] }).ask('Hi.')).usage;
    };
    const [plain, wasted] = [await once(false), await once(true)];
    expect([plain.cacheRead, plain.cacheWrite, wasted.cacheRead]).toEqual([0, 0, 0]);
    expect(plain.fresh).toBe(wasted.fresh + wasted.cacheWrite);
    expect(wasted.picoUsd > plain.picoUsd).toBe(true);
  });

  it('does not hold what a silent vendor did not say', async () => {
    const chat = new Chat(scriptedModel(textTurn('Hi.', { tokens: { fresh: 7, output: 2 } }), textTurn('Ho.')));
    await chat.ask('Hi.');
    expect(chat.usage).toMatchObject({ fresh: 7, silentTurns: 1, uncountedTurns: 0, unpricedTurns: 1 });
    await chat.ask('Ho.');
    expect(chat.lifetimeUsage).toMatchObject({ fresh: 7, silentTurns: 2, uncountedTurns: 1, turns: 2 });
  });
});

describe('the ledger as a usage log (L-65)', () => {
  it('has one row for each call of each session: when, which model, whose, how much', async () => {
    const vendor = await simulator(obedient);
    const store = tempStore();
    const agent = createAgent({ model: MODELS.anthropic(vendor.url), tools: [look] });
    const turns: Record<string, Usage[]> = {};
    for (const id of ['anna', 'bert']) {
      const session = await agent.openSession(store, { id });
      turns[id] = (await session.send(id === 'anna' ? 'Look.' : 'Say.').result()).turns.map(usageOfTurn);
    }
    const entries = await entriesOf(store);
    expect(entries.map(({ sessionId }) => sessionId).toSorted()).toEqual(['anna', 'anna', 'bert']);
    expect(entries[0]).toMatchObject({ model: 'claude-opus-5', family: 'anthropic', at: expect.any(Number) });
    expect(await totalUsage(await entriesOf(store, 'anna'))).toEqual(turns['anna']?.reduce(addUsage, NO_USAGE));
    expect((await totalUsage(usageEntries(store))).turns).toBe(3);
  });

  it('has what a rewind left behind, and counts what a fork inherited once', async () => {
    const vendor = await simulator(() => 'Done.');
    const store = tempStore();
    const agent = createAgent({ model: MODELS.anthropic(vendor.url) });
    const session = await agent.openSession(store, { id: 'anna' });
    await session.send('One.').result();
    const [snapshot] = await session.snapshots();
    const fork = await session.fork({ id: 'fork' });
    await session.send('Two.').result();
    await session.rewind({ to: snapshot?.id ?? '', what: 'conversation' });
    await fork.send('Three.').result();
    const owners = (await entriesOf(store)).map(({ sessionId }) => sessionId);
    expect(owners.toSorted()).toEqual(['anna', 'anna', 'fork']);
  });

  it('can be asked for a span of time, end excluded, over more sessions than a page has', async () => {
    let now = 1000;
    const ports = { clock: () => now, createId: () => crypto.randomUUID() };
    const store = tempStore();
    const model = scriptedModel(
      ...Array.from({ length: 60 }, (_, at) => textTurn('Hi.', { timing: { startedAt: 1000 + at, durationMs: 1 } })),
    );
    for (let index = 0; index < 60; index += 1) {
      now = 1000 + index;
      await (await createAgent({ model, ports }).openSession(store)).send('Hi.').result();
    }
    const found = await Array.fromAsync(usageEntries(store, { from: 1005, to: 1010 }));
    expect(found.map(({ at }) => at).toSorted((a, b) => a - b)).toEqual([1005, 1006, 1007, 1008, 1009]);
    expect(await entriesOf(store)).toHaveLength(60);
  });
});
