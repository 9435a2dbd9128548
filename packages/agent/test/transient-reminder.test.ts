import { type AgentOptions, createAgent, type Hook, initialState, runAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import {
  type AssistantTurn,
  anthropic,
  type CachePolicy,
  cacheWriteCount,
  type Model,
  ollama,
  openai,
  openaiResponses,
} from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const ROUNDS = 9;

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a zebra' });

describe('transientReminder (L-44)', () => {
  const look2 = () => scriptedModel(toolTurn(['c1', 'look', '{}']), textTurn('A zebra.'));
  const lastOf = (model: ReturnType<typeof look2>) => model.requests.map(({ messages }) => messages.at(-1));

  test('stands at the end of each request, and is not kept', async () => {
    const model = look2();
    const options = { model, tools: [look], transientReminder: 'Mind the budget.' };
    const { state } = await runAgent(initialState(), 'What is there?', options).result();
    const reminder = { role: 'user', transient: true, content: [{ type: 'text', text: 'Mind the budget.' }] };
    expect(lastOf(model)).toEqual([reminder, reminder]);
    expect(JSON.stringify(state)).not.toContain('budget');
  });

  test('may depend on the state, and may be left out; it stands behind what hooks inject', async () => {
    const model = look2();
    const hooks: Hook[] = [{ name: 'date', beforeRequest: () => ({ inject: 'It is late.' }) }];
    await runAgent(initialState(), 'What is there?', {
      model,
      tools: [look],
      hooks,
      transientReminder: ({ turnCount }) => (turnCount > 0 ? `Round ${turnCount}.` : undefined),
    }).result();
    expect(lastOf(model).map((message) => message?.content)).toEqual([
      [{ type: 'text', text: 'It is late.' }],
      [
        { type: 'text', text: 'It is late.' },
        { type: 'text', text: 'Round 1.' },
      ],
    ]);
  });

  test('is none by default, and a function that fails ends the run in its name', async () => {
    const plain = look2();
    await runAgent(initialState(), 'hi', { model: plain, tools: [look] }).result();
    expect(JSON.stringify(plain.requests)).not.toContain('transient');
    const transientReminder = () => {
      throw new Error('no clock');
    };
    const failing = runAgent(initialState(), 'hi', { model: look2(), tools: [look], transientReminder });
    await expect(failing.result()).rejects.toThrow('Hook transientReminder failed in beforeRequest: no clock');
  });

  test('is warned of once a session, and only where it costs something', async () => {
    const script: Script = ({ messages }) =>
      messages.length < 6 ? { thinking: 'Hm.', toolCalls: [{ name: 'look', arguments: {} }] } : 'A zebra.';
    const warningsOf = async (id: string) => {
      const { url } = await simulator(script);
      const model = anthropic({ apiKey: 'simulated', baseURL: url }).model(id);
      const agent = createAgent({ model, think: 'high', tools: [look], transientReminder: 'Mind the budget.' });
      const session = await agent.openSession(openMemoryStore());
      const events = [
        ...(await Array.fromAsync(session.send('What is there?'))),
        ...(await Array.fromAsync(session.send('And now?'))),
      ];
      expect(events.filter(({ type }) => type === 'run-end')).toMatchObject([
        { reason: 'end-turn' },
        { reason: 'end-turn' },
      ]);
      return events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    };
    expect(await warningsOf('claude-opus-5')).toEqual([]);
    expect(await warningsOf('claude-opus-5-5')).toEqual(['cache/transient-message']);
    expect(await warningsOf('claude-haiku-4-5')).toEqual(['cache/transient-message']);
  });
});

/** No ids of chance in the answers: two runs are the same to the token. */
const ticking: Script = ({ requestIndex }) =>
  requestIndex < ROUNDS
    ? { text: 'Looking.', toolCalls: [{ id: `call_${requestIndex}`, name: 'look', arguments: {} }] }
    : 'A zebra.';

/** Each with the policies that its vendor can keep. */
const CASES: readonly (readonly [name: string, cache: CachePolicy, open: (url: string) => Model])[] = [
  ...(['auto', 'automatic'] as const).flatMap((cache) => [
    ['claude-opus-5', cache, (url: string) => anthropic({ apiKey: 'x', baseURL: url }).model('claude-opus-5')] as const,
    ['gpt-5.6', cache, openaiModel('gpt-5.6')] as const,
  ]),
  ['gpt-5.2', 'auto', openaiModel('gpt-5.2')],
  ['llama4', 'auto', (url) => ollama({ host: url }).model('llama4')],
];

function openaiModel(id: string): (url: string) => Model {
  return (url) => openai({ apiKey: 'x', baseURL: `${url}/v1`, vendor: 'openai' }).model(id);
}

/** What each turn of a run read from the cache, and wrote. */
async function countsOf(open: (url: string) => Model, more: Partial<AgentOptions>, script = ticking) {
  const { url, requests } = await simulator(script);
  const turns: AssistantTurn[] = [];
  const options = { model: open(url), system: LONG_SYSTEM_PROMPT, tools: [look], ...more };
  const session = await createAgent(options).openSession(openMemoryStore(), { id: 's' });
  for await (const event of session.send('What is there?')) {
    if (event.type === 'turn-end') turns.push(event.turn);
    if (event.type === 'warning') throw new Error(event.message);
  }
  expect(requests.map(({ status }) => status)).toEqual(turns.map(() => 200));
  expect(turns).toHaveLength(ROUNDS + 1);
  return turns.map(({ tokens }) => [tokens.cacheRead, cacheWriteCount(tokens)]);
}

function dateHook(): Hook {
  let day = 0;
  return {
    name: 'date',
    beforeRequest() {
      day += 1;
      return { inject: `Today is day ${day}.` };
    },
  };
}

describe('a hook that injects a changing date into ten requests', () => {
  test.each(CASES)('to %s under %j costs no read and no write (N-02)', async (_name, cache, open) => {
    const plain = await countsOf(open, { cache });
    expect(await countsOf(open, { cache, hooks: [dateHook()] })).toEqual(plain);
    expect(plain.slice(1).every(([read]) => Number(read) > 1000)).toBe(true);
  });

  test('to Responses, whose ids are of chance, reads all that was kept (N-02)', async () => {
    const open = (url: string) =>
      openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1`, vendor: 'openai' }).model('gpt-5.6');
    const counts = await countsOf(open, { hooks: [dateHook()] });
    for (const [index, [read]] of counts.entries()) {
      const [readBefore = 0, written = 0] = counts[index - 1] ?? [];
      expect(read).toBe(Number(readBefore) + Number(written));
    }
  });
});

test('thoughts that a model binds to what they followed do not come back after an injection (I4)', async () => {
  const open = (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5-5');
  const thoughtful: Script = (request) => ({
    ...asParts(ticking(request)),
    thinking: `Round ${request.requestIndex}.`,
  });
  const { url, requests } = await simulator(thoughtful);
  const options = { model: open(url), system: LONG_SYSTEM_PROMPT, tools: [look], hooks: [dateHook()] };
  const session = await createAgent(options).openSession(openMemoryStore(), { id: 's' });
  expect((await session.send('What is there?').result()).text).toBe('A zebra.');
  expect(requests.map(({ status }) => status)).toEqual(Array.from({ length: ROUNDS + 1 }, () => 200));
});

function asParts(reply: ReturnType<Script>): object {
  return typeof reply === 'string' ? { text: reply } : reply;
}
