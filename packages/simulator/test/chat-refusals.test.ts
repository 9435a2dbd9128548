import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { failureOf, GPT, LLAMA, simulate } from './support/simulate.ts';

const go = { role: 'user', content: 'go' };
const calls = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'seen' });

describe('Chat Completions', () => {
  test.each<[string, object, RegExp]>([
    ['a request without a model', { messages: [go] }, /you must provide a model parameter/],
    ['a request without messages', { model: GPT }, /Missing required parameter: 'messages'/],
    ['an empty list of messages', { model: GPT, messages: [] }, /empty array/],
    ['an unknown role', { model: GPT, messages: [{ role: 'robot', content: 'x' }] }, /messages\[0\]\.role/],
    ['a message without content', { model: GPT, messages: [{ role: 'user' }] }, /messages\[0\]\.content/],
    [
      'a call that is never answered',
      { model: GPT, messages: [go, calls('a', 'b'), result('a')] },
      /response messages: b$/,
    ],
    ['a call answered too late', { model: GPT, messages: [go, calls('a'), go, result('a')] }, /response messages: a$/],
    ['a result of no call', { model: GPT, messages: [go, result('a')] }, /must be a response to a preceding message/],
    [
      'a result of an older call',
      { model: GPT, messages: [go, calls('a'), result('a'), go, result('a')] },
      /must be a response to a preceding message/,
    ],
    [
      'arguments that are not text',
      {
        model: GPT,
        messages: [
          go,
          { ...calls(), tool_calls: [{ id: 'a', function: { name: 'look', arguments: {} } }] },
          result('a'),
        ],
      },
      /function\.arguments/,
    ],
  ])('refuses %s', async (_what, body, message) => {
    const { openai, simulator } = await simulate(() => 'never said');
    const error = await failureOf(
      openai.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming),
    );
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      error: { message: expect.stringMatching(message) },
    });
    expect(simulator.requests).toMatchObject([{ status: 400, usage: null }]);
  });

  test('refuses a caller without credentials', async () => {
    const { simulator } = await simulate(() => 'never said');
    const openai = new OpenAI({
      baseURL: `${simulator.url}/v1`,
      apiKey: 'unused',
      defaultHeaders: { Authorization: null },
      maxRetries: 0,
    });
    const error = await failureOf(
      openai.chat.completions.create({ model: GPT, messages: [{ role: 'user', content: 'go' }] }),
    );
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('accepts calls that are all answered, in any order', async () => {
    const { openai } = await simulate(() => 'fine');
    const messages = [go, calls('a', 'b'), result('b'), result('a'), go];
    const completion = await openai.chat.completions.create({
      model: GPT,
      messages: messages as OpenAI.ChatCompletionMessageParam[],
    });
    expect(completion.choices[0]?.message.content).toBe('fine');
  });
});

describe('Ollama', () => {
  test.each<[string, object, RegExp]>([
    ['a request without a model', { messages: [go] }, /model is required/],
    ['messages that are no list', { model: LLAMA, messages: 'hi' }, /messages must be an array/],
    ['an unknown role', { model: LLAMA, messages: [{ role: 'robot', content: 'x' }] }, /invalid role/],
    [
      'content in parts',
      { model: LLAMA, messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      /\.content into Go/,
    ],
    [
      'arguments that are text',
      {
        model: LLAMA,
        messages: [{ role: 'assistant', content: '', tool_calls: [{ function: { name: 'a', arguments: '{}' } }] }],
      },
      /tool_calls into Go/,
    ],
  ])('refuses %s', async (_what, body, message) => {
    const { ollama, simulator } = await simulate(() => 'never said');
    const error = await failureOf(ollama.chat(body as Parameters<typeof ollama.chat>[0] & { stream: false }));
    expect(error).toMatchObject({ name: 'ResponseError', status_code: 400, error: expect.stringMatching(message) });
    expect(simulator.requests).toMatchObject([{ status: 400, usage: null }]);
  });
});
