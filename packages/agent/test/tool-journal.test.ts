import {
  type AgentFaultPoint,
  type AgentOptions,
  createAgent,
  type EffectClass,
  systemPorts,
  type Tool,
  tool,
} from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import { ProviderError, type ToolResultBlock } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const EFFECTS = ['pure', 'idempotent', 'effect'] as const;

/** A tool that notes the key of each of its executions. */
function keptTool(effect: EffectClass, name: string = effect) {
  const keys: string[] = [];
  const run = (_input: unknown, { idempotencyKey }: { idempotencyKey: string }) => {
    keys.push(idempotencyKey);
    return `${name} ran`;
  };
  return { keys, tool: tool({ name, description: '', input: z.object({}), effect, run }) };
}

/** A model that calls these tools in one turn, in a process that dies at the point. */
async function crashed(tools: readonly Tool[], point: AgentFaultPoint, passage = 1) {
  const world = createWorld();
  const calls = tools.map(({ definition: { name } }, index) => [`c${index}`, name, '{}'] as const);
  await sendAndDie(world, { model: scriptedModel(toolTurn(...calls)), tools }, { point, passage });
  return world.open();
}

/** Goes on in a new process; resolves to the results that the model is shown. */
async function goOn(
  store: CheckpointStore,
  options: Partial<AgentOptions>,
  input?: string,
  place: { readonly id?: string; readonly snapshotId?: string } = { id: 's' },
): Promise<readonly ToolResultBlock[]> {
  const model = scriptedModel(textTurn('done'));
  const session = await createAgent({ ...options, model }).openSession(store, place);
  await session.send(input).result();
  const message = model.requests[0]?.messages.findLast(({ role }) => role === 'tool');
  return message?.role === 'tool' ? message.content : [];
}

const textOf = (result: ToolResultBlock | undefined) =>
  result?.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

async function journalOf(store: CheckpointStore) {
  return store.readToolCalls((await store.readLastTurn('s'))?.id ?? '');
}

describe('the journal of tool calls (N-10)', () => {
  it('has the intent before a tool runs, and the outcome before the next one does that waits for it', async () => {
    const store = createWorld().open();
    const seen: unknown[] = [];
    const watching = (name: string) =>
      tool({
        name,
        description: '',
        input: z.object({}),
        run: async () => {
          seen.push((await journalOf(store)).map(({ toolName, outcome }) => [toolName, outcome !== null]));
          return 'ran';
        },
      });
    const model = scriptedModel(toolTurn(['c1', 'one', '{}'], ['c2', 'two', '{}']), textTurn('done'));
    const tools = [watching('one'), watching('two')];
    const agent = createAgent({ model, tools, toolParallelism: 1 });
    await (await agent.openSession(store, { id: 's' })).send('go').result();
    expect(seen).toEqual([
      [['one', false]],
      [
        ['one', true],
        ['two', false],
      ],
    ]);
  });

  it('has nothing of a call that cannot run', async () => {
    const store = createWorld().open();
    const picky = tool({ name: 'picky', description: '', input: z.object({ text: z.string() }), run: () => 'ran' });
    const calls = toolTurn(['c1', 'nobody', '{}'], ['c2', 'picky', '{"text":1}'], ['c3', 'picky', '{"te']);
    const model = scriptedModel(calls, textTurn('done'));
    await (await createAgent({ model, tools: [picky] }).openSession(store, { id: 's' })).send('go').result();
    const [first] = await store.readTurns('s');
    expect(await store.readToolCalls(first?.id ?? '')).toEqual([]);
  });

  it('names each call for ever by its turn and its place', async () => {
    const { keys, tool: kept } = keptTool('pure');
    const store = createWorld().open();
    const model = scriptedModel(toolTurn(['same', 'pure', '{}'], ['same', 'pure', '{}']), textTurn('done'));
    await (await createAgent({ model, tools: [kept] }).openSession(store, { id: 's' })).send('go').result();
    const [first] = await store.readTurns('s');
    expect(keys).toEqual([`${first?.id}/0`, `${first?.id}/1`]);
  });

  it.each(['idempotent', 'effect'] as const)('that cannot be written keeps an %s tool from running', async (effect) => {
    const { keys, tool: kept } = keptTool(effect);
    const full = new Error('disk full');
    const store = { ...createWorld().open(), startToolCall: () => Promise.reject(full) };
    const model = scriptedModel(toolTurn(['c', effect, '{}']));
    const session = await createAgent({ model, tools: [kept] }).openSession(store, { id: 's' });
    await expect(session.send('go').result()).rejects.toBe(full);
    expect(keys).toEqual([]);
  });
});

