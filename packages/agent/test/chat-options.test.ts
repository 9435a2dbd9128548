import { Chat, DEFAULT_FINAL_PROMPT, tool } from '@reprise/agent';
import { anthropic, asObject, type Model, messageText, ollama, openai, userMessage } from '@reprise/providers';
import type { Script } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';
import { simulator } from './support/simulated.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a tree' });

const LOOK = toolTurn(['c1', 'look', '{}']);

/** Calls a tool so many times, then answers. */
function looks(times: number): Script {
  return ({ messages }) =>
    messages.filter(({ role }) => role === 'tool').length < times ? { toolCalls: [{ name: 'look' }] } : 'A tree.';
}

function modelOf(url: string, family: string, id: string): Model {
  return family === 'openai'
    ? openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model(id)
    : anthropic({ apiKey: 'simulated', baseURL: url }).model(id);
}

async function warningsOf(chat: Chat): Promise<readonly string[]> {
  const warnings: string[] = [];
  for await (const event of chat.stream('Hello.')) if (event.type === 'warning') warnings.push(event.code);
  return warnings;
}

describe('what a chat asks unless it is told otherwise (L-55)', () => {
  it('is no thinking, no search, no marks, and temperature 0', async () => {
    const model = scriptedModel(textTurn('Hi.'));
    await new Chat(model).ask('Hello.');
    expect(model.requests[0]).toEqual({ messages: [userMessage('Hello.')], cache: 'none', temperature: 0 });
  });

  it('lets tools run for two rounds, and then asks for words (L-32, L-33)', async () => {
    const model = scriptedModel(LOOK, LOOK, textTurn('A tree.'));
    const chat = new Chat(model, { tools: [look] });
    expect(await chat.ask('What is there?')).toMatchObject({ text: 'A tree.', reason: 'tool-round-limit' });
    expect(chat.history.at(-2)).toEqual(userMessage(DEFAULT_FINAL_PROMPT));
    expect(model.unplayed).toBe(0);
  });

  it.each([
    ['openai', 'gpt-4o', 0],
    ['openai', 'o3', undefined],
    ['anthropic', 'claude-opus-5', undefined],
  ])('sends the temperature where the model takes one: %s %s', async (family, id, temperature) => {
    const vendor = await simulator(() => 'Hi.');
    const chat = new Chat(modelOf(vendor.url, family, id));
    expect(await warningsOf(chat)).toEqual([]);
    expect(asObject(vendor.requests[0]?.body)?.['temperature']).toBe(temperature);
  });

  it('leaves the temperature to the vendor, or warns of one that the model does not take', async () => {
    const vendor = await simulator(() => 'Hi.');
    await new Chat(modelOf(vendor.url, 'openai', 'gpt-4o'), { temperature: 'default' }).ask('Hello.');
    expect(vendor.requests[0]?.body).not.toHaveProperty('temperature');
    const chat = new Chat(modelOf(vendor.url, 'anthropic', 'claude-opus-5'), { temperature: 0.7 });
    expect(await warningsOf(chat)).toEqual(['request/temperature-ignored']);
  });

  it('is beside what any agent may be told', async () => {
    const model = scriptedModel(textTurn('Hi.'));
    await new Chat(model, { maxOutputTokens: 5, cacheKey: 'anna', diagnostics: true }).ask('Hello.');
    expect(model.requests[0]).toMatchObject({ maxTokens: 5, cacheKey: 'anna', diagnostics: true });
  });

  it('is refused at once where it cannot work', () => {
    const model = scriptedModel();
    const invalid = expect.objectContaining({ code: 'agent/invalid-option' });
    expect(() => new Chat(model, { maxToolRounds: -1 })).toThrow(invalid);
    expect(() => new Chat(model, { cache: 'auto', ttl: '1h' })).toThrow(invalid);
    expect(() => new Chat(model).stream('Hello.', { maxRequests: 0 })).toThrow(invalid);
    expect(() => new Chat('nobody/nothing')).toThrow(expect.objectContaining({ code: 'provider/unknown-model' }));
  });
});

