import {
  type AgentFaultPoint,
  type AgentOptions,
  createAgent,
  initialState,
  runAgent,
  stop,
  tool,
  toolBlocks,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type Model, messageText } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const handOver = tool({
  name: 'hand_over',
  description: '',
  input: z.object({}),
  run: () => stop({ to: 'a person' }),
});
const look = tool({ name: 'look', description: '', input: z.object({}), effect: 'pure', run: () => 'nothing there' });
const tools = [handOver, look];

const bothCalls = toolTurn(['c1', 'hand_over', '{}'], ['c2', 'look', '{}']);

describe('a tool that returns `stop(result)` (L-40)', () => {
  it('ends the run after its round: every call is answered, and the model says what it knows', async () => {
    const model = scriptedModel(bothCalls, textTurn('A person takes over.'), textTurn('never'));
    const { reason, text, state } = await runAgent(initialState(), 'go', { model, tools }).result();
    expect([reason, text, model.requests.length]).toEqual(['tool-stop', 'A person takes over.', 2]);
    expect(state.messages[2]).toMatchObject({
      role: 'tool',
      content: [
        { toolCallId: 'c1', isError: false, content: [{ text: '{"to":"a person"}' }] },
        { toolCallId: 'c2', isError: false, content: [{ text: 'nothing there' }] },
      ],
    });
    expect(unsendable(state.messages)).toEqual([]);
  });

  it('with `forceText: off` ends it at once', async () => {
    const model = scriptedModel(bothCalls);
    const { reason, state } = await runAgent(initialState(), 'go', { model, tools, forceText: 'off' }).result();
    expect([reason, model.requests.length, state.messages.at(-1)?.role]).toEqual(['tool-stop', 1, 'tool']);
  });

  it('has its last word even if the model goes on calling tools', async () => {
    const model = scriptedModel(bothCalls, toolTurn(['c3', 'look', '{}']));
    const { reason, state } = await runAgent(initialState(), 'go', { model, tools }).result();
    expect([reason, model.unplayed]).toEqual(['tool-stop', 0]);
    expect(state.messages.at(-1)).toMatchObject({ role: 'tool', content: [{ toolCallId: 'c3', isError: true }] });
  });

  it('holds for its run alone', async () => {
    const model = scriptedModel(bothCalls, textTurn('over'), toolTurn(['c3', 'look', '{}']), textTurn('seen'));
    const session = await createAgent({ model, tools }).openSession(openMemoryStore(), { id: 's' });
    expect((await session.send('go').result()).reason).toBe('tool-stop');
    const { reason, text } = await session.send('look again').result();
    expect([reason, text]).toEqual(['end-turn', 'seen']);
  });

  it.each([
    ['nothing', stop(), []],
    ['a text', stop('bye'), [{ type: 'text', text: 'bye' }]],
    ['blocks', stop(toolBlocks([{ type: 'text', text: 'bye' }])), [{ type: 'text', text: 'bye' }]],
  ])('may say %s', async (_, output, content) => {
    const last = tool({ name: 'last', description: '', input: z.object({}), run: () => output });
    const model = scriptedModel(toolTurn(['c', 'last', '{}']), textTurn('over'));
    const { reason, state } = await runAgent(initialState(), 'go', { model, tools: [last] }).result();
    expect(reason).toBe('tool-stop');
    expect(state.messages[2]?.content).toMatchObject([{ content }]);
  });

  it.each(MODEL_NAMES)('leaves a history that %s takes (I4)', async (family) => {
    const server = await simulator(({ messages }) =>
      messages.length > 1 ? 'A person takes over.' : { toolCalls: [{ name: 'hand_over' }, { name: 'look' }] },
    );
    const model = MODELS[family](server.url);
    const { reason, text } = await runAgent(initialState(), 'go', { model, tools }).result();
    expect([reason, text]).toEqual(['tool-stop', 'A person takes over.']);
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a process that dies after a tool has stopped the run (L-40, I5)', () => {
  const goOn = async (at: AgentFaultPoint, options: Partial<AgentOptions>, input?: string) => {
    const run = vi.fn(() => stop('over'));
    const last = tool({ name: 'last', description: '', input: z.object({}), run });
    const world = createWorld();
    await sendAndDie(world, { model: scriptedModel(toolTurn(['c', 'last', '{}'])), tools: [last] }, { point: at });
    const model = scriptedModel(textTurn('That is all.'), textTurn('never'));
    const session = await createAgent({ ...options, model, tools: [last] }).openSession(world.open(), { id: 's' });
    const { reason, state } = await session.send(input).result();
    return { reason, requests: model.requests, state, runs: run.mock.calls.length };
  };

  it.each(['agent/outcome-written', 'agent/results-committed'] as const)(
    'at %s leaves that to the next, which closes the run',
    async (point) => {
      const { reason, requests, state, runs } = await goOn(point, {});
      expect([reason, requests.length, runs]).toEqual(['tool-stop', 1, 1]);
      expect(messageText(state.messages.at(-2) ?? state.messages[0] ?? never())).toContain('No more tools');
    },
  );

  it.each(['agent/outcome-written', 'agent/results-committed'] as const)(
    'at %s leaves it at its end with `forceText: off`',
    async (point) => {
      const { reason, requests, state } = await goOn(point, { forceText: 'off' });
      expect([reason, requests.length, state.messages.at(-1)?.role]).toEqual(['tool-stop', 0, 'tool']);
    },
  );

  it('leaves it to a branch that was about to start the same call, too', async () => {
    const run = vi.fn(() => stop('over'));
    const last = tool({ name: 'last', description: '', input: z.object({}), run });
    const store = createWorld().open();
    const agentOf = (model: Model) => createAgent({ model, tools: [last] });
    const model = scriptedModel(toolTurn(['c', 'last', '{}']), textTurn('That is all.'));
    const session = await agentOf(model).openSession(store, { id: 's' });
    let reason: string | undefined;
    for await (const event of session.send('go')) {
      if (event.type === 'run-end') reason = event.reason;
      if (event.type !== 'tool-start') continue;
      const snapshotId = (await store.readLastSnapshot('s'))?.id ?? '';
      const fork = await agentOf(scriptedModel(textTurn('Faster.'))).openSession(store, { snapshotId });
      expect((await fork.send().result()).reason).toBe('tool-stop');
    }
    expect([reason, run.mock.calls.length]).toEqual(['tool-stop', 1]);
  });

  it('leaves nothing of it to a new message', async () => {
    const { reason, requests, runs } = await goOn('agent/outcome-written', {}, 'and now?');
    expect([reason, requests.length, runs]).toEqual(['end-turn', 1, 1]);
  });
});

function never(): never {
  throw new Error('There is no message.');
}
