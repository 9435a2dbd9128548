import {
  type AgentEvent,
  type AgentOptions,
  createAgent,
  initialState,
  type OverflowPolicy,
  runAgent,
  tool,
} from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type Model, messageText, type ToolResultBlock, userMessage } from '@reprise/providers';
import { type Script, startSimulator } from '@reprise/simulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createWorld, sendAndDie } from './support/crashes.ts';
import { LONG_SYSTEM_PROMPT, MODELS } from './support/simulated.ts';
import { unsendable } from './support/wire-rules.ts';

const TOO_LONG = {
  anthropic: 'prompt is too long: 210000 tokens > 200000 maximum',
  'openai-chat':
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens.",
};

const LONG = `The first line.\n${'and another line of the file\n'.repeat(400)}`;

const readFile = tool({
  name: 'read_file',
  description: 'Reads a file.',
  input: z.object({}),
  effect: 'pure',
  run: () => LONG,
});
const ping = tool({ name: 'ping', description: 'Pings.', input: z.object({}), effect: 'pure', run: () => 'pong' });

/** Reads the file and pings, until it is told to stop or has been answered. */
const script: Script = ({ messages }) => {
  const last = messages.at(-1);
  if (last?.role === 'tool' || (last && messageText(last) !== 'go')) return 'Done.';
  return { toolCalls: [{ name: 'read_file' }, { name: 'ping' }] };
};

/** A server that finds these requests too long. */
async function fullServer(requestIndexes: readonly number[], family: keyof typeof TOO_LONG = 'anthropic') {
  const message = TOO_LONG[family];
  const faults = [{ fault: { type: 'status', status: 400, message }, when: { requestIndexes } }] as const;
  const server = await startSimulator({ script, faults });
  onTestFinished(() => server.close());
  const model = MODELS[family](server.url);
  return { server, model };
}

function options(model: Model, more: Partial<AgentOptions> = {}): AgentOptions {
  return { model, system: LONG_SYSTEM_PROMPT, tools: [readFile, ping], ...more };
}

const textOf = (result: ToolResultBlock | undefined) =>
  result?.content.map((block) => (block.type === 'text' ? block.text : '')).join('') ?? '';

function resultsIn(messages: readonly { readonly content: readonly unknown[] }[]) {
  return messages
    .flatMap(({ content }) => content as readonly ToolResultBlock[])
    .filter((block) => block.type === 'tool-result');
}

