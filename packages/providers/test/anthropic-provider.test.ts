import { Anthropic } from '@anthropic-ai/sdk';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readAnthropicError } from '../src/anthropic/decode/read-error.ts';
import { anthropic, anthropicModel, streamAnthropic } from '../src/anthropic/provider.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { userMessage } from '../src/message.ts';
import { completeTurn } from '../src/model.ts';
import type { ModelRequest } from '../src/request.ts';
import type { StreamEvent } from '../src/stream-event.ts';

const KEY = 'sk-ant-secret-0123456789';
const HELLO: ModelRequest = { messages: [userMessage('hi')] };

function sse(...events: readonly { readonly type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const START = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude-test-1', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
};
const TEXT = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } },
];
const END = [
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A vendor that answers every call in the same way, and remembers the calls. */
function vendor(answer: (signal: AbortSignal | undefined) => Response | Promise<Response>) {
  const sent: Sent[] = [];
  const answering: typeof fetch = async (url, init) => {
    sent.push({ url: String(url), headers: new Headers(init?.headers), body: String(init?.body) });
    return answer(init?.signal ?? undefined);
  };
  const client = new Anthropic({ apiKey: KEY, baseURL: 'http://vendor.test', fetch: answering, logLevel: 'off' });
  return { sent, fetch: answering, client };
}

function stream(
  body: ConstructorParameters<typeof Response>[0],
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, { headers: { 'content-type': 'text/event-stream', ...headers } });
}

async function turnOf(events: AsyncIterable<StreamEvent>): Promise<AssistantTurn> {
  for await (const event of events) if (event.type === 'assistant-turn') return event.turn;
  throw new Error('The stream did not end with its turn.');
}

afterEach(() => vi.unstubAllEnvs());

describe('a call', () => {
  it('is streamed from the vendor and ends with its turn', async () => {
    const { fetch, sent } = vendor(() => stream(sse(START, ...TEXT, ...END)));
    const model = anthropic({ apiKey: KEY, baseURL: 'http://vendor.test', fetch, headers: { 'x-team': 'blue' } }).model(
      'claude-x',
    );
    const turn = await completeTurn(model, { ...HELLO, maxTokens: 50 });
    expect(turn).toMatchObject({
      stopReason: 'end-turn',
      model: 'claude-test-1',
      responseId: 'msg_1',
      usageState: 'final',
    });
    expect(sent[0]?.url).toBe('http://vendor.test/v1/messages');
    expect(sent[0]?.headers.get('x-team')).toBe('blue');
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      model: 'claude-x',
      max_tokens: 50,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      stream: true,
    });
  });

  it('carries planned cache marks and numbers that a double cannot hold', async () => {
    const { client, sent } = vendor(() => stream(sse(START, ...END)));
    const call = toolCallBlock('a', 'look', '{"at":12345678901234567890}');
    const request: ModelRequest = {
      system: 'Be brief. '.repeat(2000),
      messages: [
        userMessage('hi'),
        { role: 'assistant', content: [call] },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'look', content: [], isError: false }],
        },
      ],
    };
    await turnOf(streamAnthropic(client, request, { model: 'claude-x' }));
    await turnOf(streamAnthropic(client, { ...request, cache: 'none' }, { model: 'claude-x' }));
    expect(sent[0]?.body).toContain('"input":{"at":12345678901234567890}');
    expect(sent[0]?.body).toContain('"cache_control":{"type":"ephemeral"}');
    expect(sent[1]?.body).not.toContain('cache_control');
    expect(sent[0]?.body.replaceAll(',"cache_control":{"type":"ephemeral"}', '')).toBe(sent[1]?.body);
  });

  it('is made once: retries are not the client’s', async () => {
    const { client, sent } = vendor(
      () =>
        new Response('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', { status: 529 }),
    );
    const turn = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x', retry: false }));
    expect(turn.error).toMatchObject({ code: 'provider/overloaded', status: 529, retryable: true });
    expect(sent).toHaveLength(1);
  });

  it('throws a caller’s mistake at once', () => {
    const { client, sent } = vendor(() => stream(''));
    expect(() => streamAnthropic(client, { messages: [] }, { model: 'claude-x' })).toThrow('messages is empty');
    expect(sent).toEqual([]);
  });

  it('warns of a temperature before anything else', async () => {
    const { client } = vendor(() => stream(sse(START, ...END)));
    const events = anthropicModel(client, 'claude-x').stream({ ...HELLO, temperature: 1 });
    for await (const event of events) {
      expect(event).toMatchObject({ type: 'warning', code: 'request/temperature-ignored' });
      break;
    }
  });
});

