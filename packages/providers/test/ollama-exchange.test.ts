import { createServer, type RequestListener } from 'node:http';
import { Ollama } from 'ollama';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { messageText, toolCalls, userMessage } from '../src/message.ts';
import type { Model } from '../src/model.ts';
import { ollama, ollamaModel, streamOllama } from '../src/ollama/provider.ts';
import { collectEvents, collectTurn, lastTurn, userRequest } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

const DONE = { model: 'm-1', created_at: '2026-11-01T00:00:00.1Z', done: true, done_reason: 'stop' };
const COUNTS = { prompt_eval_count: 100, prompt_eval_cached_count: 80, eval_count: 7 };

describe('a stream', () => {
  it('ends its blocks where another kind begins, and counts by its last record', async () => {
    const events = await collectEvents(
      streamOf(
        { message: { role: 'assistant', thinking: 'Hm', content: '' }, done: false },
        { message: { role: 'assistant', content: 'Yes' }, done: false },
        { ...DONE, ...COUNTS, message: { role: 'assistant', content: '.' } },
      ),
    );
    expect(events.map(({ type }) => type)).toEqual([
      'thinking-delta',
      'block-end',
      'text-delta',
      'text-delta',
      'block-end',
      'assistant-turn',
    ]);
    expect(lastTurn(events)).toMatchObject({
      stopReason: 'end-turn',
      usageState: 'final',
      model: 'm-1',
      tokens: { fresh: 20, cacheRead: 80, output: 7 },
      cacheReadTokens: 80,
      cacheWriteTokens: 0,
      rawUsage: { ...DONE, ...COUNTS },
      message: {
        content: [
          { type: 'thinking', text: 'Hm' },
          { type: 'text', text: 'Yes.' },
        ],
      },
    });
  });

  it('without counters is complete, and its usage none', async () => {
    const turn = await collectTurn(streamOf({ ...DONE, message: { content: 'a' } }));
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'none', rawUsage: null });
  });

  it.each([
    ['length', 'max-tokens'],
    ['load', 'end-turn'],
    ['unload', 'end-turn'],
    [undefined, 'end-turn'],
  ])('that is done for the reason %s ends as %s', async (reason, wanted) => {
    const turn = await collectTurn(streamOf({ ...DONE, done_reason: reason, message: { content: 'a' } }));
    expect(turn.stopReason).toBe(wanted);
  });

  it('that was cut keeps its text', async () => {
    const turn = await collectTurn(streamOf({ message: { content: 'Half' }, done: false }));
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', error: { code: 'provider/stream-cut' } });
    expect(messageText(turn.message)).toBe('Half');
  });

  it("that breaks off with the server's words is an error of the server", async () => {
    const turn = await collectTurn(
      streamOf({ message: { content: 'Half' }, done: false }, { error: 'llama runner died' }),
    );
    expect(turn).toMatchObject({
      stopReason: 'error',
      error: { code: 'provider/server', message: 'llama runner died' },
    });
    expect(messageText(turn.message)).toBe('Half');
  });

  it('skips what it does not know', async () => {
    const strange = [
      7,
      'a',
      [],
      { created_at: { toString: null } },
      { message: 7 },
      { message: { content: 7, tool_calls: [null, { function: {} }] } },
    ];
    const turn = await collectTurn(decodeRecords([...strange, { ...DONE, message: { content: 'a' } }]));
    expect(turn.message.content).toEqual([{ type: 'text', text: 'a' }]);
  });
});

