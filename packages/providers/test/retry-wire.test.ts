import { getEventListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Anthropic } from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import { OpenAI } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { streamAnthropic } from '../src/anthropic/provider.ts';
import { messageText } from '../src/message.ts';
import { streamOllama } from '../src/ollama/provider.ts';
import { streamOpenAIChat } from '../src/openai/provider.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import type { ExchangeOptions } from '../src/transport/send.ts';
import { lastTurn, userRequest } from './support/collect-stream.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Vendor {
  stream(url: string, options: ExchangeOptions): AsyncIterable<StreamEvent>;
  /** A stream that begins to say "Hello". */
  readonly beginning: string;
  readonly end: string;
}

const REQUEST = userRequest('hi');

function sse(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  anthropic: {
    stream: (baseURL, options) =>
      streamAnthropic(new Anthropic({ apiKey: 'k', baseURL, logLevel: 'off' }), REQUEST, { ...options, model: 'm' }),
    beginning:
      sse('message_start', { message: { id: 'r', model: 'm', content: [], usage: { input_tokens: 7 } } }) +
      sse('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
      sse('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } }),
    end:
      sse('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 3 } }) +
      sse('message_stop', {}),
  },
  openai: {
    stream: (url, options) =>
      streamOpenAIChat(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1`, logLevel: 'off' }), REQUEST, {
        ...options,
        model: 'm',
      }),
    beginning: 'data: {"id":"r","choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n',
    end: 'data: {"id":"r","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
  },
  ollama: {
    stream: (host, options) => streamOllama(new Ollama({ host }), REQUEST, { ...options, model: 'm' }),
    beginning: '{"model":"m","message":{"role":"assistant","content":"Hello"},"done":false}\n',
    end: '{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}\n',
  },
};

const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end('{"error":{"message":"no"}}');

/** Sends the text as a stream, and then ends it, breaks its socket, or says nothing more. */
const streamOf =
  (text: string, then: 'end' | 'break' | 'silence'): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': text.startsWith('{') ? 'application/x-ndjson' : 'text/event-stream' });
    response.flushHeaders();
    if (then === 'end') response.end(text);
    // The headers have to arrive before the socket breaks.
    else response.write(text, () => void (then === 'break' && setTimeout(() => response.destroy(), 5)));
    if (then === 'break' && text === '') setTimeout(() => response.destroy(), 5);
  };

/** A call to a server that answers its requests in order, and what it left behind. */
async function call(vendor: Vendor, answers: readonly Answer[], more: ExchangeOptions = {}) {
  const closed: Promise<void>[] = [];
  const server = createServer((request, response) => {
    const answer = answers[closed.length] ?? refuse(404);
    closed.push(new Promise((resolve) => response.once('close', () => resolve())));
    request.resume().once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const { signal } = new AbortController();
  const delays: number[] = [];
  const sleep = async (delayMs: number) => void delays.push(delayMs);
  const options = { signal, sleep, random: () => 0, ...more };
  const events = await Array.fromAsync(vendor.stream(`http://127.0.0.1:${port}`, options));
  await Promise.all(closed);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  return { turn: lastTurn(events), types: events.map(({ type }) => type), delays, requestCount: closed.length };
}

describe.each(Object.entries(VENDORS))('over a real wire, %s', (_name, vendor) => {
  const whole = streamOf(vendor.beginning + vendor.end, 'end');

  it('answers after a 429, which is waited for as long as it asks', async () => {
    const { turn, types, delays } = await call(vendor, [refuse(429, { 'retry-after': '7' }), whole]);
    // The client of Ollama drops the headers of an error.
    expect(delays).toEqual([vendor === VENDORS['ollama'] ? 500 : 7000]);
    expect(types[0]).toBe('retry');
    expect(turn).toMatchObject({ stopReason: 'end-turn' });
    expect(messageText(turn.message)).toBe('Hello');
  });

  it('is given up after three 529, with the last error', async () => {
    const { turn, types, delays, requestCount } = await call(vendor, [refuse(503), refuse(500), refuse(529), whole]);
    expect(types).toEqual(['retry', 'retry', 'assistant-turn']);
    expect(delays).toEqual([500, 1000]);
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/overloaded', status: 529 } });
    expect(requestCount).toBe(3);
  });

  it.each([400, 401, 403, 404, 413, 422])('is not asked again after a %i', async (status) => {
    const { turn, requestCount } = await call(vendor, [refuse(status), whole]);
    expect(turn).toMatchObject({ stopReason: 'error', error: { status, retryable: false } });
    expect(requestCount).toBe(1);
  });

  it.each<[string, Answer]>([
    ['refused without a word', (request) => void request.socket.destroy()],
    ['cut before its first event', streamOf('', 'break')],
    ['ended before its first event', streamOf('', 'end')],
  ])('is asked again when it was %s', async (_how, broken) => {
    const { turn, types, requestCount } = await call(vendor, [broken, whole]);
    expect(types[0]).toBe('retry');
    expect(turn).toMatchObject({ stopReason: 'end-turn' });
    expect(requestCount).toBe(2);
  });

  it.each<['end' | 'break']>([['end'], ['break']])(
    'is not asked again after its first delta and then an %s',
    async (how) => {
      const { turn, types, requestCount } = await call(vendor, [streamOf(vendor.beginning, how), whole]);
      expect(types).not.toContain('retry');
      expect(turn.error?.code).toBe(how === 'end' ? 'provider/stream-cut' : 'provider/network');
      expect(messageText(turn.message)).toBe('Hello');
      expect(requestCount).toBe(1);
    },
  );

  it('that falls silent is stalled, and its socket closed', async () => {
    const silent = streamOf(vendor.beginning, 'silence');
    const { turn, requestCount } = await call(vendor, [silent, whole], { stallTimeoutMs: 30 });
    expect(turn.error?.code).toBe('provider/stalled');
    expect(messageText(turn.message)).toBe('Hello');
    expect(requestCount).toBe(1);
  });

  it('that never begins ends with the time limit, and its socket is closed', async () => {
    const { turn, requestCount } = await call(vendor, [streamOf('', 'silence'), whole], { timeoutMs: 50 });
    expect(turn.error?.code).toBe('provider/timeout');
    expect(requestCount).toBe(1);
  });
});
