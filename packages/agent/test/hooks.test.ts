import { type AgentEvent, createAgent, type Hook, initialState, runAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { type ModelRequest, ProviderError, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type ScriptedModel, scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const look = tool({ name: 'look', description: '', input: z.object({}), effect: 'pure', run: () => 'a zebra' });
const LOOKING = toolTurn(['c1', 'look', '{}']);
const twoTurns = () => scriptedModel(LOOKING, textTurn('A zebra.'));

async function play(model: ScriptedModel, hooks: readonly Hook[], more: object = {}) {
  const events = await Array.fromAsync(
    runAgent(initialState(), 'What is there?', { model, tools: [look], hooks, ...more }),
  );
  const last = events.at(-1);
  if (last?.type !== 'run-end') throw new Error('A run ended without its last event.');
  return { events, end: last, verdicts: events.filter((event) => event.type === 'hook-verdict') };
}

const types = (events: readonly AgentEvent[]) => events.map(({ type }) => type);
const transientOf = ({ messages }: ModelRequest) => messages.filter((message) => 'transient' in message);

describe('beforeRequest', () => {
  test('hears of each request, and what it injects is sent last, with that request alone', async () => {
    const model = twoTurns();
    const heard: number[] = [];
    const { verdicts, end } = await play(model, [
      {
        name: 'date',
        beforeRequest({ request, state }) {
          heard.push(request.messages.length);
          return { inject: `Turn ${state.turnCount}` };
        },
      },
    ]);
    expect(heard).toEqual([1, 3]);
    const [first, second] = model.requests.map(({ messages }) => messages);
    expect(first).toEqual([userMessage('What is there?'), { ...userMessage('Turn 0'), transient: true }]);
    expect(second?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(second?.at(-1)).toEqual({ ...userMessage('Turn 1'), transient: true });
    expect(end.state.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
    expect(verdicts).toMatchObject([
      { hook: 'date', point: 'beforeRequest', verdict: { inject: 'Turn 0' } },
      { hook: 'date', point: 'beforeRequest', verdict: { inject: 'Turn 1' } },
    ]);
  });

  test('of several hooks each sees what those before it have made of the request; injections are one message', async () => {
    const model = scriptedModel(textTurn('hi'));
    const image = { type: 'image', mediaType: 'image/png', data: 'AAAA' } as const;
    const seen: number[] = [];
    await play(model, [
      { name: 'one', beforeRequest: () => ({ inject: 'first' }) },
      { name: 'two', beforeRequest: async ({ request }) => ({ replace: { ...request, temperature: 0.5 } }) },
      {
        name: 'three',
        beforeRequest({ request }) {
          seen.push(request.messages.length);
          return { inject: [image] };
        },
      },
      { name: 'four', beforeRequest: () => ({ inject: ' ' }) },
    ]);
    expect(seen).toEqual([2]);
    const [request] = model.requests;
    expect(request?.temperature).toBe(0.5);
    expect(request && transientOf(request)).toEqual([
      { role: 'user', transient: true, content: [{ type: 'text', text: 'first' }, image] },
    ]);
  });

  test('replaces the whole request, and nothing of that is stored in the history', async () => {
    const model = scriptedModel(textTurn('hi'));
    const { end } = await play(model, [
      { name: 'other', beforeRequest: () => ({ replace: { system: 'Be brief.', messages: [userMessage('Hello?')] } }) },
    ]);
    expect(model.requests).toEqual([{ system: 'Be brief.', messages: [userMessage('Hello?')] }]);
    expect(end.state.messages[0]).toEqual(userMessage('What is there?'));
  });

  test('stops the run with nothing sent and nothing noted, and the next run goes on from there', async () => {
    const store = openMemoryStore();
    const model = scriptedModel(textTurn('hi'));
    let isOpen = false;
    const hooks: Hook[] = [{ name: 'gate', beforeRequest: () => (isOpen ? undefined : { stop: 'closed today' }) }];
    const session = await createAgent({ model, hooks }).openSession(store, { id: 's' });
    const events = await Array.fromAsync(session.send('What is there?'));
    expect(events.at(-1)).toMatchObject({ type: 'run-end', reason: 'hook-stop' });
    expect(events.at(-2)).toMatchObject({ hook: 'gate', verdict: { stop: 'closed today' } });
    expect([model.requests.length, await store.readPendingTurn('s')]).toEqual([0, undefined]);
    isOpen = true;
    expect((await session.send().result()).text).toBe('hi');
  });

  test('injects nothing behind the words of a turn that was paused, which goes on from them', async () => {
    const paused = textTurn('Let me', { stopReason: 'pause' });
    const model = scriptedModel(paused, textTurn('see.'));
    await play(model, [{ name: 'date', beforeRequest: () => ({ inject: 'It is late.' }) }]);
    expect(model.requests.map((request) => transientOf(request).length)).toEqual([1, 0]);
  });
});

describe('afterTurn', () => {
  test('hears of each response once it is durable, and before its tools run (D-22)', async () => {
    const store = openMemoryStore();
    const heard: unknown[] = [];
    const hooks: Hook[] = [
      {
        name: 'ear',
        async afterTurn({ turn, state }) {
          const rows = await store.readTurns('s');
          heard.push([turn.stopReason, state.messages.at(-1)?.role, rows.length]);
        },
      },
    ];
    const model = twoTurns();
    const session = await createAgent({ model, hooks, tools: [look] }).openSession(store, { id: 's' });
    expect(types(await Array.fromAsync(session.send('What is there?')))).not.toContain('hook-verdict');
    expect(heard).toEqual([
      ['tool-use', 'assistant', 1],
      ['end-turn', 'assistant', 2],
    ]);
  });

  test('stops the run: open calls are answered as not run, for the reason it gives', async () => {
    const { end, events } = await play(twoTurns(), [{ name: 'brake', afterTurn: () => ({ stop: 'enough.' }) }]);
    expect(end.reason).toBe('hook-stop');
    expect(types(events)).not.toContain('tool-start');
    expect(end.state.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ toolCallId: 'c1', isError: true, content: [{ text: 'Not run: enough.' }] }],
    });
  });

  test('hears of a response that failed, and cannot undo the failure; all hooks hear of it', async () => {
    const error = new ProviderError('provider/stream-cut', 'The stream was cut.');
    const model = scriptedModel(textTurn('half', { stopReason: 'error', error, usageState: 'partial' }));
    const heard: string[] = [];
    const hear = (name: string): Hook => ({
      name,
      afterTurn({ turn }) {
        heard.push(turn.stopReason);
        return { stop: name };
      },
    });
    const { end } = await play(model, [hear('one'), hear('two')]);
    expect(heard).toEqual(['error', 'error']);
    expect(end).toMatchObject({ reason: 'error', error: { code: 'provider/stream-cut' } });
  });
});

describe('a hook that fails', () => {
  const cause = new Error('disk on fire');
  const fail = () => Promise.reject(cause);

  test.each<[string, Hook, requests: number]>([
    ['beforeRequest', { name: 'bad', beforeRequest: fail }, 0],
    ['afterTurn', { name: 'bad', afterTurn: fail }, 1],
    ['beforeTool', { name: 'bad', beforeTool: fail }, 1],
    ['afterTool', { name: 'bad', afterTool: fail }, 1],
  ])('in %s ends the run with an error that names it, and keeps the cause', async (point, hook, requests) => {
    const model = twoTurns();
    const { end } = await play(model, [hook]);
    expect(end).toMatchObject({ reason: 'error', error: { code: 'agent/hook-failed', cause } });
    expect(end.error?.message).toBe(`Hook bad failed in ${point}: disk on fire`);
    expect(model.requests).toHaveLength(requests);
  });

  test('leaves open calls open, and the next run answers them', async () => {
    const model = twoTurns();
    let isBroken = true;
    const hooks: Hook[] = [{ name: 'bad', afterTurn: () => (isBroken ? fail() : undefined) }];
    const session = await createAgent({ model, hooks, tools: [look] }).openSession(openMemoryStore());
    await expect(session.send('What is there?').result()).rejects.toMatchObject({ code: 'agent/hook-failed' });
    isBroken = false;
    expect((await session.send().result()).text).toBe('A zebra.');
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ content: [{ isError: false }] });
  });

  test('is one that is late: none waits for ever, and its signal says so (I12)', async () => {
    let signal: AbortSignal | undefined;
    const hook: Hook = {
      name: 'slow',
      beforeRequest: (context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    };
    const { end } = await play(twoTurns(), [hook], { hookTimeoutMs: 1 });
    expect(end.error?.message).toBe('Hook slow failed in beforeRequest: It took longer than 1 ms.');
    expect(signal?.aborted).toBe(true);
  });

  test.each([
    ['a verdict that there is not', { injct: 'x' }],
    ['two verdicts at once', { inject: 'x', stop: 'y' }],
    ['a verdict of another point', { refuse: 'x' }],
    ['a verdict of another type', { stop: true }],
  ])('is one that gives %s: a misspelled veto does not pass for none', async (_what, verdict) => {
    const hooks = [{ name: 'odd', beforeRequest: () => verdict }] as unknown as readonly Hook[];
    const model = twoTurns();
    const { end } = await play(model, hooks);
    expect(end).toMatchObject({ reason: 'error', error: { code: 'agent/hook-failed' } });
    expect(end.error?.message).toContain(JSON.stringify(verdict));
    expect(model.requests).toEqual([]);
  });

  test('is one that stops without saying why, and is told to', async () => {
    const hooks = [{ name: 'odd', afterTurn: () => ({ stop: true }) }] as unknown as readonly Hook[];
    const { end } = await play(twoTurns(), hooks);
    expect(end.error?.message).toContain('an object with stop (the reason, as a text) is expected');
  });

  test.each([
    ['beforeTool', { content: [{ type: 'video' }] }, 'has a block of type video at [0]'],
    ['afterTool', { content: [{ type: 'text' }] }, 'has a block of type text at [0]'],
    ['afterTool', { isError: true }, 'is undefined; a list of blocks'],
  ] as const)('is one whose result in %s is %j, which no model can be shown (I4)', async (point, result, words) => {
    const hooks = [{ name: 'odd', [point]: () => ({ result }) }] as unknown as readonly Hook[];
    const { end } = await play(twoTurns(), hooks);
    expect(end).toMatchObject({ reason: 'error', error: { code: 'agent/hook-failed' } });
    expect(end.error?.message).toContain(`The content of its result ${words}`);
    expect(JSON.stringify(end.state.messages)).not.toContain('video');
  });
});

