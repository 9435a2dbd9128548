import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { CLAUDE, failureOf, post, simulate } from './support/simulate.ts';

type Param = Anthropic.Messages.MessageParam;
type Block = Exclude<Param['content'], string>[number];

const PREFILL_MODEL = 'claude-haiku-4-5';

function user(...content: Block[]): Param {
  return { role: 'user', content };
}

function assistant(...content: Block[]): Param {
  return { role: 'assistant', content };
}

function text(words: string, ttl?: '5m' | '1h'): Block {
  return { type: 'text', text: words, ...(ttl === undefined ? {} : { cache_control: { type: 'ephemeral', ttl } }) };
}

function toolUse(id: string): Block {
  return { type: 'tool_use', id, name: 'look', input: {} };
}

function toolResult(id: string): Block {
  return { type: 'tool_result', tool_use_id: id, content: 'seen' };
}

function ask(messages: Param[], more: object = {}): Anthropic.Messages.MessageCreateParamsNonStreaming {
  return { model: CLAUDE, max_tokens: 100, messages, ...more };
}

const go = user(text('go'));

describe('the Messages API refuses', () => {
  test.each<[string, object, RegExp]>([
    ['a request without max_tokens', ask([go], { max_tokens: undefined }), /^max_tokens: Field required/],
    ['a request without a model', ask([go], { model: undefined }), /^model: Field required/],
    ['a request without messages', { model: CLAUDE, max_tokens: 9 }, /^messages: Field required/],
    ['an empty list of messages', ask([]), /at least one message is required/],
    [
      'a first message that is not the user’s',
      ask([assistant(text('hi')), go]),
      /first message must use the "user" role/,
    ],
    ['an unknown role', ask([go, { role: 'robot', content: 'x' } as never]), /messages\.1\.role/],
    ['an empty message', ask([go, assistant(), go]), /messages\.1: all messages must have non-empty content/],
    ['an empty text', ask([user(text(''))]), /messages\.0\.content\.0: text content blocks must be non-empty/],
    ['a blank text', ask([user(text(' \n'))]), /must contain non-whitespace text/],
    ['an empty text in the system prompt', ask([go], { system: [text('')] }), /system: text content blocks/],
    [
      'thinking without its signature',
      ask([go, assistant({ type: 'thinking', thinking: 'x' } as never), go]),
      /signature/,
    ],
    ['temperature', ask([go], { temperature: 1 }), /^temperature: Extra inputs are not permitted/],
    ['top_p', ask([go], { top_p: 1 }), /^top_p: Extra inputs/],
    [
      'two tools of one name',
      ask([go], { tools: [0, 1].map(() => ({ name: 'look', input_schema: { type: 'object' } })) }),
      /Tool names must be unique/,
    ],
    [
      'a fifth mark',
      ask([user(...['a', 'b', 'c', 'd', 'e'].map((words) => text(words, '5m')))]),
      /A maximum of 4 blocks with cache_control may be provided\. Found 5\./,
    ],
    [
      'four marks and automatic caching',
      ask([user(...['a', 'b', 'c', 'd'].map((words) => text(words, '5m')))], { cache_control: { type: 'ephemeral' } }),
      /Found 5/,
    ],
    [
      'an hour’s mark behind one of five minutes',
      ask([user(text('a', '1h'))], { system: [text('s', '5m')] }),
      /messages\[0\]\.content\[0\]\.cache_control\.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'/,
    ],
    ['a mark on thinking', markOnThinking(), /cache_control: Extra inputs are not permitted/],
    ['an unknown lifetime', ask([user(text('a', '2h' as never))]), /ttl: Input should be '5m' or '1h'/],
    [
      'a call that is not answered next',
      ask([go, assistant(toolUse('t1'), toolUse('t2')), user(toolResult('t1'))]),
      /`tool_use` ids were found without `tool_result` blocks immediately after: t2\./,
    ],
    ['a call at the very end', ask([go, assistant(toolUse('t1'))]), /immediately after: t1\./],
    [
      'a result behind other words',
      ask([go, assistant(toolUse('t1')), user(text('so'), toolResult('t1'))]),
      /immediately after: t1\./,
    ],
    [
      'a result of no call',
      ask([go, assistant(text('hm')), user(toolResult('t9'))]),
      /unexpected `tool_use_id` found in `tool_result` blocks: t9\./,
    ],
    [
      'a result of an older call',
      ask([go, assistant(toolUse('t1')), user(toolResult('t1')), assistant(text('ok')), user(toolResult('t1'))]),
      /messages\.4: unexpected `tool_use_id`/,
    ],
    [
      'two results of one call',
      ask([go, assistant(toolUse('t1')), user(toolResult('t1'), toolResult('t1'))]),
      /must have a single result/,
    ],
    [
      'two calls of one id, however far apart',
      ask([
        go,
        assistant(toolUse('t1')),
        user(toolResult('t1')),
        assistant(text('ok'), toolUse('t1')),
        user(toolResult('t1')),
      ]),
      /^messages\.3\.content\.1: `tool_use` ids must be unique$/,
    ],
    [
      'a call id of other signs',
      ask([go, assistant(toolUse('functions.look:0')), user(toolResult('functions.look:0'))]),
      /^messages\.1\.content\.0\.tool_use\.id: String should match pattern/,
    ],
    ['a prefilled answer', ask([go, assistant(text('Well'))]), /does not support assistant message prefill/],
  ])('%s', async (_what, body, message) => {
    const { anthropic, simulator } = await simulate(() => 'never said');
    const error = await failureOf(
      anthropic.messages.create(body as Anthropic.Messages.MessageCreateParamsNonStreaming),
    );
    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      apiMessage: expect.stringMatching(message),
    });
    expect(simulator.requests).toMatchObject([
      { status: 400, usage: null, marks: [], prefixHashes: [], verdict: { fresh: 0, read: 0, written: {} } },
    ]);
    expect(simulator.cache.size).toBe(0);
  });

  test('a caller without credentials', async () => {
    const { simulator } = await simulate(() => 'never said');
    const stranger = new Anthropic({
      baseURL: simulator.url,
      apiKey: null,
      authToken: null,
      defaultHeaders: { Authorization: null, 'X-Api-Key': null },
      maxRetries: 0,
    });
    // The SDK itself refuses to send nothing at all.
    const response = await post(`${simulator.url}/v1/messages`, JSON.stringify(ask([go])));
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: expect.stringContaining('x-api-key') },
    });
    expect(await failureOf(stranger.messages.create(ask([go])))).toBeInstanceOf(Error);
  });
});

