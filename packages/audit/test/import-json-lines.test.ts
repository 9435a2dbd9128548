import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { anthropicPrefixBlocks } from '@reprise/providers';
import { expect, test } from 'vitest';
import { type ContentOptions, importJsonLines } from '../src/index.ts';
import { linesOf, logFolder, rowsOf } from './support/log-folder.ts';

const AT = Date.UTC(2026, 10, 21, 9);

const MESSAGE = {
  id: 'msg_0123456789abcdef',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-5',
  content: [{ type: 'text', text: 'hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, cache_read_input_tokens: 500, cache_creation_input_tokens: 20, output_tokens: 10 },
};

const COMPLETION = {
  id: 'chatcmpl-0123456789abcdef',
  object: 'chat.completion',
  created: AT / 1000,
  model: 'gpt-5',
  service_tier: 'flex',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 9, total_tokens: 109, prompt_tokens_details: { cached_tokens: 64 } },
};

const RESPONSE = {
  id: 'resp_0123456789abcdef',
  object: 'response',
  created_at: AT / 1000,
  model: 'gpt-5',
  status: 'completed',
  output: [],
  usage: { input_tokens: 100, output_tokens: 9, total_tokens: 109, input_tokens_details: { cached_tokens: 64 } },
};

const OLLAMA = {
  model: 'qwen3:14b',
  created_at: new Date(AT).toISOString(),
  done: true,
  prompt_eval_count: 30,
  eval_count: 4,
};

async function imported(lines: readonly unknown[], options?: ContentOptions) {
  const folder = logFolder({
    'log.jsonl': linesOf(...lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))),
  });
  const path = join(folder, 'log.jsonl');
  utimesSync(path, AT / 1000, AT / 1000 + 60);
  const log = importJsonLines([path], options);
  return { path, rows: await rowsOf(log), report: log.report() };
}

test('a response of each vendor is a row, with the time that it says', async () => {
  const { rows, report, path } = await imported([COMPLETION, RESPONSE, OLLAMA]);
  expect(rows).toMatchObject([
    {
      id: COMPLETION.id,
      family: 'openai-chat',
      model: 'gpt-5',
      startedAt: AT,
      timeBasis: 'logged',
      usageState: 'final',
      tokens: { fresh: 36, cacheRead: 64, output: 9 },
      billing: { serviceTier: 'flex' },
      source: { path, line: 1 },
    },
    { id: RESPONSE.id, family: 'openai-responses', startedAt: AT, tokens: { fresh: 36, cacheRead: 64, output: 9 } },
    {
      family: 'ollama',
      model: 'qwen3:14b',
      startedAt: AT,
      tokens: { fresh: 30, cacheRead: 'not-reported', output: 4 },
    },
  ]);
  expect(report).toMatchObject({ files: 1, lines: 3, rows: 3, malformedLines: 0 });
});

test('a response without a time has that of its file, and says so (I11)', async () => {
  const { rows } = await imported([MESSAGE]);
  expect(rows).toMatchObject([
    {
      family: 'anthropic',
      startedAt: AT + 60_000,
      timeBasis: 'file',
      tokens: { fresh: 3, cacheRead: 500, cacheWrite: { unknown: 20, '5m': 'not-reported' }, output: 10 },
    },
  ]);
});

test('what stands around a response is kept with it', async () => {
  const { rows } = await imported([
    {
      request: { model: 'claude-opus-5', messages: [{ role: 'user', content: 'hello' }] },
      response: MESSAGE,
      timestamp: new Date(AT).toISOString(),
      session: 's-1',
      request_id: 'req_1',
      project: 'shop',
      tags: { user: 'u-1', retries: 2 },
    },
  ]);
  expect(rows).toMatchObject([
    {
      startedAt: AT,
      timeBasis: 'logged',
      sessionId: 's-1',
      requestId: 'req_1',
      project: 'shop',
      tags: { user: 'u-1' },
    },
  ]);
  expect(rows[0]).not.toHaveProperty('prefix');
});

test('a time is ISO 8601, epoch seconds or epoch milliseconds', async () => {
  const times = [new Date(AT).toISOString(), AT, AT / 1000];
  const { rows } = await imported(
    times.map((timestamp, index) => ({ response: { ...MESSAGE, id: `msg_0123456789abcdef${index}` }, timestamp })),
  );
  expect(rows.map(({ startedAt }) => startedAt)).toEqual([AT, AT, AT]);
});