describe('an abort', () => {
  test('reaches a hook, and ends the run as aborted at once, whatever the hook does (I12)', async () => {
    const stop = new AbortController();
    const seen: boolean[] = [];
    const hook: Hook = {
      name: 'slow',
      beforeRequest({ signal }) {
        signal.addEventListener('abort', () => seen.push(true));
        stop.abort();
        return new Promise(() => {});
      },
    };
    const model = twoTurns();
    const { end } = await play(model, [hook], { signal: stop.signal });
    expect([end.reason, seen, model.requests.length]).toEqual(['aborted', [true], 0]);
  });

  test('leaves the hooks behind it unasked', async () => {
    const stop = new AbortController();
    const asked: string[] = [];
    const hooks: Hook[] = [
      { name: 'one', afterTurn: () => stop.abort() },
      {
        name: 'two',
        afterTurn: () => void asked.push('two'),
        beforeTool: () => void asked.push('x'),
      },
    ];
    const { end } = await play(twoTurns(), hooks, { signal: stop.signal });
    expect([end.reason, asked]).toEqual(['aborted', []]);
  });
});

test.each([
  ['without a name', { hooks: [{ name: '' }] }],
  ['of one name', { hooks: [{ name: 'a' }, { name: 'a' }] }],
  ['named like the reminder beside it', { hooks: [{ name: 'transientReminder' }], transientReminder: 'x' }],
  ['with no time', { hookTimeoutMs: 0 }],
  ['with more time than a timer has', { hookTimeoutMs: 2 ** 31 }],
])('hooks %s are refused before anything happens', (_what, options) => {
  const create = () => createAgent({ model: scriptedModel(), ...options });
  expect(create).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
});

test('a transient message is nothing to send: what is sent is kept', () => {
  const send = () => runAgent(initialState(), { ...userMessage('psst'), transient: true }, { model: scriptedModel() });
  expect(send).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
});