describe('tool calls', () => {
  const call = (id?: string) => ({ ...(id ? { id } : {}), function: { name: 'f', arguments: { n: 1 } } });
  const idsOf = async (createdAt: string, ...calls: readonly unknown[]) => {
    const record = { ...DONE, created_at: createdAt, message: { content: '', tool_calls: calls } };
    const turn = await collectTurn(streamOf(record));
    expect(turn.stopReason).toBe('tool-use');
    return toolCalls(turn.message).map(({ id }) => id);
  };

  it('keep the id that a newer server gives', async () => {
    expect(await idsOf('now', call('call_x'))).toEqual(['call_x']);
  });

  it('get ids of ours where two have the same', async () => {
    const [first, second] = await idsOf('now', call('call_x'), call('call_x'));
    expect(first).toBe('call_x');
    expect(second).toMatch(/^call_[0-9a-f]{24}$/);
  });

  it('get ids of ours: the same for the same bytes, others within a turn and in another turn', async () => {
    const first = await idsOf('2026-11-01T00:00:00.000000001Z', call(), call());
    expect(await idsOf('2026-11-01T00:00:00.000000001Z', call(), call())).toEqual(first);
    const second = await idsOf('2026-11-01T00:00:00.000000002Z', call(), call());
    expect(new Set([...first, ...second]).size).toBe(4);
  });

  it('come whole', async () => {
    const turn = await collectTurn(streamOf({ ...DONE, message: { content: '', tool_calls: [call()] } }));
    expect(toolCalls(turn.message)).toMatchObject([{ name: 'f', arguments: { n: 1 }, argumentsText: '{"n":1}' }]);
  });
});

describe('a failed call', () => {
  it.each([
    [404, '{"error":"model not found"}', 'provider/not-found', 'model not found'],
    [
      400,
      '{"error":"the input exceeds the context length"}',
      'provider/context-window',
      'the input exceeds the context length',
    ],
    [503, '{"error":"server busy"}', 'provider/overloaded', 'server busy'],
  ])('with HTTP %i is one turn', async (status, body, code, message) => {
    const send = recordedFetch({ status, body, headers: { 'content-type': 'application/json' } });
    const turn = await collectTurn(ollama({ fetch: send }).model('m').stream(userRequest('hi'), { retry: false }));
    expect(turn).toMatchObject({ stopReason: 'error', error: { code, status, message } });
    expect(send.requestBodies).toHaveLength(1);
  });

  it('of the network is retryable', async () => {
    for (const error of [new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }), new Error('no route')]) {
      const send = async () => Promise.reject(error);
      const turn = await collectTurn(ollama({ fetch: send }).model('m').stream(userRequest('hi'), { retry: false }));
      expect(turn.error).toMatchObject({ code: 'provider/network', retryable: true });
    }
  });
});

describe('what is sent', () => {
  it('is the prefix that was computed, images included, and no file of that name', async () => {
    const send = recordedFetch({ body: `${JSON.stringify(DONE)}\n`, headers: {} });
    const model = ollama({ fetch: send }).model('m');
    // Base64, and on Linux the name of a file.
    const image = { type: 'image', mediaType: 'image/png', data: '/proc/uptime' } as const;
    const request = {
      system: 's',
      messages: [{ role: 'user', content: [image] } as const, userMessage('What is it?')],
    };
    await collectTurn(model.stream(request));
    const { messages } = JSON.parse(send.requestBodies[0] ?? '');
    expect(messages[1].images).toEqual(['/proc/uptime']);
    expect(model.prefixBlocks(request).map(({ text }) => JSON.parse(text))).toEqual(messages);
  });

  it('is nothing before the first event is asked for, or after an abort', async () => {
    const send = recordedFetch({ body: `${JSON.stringify(DONE)}\n`, headers: {} });
    const model = ollama({ fetch: send }).model('m');
    model.stream(userRequest('hi'));
    await collectTurn(model.stream(userRequest('hi'), { signal: AbortSignal.abort() }));
    expect(send.requestBodies).toHaveLength(0);
  });
});

