import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import {
  cassettePath,
  loopbackCassette,
  loopbackServer,
  readLines,
  replayingCassette,
} from './support/cassette-server.ts';

type Ask = (origin: string, send: typeof fetch, signal?: AbortSignal) => Promise<unknown>;

const json = (value: unknown): readonly string[] => [JSON.stringify(value)];
const sse = (...events: readonly { readonly type?: string; readonly [field: string]: unknown }[]): readonly string[] =>
  events.map((event) => `${event.type ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`);
const lines = (...values: readonly unknown[]): readonly string[] => values.map((value) => `${JSON.stringify(value)}\n`);

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  return Array.fromAsync(items);
}

const anthropic = (origin: string, send: typeof fetch) =>
  new Anthropic({ apiKey: 'sk-ant-secret-0123456789', baseURL: origin, fetch: send, maxRetries: 0 });
const openai = (origin: string, send: typeof fetch) =>
  new OpenAI({ apiKey: 'sk-secret-0123456789abc', baseURL: `${origin}/v1`, fetch: send, maxRetries: 0 });
const ollama = (origin: string, send: typeof fetch) => new Ollama({ host: origin, fetch: send });

const askAnthropic = { model: 'claude', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Weather?' }] };
const askOpenAI = { model: 'gpt', messages: [{ role: 'user' as const, content: 'Weather?' }] };
const askOllama = { model: 'llama', messages: [{ role: 'user', content: 'Weather?' }] };
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', usage: { input_tokens: 3 } };
const openaiTool = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Pa' } };

const exchanges: readonly (readonly [string, string, readonly string[], Ask])[] = [
  [
    'Anthropic, plain, with a tool call and a citation',
    'application/json',
    json({
      ...message,
      content: [
        { type: 'text', text: 'So.', citations: [{ type: 'char_location', cited_text: 'é', document_index: 0 }] },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } },
      ],
      stop_reason: 'tool_use',
    }),
    (origin, send) => anthropic(origin, send).messages.create(askAnthropic),
  ],
  [
    'Anthropic, streamed, with a tool call',
    'text/event-stream',
    sse(
      { type: 'message_start', message: { ...message, content: [] } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json: '{"city":"Zürich"}' },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } },
      { type: 'message_stop' },
    ),
    async (origin, send, signal) =>
      all(await anthropic(origin, send).messages.create({ ...askAnthropic, stream: true }, { signal: signal ?? null })),
  ],
  [
    'OpenAI, plain, with a tool call',
    'application/json',
    json({ id: 'chatcmpl-1', choices: [{ index: 0, message: { role: 'assistant', tool_calls: [openaiTool] } }] }),
    (origin, send) => openai(origin, send).chat.completions.create(askOpenAI),
  ],
  [
    'OpenAI, streamed, with a tool call',
    'text/event-stream',
    [
      ...sse({
        ...{ id: 'chatcmpl-1', choices: [{ index: 0, delta: { tool_calls: [{ index: 0, ...openaiTool }] } }] },
      }),
      ...sse({ id: 'chatcmpl-1', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
      'data: [DONE]\n\n',
    ],
    async (origin, send, signal) =>
      all(
        await openai(origin, send).chat.completions.create({ ...askOpenAI, stream: true }, { signal: signal ?? null }),
      ),
  ],
  [
    'Ollama, plain, with a tool call',
    'application/json',
    json({
      message: { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: {} } }] },
      done: true,
    }),
    (origin, send) => ollama(origin, send).chat({ ...askOllama, stream: false }),
  ],
  [
    'Ollama, streamed',
    'application/x-ndjson',
    lines(
      { message: { role: 'assistant', content: 'Su' } },
      { message: { content: 'nny' }, done: true, eval_count: 2 },
    ),
    async (origin, send) => all(await ollama(origin, send).chat({ ...askOllama, stream: true })),
  ],
];

