import { type AgentEvent, createAgent, initialState, runAgent, type Tool, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import type { ToolResultBlock } from '@reprise/providers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { MODEL_NAMES, MODELS, simulator } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const boom = new Error('disk on fire');
const failing = tool({ name: 'fail', description: '', input: z.object({}), run: () => Promise.reject(boom) });
const fine = tool({ name: 'fine', description: '', input: z.object({}), run: () => 'fine' });

const textsOf = (results: readonly ToolResultBlock[]) =>
  results.map(({ content }) => content.map((block) => (block.type === 'text' ? block.text : '')).join(''));

/** How a run of these calls ends, and what it has of them. */
async function ended(
  names: readonly string[],
  tools: readonly Tool[],
  terms: { readonly toolParallelism?: number } = {},
) {
  const calls = toolTurn(...names.map((name, index) => [`c${index}`, name, '{}'] as const));
  const model = scriptedModel(calls, textTurn('done'));
  const events: AgentEvent[] = [];
  const options = { model, tools, onToolError: 'throw', ...terms } as const;
  const run = runAgent(initialState(), 'go', options);
  for await (const event of run) events.push(event);
  const end = events.at(-1);
  if (end?.type !== 'run-end') throw new Error('The run has not ended.');
  const last = end.state.messages.at(-1);
  return { run, end, results: last?.role === 'tool' ? last.content : [], asked: model.requests.length };
}

describe('with `onToolError: throw` a tool that fails (L-39)', () => {
  it('ends the run with its own error, after its result is recorded', async () => {
    const { run, end, results, asked } = await ended(['fail'], [failing]);
    expect(end).toMatchObject({ type: 'run-end', reason: 'error' });
    expect(end.error).toBe(boom);
    await expect(run.result()).rejects.toBe(boom);
    expect(results).toMatchObject([{ toolCallId: 'c0', isError: true, content: [{ text: 'disk on fire' }] }]);
    expect(asked).toBe(1);
  });

  it('by throwing something that is no error ends the run with that in words', async () => {
    const odd = tool({ name: 'fail', description: '', input: z.object({}), run: () => Promise.reject('no disk') });
    expect((await ended(['fail'], [odd])).end.error).toMatchObject({ message: 'no disk', cause: 'no disk' });
  });

  it('by taking too long ends the run, too (I12)', async () => {
    const run = () => new Promise<string>(() => {});
    const endless = tool({ name: 'fail', description: '', input: z.object({}), timeoutMs: 1, run });
    expect((await ended(['fail'], [endless])).end.error?.message).toBe('The tool took longer than 1 ms.');
  });

  it('before it could run ends the run, too', async () => {
    const touches = () => {
      throw boom;
    };
    const lost = tool({ name: 'fail', description: '', input: z.object({}), touches, run: () => 'never' });
    expect((await ended(['fail'], [lost])).end.error).toBe(boom);
    const broken = tool({
      name: 'fail',
      description: '',
      input: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
      run: () => '',
    });
    expect((await ended(['fail'], [broken])).end.error).toMatchObject({ code: 'agent/invalid-option' });
  });

  it('keeps the others of its turn from being begun', async () => {
    const { end, results } = await ended(['fine', 'fail', 'fine'], [failing, fine], { toolParallelism: 1 });
    expect(textsOf(results)).toEqual(['fine', 'disk on fire', 'Not run: another tool of this turn failed.']);
    expect(unsendable(end.state.messages)).toEqual([]);
  });

  it('lets those that are running come to their end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = tool({
      name: 'slow',
      description: '',
      input: z.object({}),
      run: (_input, { signal }) => promise.then(() => `slow, ${signal.aborted ? 'aborted' : 'not aborted'}`),
    });
    const late = tool({
      name: 'fail',
      description: '',
      input: z.object({}),
      run() {
        setImmediate(resolve);
        throw boom;
      },
    });
    const { results } = await ended(['slow', 'fail'], [slow, late]);
    expect(textsOf(results)).toEqual(['slow, not aborted', 'disk on fire']);
  });

  it('is named by the first of several, in call order', async () => {
    const other = tool({
      name: 'other',
      description: '',
      input: z.object({}),
      run: () => Promise.reject(new Error('other')),
    });
    expect((await ended(['other', 'fail'], [failing, other])).end.error?.message).toBe('other');
    expect((await ended(['fail', 'other'], [failing, other])).end.error).toBe(boom);
  });

  it.each([
    ['an unknown tool', 'nobody'],
    ['arguments that do not fit', 'picky'],
  ])('is not one that the model got wrong: %s goes back to it (L-37, L-38)', async (_, name) => {
    const picky = tool({ name: 'picky', description: '', input: z.object({ a: z.string() }), run: () => '' });
    const { end, asked } = await ended([name], [picky]);
    expect([end.reason, asked]).toEqual(['end-turn', 2]);
  });

  it('is not one whose run was aborted', async () => {
    const abort = new AbortController();
    const run = () => {
      abort.abort();
      return new Promise<string>(() => {});
    };
    const slow = tool({ name: 'slow', description: '', input: z.object({}), run });
    const model = scriptedModel(toolTurn(['c', 'slow', '{}']));
    const options = { model, tools: [slow], onToolError: 'throw', signal: abort.signal } as const;
    await expect(runAgent(initialState(), 'go', options).result()).rejects.toMatchObject({ code: 'provider/aborted' });
  });

  it.each(MODEL_NAMES)('leaves a history that %s takes, and the next run goes on from (I4)', async (family) => {
    const server = await simulator(({ messages }) =>
      messages.at(-1)?.role === 'tool'
        ? 'I am sorry.'
        : { text: 'Both.', toolCalls: [{ name: 'fail' }, { name: 'fine' }] },
    );
    const model = MODELS[family](server.url);
    const agent = createAgent({ model, tools: [failing, fine], onToolError: 'throw' });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    await expect(session.send('go').result()).rejects.toBe(boom);
    expect((await session.send().result()).text).toBe('I am sorry.');
    expect(server.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('what a tool returns that cannot be written as JSON', () => {
  it('is told to the model as what it is: the tool has run (L-39)', async () => {
    const run = vi.fn(() => 1n as unknown as number);
    const big = tool({ name: 'big', description: '', input: z.object({}), run });
    const model = scriptedModel(toolTurn(['c', 'big', '{}']), textTurn('done'));
    const { state } = await runAgent(initialState(), 'go', { model, tools: [big] }).result();
    expect(JSON.stringify(state.messages[2])).toContain('The tool ran, but what it returned cannot be written as JSON');
  });
});

describe('a tool that is not there (L-37)', () => {
  const toldOf = async (tools: readonly Tool[]) => {
    const model = scriptedModel(toolTurn(['c', 'nobody', '{}']), textTurn('done'));
    const { state } = await runAgent(initialState(), 'go', { model, tools }).result();
    const message = state.messages[2];
    return message?.role === 'tool' ? textsOf(message.content)[0] : '';
  };

  it('is answered with those that are', async () => {
    const named = (name: string) => tool({ name, description: '', input: z.object({}), run: () => '' });
    expect(await toldOf([])).toBe('There is no tool named nobody. There are no tools.');
    expect(await toldOf([named('b'), named('a')])).toBe('There is no tool named nobody. The tools are: a, b.');
    const many = Array.from({ length: 23 }, (_, index) => named(`t${index + 10}`));
    expect(await toldOf(many)).toMatch(/: t10, t11, .*, t29 and 3 more\.$/);
  });
});

it('`onToolError` that says anything else is refused at once', () => {
  const options = { model: scriptedModel(), onToolError: 'ignore' as 'throw' };
  expect(() => createAgent(options)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
});
