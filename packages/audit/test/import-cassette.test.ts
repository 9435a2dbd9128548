import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCassette } from '@reprise/providers/cassette';
import { expect, test } from 'vitest';
import { importCassette } from '../src/index.ts';
import { linesOf, logFolder, rowsOf } from './support/log-folder.ts';

const AT = Date.UTC(2026, 10, 21, 9);

const MESSAGE_STREAM = [
  {
    type: 'message_start',
    message: {
      id: 'msg_0123456789abcdef',
      type: 'message',
      role: 'assistant',
      model: 'claude-opus-5',
      content: [],
      usage: {
        input_tokens: 3,
        cache_read_input_tokens: 500,
        cache_creation_input_tokens: 20,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
      },
    },
  },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } },
  { type: 'message_stop' },
];

const CHAT_STREAM = [
  {
    id: 'chatcmpl-0123456789abcdef',
    object: 'chat.completion.chunk',
    model: 'gpt-5',
    choices: [{ index: 0, delta: {} }],
  },
  {
    id: 'chatcmpl-0123456789abcdef',
    object: 'chat.completion.chunk',
    model: 'gpt-5',
    choices: [],
    usage: { prompt_tokens: 100, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 64 } },
  },
];

const RESPONSE = {
  id: 'resp_0123456789abcdef',
  object: 'response',
  model: 'gpt-5',
  status: 'completed',
  output: [],
  usage: { input_tokens: 100, output_tokens: 9, total_tokens: 109, input_tokens_details: { cached_tokens: 64 } },
};

/** A recorded exchange. */
interface Recorded {
  readonly url: string;
  readonly request: unknown;
  readonly answer: string;
  readonly type?: string;
}

/** A cassette that recorded these, each half a second after it was asked for. */
async function cassetteOf(...exchanges: readonly Recorded[]): Promise<string> {
  const path = join(logFolder({}), 'cassette.jsonl');
  const answers = new Map(exchanges.map(({ url, answer, type = 'text/event-stream' }) => [url, { answer, type }]));
  let now = AT;
  const clock = () => {
    now += 500;
    return now;
  };
  const inner: typeof fetch = async (url) => {
    const { answer, type } = answers.get(String(url)) ?? { answer: '', type: '' };
    return new Response(answer, { headers: { 'content-type': type } });
  };
  const cassette = createCassette({ path, fetch: inner, clock });
  for (const { url, request } of exchanges) {
    await (await cassette.fetch(url, { method: 'POST', body: JSON.stringify(request) })).text();
  }
  await cassette.close();
  return path;
}

function events(...values: readonly unknown[]): string {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');
}

const MESSAGES_CALL: Recorded = {
  url: 'https://api.anthropic.com/v1/messages',
  request: { model: 'claude-opus-5', stream: true, messages: [{ role: 'user', content: 'hello' }] },
  answer: events(...MESSAGE_STREAM),
};

test('recorded streams and bodies are read as their adapters read them', async () => {
  const path = await cassetteOf(
    MESSAGES_CALL,
    {
      url: 'https://api.openai.com/v1/chat/completions',
      request: { model: 'gpt-5', stream: true, messages: [] },
      answer: `${events(...CHAT_STREAM)}data: [DONE]\n\n`,
    },
    {
      url: 'https://api.openai.com/v1/responses',
      request: { model: 'gpt-5', input: 'hi' },
      answer: JSON.stringify(RESPONSE),
      type: 'application/json',
    },
    {
      url: 'https://ollama.com/api/chat',
      request: { model: 'qwen3:14b', messages: [] },
      answer: linesOf(
        JSON.stringify({ model: 'qwen3:14b', message: { role: 'assistant', content: 'hi' }, done: false }),
        JSON.stringify({ model: 'qwen3:14b', done: true, done_reason: 'stop', prompt_eval_count: 30, eval_count: 4 }),
      ),
      type: 'application/x-ndjson',
    },
  );
  const log = importCassette([path]);
  expect(await rowsOf(log)).toMatchObject([
    {
      id: 'msg_0123456789abcdef',
      family: 'anthropic',
      model: 'claude-opus-5',
      usageState: 'final',
      tokens: { fresh: 3, cacheRead: 500, cacheWrite: { '5m': 0, '1h': 20 }, output: 42 },
      source: { path, line: 1 },
    },
    { family: 'openai-chat', model: 'gpt-5', tokens: { fresh: 36, cacheRead: 64, output: 9 } },
    { family: 'openai-responses', model: 'gpt-5', tokens: { fresh: 36, cacheRead: 64, output: 9 } },
    { family: 'ollama', model: 'qwen3:14b', tokens: { fresh: 30, output: 4 } },
  ]);
  expect(log.report()).toMatchObject({ files: 1, lines: 4, rows: 4, malformedLines: 0 });
});

