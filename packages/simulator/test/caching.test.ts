import type Anthropic from '@anthropic-ai/sdk';
import type { Message as OllamaMessage } from 'ollama';
import { describe, expect, test } from 'vitest';
import { CLAUDE, GPT, LLAMA, post, simulate } from './support/simulate.ts';

const MINUTE_MS = 60_000;

const LINES = Array.from({ length: 250 }, (_, index) => `${index}: all work and no play makes Jack a dull boy`).join(
  '\n',
);

type Param = Anthropic.Messages.MessageParam;

/** Text whose end is a cache mark. */
function marked(text: string, ttl?: '5m' | '1h'): Anthropic.Messages.TextBlockParam {
  return { type: 'text', text, cache_control: { type: 'ephemeral', ...(ttl === undefined ? {} : { ttl }) } };
}

function ask(messages: Param[], more: Partial<Anthropic.Messages.MessageCreateParamsNonStreaming> = {}) {
  return { model: CLAUDE, max_tokens: 100, messages, ...more };
}

/** `[fresh, read, written]`. */
function counts({ usage }: Anthropic.Messages.Message) {
  return [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
}

describe('Anthropic', () => {
  const first: Param[] = [{ role: 'user', content: [marked(LINES)] }];

  test('a second request reads exactly what the first one wrote', async () => {
    const { anthropic, simulator } = await simulate(() => 'What a book.');
    const [fresh, read, written] = counts(await anthropic.messages.create(ask(first)));
    expect([fresh, read]).toEqual([0, 0]);
    expect(written).toBeGreaterThan(1000);

    const next: Param[] = [
      ...first,
      { role: 'assistant', content: 'What a book.' },
      { role: 'user', content: [marked('Go on.')] },
    ];
    const second = await anthropic.messages.create(ask(next));
    expect(second.usage.cache_read_input_tokens).toBe(written);
    expect(second.usage.cache_creation_input_tokens).toBeGreaterThan(0);
    expect(second.usage.cache_creation_input_tokens).toBeLessThan(50);
    expect(second.usage.input_tokens).toBe(0);

    expect(simulator.requests.map(({ marks }) => marks)).toEqual([
      [{ blockIndex: 0, lifetime: '5m' }],
      [
        { blockIndex: 0, lifetime: '5m' },
        { blockIndex: 2, lifetime: '5m' },
      ],
    ]);
    expect(simulator.requests[1]?.prefixHashes[0]).toBe(simulator.requests[0]?.prefixHashes[0]);
    expect(simulator.requests[1]?.verdict).toEqual({
      fresh: 0,
      read: written,
      written: { '5m': second.usage.cache_creation_input_tokens },
    });
    expect(simulator.requests[1]?.usage).toEqual(second.usage);
  });

  test('a streamed answer counts the same', async () => {
    const { anthropic } = await simulate(() => 'Yes.');
    const written = (await anthropic.messages.create(ask(first))).usage.cache_creation_input_tokens;
    const streamed = await anthropic.messages.stream(ask(first)).finalMessage();
    expect(counts(streamed)).toEqual([0, written, 0]);
  });

  test('an entry lives five minutes after its last use', async () => {
    const { anthropic, time } = await simulate(() => 'Yes.');
    const written = (await anthropic.messages.create(ask(first))).usage.cache_creation_input_tokens;
    for (const [pauseMs, expected] of [
      [4 * MINUTE_MS, [0, written, 0]],
      [5 * MINUTE_MS - 1, [0, written, 0]],
      [5 * MINUTE_MS, [0, 0, written]],
    ] as const) {
      time.advance(pauseMs);
      expect(counts(await anthropic.messages.create(ask(first)))).toEqual(expected);
    }
  });

  test('writes are split by lifetime', async () => {
    const { anthropic } = await simulate(() => 'Yes.');
    const message = await anthropic.messages.create(
      ask([{ role: 'user', content: [marked('Summarise.', '5m')] }], { system: [marked(LINES, '1h')] }),
    );
    const { cache_creation: split, cache_creation_input_tokens: total } = message.usage;
    expect(split?.ephemeral_1h_input_tokens).toBeGreaterThan(1000);
    expect(split?.ephemeral_5m_input_tokens).toBeGreaterThan(0);
    expect((split?.ephemeral_1h_input_tokens ?? 0) + (split?.ephemeral_5m_input_tokens ?? 0)).toBe(total);
  });

  test('below the minimum nothing is cached, and nobody says so', async () => {
    const { anthropic, simulator } = await simulate(() => 'Yes.');
    const short: Param[] = [{ role: 'user', content: [marked('hello')] }];
    for (let round = 0; round < 2; round += 1) {
      const [fresh, read, written] = counts(await anthropic.messages.create(ask(short)));
      expect([read, written]).toEqual([0, 0]);
      expect(fresh).toBeGreaterThan(0);
    }
    expect(simulator.cache.get(`anthropic/${CLAUDE}`)?.size).toBe(0);
  });

  test('the cache can be inspected by model, and models do not share it', async () => {
    const { anthropic, simulator, time } = await simulate(() => 'Yes.');
    const written = (await anthropic.messages.create(ask(first))).usage.cache_creation_input_tokens;
    const entries = [...(simulator.cache.get(`anthropic/${CLAUDE}`) ?? [])];
    expect(entries).toEqual([
      [
        simulator.requests[0]?.prefixHashes[0],
        { tokens: written, lifetime: '5m', expiresAt: time.now() + 5 * MINUTE_MS },
      ],
    ]);
    const other = await anthropic.messages.create(ask(first, { model: 'claude-opus-5' }));
    expect(other.usage.cache_read_input_tokens).toBe(0);
  });

  test('a mark on a tool keeps the tools when the system prompt changes', async () => {
    const { anthropic } = await simulate(() => 'Yes.');
    const tools = [
      {
        name: 'look',
        description: LINES,
        input_schema: { type: 'object' as const },
        cache_control: { type: 'ephemeral' as const },
      },
    ];
    const messages: Param[] = [{ role: 'user', content: 'hi' }];
    const one = await anthropic.messages.create(ask(messages, { tools, system: 'Monday' }));
    const two = await anthropic.messages.create(ask(messages, { tools, system: 'Tuesday' }));
    expect(two.usage.cache_read_input_tokens).toBe(one.usage.cache_creation_input_tokens);
  });

  test('the top-level flag marks the last block that can carry a mark', async () => {
    const { anthropic, simulator } = await simulate(() => 'Yes.');
    const body = ask([{ role: 'user', content: LINES }], { cache_control: { type: 'ephemeral' } });
    const written = (await anthropic.messages.create(body)).usage.cache_creation_input_tokens;
    expect(counts(await anthropic.messages.create(body))).toEqual([0, written, 0]);
    expect(simulator.requests[0]?.marks).toEqual([{ blockIndex: 0, lifetime: '5m' }]);
  });

  test('a number rewritten on its way is another prefix', async () => {
    const { simulator } = await simulate(() => 'Yes.');
    const body = (number: string) =>
      `{"model":"${CLAUDE}","max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[` +
      `{"type":"tool_use","id":"t","name":"add","input":{"n":${number}}}]},{"role":"user","content":[` +
      `{"type":"tool_result","tool_use_id":"t","content":"1"}]}]}`;
    const headers = { 'x-api-key': 'test', 'anthropic-version': '2023-06-01' };
    for (const number of ['12345678901234567890', '12345678901234567000']) {
      expect((await post(`${simulator.url}/v1/messages`, body(number), headers)).status).toBe(200);
    }
    const [one, two] = simulator.requests.map(({ prefixHashes }) => prefixHashes);
    expect(one?.[0]).toBe(two?.[0]);
    expect(one?.[1]).not.toBe(two?.[1]);
  });

  test('requests under way together do not read what the others write', async () => {
    const waiting: (() => void)[] = [];
    const { anthropic, simulator } = await simulate(async ({ requestIndex }) => {
      if (requestIndex >= 5) return 'late';
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 5) for (const release of waiting) release();
      });
      return 'together';
    });
    const messages = await Promise.all(Array.from({ length: 5 }, () => anthropic.messages.create(ask(first))));
    const written = messages[0]?.usage.cache_creation_input_tokens ?? 0;
    expect(written).toBeGreaterThan(1000);
    for (const message of messages) expect(counts(message)).toEqual([0, 0, written]);
    expect(counts(await anthropic.messages.create(ask(first)))).toEqual([0, written, 0]);
    expect(simulator.requests.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(5);
  });
});

