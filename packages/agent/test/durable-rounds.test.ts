import { type AgentOptions, createAgent, type EffectClass, type Hook, type Tool, tool } from '@reprise/agent';
import { CheckpointError, type CheckpointStore, openMemoryStore, openSqliteStore } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

function toolOf(effect: EffectClass, name: string = effect, run: () => unknown = () => `${name} ran`): Tool {
  return tool({ name, description: '', input: z.object({}), effect, run: async () => String(await run()) });
}

const turnWith = (...names: readonly string[]) =>
  toolTurn(...names.map((name, index) => [`c${index}`, name, '{}'] as const));

/** What a process that starts now finds: the kinds of the entries, and the journal of the last turn. */
async function durable(store: CheckpointStore) {
  const turn = (await store.readLastTurn('s'))?.id ?? '';
  return {
    kinds: (await store.readEntries('s')).map(({ kind }) => kind),
    calls: (await store.readToolCalls(turn)).map(({ toolName, attempts, outcome }) => [
      toolName,
      attempts,
      outcome !== null,
    ]),
  };
}

/** Plays one round of these calls and an answer, and counts the store's transactions from the first turn's commit to the last one's. */
async function transactionsOf(names: readonly string[], tools: readonly Tool[]): Promise<number> {
  let commits = 0;
  const store = openSqliteStore({
    path: tempDatabase(),
    onFaultPoint(point) {
      if (point === 'store/committed') commits += 1;
    },
  });
  const model = scriptedModel(turnWith(...names), textTurn('done'));
  const session = await createAgent({ model, tools }).openSession(store, { id: 's' });
  const counts: number[] = [];
  for await (const event of session.send('go')) if (event.type === 'turn-end') counts.push(commits);
  await session.close();
  await store.close();
  return (counts[1] ?? Number.NaN) - (counts[0] ?? Number.NaN);
}

describe('a round of tools is durable in as few transactions as its effects allow', () => {
  it.each([
    ['one call of a pure tool', ['pure'], 2],
    ['calls of pure tools that end together', ['pure', 'pure', 'pure', 'pure'], 2],
    ['a call that is started again with its key', ['idempotent'], 4],
    ['a call that must not run twice', ['effect'], 4],
  ] as const)('%s', async (_, names, transactions) => {
    const tools = (['pure', 'idempotent', 'effect'] as const).map((effect) => toolOf(effect));
    expect(await transactionsOf(names, tools)).toBe(transactions);
  });
});