test('the address of the request tells what a host counts its own way', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 9, prompt_tokens_details: { cache_write_tokens: 30 } };
  const answer = JSON.stringify({ id: 'chatcmpl-0123456789abcdef', model: 'gpt-6', choices: [], usage });
  const path = '/v1/chat/completions';
  const at = (origin: string) =>
    cassetteOf({ url: `${origin}${path}`, request: { model: 'gpt-6' }, answer, type: 'application/json' });
  const [own] = await rowsOf(importCassette([await at('https://api.openai.com')]));
  expect(own?.tokens.cacheWrite).toMatchObject({ '30m': 30, unknown: 'not-reported' });
  const [others] = await rowsOf(importCassette([await at('https://api.together.xyz')]));
  expect(others?.tokens.cacheWrite).toMatchObject({ '30m': 'not-reported', unknown: 30 });
});

test('a row starts when its request was sent, which a recording tells', async () => {
  const [row] = await rowsOf(importCassette([await cassetteOf(MESSAGES_CALL)]));
  expect(row).not.toHaveProperty('timeBasis');
  expect((row?.endedAt ?? 0) - (row?.startedAt ?? 0)).toBe(500);
});

test('the recorded request is the prefix, where it is asked for', async () => {
  const path = await cassetteOf(MESSAGES_CALL);
  const [row] = await rowsOf(importCassette([path], { withPrefix: true }));
  expect(row?.prefix?.map(({ path: place, text }) => [place, text])).toEqual([
    ['messages[0].content[0]', '{"type":"text","text":"hello"}'],
  ]);
  expect((await rowsOf(importCassette([path])))[0]).not.toHaveProperty('prefix');
});

test('a stream that stops halfway is partial, and one without counts is no row', async () => {
  const url = 'https://api.anthropic.com/v1/messages';
  const cut = await cassetteOf({ ...MESSAGES_CALL, answer: events(MESSAGE_STREAM[0]) });
  expect(await rowsOf(importCassette([cut]))).toMatchObject([{ usageState: 'partial', tokens: { output: 1 } }]);
  const log = importCassette([
    await cassetteOf({ url, request: {}, answer: events({ type: 'message_start', message: { id: 'a' } }) }),
    await cassetteOf({ url, request: {}, answer: '{"data":[]}', type: 'application/json' }),
    await cassetteOf({ url, request: {}, answer: '{"error":{"type":"x"}}', type: 'application/json' }),
  ]);
  expect(await rowsOf(log)).toEqual([]);
  expect(log.report().skipped).toMatchObject({ failed: 2, 'not-a-response': 1 });
});

test('lines that are no record are counted and named, and a missing file is listed', async () => {
  const path = await cassetteOf(MESSAGES_CALL);
  appendFileSync(path, '{"key":"a"}\n{"key":"b","response":"","v":99}\n{"key":');
  const log = importCassette([path, `${path}.missing`]);
  expect(await rowsOf(log)).toHaveLength(1);
  expect(log.report()).toMatchObject({ lines: 4, rows: 1, unreadableFiles: 1 });
  expect(log.report().malformed).toEqual([
    { path, line: 2, reason: 'no-record' },
    { path, line: 3, reason: 'no-record' },
    { path, line: 4, reason: 'cut' },
  ]);
});