describe('a model', () => {
  it('shows the blocks its cache matches, and never marks', () => {
    const model = anthropicModel(vendor(() => stream('')).client, 'claude-x');
    const blocks = model.prefixBlocks({ system: 'Be brief. '.repeat(2000), ...HELLO });
    expect(blocks.map((block) => block.path)).toEqual(['system[0]', 'messages[0].content[0]']);
    expect(blocks.map((block) => block.text).join()).not.toContain('cache_control');
  });

  it('needs an API key when its provider is made', () => {
    vi.stubEnv('ANTHROPIC_API_KEY', '');
    expect(() => anthropic()).toThrow(
      expect.objectContaining({
        code: 'provider/missing-credentials',
        message: expect.stringContaining('ANTHROPIC_API_KEY'),
      }),
    );
    vi.stubEnv('ANTHROPIC_API_KEY', KEY);
    expect(anthropic().model('claude-x')).toMatchObject({ id: 'claude-x', family: 'anthropic' });
  });
});

describe('a stream that breaks', () => {
  it('that the vendor ended early is cut', async () => {
    const { client } = vendor(() => stream(sse(START, ...TEXT)));
    const turn = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x' }));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/stream-cut' } });
    expect(turn.message.content).toEqual([{ type: 'text', text: 'hello' }]);
    expect(turn.tokens).toMatchObject({ fresh: 5, output: 1 });
  });

  it('whose socket died is a network error', async () => {
    async function* body() {
      yield Buffer.from(sse(START, ...TEXT));
      throw new TypeError('terminated');
    }
    const { client } = vendor(() => stream(ReadableStream.from(body())));
    const turn = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x' }));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/network' } });
    expect(turn.message.content).toHaveLength(1);
  });

  it('with an error event in it names that error and the exchange', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const { client } = vendor(() => stream(sse(START, ...TEXT, error), { 'request-id': 'req_1' }));
    const turn = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x' }));
    expect(turn.error).toMatchObject({ code: 'provider/overloaded', message: 'Overloaded', requestId: 'req_1' });
    expect(turn.usageState).toBe('partial');
  });

  it('with an event that is not JSON is malformed', async () => {
    const { client } = vendor(() => stream(`${sse(START)}event: content_block_start\ndata: {"type":\n\n`));
    const turn = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x' }));
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/malformed-stream' } });
  });

  it('because the caller aborted it is an aborted turn', async () => {
    const abort = new AbortController();
    const { client } = vendor((signal) => stream(openBody(sse(START, ...TEXT), signal)));
    let last: StreamEvent | undefined;
    for await (const event of streamAnthropic(client, HELLO, { model: 'claude-x', signal: abort.signal })) {
      last = event;
      if (event.type === 'text-delta') setImmediate(() => abort.abort());
    }
    expect(last).toMatchObject({ type: 'assistant-turn', turn: { stopReason: 'aborted', usageState: 'partial' } });
  });

  it('because its consumer left takes the socket with it', async () => {
    let socket: AbortSignal | undefined;
    const { client } = vendor((signal) => {
      socket = signal;
      return stream(openBody(sse(START, ...TEXT), signal));
    });
    for await (const event of streamAnthropic(client, HELLO, { model: 'claude-x' }))
      if (event.type === 'text-delta') break;
    expect(socket?.aborted).toBe(true);
  });
});

/** A body that never ends by itself. */
function openBody(start: string, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(start));
      signal?.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
}

