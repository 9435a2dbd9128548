import { createServer } from 'node:http';
import { OpenAI } from 'openai';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { completeTurn, type Model } from '../src/model.ts';
import { openai, openaiChatModel } from '../src/openai/provider.ts';
import { collectEvents, collectTurn, userRequest } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

const DONE =
  'data: {"id":"r1","model":"m-1","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n';
const SSE = { 'content-type': 'text/event-stream' };

describe('openai()', () => {
  it('throws at once without an API key, and names the variable', () => {
    vi.stubEnv('OPENAI_API_KEY', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => openai()).toThrow(expect.objectContaining({ code: 'provider/missing-credentials' }));
    expect(() => openai()).toThrow(/OPENAI_API_KEY/);
  });

  it('sends nothing before the first event is asked for, and the encoded body once after', async () => {
    const send = recordedFetch({ body: DONE, headers: SSE });
    const stream = modelWith(send).stream(userRequest('hello'));
    expect(send.requestBodies).toHaveLength(0);
    const turn = await collectTurn(stream);
    expect(turn).toMatchObject({ stopReason: 'end-turn', model: 'm-1', responseId: 'r1', family: 'openai-chat' });
    expect(send.requestBodies.map((body) => JSON.parse(body))).toMatchObject([
      { model: 'gpt-test', stream: true, messages: [{ role: 'user', content: 'hello' }] },
    ]);
  });

  it('reads the vendor from its base URL', async () => {
    const usage = { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 };
    const body = `${DONE}data: ${JSON.stringify({ choices: [], usage })}\n\n`;
    const outputAt = async (baseURL: string) =>
      (await collectTurn(modelWith(recordedFetch({ body, headers: SSE }), { baseURL }).stream(userRequest('hi'))))
        .tokens.output;
    expect(await outputAt('https://generativelanguage.googleapis.com/v1beta/openai')).toBe(74);
    expect(await outputAt('https://gateway.test/v1')).toBe('not-reported');
  });

  it('tells what it adapted before anything else', async () => {
    const model = modelWith(recordedFetch({ body: DONE, headers: SSE }));
    const [first] = await collectEvents(model.stream({ ...userRequest('hello'), diagnostics: true }));
    expect(first).toMatchObject({ type: 'warning', code: 'request/diagnostics-ignored' });
  });

  it('sends the cache key in a header where the vendor reads it there', async () => {
    const headers: (string | null)[] = [];
    const send: typeof fetch = async (_url, init) => {
      headers.push(new Headers(init?.headers).get('x-grok-conv-id'));
      return new Response(DONE, { headers: SSE });
    };
    for (const baseURL of ['https://api.x.ai/v1', 'https://api.openai.com/v1']) {
      await collectTurn(modelWith(send, { baseURL }).stream({ ...userRequest('hello'), cacheKey: 'session-1' }));
    }
    expect(headers).toEqual(['session-1', null]);
  });

  it('gives the prefix that it sends', async () => {
    const send = recordedFetch({ body: DONE, headers: SSE });
    const model = modelWith(send);
    const request = { system: 's', ...userRequest('hello') };
    await collectTurn(model.stream(request));
    const { messages } = JSON.parse(send.requestBodies[0] ?? '');
    expect(model.prefixBlocks(request).map(({ text }) => text)).toEqual(
      messages.map((message: unknown) => JSON.stringify(message)),
    );
  });

  it('refuses at once what it cannot ask', () => {
    const film = { type: 'document', mediaType: 'video/mp4', data: '' } as const;
    const result = { type: 'tool-result', toolCallId: 'c', toolName: 't', content: [], isError: false } as const;
    const model = modelWith(recordedFetch({ body: DONE, headers: SSE }));
    expect(() => model.stream({ messages: [{ role: 'user', content: [film] }] })).toThrow(/video/);
    expect(() => model.stream({ messages: [{ role: 'tool', content: [result] }] })).toThrow(/call c/);
  });
});