test('the content of a request is its prefix, where it is asked for', async () => {
  const request = {
    tools: [{ name: 'search' }],
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'hello' }],
  };
  const { rows } = await imported(
    [
      { request, response: MESSAGE, timestamp: AT },
      { request: { body: { messages: [{ role: 'user', content: 'hi' }] } }, response: COMPLETION },
      { request: { input: 'hi' }, response: RESPONSE },
    ],
    { withPrefix: true },
  );
  expect(rows[0]?.prefix).toEqual(anthropicPrefixBlocks(request));
  expect(rows.slice(1).map(({ prefix }) => prefix?.map(({ path }) => path))).toEqual([
    ['messages[0]'],
    ['input[0].content[0]'],
  ]);
});

test('the settings and the marks of a request are told with its prefix', async () => {
  const once = { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } };
  const long = { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } };
  const request = {
    tools: [{ name: 'search' }],
    system: [long],
    messages: [
      { role: 'user', content: 'hello' },
      { role: 'user', content: [once, { type: 'text', text: 'c' }] },
    ],
    tool_choice: { type: 'any' },
    cache_control: { type: 'ephemeral' },
  };
  const { rows } = await imported([{ request, response: MESSAGE, timestamp: AT }], { withPrefix: true });
  expect(rows[0]?.parameters?.messages).toContain('"toolChoice":{"type":"any"}');
  expect(rows[0]?.marks).toMatchObject([
    { blockIndex: 1, path: 'system[0]', lifetime: '1h' },
    { blockIndex: 3, path: 'messages[1].content[0]', lifetime: '5m' },
    { blockIndex: 4, path: 'cache_control', lifetime: '5m', isVendorPlaced: true },
  ]);
});

test('the results of a batch are read', async () => {
  const { rows } = await imported([
    { custom_id: 'a', response: { status_code: 200, request_id: 'req_9', body: COMPLETION }, error: null },
    { custom_id: 'b', result: { type: 'succeeded', message: MESSAGE } },
    { custom_id: 'c', result: { type: 'errored', error: { type: 'invalid_request_error' } } },
  ]);
  expect(rows.map(({ responseId, requestId }) => [responseId, requestId])).toEqual([
    [COMPLETION.id, 'req_9'],
    [MESSAGE.id, undefined],
  ]);
});

test('a response is one row however often it is met; ids that servers use again are not taken for it (N-05)', async () => {
  const short = { ...COMPLETION, id: 'chatcmpl-7' };
  const { rows, report } = await imported([
    COMPLETION,
    COMPLETION,
    { ...COMPLETION, usage: { ...COMPLETION.usage, completion_tokens: 10, total_tokens: 110 } },
    short,
    short,
    { ...short, created: short.created + 1 },
  ]);
  expect(rows).toHaveLength(3);
  expect(report).toMatchObject({ duplicates: 3, conflicts: 1 });
});

test('lines that are no response are counted by what they are', async () => {
  const { rows, report } = await imported([
    { level: 'info', text: 'started' },
    { error: { message: 'overloaded' } },
    { ...COMPLETION, usage: null },
    { ...COMPLETION, object: 'chat.completion.chunk' },
    { ...MESSAGE, model: '' },
    '[1]',
    '{"cut":',
  ]);
  expect(rows).toEqual([]);
  expect(report.skipped).toMatchObject({ 'not-a-response': 1, failed: 1, 'no-usage': 1, 'stream-chunk': 1 });
  expect(report.malformed.map(({ line, reason }) => [line, reason])).toEqual([
    [5, 'no-model'],
    [6, 'no-object'],
    [7, 'no-json'],
  ]);
});

test('a response that was written down before it ended is partial', async () => {
  const { rows } = await imported([
    { ...MESSAGE, stop_reason: null },
    { ...RESPONSE, status: 'in_progress' },
  ]);
  expect(rows.map(({ usageState }) => usageState)).toEqual(['partial', 'partial']);
});

test('the model of the request stands in for one that the response does not name', async () => {
  const { model: _model, ...nameless } = COMPLETION;
  const { rows } = await imported([{ request: { model: 'local' }, response: nameless }]);
  expect(rows.map(({ model }) => model)).toEqual(['local']);
});