describe('an error', () => {
  const NOW = Date.UTC(2026, 10, 21);
  async function errorOf(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const { client } = vendor(() => new Response(JSON.stringify(body), { status, headers }));
    return (await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x', retry: false, clock: () => NOW }))).error;
  }
  const wireError = (type: string, message = 'no') => ({ type: 'error', error: { type, message } });

  it.each([
    [400, 'invalid_request_error', 'provider/invalid-request'],
    [401, 'authentication_error', 'provider/auth'],
    [402, 'billing_error', 'provider/quota'],
    [403, 'permission_error', 'provider/auth'],
    [404, 'not_found_error', 'provider/not-found'],
    [413, 'request_too_large', 'provider/invalid-request'],
    [429, 'rate_limit_error', 'provider/rate-limited'],
    [500, 'api_error', 'provider/server'],
    [504, 'timeout_error', 'provider/timeout'],
    [529, 'overloaded_error', 'provider/overloaded'],
  ])('of status %i and type %s is %s, and so is one of either alone', async (status, type, code) => {
    expect(await errorOf(status, wireError(type, 'words'))).toMatchObject({ code, status, message: 'words' });
    expect(readAnthropicError({ type, message: 'words' }, NOW).code).toBe(code);
    if (status !== 504)
      expect(await errorOf(status, { message: 'gateway' })).toMatchObject({ code, message: 'gateway' });
  });

  it.each(['prompt is too long: 300000 tokens > 200000 maximum', 'input length and `max_tokens` exceed context limit'])(
    'that says %j is of the context window',
    async (message) => {
      expect((await errorOf(400, wireError('invalid_request_error', message)))?.code).toBe('provider/context-window');
    },
  );

  it.each([
    ['retry-after-ms', '1500', 1500],
    ['retry-after', '2', 2000],
    ['retry-after', 'Sat, 21 Nov 2026 00:00:30 GMT', 30_000],
    ['retry-after', 'Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['retry-after', 'soon', undefined],
  ])('with %s: %s asks to wait', async (header, value, expected) => {
    const error = await errorOf(429, wireError('rate_limit_error'), { [header]: value });
    expect(error?.retryAfterMs).toBe(expected);
  });

  it('of the network is retryable, and keeps its cause', async () => {
    const { client } = vendor(() => Promise.reject(new TypeError('fetch failed')));
    const { error } = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x', retry: false }));
    expect(error).toMatchObject({ code: 'provider/network', retryable: true });
    expect(error?.cause).toBeDefined();
  });

  it.each([
    [
      'the vendor repeats it',
      () => new Response(JSON.stringify(wireError('authentication_error', `invalid key ${KEY}`)), { status: 401 }),
    ],
    ['a proxy repeats a header', () => new Response(`Authorization: Bearer ${KEY} is not known here`, { status: 502 })],
    [
      'fetch quotes it',
      () => Promise.reject(new TypeError(`Headers.append: "Bearer ${KEY}\n" is an invalid header value.`)),
    ],
  ])('holds no key, even where %s (I10)', async (_name, answer) => {
    const { client } = vendor(answer);
    const { error } = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x', retry: false }));
    expect(error).toBeDefined();
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      expect(cause.message).not.toContain(KEY);
    expect(JSON.stringify(error)).not.toContain(KEY);
  });

  it('names a key that HTTP cannot carry as the caller’s mistake', async () => {
    const client = new Anthropic({ apiKey: `${KEY}\nx`, baseURL: 'http://vendor.test', logLevel: 'off' });
    const { error } = await turnOf(streamAnthropic(client, HELLO, { model: 'claude-x', retry: false }));
    expect(error?.code).toBe('provider/invalid-request');
    expect(error?.message).not.toContain(KEY);
  });

  it.each([null, undefined, 'text', 7, {}, { message: {} }, { name: Object.create(null) }])('may be %j', (thrown) => {
    expect(readAnthropicError(thrown, NOW).code).toBe('provider/network');
  });
});