describe('a request that does not fit the context window (L-45)', () => {
  it.each(['anthropic', 'openai-chat'] as const)(
    'is repeated by %s with the long results cut, and tools over',
    async (family) => {
      const { model, server } = await fullServer([1], family);
      const session = await createAgent(options(model)).openSession(openMemoryStore());
      const { text, reason, state } = await session.send('go').result();
      expect([text, reason]).toEqual(['Done.', 'context-window']);
      expect(server.requests.map(({ status }) => status)).toEqual([200, 400, 200]);
      const [long, short] = resultsIn(state.messages);
      expect(textOf(long)).toMatch(/^The first line\.\n/);
      expect(textOf(long)).toContain(`a result of ${LONG.length} characters`);
      expect(textOf(long).length).toBeLessThanOrEqual(1000);
      expect(textOf(short)).toBe('pong');
      expect(unsendable(state.messages)).toEqual([]);
    },
  );

  it('keeps every byte, and every cached token, of what was sent before (I3)', async () => {
    const { model } = await fullServer([1]);
    const session = await createAgent(options(model)).openSession(openMemoryStore());
    const { turns } = await session.send('go').result();
    const [first, last] = turns;
    expect(last?.cacheReadTokens).toBe((first?.cacheReadTokens ?? 0) + (first?.cacheWriteTokens ?? 0));
    expect(last?.cacheReadTokens).toBeGreaterThan(1000);
  });

  it('keeps the whole result in the store, and shows the cut one when the session is resumed', async () => {
    const { model } = await fullServer([1]);
    const store = openMemoryStore();
    const agent = createAgent(options(model));
    const session = await agent.openSession(store, { id: 's' });
    await session.send('go').result();
    await session.close();
    const entries = await store.readEntries('s');
    expect(entries.filter(({ payload }) => payload.includes(JSON.stringify(LONG).slice(1, -1)))).toHaveLength(1);
    const resumed = await agent.openSession(store, { id: 's' });
    expect(resumed.state).toEqual(session.state);
    expect((await resumed.send('And now?').result()).text).toBe('Done.');
  });

  it('is repeated once: the next one too long ends the run with what to do', async () => {
    const { model, server } = await fullServer([1, 2]);
    const session = await createAgent(options(model)).openSession(openMemoryStore());
    const events: AgentEvent[] = [];
    for await (const event of session.send('go')) events.push(event);
    expect(server.requests).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({
      reason: 'error',
      error: { code: 'agent/context-overflow', cause: { code: 'provider/context-window' } },
    });
    expect((await session.send('And now?').result()).text).toBe('Done.');
  });

  it('is not repeated where no result is long', async () => {
    const { model, server } = await fullServer([1]);
    const agent = createAgent(options(model, { tools: [ping] }));
    const run = (await agent.openSession(openMemoryStore())).send('go');
    await expect(run.result()).rejects.toMatchObject({ code: 'agent/context-overflow' });
    expect(server.requests).toHaveLength(2);
  });

  it('is not repeated with `throw`, and nothing is cut', async () => {
    const { model } = await fullServer([1]);
    const session = await createAgent(options(model, { onOverflow: 'throw' })).openSession(openMemoryStore());
    await expect(session.send('go').result()).rejects.toMatchObject({ code: 'agent/context-overflow' });
    expect(textOf(resultsIn(session.state.messages)[0])).toBe(LONG);
  });

  it('works without a store, and without a closing prompt', async () => {
    const { model } = await fullServer([1]);
    const { text, state } = await runAgent(initialState(), 'go', options(model, { forceText: 'off' })).result();
    expect(text).toBe('Done.');
    expect(state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });
});

describe('a message that does not fit the context window', () => {
  it('does not poison its session: a rewind takes it back, and the session goes on', async () => {
    const { model } = await fullServer([2, 3]);
    const session = await createAgent(options(model)).openSession(openMemoryStore());
    await session.send('hello').result();
    await session.send('hello again').result();
    const run = session.send('A book. '.repeat(1000));
    await expect(run.result()).rejects.toThrow(/rewind\(.*fork\(/);
    await expect(session.send('Sorry.').result()).rejects.toMatchObject({ code: 'agent/context-overflow' });
    const snapshot = (await session.snapshots()).at(-1);
    await session.rewind({ to: snapshot?.id ?? '', what: 'conversation' });
    expect((await session.send('A page.').result()).text).toBe('Done.');
    expect(session.state.messages.filter(({ role }) => role === 'user').map(messageText)).toEqual([
      'hello',
      'hello again',
      'A page.',
    ]);
  });
});

it('a first message that does not fit says that there is nothing to go back to', async () => {
  const { model } = await fullServer([0]);
  const session = await createAgent(options(model)).openSession(openMemoryStore());
  const { message } = await session
    .send('A book. '.repeat(1000))
    .result()
    .then(
      () => new Error('It fitted.'),
      (error: Error) => error,
    );
  expect(message).toMatch(/start a new session, and send less/);
  expect(message).not.toContain('rewind');
});

describe('a function that decides what becomes of an overflow', () => {
  async function decided(onOverflow: OverflowPolicy) {
    const { model, server } = await fullServer([1]);
    const session = await createAgent(options(model, { onOverflow })).openSession(openMemoryStore());
    return { session, server, result: session.send('go').result() };
  }

  it('gives the edit that is made, and the request is repeated as it was', async () => {
    const { session, result } = await decided((error, { messages }) => {
      const last = messages[2];
      if (error.code !== 'provider/context-window' || last?.role !== 'tool') return undefined;
      const content = last.content.map((block) => ({ ...block, content: [{ type: 'text' as const, text: 'gone' }] }));
      return { reason: 'overflow', from: 2, count: 1, messages: [{ ...last, content }] };
    });
    expect((await result).reason).toBe('end-turn');
    expect(resultsIn(session.state.messages).map(textOf)).toEqual(['gone', 'gone']);
  });

  it('ends the run by giving none', async () => {
    const { result } = await decided(() => undefined);
    await expect(result).rejects.toMatchObject({ code: 'agent/context-overflow' });
  });

  it.each([
    ['a call from its result', 1, 1],
    ['a result from its call', 2, 1],
    ['the first message', 0, 1],
  ])('cannot take away %s (I4)', async (_what, from, count) => {
    const { session, result } = await decided(() => ({ reason: 'overflow', from, count, messages: [] }));
    await expect(result).rejects.toMatchObject({ code: 'agent/invalid-edit' });
    expect(unsendable(session.state.messages)).toEqual([]);
    expect(session.state.messages[0]).toEqual(userMessage('go'));
  });

  it('is not waited for once the run is aborted (I12)', async () => {
    const { model } = await fullServer([1]);
    const stop = new AbortController();
    const onOverflow = () => {
      stop.abort();
      return new Promise<undefined>(() => {});
    };
    const session = await createAgent(options(model, { onOverflow })).openSession(openMemoryStore());
    const run = session.send('go', { signal: stop.signal });
    await expect(run.result()).rejects.toMatchObject({ code: 'provider/aborted' });
  });
});

it('a crash after the cut is taken up with the cut made once (I4)', async () => {
  const { model } = await fullServer([1]);
  const world = createWorld();
  await sendAndDie(world, options(model), { point: 'agent/history-edited' });
  const session = await createAgent(options(model)).openSession(world.open(), { id: 's' });
  expect(textOf(resultsIn(session.state.messages)[0]).length).toBeLessThanOrEqual(1000);
  expect((await session.send().result()).text).toBe('Done.');
  expect(unsendable(session.state.messages)).toEqual([]);
});

it('a turn that a crash has lost does not hide the results that are too long', async () => {
  // The first of the two is that of the process that is as good as dead.
  const { model } = await fullServer([1, 2]);
  const world = createWorld();
  await sendAndDie(world, options(model), { point: 'agent/turn-begun', passage: 2 });
  const session = await createAgent(options(model)).openSession(world.open(), { id: 's' });
  expect((await session.send().result()).text).toBe('Done.');
  expect(textOf(resultsIn(session.state.messages)[0]).length).toBeLessThanOrEqual(1000);
});