describe('OpenAI', () => {
  const user = (content: string) => ({ role: 'user' as const, content });

  test('the known prefix is read in whole steps of 128 tokens from 1 024 on', async () => {
    const { openai } = await simulate(() => 'Yes.');
    const usageOf = async (messages: ReturnType<typeof user>[]) =>
      (await openai.chat.completions.create({ model: GPT, messages })).usage;
    const first = await usageOf([user(LINES)]);
    expect(first?.prompt_tokens_details?.cached_tokens).toBe(0);
    const second = await usageOf([user(LINES), user('Go on.')]);
    const known = first?.prompt_tokens ?? 0;
    expect(known % 128).not.toBe(0);
    expect(second?.prompt_tokens_details?.cached_tokens).toBe(known - (known % 128));
    expect(second?.prompt_tokens).toBeGreaterThan(known);

    const short = [user(LINES.slice(0, 3000))];
    await usageOf(short);
    const again = await usageOf(short);
    expect(again?.prompt_tokens).toBeLessThan(1024);
    expect(again?.prompt_tokens_details?.cached_tokens).toBe(0);
  });
});

describe('Ollama', () => {
  test('only the last request is remembered', async () => {
    const { ollama, simulator } = await simulate(() => 'Yes.');
    const send = async (...contents: string[]) => {
      const messages: OllamaMessage[] = contents.map((content) => ({ role: 'user', content }));
      await ollama.chat({ model: LLAMA, messages, stream: false });
      return simulator.requests.at(-1)?.usage;
    };
    expect(await send('one')).toMatchObject({ prompt_eval_cached_count: 0 });
    const known = simulator.requests[0]?.verdict.fresh;
    expect(await send('one', 'two')).toMatchObject({ prompt_eval_cached_count: known });
    expect(await send('other')).toMatchObject({ prompt_eval_cached_count: 0 });
    expect(await send('one', 'two')).toMatchObject({ prompt_eval_cached_count: 0 });
  });
});