describe('I5 a call whose process died (N-10)', () => {
  it.each(EFFECTS)('before a tool that is %s was started is run by the next process', async (effect) => {
    const { keys, tool: kept } = keptTool(effect);
    const store = await crashed([kept], 'agent/turn-committed');
    expect(textOf((await goOn(store, { tools: [kept] }))[0])).toBe(`${effect} ran`);
    expect(keys).toHaveLength(1);
  });

  it.each(['pure', 'idempotent'] as const)(
    'while a tool that is %s may have run is run again with the same key',
    async (effect) => {
      const { keys, tool: kept } = keptTool(effect);
      const store = await crashed([kept], 'agent/tool-ran');
      const [result] = await goOn(store, { tools: [kept] });
      expect(result).toMatchObject({ toolCallId: 'c0', isError: false });
      expect(keys).toEqual([keys[0], keys[0]]);
    },
  );

  it('while a tool with an effect may have run is not run again, and the model is told', async () => {
    const { keys, tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    const [result] = await goOn(store, { tools: [kept] });
    expect(result?.isError).toBe(true);
    expect(textOf(result)).toContain('Outcome unknown');
    expect(keys).toHaveLength(1);
  });

  it('while a tool may have run that nobody has any more is told to the model as well', async () => {
    const store = await crashed([keptTool('effect').tool], 'agent/tool-ran');
    expect(textOf((await goOn(store, {}))[0])).toContain('Outcome unknown');
  });

  it.each([
    ['pure', 'agent/results-committed'],
    ['idempotent', 'agent/outcome-written'],
    ['effect', 'agent/outcome-written'],
  ] as const)('after a tool that is %s had its outcome, at %s, is answered with that', async (effect, point) => {
    const { keys, tool: kept } = keptTool(effect);
    const store = await crashed([kept], point);
    expect(textOf((await goOn(store, { tools: [kept] }))[0])).toBe(`${effect} ran`);
    expect(keys).toHaveLength(1);
  });

  it('among others is answered in its place', async () => {
    const kept = EFFECTS.map((effect) => keptTool(effect));
    const tools = kept.map((one) => one.tool);
    const store = await crashed(tools, 'agent/tool-ran', 2);
    const results = await goOn(store, { tools });
    expect(results.map(({ toolCallId }) => toolCallId)).toEqual(['c0', 'c1', 'c2']);
    expect(results.map(textOf)).toEqual(['pure ran', 'idempotent ran', 'effect ran']);
    // The pure one had ended, and nobody had waited for it.
    expect(kept.map(({ keys }) => keys.length)).toEqual([2, 2, 1]);
  });

  it('is answered once: the results are stored, not made anew', async () => {
    const { tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    await goOn(store, { tools: [kept] });
    const entries = await store.readEntries('s');
    expect(entries.map(({ kind }) => kind)).toEqual([
      'user-message',
      'assistant-message',
      'tool-message',
      'assistant-message',
    ]);
    await goOn(store, { tools: [kept] }, 'and now?');
    expect((await store.readEntries('s')).slice(0, 4)).toEqual(entries);
  });

  it('before it was started is not run if it has an effect and a new message came', async () => {
    const kept = EFFECTS.map((effect) => keptTool(effect));
    const tools = kept.map((one) => one.tool);
    const store = await crashed(tools, 'agent/turn-committed');
    const results = await goOn(store, { tools }, 'never mind');
    expect(results.map(textOf)).toEqual([
      'pure ran',
      'idempotent ran',
      'Not run: the session stopped before this tool started, and a new message came.',
    ]);
    expect((await store.readEntries('s')).slice(2).map(({ kind }) => kind)).toEqual([
      'tool-message',
      'user-message',
      'assistant-message',
    ]);
  });

  it('is not run if its turn had failed', async () => {
    const { keys, tool: kept } = keptTool('pure');
    const world = createWorld();
    const error = new ProviderError('provider/stream-cut', 'cut');
    const cut = { ...toolTurn(['c0', 'pure', '{}']), stopReason: 'error', error, tokens: { fresh: 1 } } as const;
    await sendAndDie(world, { model: scriptedModel(cut), tools: [kept] }, { point: 'agent/turn-committed' });
    expect(textOf((await goOn(world.open(), { tools: [kept] }))[0])).toBe('Not run: the model call did not end.');
    expect(keys).toEqual([]);
  });

  it.each(['agent/tool-ran', 'agent/outcome-written'] as const)(
    'at %s is known to forks of its turn, too',
    async (point) => {
      const { keys, tool: kept } = keptTool('effect');
      const store = await crashed([kept], point);
      const snapshotId = (await store.readLastSnapshot('s'))?.id ?? '';
      const [result] = await goOn(store, { tools: [kept] }, undefined, { snapshotId });
      expect(textOf(result)).toContain(point === 'agent/tool-ran' ? 'Outcome unknown' : 'effect ran');
      expect(keys).toHaveLength(1);
    },
  );
});

describe('`onUnknownOutcome` (N-10)', () => {
  it('is refused if it says anything else', () => {
    const options = { model: scriptedModel(), onUnknownOutcome: 'ask' as 'run-again' };
    expect(() => createAgent(options)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
  });

  it("'run-again' runs the tool again, with the same key", async () => {
    const { keys, tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    const [result] = await goOn(store, { tools: [kept], onUnknownOutcome: 'run-again' });
    expect(textOf(result)).toBe('effect ran');
    expect(keys).toEqual([keys[0], keys[0]]);
    const [call] = await store.readToolCalls(keys[0]?.split('/')[0] ?? '');
    expect(call).toMatchObject({ attempts: 2, outcome: expect.any(String) });
  });

  it('as a function finds the result out by the key, once and for all branches', async () => {
    const { keys, tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    const snapshotId = (await store.readLastSnapshot('s'))?.id ?? '';
    const onUnknownOutcome = vi.fn(async () => 'It was done.');
    const options = { tools: [kept], onUnknownOutcome };
    const [result] = await goOn(store, options);
    expect(result).toMatchObject({ toolCallId: 'c0', toolName: 'effect', isError: false });
    expect(textOf(result)).toBe('It was done.');
    expect(onUnknownOutcome).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ name: 'effect' }),
      expect.objectContaining({ idempotencyKey: keys[0] }),
    );
    expect(textOf((await goOn(store, options, undefined, { snapshotId }))[0])).toBe('It was done.');
    expect(onUnknownOutcome).toHaveBeenCalledTimes(1);
    expect(keys).toHaveLength(1);
  });

  it('as a function that fails ends the run, and is asked again by the next', async () => {
    const { keys, tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    const down = new Error('service down');
    await expect(goOn(store, { tools: [kept], onUnknownOutcome: () => Promise.reject(down) })).rejects.toBe(down);
    const result: ToolResultBlock = {
      type: 'tool-result',
      toolCallId: 'c0',
      toolName: 'effect',
      content: [{ type: 'text', text: 'failed' }],
      isError: true,
    };
    expect(await goOn(store, { tools: [kept], onUnknownOutcome: async () => result })).toEqual([result]);
    expect(keys).toHaveLength(1);
  });

  it('may not give what no model can be shown (I4)', async () => {
    const { tool: kept } = keptTool('effect');
    const store = await crashed([kept], 'agent/tool-ran');
    // @ts-expect-error: as a function without types may give it.
    const refused = goOn(store, { tools: [kept], onUnknownOutcome: async () => ({ content: [{ type: 'video' }] }) });
    await expect(refused).rejects.toMatchObject({
      code: 'agent/invalid-option',
      message: expect.stringContaining('found for'),
    });
  });

  it('I12 as a function that never answers has the time of its tool', async () => {
    const slow = tool({ name: 'effect', description: '', input: z.object({}), timeoutMs: 5, run: () => 'ran' });
    const store = await crashed([slow], 'agent/tool-ran');
    const onUnknownOutcome = () => new Promise<string>(() => {});
    await expect(goOn(store, { tools: [slow], onUnknownOutcome })).rejects.toThrow('longer than 5 ms');
  });
});

describe('I5 two branches that have the same open call', () => {
  it.each([
    ['has run', 'agent/outcome-written', 'effect ran'],
    ['is running', 'agent/intent-written', 'Outcome unknown'],
  ] as const)('never both run an effect: it %s elsewhere', async (_case, point, expected) => {
    const { keys, tool: kept } = keptTool('effect');
    const store = createWorld().open();
    const model = scriptedModel(toolTurn(['c0', 'effect', '{}']), textTurn('done'));
    const origin = await createAgent({ model, tools: [kept] }).openSession(store, { id: 's' });
    const results: (string | undefined)[] = [];
    for await (const event of origin.send('go')) {
      if (event.type === 'tool-end') results.push(textOf(event.result));
      if (event.type !== 'tool-start') continue;
      // The fork is faster: it starts the call, and stops at the point.
      const snapshotId = (await store.readLastSnapshot('s'))?.id ?? '';
      await forkUpTo(store, snapshotId, kept, point);
    }
    expect(keys.length).toBeLessThanOrEqual(1);
    expect(results[0]).toContain(expected);
  });

  async function forkUpTo(store: CheckpointStore, snapshotId: string, kept: Tool, point: AgentFaultPoint) {
    const reached = Promise.withResolvers<void>();
    const onFaultPoint = (passed: AgentFaultPoint) => {
      if (passed !== point) return;
      reached.resolve();
      throw new Error('stopped');
    };
    const ports = { ...systemPorts, onFaultPoint };
    const agent = createAgent({ model: scriptedModel(textTurn('forked')), tools: [kept], ports });
    const fork = await agent.openSession(store, { snapshotId });
    await fork
      .send()
      .result()
      .catch(() => {});
    await reached.promise;
  }
});
