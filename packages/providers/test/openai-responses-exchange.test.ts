import { OpenAI } from 'openai';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheRules } from '../src/cache/family-rules.ts';
import { completeTurn, type Model } from '../src/model.ts';
import { openaiResponses, openaiResponsesModel } from '../src/openai/provider.ts';
import { resolveModel } from '../src/resolve-model.ts';
import { collectTurn, userRequest } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

const ITEM = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hi' }] };
const RESPONSE = { object: 'response', id: 'r1', model: 'm-1', status: 'completed', output: [ITEM] };
const DELTA = sse({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Half' });
const DONE = sse({ type: 'response.completed', response: RESPONSE });
const SSE = { 'content-type': 'text/event-stream' };

beforeEach(() => {
  vi.stubEnv('OPENAI_API_KEY', '');
  return () => vi.unstubAllEnvs();
});

describe('openaiResponses()', () => {
  it('throws at once without an API key, and names itself', () => {
    expect(() => openaiResponses()).toThrow(expect.objectContaining({ code: 'provider/missing-credentials' }));
    expect(() => openaiResponses()).toThrow(/openaiResponses\(\{ apiKey \}\).*OPENAI_API_KEY/);
  });

  it('sends nothing before the first event is asked for, and the encoded body once after', async () => {
    const send = recordedFetch({ body: DONE, headers: SSE });
    const stream = modelWith(send).stream(userRequest('hello'));
    expect(send.requestBodies).toHaveLength(0);
    const turn = await collectTurn(stream);
    expect(turn).toMatchObject({ stopReason: 'end-turn', model: 'm-1', responseId: 'r1', family: 'openai-responses' });
    expect(send.requestBodies.map((body) => JSON.parse(body))).toMatchObject([
      { model: 'gpt-test', stream: true, store: false, input: [{ role: 'user' }] },
    ]);
  });

  it('gives the prefix that it sends', async () => {
    const send = recordedFetch({ body: DONE, headers: SSE });
    const request = { system: 's', ...userRequest('hello') };
    await collectTurn(modelWith(send).stream(request));
    const { input } = JSON.parse(send.requestBodies[0] ?? '');
    expect(
      modelWith(send)
        .prefixBlocks(request)
        .map(({ text }) => text),
    ).toEqual(input.map((item: unknown) => JSON.stringify(item)));
  });

  it('reads the vendor from its base URL', async () => {
    const output = [{ type: 'custom_tool_call', call_id: 'xs_1', name: 'x_keyword_search', input: '{}' }];
    const body = sse({ type: 'response.completed', response: { ...RESPONSE, output } });
    const stopAt = async (baseURL: string) =>
      (await collectTurn(modelWith(recordedFetch({ body, headers: SSE }), { baseURL }).stream(userRequest('hi'))))
        .stopReason;
    expect(await stopAt('https://api.x.ai/v1')).toBe('end-turn');
    expect(await stopAt('https://gateway.test/v1')).toBe('tool-use');
  });

  it('reads a server that answers with plain JSON', async () => {
    const send = recordedFetch({ body: JSON.stringify(RESPONSE), headers: { 'content-type': 'application/json' } });
    expect(await collectTurn(modelWith(send).stream(userRequest('hi')))).toMatchObject({ stopReason: 'end-turn' });
  });

  it('refuses at once what it cannot ask', () => {
    const model = modelWith(recordedFetch({ body: DONE, headers: SSE }));
    expect(() => model.stream({ ...userRequest('hi'), stopSequences: ['END'] })).toThrow(
      expect.objectContaining({ code: 'provider/unsupported', message: expect.stringMatching(/stopSequences.*END/) }),
    );
    expect(() => model.stream({ ...userRequest('hi'), prefill: 'Once' })).toThrow(
      expect.objectContaining({ code: 'provider/unsupported', message: expect.stringMatching(/prefill.*Once/) }),
    );
    expect(() => model.stream({ ...userRequest('hi'), stopSequences: [], prefill: '' })).not.toThrow();
    for (const vendorOptions of [{ input: [] }, { stream: false }]) {
      expect(() => model.stream({ ...userRequest('hi'), vendorOptions })).toThrow(/vendorOptions/);
    }
    expect(() => model.stream({ messages: [] })).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
  });

  it('is what openai-responses/<model> means', () => {
    const model = resolveModel('openai-responses/openai/gpt-6', { apiKey: 'k' });
    expect(model).toMatchObject({ id: 'openai/gpt-6', family: 'openai-responses' });
    expect(() => resolveModel('gpt-6')).toThrow(/"openai-responses\/<model>"/);
  });

  it('caches as Chat Completions does', () => {
    expect(cacheRules('openai-responses', 'gpt-5')).toEqual(cacheRules('openai-chat', 'gpt-5'));
  });
});

describe('a failed call', () => {
  it.each([
    [401, '{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}', 'provider/auth', false],
    [429, '{"error":{"message":"slow down"}}', 'provider/rate-limited', true],
    [503, 'upstream is away', 'provider/overloaded', true],
  ])('with HTTP %i %s is one turn, not retried', async (status, body, code, retryable) => {
    const send = recordedFetch({ status, body, headers: { 'content-type': 'application/json' } });
    const client = new OpenAI({ apiKey: 'k', fetch: send, maxRetries: 5, logLevel: 'off' });
    const turn = await collectTurn(openaiResponsesModel(client, 'm').stream(userRequest('hi'), { retry: false }));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', error: { code, status, retryable } });
    expect(send.requestBodies).toHaveLength(1);
  });

  it.each([
    `event: error\n${sse({ type: 'error', code: 'server_error', message: 'x' })}`,
    sse({ type: 'error', code: 'server_error', message: 'x' }),
    `event: error\n${sse({ type: 'error', error: { code: 'server_error', message: 'x' } })}`,
  ])('in the middle keeps the text: %s', async (error) => {
    const turn = await collectTurn(
      modelWith(recordedFetch({ body: DELTA + error, headers: SSE })).stream(userRequest('hi')),
    );
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/server', message: 'x' } });
    expect(turn.message.content).toEqual([{ type: 'text', text: 'Half' }]);
  });

  it('that merely stops was cut', async () => {
    const turn = await collectTurn(modelWith(recordedFetch({ body: DELTA, headers: SSE })).stream(userRequest('hi')));
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/stream-cut', retryable: true } });
  });

  it('by abort keeps what came', async () => {
    const controller = new AbortController();
    const stream = modelWith(recordedFetch({ body: DELTA + DONE, headers: SSE }, (bytes) => [bytes.length - 9])).stream(
      userRequest('hi'),
      { signal: controller.signal },
    );
    for await (const event of stream) {
      if (event.type === 'text-delta') controller.abort();
      if (event.type === 'assistant-turn') expect(event.turn.stopReason).toBe('aborted');
    }
    expect.assertions(1);
  });
});

it('takes a client of the same shape, whose stream throws its errors', async () => {
  async function* events(): AsyncGenerator<unknown> {
    yield { type: 'response.completed', response: RESPONSE };
  }
  const client = { responses: { create: async () => events() } };
  expect(await completeTurn(openaiResponsesModel(client, 'local'), userRequest('hi'))).toMatchObject({ model: 'm-1' });
  const failing = { responses: { create: () => Promise.reject(Object.assign(new Error('x'), { status: 503 })) } };
  const turn = await collectTurn(openaiResponsesModel(failing, 'local').stream(userRequest('hi'), { retry: false }));
  expect(turn.error?.code).toBe('provider/overloaded');
});

function modelWith(send: typeof fetch, options: { readonly baseURL?: string } = {}): Model {
  return openaiResponses({ apiKey: 'test-key', fetch: send, ...options }).model('gpt-test');
}

function sse(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