describe('what one ask is told (L-57)', () => {
  const ASKED = { think: 'high', search: 'low', temperature: 0.5, maxTokens: 99, stopSequences: ['END'] } as const;

  it('holds for every request of its run, and for no other (X-15)', async () => {
    const model = scriptedModel(LOOK, textTurn('A tree.'), textTurn('Bye.'));
    const chat = new Chat(model, { tools: [look], search: 'medium' });
    await chat.ask('What is there?', ASKED);
    await chat.ask('Bye.');
    for (const request of model.requests.slice(0, 2)) expect(request).toMatchObject(ASKED);
    expect(model.requests[2]).toMatchObject({ search: 'medium', temperature: 0 });
    for (const name of ['think', 'maxTokens', 'stopSequences']) expect(model.requests[2]).not.toHaveProperty(name);
  });

  it('turns off what the chat has on (L-48)', async () => {
    const model = scriptedModel(textTurn('Hi.'));
    await new Chat(model, { search: 'high' }).ask('Hello.', { search: false });
    expect(model.requests[0]?.search).toBe(false);
  });

  it.each([
    ['rounds of tools', { maxToolRounds: 1 }, 2],
    ['requests', { maxRequests: 3 }, 3],
  ])('limits its %s', async (_what, limit, requests) => {
    const model = scriptedModel(...Array.from({ length: requests - 1 }, () => LOOK), textTurn('Enough.'));
    const chat = new Chat(model, { tools: [look], maxToolRounds: 9 });
    await chat.ask('What is there?', { ...limit, finalPrompt: 'Stop now.' });
    expect([model.unplayed, messageText(chat.history.at(-2) ?? userMessage(''))]).toEqual([0, 'Stop now.']);
  });

  it('may be another cache policy than that of the chat (D-18)', async () => {
    const model = scriptedModel(textTurn('1'), textTurn('2'), textTurn('3'));
    const chat = new Chat(model, { cache: true, cacheIdxs: [0, -1], ttl: '1h' });
    await chat.ask('One.', { cache: 'system_and_tools' });
    await chat.ask('Two.', { cacheIdxs: [-2] });
    await chat.ask('Three.', { cache: false });
    const policies = model.requests.map(({ cache }) => cache);
    expect(policies).toEqual(['system_and_tools', { breakpoints: [-2], ttl: '1h' }, 'none']);
  });
});

describe('a prefill (L-59)', () => {
  const OPENED = { type: 'text', text: '{"tree":' } as const;

  it.each([
    ['anthropic', (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-4-5')],
    ['ollama', (url: string) => ollama({ host: url }).model('llama4')],
  ])('begins the answer in stream, text and history: %s', async (_family, modelOf) => {
    const vendor = await simulator(() => ' true}');
    const chat = new Chat(modelOf(vendor.url));
    const run = chat.stream('Is there a tree?', { prefill: OPENED.text });
    const pieces: string[] = [];
    for await (const event of run) if (event.type === 'text-delta') pieces.push(event.text);
    expect([pieces[0], pieces.join('')]).toEqual([OPENED.text, '{"tree": true}']);
    expect((await run.result()).text).toBe('{"tree": true}');
    expect(messageText(chat.history[1] ?? userMessage(''))).toBe('{"tree": true}');
  });

  it('begins the first answer of a run and no later one (X-15)', async () => {
    const vendor = await simulator(looks(2));
    const model = anthropic({ apiKey: 'simulated', baseURL: vendor.url }).model('claude-opus-4-5');
    const { turns } = await new Chat(model, { tools: [look] }).ask('What is there?', { prefill: 'Let me see' });
    expect(turns.map(({ message }) => messageText(message))).toEqual(['Let me see', '', 'A tree.']);
    const ends = vendor.requests
      .map(({ body }) => asObject(body)?.['messages'])
      .map((list) => Array.isArray(list) && list.at(-1)?.role);
    expect(ends).toEqual(['assistant', 'user', 'user']);
  });

  it.each([
    ['anthropic', 'claude-opus-5', 'provider/invalid-request'],
    ['openai', 'gpt-5.2', 'provider/unsupported'],
  ])('is refused before anything is sent where the model takes none: %s', async (family, id, code) => {
    const vendor = await simulator(() => 'Hi.');
    const chat = new Chat(modelOf(vendor.url, family, id));
    await expect(chat.ask('Hello.', { prefill: 'Hi' })).rejects.toMatchObject({ code });
    expect([vendor.requests.length, chat.usage.turns]).toEqual([0, 0]);
  });
});

describe('where a chat sends its requests (L-69)', () => {
  it('is what its model says: address, headers and fetch', async () => {
    const vendor = await simulator(() => 'Hi.');
    const sent: Headers[] = [];
    const model = anthropic({
      apiKey: 'simulated',
      baseURL: vendor.url,
      headers: { 'x-team': 'trees' },
      fetch: (input, init) => {
        sent.push(new Headers(init?.headers));
        return fetch(input, init);
      },
    }).model('claude-opus-5');
    await new Chat(model).ask('Hello.');
    expect([sent.map((headers) => headers.get('x-team')), vendor.requests.length]).toEqual([['trees'], 1]);
  });

  it('has no price where nobody knows the model: it is unpriced, not free', async () => {
    const vendor = await simulator(() => 'Hi.');
    const model = openai({ apiKey: 'simulated', baseURL: `${vendor.url}/v1` }).model('trees-large-1');
    const chat = new Chat(model);
    const { cost } = await chat.ask('Hello.');
    expect([cost, chat.cost]).toEqual([
      { known: 0n, unpricedTurns: 1 },
      { known: 0n, unpricedTurns: 1 },
    ]);
  });
});