describe('a failed call', () => {
  it.each([
    [401, '{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}', 'provider/auth', false],
    [429, '{"error":{"message":"slow down"}}', 'provider/rate-limited', true],
    [429, '{"error":{"message":"pay","code":"insufficient_quota"}}', 'provider/quota', false],
    [402, '{"error":{"message":"Insufficient Balance"}}', 'provider/quota', false],
    [503, 'upstream is away', 'provider/overloaded', true],
    [500, '', 'provider/server', true],
    [400, '{"error":{"message":"x","code":"context_length_exceeded"}}', 'provider/context-window', false],
  ])('with HTTP %i %s is one turn, not retried', async (status, body, code, retryable) => {
    const send = recordedFetch({ status, body, headers: { 'content-type': 'application/json', 'retry-after': '2' } });
    const turn = await collectTurn(modelWith(send).stream(userRequest('hi'), { retry: false }));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', error: { code, status, retryable } });
    expect(turn.error?.retryAfterMs).toBe(2000);
    expect(send.requestBodies).toHaveLength(1);
  });

  it('may hide under HTTP 200', async () => {
    const body = '{"error":{"message":"Provider returned error","code":502}}';
    const send = recordedFetch({ body, headers: { 'content-type': 'application/json; charset=utf-8' } });
    const turn = await collectTurn(modelWith(send).stream(userRequest('hi'), { retry: false }));
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/server' } });
    expect(turn.error?.message).toBe('Provider returned error');
  });

  it('of the network is retryable', async () => {
    const send = async () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }));
    const turn = await collectTurn(modelWith(send).stream(userRequest('hi'), { retry: false }));
    expect(turn.error).toMatchObject({ code: 'provider/network', retryable: true });
  });

  it('in the middle keeps the text', async () => {
    const body =
      'data: {"choices":[{"index":0,"delta":{"content":"Half"}}]}\n\nevent: error\ndata: {"error":{"message":"x"}}\n\n';
    const turn = await collectTurn(
      modelWith(recordedFetch({ body, headers: SSE })).stream(userRequest('hi'), { retry: false }),
    );
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/server' } });
    expect(turn.message.content).toEqual([{ type: 'text', text: 'Half' }]);
  });

  it('is thrown by completeTurn', async () => {
    const send = recordedFetch({ status: 404, body: '{"error":{"message":"no such model"}}', headers: {} });
    await expect(completeTurn(modelWith(send), userRequest('hi'))).rejects.toMatchObject({
      code: 'provider/not-found',
    });
  });
});

describe('an abort', () => {
  it('ends a call whose fetch never answers and ignores its signal', async () => {
    const { signal, abort } = abortable();
    const neverAnswers = () => {
      setImmediate(abort);
      return new Promise<never>(() => {});
    };
    const turn = await collectTurn(modelWith(neverAnswers).stream(userRequest('hi'), { signal }));
    expect(turn).toMatchObject({ stopReason: 'aborted', error: { code: 'provider/aborted' } });
  });

  it('ends a stream in the middle, and keeps what came', async () => {
    const { signal, abort } = abortable();
    const send = async () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(
              new TextEncoder().encode('data: {"choices":[{"index":0,"delta":{"content":"Half"}}]}\n\n'),
            );
          },
        }),
        { headers: SSE },
      );
    for await (const event of modelWith(send).stream(userRequest('hi'), { signal })) {
      if (event.type === 'text-delta') abort();
      if (event.type !== 'assistant-turn') continue;
      expect(event.turn.stopReason).toBe('aborted');
      expect(event.turn.message.content).toEqual([{ type: 'text', text: 'Half' }]);
    }
    expect.assertions(2);
  });

  it('before the call sends nothing', async () => {
    const send = recordedFetch({ body: DONE, headers: SSE });
    const turn = await collectTurn(modelWith(send).stream(userRequest('hi'), { signal: AbortSignal.abort() }));
    expect(turn.stopReason).toBe('aborted');
    expect(send.requestBodies).toHaveLength(0);
  });

  it('by leaving early closes the socket', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, SSE);
      response.write('data: {"choices":[{"index":0,"delta":{"content":"Half"}}]}\n\n');
    });
    const closed = new Promise((resolve) => {
      server.on('connection', (socket) => socket.once('close', resolve));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const model = openai({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1` }).model('m');
    for await (const event of model.stream(userRequest('hi'))) {
      if (event.type === 'text-delta') break;
    }
    await closed;
  });

  it('by the time limit is a timeout', async () => {
    const turn = await collectTurn(modelWith(() => new Promise(() => {})).stream(userRequest('hi'), { timeoutMs: 5 }));
    expect(turn.error).toMatchObject({ code: 'provider/timeout', retryable: true });
  });
});

it('does not let a client retry', async () => {
  const send = recordedFetch({ status: 500, body: '{}', headers: { 'content-type': 'application/json' } });
  const client = new OpenAI({ apiKey: 'k', fetch: send, maxRetries: 5, logLevel: 'off' });
  await collectTurn(openaiChatModel(client, 'm').stream(userRequest('hi'), { retry: false }));
  expect(send.requestBodies).toHaveLength(1);
});

it('takes a client of the same shape', async () => {
  async function* chunks(): AsyncGenerator<unknown> {
    yield { choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] };
  }
  const client = { chat: { completions: { create: async () => chunks() } } };
  const model = openaiChatModel(client, 'local', { vendor: 'llama.cpp' });
  expect(await completeTurn(model, userRequest('hi'))).toMatchObject({ stopReason: 'end-turn', model: 'local' });
});

function modelWith(send: typeof fetch, options: { readonly baseURL?: string } = {}): Model {
  return openai({ apiKey: 'test-key', fetch: send, ...options }).model('gpt-test');
}

function abortable(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
