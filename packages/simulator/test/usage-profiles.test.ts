import { completeTurn, openai, type TokenCounts, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import type { UsageProfile } from '../src/index.ts';
import { clientsOf, collect, GPT, simulate } from './support/simulate.ts';

const PROFILES = [
  'openai',
  'xai',
  'google',
  'deepseek',
  'moonshotai',
  'groq',
  'mistral',
  'openrouter',
  'litellm',
  'vllm',
] as const satisfies readonly UsageProfile[];

const LINES = Array.from({ length: 300 }, (_, index) => `${index}: be kind, and be exact.`).join('\n');
const REPLY = { thinking: 'Let me think about it for a while.', text: 'Yes, it is so.' };
const ANSWER = (requestIndex: number) => (requestIndex < 2 ? REPLY : { text: 'No.' });

/** What a session of three turns reads as: nothing cached at first, then something; thinking, and none in the end. */
async function tokensOf(usageProfile: UsageProfile, model = GPT): Promise<readonly TokenCounts[]> {
  const { simulator } = await simulate(({ requestIndex }) => ANSWER(requestIndex), { usageProfile });
  const client = openai({ apiKey: 'x', baseURL: `${simulator.url}/v1`, vendor: usageProfile }).model(model);
  const tokens: TokenCounts[] = [];
  const messages = [userMessage('One?')];
  for (const question of ['Two?', 'Three?', 'Four?']) {
    const turn = await completeTurn(client, { system: LINES, messages });
    expect(turn.usageState).toBe('final');
    tokens.push(turn.tokens);
    messages.push(userMessage(question));
  }
  return tokens;
}

/** What a vendor does not say at all. */
const UNSAID: Partial<Record<UsageProfile, Partial<TokenCounts>>> = {
  google: { reasoning: 'not-reported' },
  mistral: { reasoning: 'not-reported' },
  vllm: { reasoning: 'not-reported' },
};

describe('the same session reads the same (B-02)', () => {
  test.each(PROFILES)('as %s counts it', async (profile) => {
    const plain = await tokensOf('openai');
    const read = await tokensOf(profile);
    const expected = plain.map((tokens) => ({ ...tokens, ...UNSAID[profile] }));
    // A zero that is left out is not known to be one, and neither is the rest of the prompt then.
    if (profile === 'vllm') expected[0] = { ...expected[0], cacheRead: 'not-reported' } as TokenCounts;
    expect(read).toEqual(expected);
    expect(plain[1]?.cacheRead).toBeGreaterThan(1024);
    expect(plain[0]?.reasoning).toBeGreaterThan(0);
  });
});

/** The chunks that say something of tokens, of a stream that asks for usage or does not. */
async function usageChunks(usageProfile: UsageProfile, asks: boolean) {
  const { simulator } = await simulate(() => REPLY, { usageProfile });
  const stream = await clientsOf(simulator).openai.chat.completions.create({
    model: GPT,
    messages: [{ role: 'user', content: 'One?' }],
    stream: true,
    ...(asks ? { stream_options: { include_usage: true } } : {}),
  });
  const chunks = await collect(stream);
  const places = chunks.flatMap((chunk, index) => {
    const fields = chunk as { usage?: unknown; x_groq?: { usage?: unknown }; choices: { usage?: unknown }[] };
    const at = index === chunks.length - 1 ? 'last' : index === chunks.length - 2 ? 'before' : 'early';
    return [
      ...(fields.usage ? [`${at}: usage`] : []),
      ...(fields.x_groq?.usage ? [`${at}: x_groq`] : []),
      ...(fields.choices[0]?.usage ? [`${at}: choice`] : []),
    ];
  });
  return { places: [...new Set(places)], lastChoices: chunks.at(-1)?.choices.length };
}

describe('usage in a stream', () => {
  test.each<[UsageProfile, readonly string[], readonly string[], number]>([
    ['openai', ['last: usage'], [], 0],
    ['xai', ['last: usage'], [], 0],
    ['vllm', ['last: usage'], [], 0],
    ['litellm', ['last: usage'], [], 0],
    ['openrouter', ['last: usage'], ['last: usage'], 0],
    ['deepseek', ['last: usage'], ['last: usage'], 1],
    ['mistral', ['last: usage'], ['last: usage'], 1],
    ['groq', ['last: usage', 'last: x_groq'], ['last: usage', 'last: x_groq'], 1],
    ['moonshotai', ['before: choice', 'last: usage'], ['last: choice'], 0],
    ['google', ['early: usage', 'before: usage', 'last: usage'], ['early: usage', 'before: usage', 'last: usage'], 1],
  ])('of %s stands where that vendor puts it', async (profile, asked, unasked, lastChoices) => {
    expect(await usageChunks(profile, true)).toEqual({ places: asked, lastChoices });
    expect((await usageChunks(profile, false)).places).toEqual(unasked);
  });

  test('of OpenRouter has a cost that grows with what it pays for', async () => {
    const { openai: client, simulator } = await simulate(() => REPLY, { usageProfile: 'openrouter' });
    const ask = async (content: string) =>
      (await client.chat.completions.create({ model: GPT, messages: [{ role: 'user', content }] })).usage;
    const costs = [await ask('One?'), await ask(LINES)].map(
      (usage) => (usage as { cost?: number } | undefined)?.cost ?? 0,
    );
    expect(costs[0]).toBeGreaterThan(0);
    expect(costs[1]).toBeGreaterThan(costs[0] ?? 0);
    expect(simulator.requests[1]?.usage).toMatchObject({ is_byok: false });
  });

  test('is each workspace’s own', async () => {
    const { simulator } = await simulate(() => REPLY);
    const workspace = simulator.workspace('groq', { usageProfile: 'groq' });
    const request = { model: GPT, messages: [{ role: 'user' as const, content: 'One?' }] };
    await clientsOf(workspace).openai.chat.completions.create(request);
    await clientsOf(simulator).openai.chat.completions.create(request);
    expect(workspace.requests[0]?.usage).toHaveProperty('queue_time');
    expect(simulator.requests[0]?.usage).not.toHaveProperty('queue_time');
  });
});

describe('the usage object', () => {
  const counters = async (usageProfile: UsageProfile) => {
    const { openai: client } = await simulate(() => REPLY, { usageProfile });
    const ask = () =>
      client.chat.completions.create({
        model: GPT,
        messages: [
          { role: 'system', content: LINES },
          { role: 'user', content: 'One?' },
        ],
      });
    await ask();
    return (await ask()).usage as unknown as Readonly<Record<string, number>> & {
      readonly completion_tokens_details?: { readonly reasoning_tokens: number };
    };
  };

  test('of xAI and Google leaves thinking out of the completion, and xAI alone says how much', async () => {
    const plain = await counters('openai');
    const thinking = plain.completion_tokens_details?.reasoning_tokens ?? 0;
    expect(thinking).toBeGreaterThan(0);
    for (const profile of ['xai', 'google'] as const) {
      const usage = await counters(profile);
      expect(usage['completion_tokens']).toBe((plain['completion_tokens'] ?? 0) - thinking);
      expect(usage['total_tokens']).toBe(plain['total_tokens']);
      expect(usage.completion_tokens_details?.reasoning_tokens).toBe(profile === 'xai' ? thinking : undefined);
    }
  });

  test('has each vendor’s own names for what was read', async () => {
    const { prompt_tokens: prompt = 0, prompt_tokens_details: details } = await counters('openai');
    const { cached_tokens: read } = details as unknown as { cached_tokens: number };
    expect(read).toBeGreaterThan(1024);
    expect(await counters('deepseek')).toMatchObject({
      prompt_cache_hit_tokens: read,
      prompt_cache_miss_tokens: prompt - read,
    });
    expect(await counters('moonshotai')).toMatchObject({ cached_tokens: read });
    expect(await counters('mistral')).toMatchObject({
      num_cached_tokens: read,
      prompt_token_details: { cached_tokens: read },
    });
    expect(await counters('litellm')).toMatchObject({ cache_read_input_tokens: read, cache_creation_input_tokens: 0 });
    expect(await counters('vllm')).toMatchObject({ prompt_tokens_details: { cached_tokens: read } });
  });
});

describe('cache writes of OpenAI (P-01)', () => {
  test.each([
    ['gpt-5.6', 0],
    ['gpt-6', 0],
    ['gpt-5.5', undefined],
    [GPT, undefined],
  ])('of a prompt of %s that is too short to keep are %s', async (model, written) => {
    const { openai: client } = await simulate(() => 'Yes.');
    const { usage } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'One?' }] });
    const response = await client.responses.create({ model, input: 'One?' });
    const details = [usage?.prompt_tokens_details, response.usage?.input_tokens_details];
    expect(details.map((each) => each?.cache_write_tokens)).toEqual([written, written]);
  });
});
