import { describe, expect, test } from 'vitest';
import { CLAUDE, GPT, LLAMA, post, simulate } from './support/simulate.ts';

const HEADERS = { authorization: 'Bearer x', 'anthropic-version': '2026-10-21' };
const messages = [{ role: 'user', content: 'hi' }];

const ROUTES = [
  ['/v1/messages', 'request-id', { model: CLAUDE, max_tokens: 9, messages }],
  ['/v1/chat/completions', 'x-request-id', { model: GPT, messages }],
  ['/v1/responses', 'x-request-id', { model: GPT, input: 'hi' }],
] as const;

describe('each answer names its request in a header', () => {
  test.each(ROUTES)('%s: %s', async (path, header, body) => {
    const { simulator } = await simulate(() => 'hello');
    const ask = async (more: object) => post(`${simulator.url}${path}`, JSON.stringify({ ...body, ...more }), HEADERS);
    const answers = [await ask({}), await ask({}), await ask({ stream: true }), await ask({ model: 3 })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400]);
    const ids = answers.map(({ headers }) => headers.get(header));
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^req_[0-9a-f]{24}$/)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('which a client hands on with an error', async () => {
    const { anthropic, openai } = await simulate(() => {
      throw new Error('Out of order.');
    });
    const error = { status: 500, requestID: expect.stringMatching(/^req_/) };
    const question = { model: CLAUDE, max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
    await expect(anthropic.messages.create(question)).rejects.toMatchObject(error);
    await expect(openai.responses.create({ model: GPT, input: 'hi' })).rejects.toMatchObject(error);
  });

  test('but not Ollama’s', async () => {
    const { simulator } = await simulate(() => 'hello');
    const { headers } = await post(
      `${simulator.url}/api/chat`,
      JSON.stringify({ model: LLAMA, stream: false, messages }),
    );
    expect([headers.get('request-id'), headers.get('x-request-id')]).toEqual([null, null]);
  });
});

test('a wait is asked for in whole seconds and exactly', async () => {
  const fault = { type: 'status', status: 429, retryAfterMs: 1250 } as const;
  const { simulator } = await simulate(() => 'hello', { faults: [{ fault }] });
  const [path, , body] = ROUTES[0];
  const { headers } = await post(`${simulator.url}${path}`, JSON.stringify(body), HEADERS);
  expect([headers.get('retry-after'), headers.get('retry-after-ms')]).toEqual(['2', '1250']);
});