describe('an abort', () => {
  it('of a call to a server that never answers ends it and closes the socket', async () => {
    const { model, arrived, closed } = await listen(() => {});
    const controller = new AbortController();
    const turn = collectTurn(model.stream(userRequest('hi'), { signal: controller.signal }));
    await arrived;
    controller.abort();
    expect(await turn).toMatchObject({ stopReason: 'aborted', error: { code: 'provider/aborted' } });
    await closed;
  });

  it('in the middle keeps what came and closes the socket', async () => {
    const { model, closed } = await listen(answerHalf);
    const controller = new AbortController();
    const events = [];
    for await (const event of model.stream(userRequest('hi'), { signal: controller.signal })) {
      events.push(event);
      controller.abort();
    }
    const turn = lastTurn(events);
    expect(turn.stopReason).toBe('aborted');
    expect(messageText(turn.message)).toBe('Half');
    await closed;
  });

  it('by leaving early closes the socket', async () => {
    const { model, closed } = await listen(answerHalf);
    for await (const event of model.stream(userRequest('hi'))) {
      if (event.type === 'text-delta') break;
    }
    await closed;
  });

  it('by the time limit is a timeout', async () => {
    const { model, closed } = await listen(() => {});
    const turn = await collectTurn(model.stream(userRequest('hi'), { timeoutMs: 20 }));
    expect(turn.error).toMatchObject({ code: 'provider/timeout', retryable: true });
    await closed;
  });

  it('by leaving early stops the stream of a client that has no fetch to carry a signal', async () => {
    const { promise: stopped, resolve: abort } = Promise.withResolvers<void>();
    const records = new ReadableStream({
      start: (controller) => controller.enqueue({ message: { content: 'Half' }, done: false }),
    });
    const client = { chat: async () => Object.assign(records, { abort }) };
    for await (const event of ollamaModel(client, 'm').stream(userRequest('hi'))) {
      if (event.type === 'text-delta') break;
    }
    await stopped;
  });

  it('ends a call whose client ignores it, and the stream that turns up too late', async () => {
    const controller = new AbortController();
    const { promise: answer, resolve: answerLate } = Promise.withResolvers<
      AsyncIterable<unknown> & { abort(): void }
    >();
    const client = {
      chat: () => {
        setImmediate(() => controller.abort());
        return answer;
      },
    };
    const turn = await collectTurn(streamOllama(client, userRequest('hi'), { model: 'm', signal: controller.signal }));
    expect(turn.stopReason).toBe('aborted');
    await new Promise<void>((resolve) => answerLate(Object.assign(new ReadableStream(), { abort: resolve })));
  });
});

const answerHalf: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.write(`${JSON.stringify({ model: 'm', message: { role: 'assistant', content: 'Half' }, done: false })}\n`);
};

interface LocalServer {
  readonly model: Model;
  /** When the request has come. */
  readonly arrived: Promise<unknown>;
  /** When its socket is closed. */
  readonly closed: Promise<unknown>;
}

async function listen(answer: RequestListener): Promise<LocalServer> {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<unknown>();
  const { promise: closed, resolve: close } = Promise.withResolvers<unknown>();
  const server = createServer((request, response) => {
    request.socket.once('close', close);
    arrive(undefined);
    answer(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { model: ollama({ host: `http://127.0.0.1:${port}` }).model('m'), arrived, closed };
}

/** Records through the real client. */
function streamOf(...records: readonly object[]): ReturnType<typeof streamOllama> {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const client = new Ollama({ fetch: recordedFetch({ body, headers: { 'content-type': 'application/x-ndjson' } }) });
  return streamOllama(client, userRequest('hi'), { model: 'm' });
}

/** Records through a client that passes them on as they are. */
function decodeRecords(records: readonly unknown[]): ReturnType<typeof streamOllama> {
  async function* stream(): AsyncGenerator<unknown> {
    yield* records;
  }
  return ollamaModel({ chat: async () => stream() }, 'm').stream(userRequest('hi'));
}

describe('a response with a line that is no JSON', () => {
  it.each([
    ['', Response],
    [', where a server library has put a class of its own in the place of `Response`', class extends Response {}],
  ])(
    'ends with its name, keeps what came before, and says nothing on the console%s',
    async (_where, globalResponse) => {
      const NativeResponse = Response;
      vi.stubGlobal('Response', globalResponse);
      onTestFinished(() => void vi.unstubAllGlobals());
      const warn = vi.spyOn(console, 'warn');
      const lines = ['{"message":{"content":"He"},"done":false}', '{"message":{"content":"l', '{"done":true}'];
      const send = async () =>
        new NativeResponse(`${lines.join('\n')}\n`, { headers: { 'content-type': 'application/x-ndjson' } });
      const turn = await ollama({ host: 'http://127.0.0.1', fetch: send })
        .model('m')
        .stream({ messages: [userMessage('hi')] }).turn;
      expect(turn.error?.code).toBe('provider/malformed-stream');
      expect(turn.message.content).toEqual([{ type: 'text', text: 'He' }]);
      expect(warn).not.toHaveBeenCalled();
    },
  );
});