describe('what a pure tool gave', () => {
  /** A round of calls whose store is looked at from within `look`, a tool that waits for nobody. */
  async function seenWithin(
    names: readonly string[],
    options: Partial<AgentOptions> & { readonly tools: readonly Tool[] },
  ) {
    const store = openMemoryStore();
    const seen: Awaited<ReturnType<typeof durable>>[] = [];
    const look = toolOf('pure', 'look', async () => {
      // The other calls of the round end now.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      seen.push(await durable(store));
    });
    const model = scriptedModel(turnWith(...names), textTurn('done'));
    const agent = createAgent({ ...options, model, tools: [...options.tools, look] });
    await (await agent.openSession(store, { id: 's' })).send('go').result();
    return { seen, after: await durable(store) };
  }

  it('is durable while others are still running (N-10)', async () => {
    const { seen } = await seenWithin(['pure', 'look'], { tools: [toolOf('pure')] });
    expect(seen.map(({ calls }) => calls)).toEqual([[['pure', 1, true]]]);
  });

  it('is durable before the next call begins that waits for it', async () => {
    const { seen } = await seenWithin(['pure', 'look'], { tools: [toolOf('pure')], toolParallelism: 1 });
    expect(seen.map(({ calls }) => calls)).toEqual([[['pure', 1, true]]]);
  });

  it.each<[string, (look: () => Promise<void>) => Partial<AgentOptions>]>([
    [
      'a hook',
      (look) => {
        const hook: Hook = { name: 'looks', beforeRequest: () => look() };
        return { hooks: [hook] };
      },
    ],
    ['a limiter', (look) => ({ limiter: { acquire: () => look().then(() => () => {}) } })],
  ])('and the results of its round are durable before %s is asked about the next request', async (_, optionsWith) => {
    const store = openMemoryStore();
    const seen: Awaited<ReturnType<typeof durable>>[] = [];
    const options = optionsWith(async () => void seen.push(await durable(store)));
    const model = scriptedModel(turnWith('pure'), textTurn('done'));
    const agent = createAgent({ ...options, model, tools: [toolOf('pure')] });
    await (await agent.openSession(store, { id: 's' })).send('go').result();
    expect(seen[1]).toEqual({
      kinds: ['user-message', 'assistant-message', 'tool-message'],
      calls: [['pure', 1, true]],
    });
  });

  it('is durable before anybody waits for a decision on another call', async () => {
    const store = openMemoryStore();
    const guarded = tool({ name: 'guarded', description: '', input: z.object({}), needsApproval: true, run: () => '' });
    const seen: Awaited<ReturnType<typeof durable>>[] = [];
    const approve = async () => {
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      seen.push(await durable(store));
      return { isApproved: false } as const;
    };
    const model = scriptedModel(turnWith('pure', 'guarded'), textTurn('done'));
    const agent = createAgent({ model, tools: [toolOf('pure'), guarded], approve });
    await (await agent.openSession(store, { id: 's' })).send('go').result();
    expect(seen[0]?.calls).toEqual([['pure', 1, true]]);
  });

  it('is durable with its results where the run ends with its round', async () => {
    const store = openMemoryStore();
    const model = scriptedModel(turnWith('pure'));
    const agent = createAgent({ model, tools: [toolOf('pure')], maxToolRounds: 1, forceText: 'off' });
    const session = await agent.openSession(store, { id: 's' });
    for await (const event of session.send('go')) if (event.type === 'tool-end') break;
    expect(await durable(store)).toEqual({
      kinds: ['user-message', 'assistant-message', 'tool-message'],
      calls: [['pure', 1, true]],
    });
    expect(session.state.messages.at(-1)?.role).toBe('tool');
  });

  it('is not in the state of the session before its results are durable', async () => {
    const model = scriptedModel(turnWith('pure'), textTurn('done'));
    const seen: (readonly [sent: number, stated: number])[] = [];
    const watched: Model = {
      ...model,
      prefixBlocks(request) {
        seen.push([request.messages.length, session.state.messages.length]);
        return model.prefixBlocks(request);
      },
    };
    const session = await createAgent({ model: watched, tools: [toolOf('pure')] }).openSession(openMemoryStore());
    await session.send('go').result();
    expect(seen.find(([sent]) => sent === 3)).toEqual([3, 2]);
  });

  it('I5 is made again where its process died before anybody was asked with it, and counted once (N-10)', async () => {
    const world = createWorld();
    let runs = 0;
    const counted = toolOf('pure', 'pure', () => {
      runs += 1;
    });
    await sendAndDie(
      world,
      { model: scriptedModel(turnWith('pure')), tools: [counted] },
      { point: 'agent/turn-prepared', passage: 2 },
    );
    const store = world.open();
    expect((await durable(store)).calls).toEqual([]);
    const model = scriptedModel(textTurn('done'));
    await (await createAgent({ model, tools: [counted] }).openSession(store, { id: 's' })).send().result();
    const [turn] = await store.readTurns('s');
    expect(await store.readToolCalls(turn?.id ?? '')).toMatchObject([{ toolName: 'pure', attempts: 1 }]);
    expect(runs).toBe(2);
  });
});

describe('results that cannot be written', () => {
  it('are not in the state, are not sent, and are made again by the next run', async () => {
    const real = openMemoryStore();
    let isFull = true;
    const store: CheckpointStore = {
      ...real,
      async appendEntries(append) {
        if (isFull && append.ranCalls?.length) throw new CheckpointError('checkpoint/unavailable', 'The disk is full.');
        return real.appendEntries(append);
      },
    };
    const model = scriptedModel(turnWith('pure'), textTurn('done'));
    const session = await createAgent({ model, tools: [toolOf('pure')] }).openSession(store, { id: 's' });
    await expect(session.send('go').result()).rejects.toMatchObject({ code: 'checkpoint/unavailable' });
    expect([session.state.messages.map(({ role }) => role), model.requests.length]).toEqual([['user', 'assistant'], 1]);
    isFull = false;
    expect((await session.send().result()).text).toBe('done');
    expect(session.state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(await real.readPendingTurn('s')).toBeUndefined();
  });
});