describe('the Messages API accepts', () => {
  test.each<[string, Anthropic.Messages.MessageCreateParamsNonStreaming]>([
    ['a prefilled answer on a model before 4.6', ask([go, assistant(text('Well'))], { model: PREFILL_MODEL })],
    ['results first and words after them', ask([go, assistant(toolUse('t1')), user(toolResult('t1'), text('so'))])],
    ['neighbours of one role', ask([go, go, assistant(toolUse('t1')), user(toolResult('t1')), user(text('so'))])],
    [
      'results over two messages',
      ask([go, assistant(toolUse('a'), toolUse('b')), user(toolResult('a')), user(toolResult('b'))]),
    ],
    ['an hour’s mark before one of five minutes', ask([user(text('a', '5m'))], { system: [text('s', '1h')] })],
  ])('%s', async (_what, body) => {
    const { anthropic } = await simulate(() => 'fine');
    expect((await anthropic.messages.create(body)).content).toMatchObject([{ text: 'fine' }]);
  });

  test('temperature under the older version', async () => {
    const { anthropic } = await simulate(() => 'fine');
    const headers = { 'anthropic-version': '2023-06-01' };
    const body = ask([go], { temperature: 1 });
    expect((await anthropic.messages.create(body, { headers })).content).toMatchObject([{ text: 'fine' }]);
  });

  test.each([
    'claude-sonnet-4-6',
    'claude-opus-4-7',
    'claude-opus-4-8',
    'claude-sonnet-5',
    'claude-haiku-5-5',
    'claude-fable-5-1',
  ])('no prefill on %s', async (model) => {
    const { anthropic } = await simulate(() => 'fine');
    const error = await failureOf(anthropic.messages.create(ask([go, assistant(text('Well'))], { model })));
    expect(error).toMatchObject({ status: 400 });
  });
});

function markOnThinking(): Anthropic.Messages.MessageCreateParamsNonStreaming {
  const thinking = { type: 'thinking', thinking: 'x', signature: 's', cache_control: { type: 'ephemeral' } };
  return ask([go, assistant(thinking as never, text('so')), go]);
}