describe('the official clients', () => {
  it.each(exchanges)(
    '%s: records once and replays the same without a socket (K-01, K-13, K-15)',
    async (_, type, body, ask) => {
      const server = await loopbackServer((response) => {
        response.setHeader('content-type', type);
        for (const piece of body) response.write(piece);
        response.end();
      });
      const path = cassettePath();
      const recording = loopbackCassette({ path });
      const recorded = await ask(server.origin, recording.fetch);
      await recording.close();
      expect(server.requests).toHaveLength(1);
      expect(readLines(path).join()).not.toMatch(/secret-0123456789/);
      const opened = server.connections();
      const replayed = await ask(server.origin, replayingCassette(path).fetch);
      expect(replayed).toEqual(recorded);
      expect(await ask(server.origin, loopbackCassette({ path, mode: 'replay' }).fetch)).toEqual(recorded);
      expect([server.requests.length, server.connections()]).toEqual([1, opened]);
    },
  );

  it('streamed and plain calls of one body are two records (K-12, X-06)', async () => {
    const server = await loopbackServer((response, { body }) => {
      const isStream = JSON.parse(body).stream === true;
      const chunks = exchanges[isStream ? 1 : 0]?.[2] ?? [];
      response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json').end(chunks.join(''));
    });
    const cassette = loopbackCassette({ path: cassettePath() });
    for (const [, , , ask] of exchanges.slice(0, 2)) await ask(server.origin, cassette.fetch);
    for (const [, , , ask] of exchanges.slice(0, 2)) await ask(server.origin, cassette.fetch);
    await cassette.close();
    expect(server.requests).toHaveLength(2);
  });

  it.each([400, 429, 500])('an answer with status %i is the same error again (K-15, K-16, X-05)', async (status) => {
    const server = await loopbackServer((response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', 'retry-after': '3' });
      response.end('{"type":"error","error":{"type":"some_error","message":"No."}}');
    });
    const path = cassettePath();
    const recording = loopbackCassette({ path, recordErrors: true });
    const fail = (send: typeof fetch) =>
      Promise.allSettled([
        anthropic(server.origin, send).messages.create(askAnthropic),
        openai(server.origin, send).chat.completions.create(askOpenAI),
        ollama(server.origin, send).chat(askOllama),
      ]).then((results) => results.map((result) => result.status === 'rejected' && describeError(result.reason)));
    const recorded = await fail(recording.fetch);
    await recording.close();
    expect(recorded).toHaveLength(3);
    expect(recorded[0]).toMatchObject({ status, requestID: 'req_1', retryAfter: '3' });
    expect(await fail(replayingCassette(path).fetch)).toEqual(recorded);
  });

  it.each([exchanges[1], exchanges[3]].flatMap((exchange) => (exchange ? [exchange] : [])))(
    '%s: an abort while recording leaves no record, and an abort in replay is the same error (K-11, K-15)',
    async (_, type, body, ask) => {
      let isWhole = false;
      const server = await loopbackServer((response) => {
        response.setHeader('content-type', type).write(body[0] ?? '');
        if (isWhole) response.end(body.slice(1).join(''));
      });
      const abortedOnArrival = (send: typeof fetch) => {
        const stop = new AbortController();
        const abortingSend: typeof fetch = async (input, init) => {
          const response = await send(input, init);
          stop.abort();
          return response;
        };
        return ask(server.origin, abortingSend, stop.signal).catch(describeError);
      };
      const path = cassettePath();
      const recording = loopbackCassette({ path });
      const aborted = await abortedOnArrival(recording.fetch);
      expect(recording.events.at(-1)).toMatchObject({ type: 'skipped', reason: 'aborted' });
      isWhole = true;
      await ask(server.origin, recording.fetch);
      await recording.close();
      expect(readLines(path)).toHaveLength(1);
      expect(await abortedOnArrival(replayingCassette(path).fetch)).toEqual(aborted);
    },
  );

  it('a miss reaches the caller through the client (K-22)', async () => {
    const path = cassettePath();
    const recording = loopbackCassette({ path, fetch: async () => Response.json(message) });
    await anthropic('http://127.0.0.1:9', recording.fetch).messages.create(askAnthropic);
    await recording.close();
    const asked = anthropic('http://127.0.0.1:9', replayingCassette(path).fetch).messages.create({
      ...askAnthropic,
      messages: [{ role: 'user', content: 'Rain?' }],
    });
    await expect(asked).rejects.toMatchObject({
      cause: {
        code: 'cassette/miss',
        nearest: { path: 'messages[0].content', recorded: '"Weather?"', sent: '"Rain?"' },
      },
    });
  });
});

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { status, requestID, headers } = error as Error & { status?: number; requestID?: string; headers?: unknown };
  return {
    name: error.constructor.name,
    message: error.message,
    status,
    requestID,
    retryAfter: headers instanceof Headers ? headers.get('retry-after') : undefined,
  };
}
