import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { CLAUDE, clientsOf, failureOf, GPT, LLAMA, post, simulate } from './support/simulate.ts';

const SYSTEM = Array.from({ length: 400 }, (_, line) => `Rule ${line}: be exact.`).join('\n');
const QUESTION = {
  model: CLAUDE,
  max_tokens: 9,
  cache_control: { type: 'ephemeral' as const },
  system: SYSTEM,
  messages: [{ role: 'user' as const, content: 'hi' }],
};

describe('a workspace', () => {
  test('reads nothing of what another one keeps', async () => {
    const { simulator } = await simulate(() => 'Hello.');
    const reads = async (url: string) => {
      const { usage } = await clientsOf({ url }).anthropic.messages.create(QUESTION);
      return usage.cache_read_input_tokens;
    };
    const [one, two] = [simulator.workspace('one'), simulator.workspace('two')];
    expect(await reads(simulator.url)).toBe(0);
    expect(await reads(one.url)).toBe(0);
    expect(await reads(two.url)).toBe(0);
    expect(await reads(one.url)).toBeGreaterThan(1000);
    expect([simulator, one, two].map(({ requests }) => requests.length)).toEqual([1, 2, 1]);
  });

  test('has every route, for every client', async () => {
    const { simulator } = await simulate(() => 'Hello.');
    const { url, requests } = simulator.workspace('a b/c');
    const { anthropic, openai, ollama } = clientsOf({ url });
    await anthropic.messages.create(QUESTION);
    await openai.chat.completions.create({ model: GPT, messages: [{ role: 'user', content: 'hi' }] });
    await openai.responses.create({ model: GPT, input: 'hi' });
    await ollama.chat({ model: LLAMA, messages: [{ role: 'user', content: 'hi' }] });
    expect(requests.map(({ family }) => family)).toEqual(['anthropic', 'openai-chat', 'openai-responses', 'ollama']);
  });

  test('has its own script and its own faults', async () => {
    const { simulator } = await simulate(() => 'main');
    const own = simulator.workspace('own', {
      script: () => 'own',
      faults: [{ fault: { type: 'status', status: 529 }, times: 1 }],
    });
    const ask = (url: string) => clientsOf({ url }).anthropic.messages.create(QUESTION);
    expect(await failureOf(ask(own.url))).toMatchObject({ status: 529 });
    expect((await ask(own.url)).content).toMatchObject([{ text: 'own' }]);
    expect((await ask(simulator.url)).content).toMatchObject([{ text: 'main' }]);
  });

  test('begins with a request to its address, and is the same when asked for later', async () => {
    const { simulator } = await simulate(() => 'Hello.');
    await clientsOf({ url: `${simulator.url}/workspaces/new` }).anthropic.messages.create(QUESTION);
    expect(simulator.workspace('new').requests).toHaveLength(1);
  });

  test('forgets when it is reset, faults and names included', async () => {
    const { simulator, anthropic } = await simulate(() => 'Hello.', {
      faults: [{ fault: { type: 'status', status: 500 }, times: 1 }],
    });
    const statuses: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      for (let request = 0; request < 2; request += 1) {
        await anthropic.messages.create(QUESTION).catch(() => undefined);
        statuses.push(simulator.requests.at(-1)?.status ?? 0);
      }
      expect(simulator.cache.size).toBe(1);
      simulator.reset();
      expect([simulator.requests.length, simulator.cache.size]).toEqual([0, 0]);
    }
    expect(statuses).toEqual([500, 200, 500, 200]);
  });
});

describe('the clock', () => {
  test('moves forward for every workspace, so that entries expire', async () => {
    const { simulator, anthropic } = await simulate(() => 'Hello.');
    const before = simulator.clock();
    await anthropic.messages.create(QUESTION);
    simulator.advance(4 * 60_000);
    const { usage: alive } = await anthropic.messages.create(QUESTION);
    simulator.advance(5 * 60_000);
    const { usage: expired } = await anthropic.messages.create(QUESTION);
    expect([(alive.cache_read_input_tokens ?? 0) > 0, expired.cache_read_input_tokens]).toEqual([true, 0]);
    expect(simulator.clock() - before).toBe(9 * 60_000);
    expect(() => simulator.advance(-1)).toThrow('expected 0 or more');
  });
});

describe('counting tokens', () => {
  test("gives what a request's prompt will be, and leaves no trace", async () => {
    const { simulator, anthropic, openai } = await simulate(() => 'Hello.');
    const { model, system, messages } = QUESTION;
    const counted = await anthropic.messages.countTokens({ model, system, messages });
    const input = await new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'x' }).responses.inputTokens.count({
      model: GPT,
      input: SYSTEM,
    });
    expect([simulator.requests.length, simulator.cache.size]).toEqual([0, 0]);
    const { usage } = await anthropic.messages.create({ model, system, messages, max_tokens: 9 });
    expect(counted).toEqual({ input_tokens: usage.input_tokens });
    expect(input.input_tokens).toBe((await openai.responses.create({ model: GPT, input: SYSTEM })).usage?.input_tokens);
  });

  test('refuses what the answer would refuse', async () => {
    const { simulator } = await simulate(() => 'never');
    const response = await post(
      `${simulator.url}/v1/messages/count_tokens`,
      JSON.stringify({ model: CLAUDE, messages: [{ role: 'assistant', content: 'hi' }] }),
      { 'x-api-key': 'x', 'anthropic-version': '2026-10-21' },
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});
