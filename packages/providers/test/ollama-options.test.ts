import { Ollama } from 'ollama';
import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { type Message, messageText, userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/ollama/encode-request.ts';
import { ollama, streamOllama } from '../src/ollama/provider.ts';
import type { ModelRequest } from '../src/request.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { collectEvents, collectTurn, deltaText, lastTurn } from './support/collect-stream.ts';
import { recordedFetch } from './support/corpus.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const HI = [userMessage('hi')];
const DONE = { model: 'm', created_at: '2026-11-01T00:00:00Z', done: true, done_reason: 'stop' };
const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } } };

const encode = (request: Partial<ModelRequest>, model = 'qwen3') => encodeRequest({ messages: HI, ...request }, model);

describe('think (L-47)', () => {
  it.each([
    ['off', false],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
    ['max', 'max'],
  ] as const)('%s is sent as %j', (think, wanted) => {
    expect(encode({ think })).toMatchObject({ body: { think: wanted }, warnings: [] });
  });

  it('is left out when nobody asks for it', () => {
    expect(encode({}).body).not.toHaveProperty('think');
  });

  it('of GPT-OSS has three levels and no off, which is said', () => {
    expect(encode({ think: 'max' }, 'gpt-oss:20b')).toMatchObject({ body: { think: 'high' }, warnings: [] });
    const { body, warnings } = encode({ think: 'off' }, 'gpt-oss:120b-cloud');
    expect(body.think).toBe('low');
    expect(warnings).toMatchObject([{ code: 'request/think-adapted', message: expect.stringContaining('"low"') }]);
  });

  it("of a model that cannot is the server's error", async () => {
    const error = '"llama3" does not support thinking';
    const fetch = recordedFetch({ status: 400, body: JSON.stringify({ error }), headers: JSON_TYPE });
    const turn = await collectTurn(ollama({ fetch }).model('llama3').stream({ messages: HI, think: 'high' }));
    expect(turn.error).toMatchObject({ code: 'provider/invalid-request', message: error, retryable: false });
  });

  it('goes back with the turn that thought, and without its signature', () => {
    const content = [{ type: 'thinking', text: 'Hm', signature: 's' } as const, toolCallBlock('c', 'f', '{}')];
    const { messages } = encode({ messages: [...HI, { role: 'assistant', content }] }).body;
    expect(messages[1]).toEqual({
      role: 'assistant',
      content: '',
      thinking: 'Hm',
      tool_calls: [{ function: { name: 'f', arguments: {} } }],
    });
  });
});

it('asks for an answer that follows a schema (L-53)', () => {
  expect(encode({ output: SCHEMA }).body.format).toEqual(SCHEMA);
});

it('warns of a search and of diagnostics that nobody will give (L-48)', () => {
  const { body, warnings } = encode({ search: 'low', diagnostics: true });
  expect(body).toEqual(encode({}).body);
  expect(warnings.map(({ code }) => code)).toEqual(['request/search-ignored', 'request/diagnostics-ignored']);
  expect(encode({ search: false, diagnostics: false }).warnings).toEqual([]);
});

it('tells nobody of a cache key', () => {
  expect(encode({ cacheKey: 'k' })).toEqual(encode({}));
});

it('lets vendor options have the last word, and not replace the messages', () => {
  expect(encode({ think: 'low', vendorOptions: { think: 'high' } }).body.think).toBe('high');
  const model = ollama({ fetch: recordedFetch({ body: '', headers: {} }) }).model('m');
  expect(() => model.stream({ messages: HI, vendorOptions: { messages: [] } })).toThrow(/vendorOptions\.messages/);
  expect(() => model.stream({ messages: [] })).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
});

describe('a prefill (L-59)', () => {
  const request: ModelRequest = { messages: HI, prefill: 'Once ' };

  it('is the last message sent, and no part of the prefix that lasts', () => {
    expect(encode(request).body.messages.at(-1)).toEqual({ role: 'assistant', content: 'Once ' });
    const model = ollama().model('m');
    expect(model.prefixBlocks(request)).toEqual(model.prefixBlocks({ messages: HI }));
    expect(encode({ prefill: '' }).body).toEqual(encode({}).body);
  });

  it("is said first, and is one text with the model's own words", async () => {
    const events = await answers(request, { message: { content: 'upon' }, done: false }, said(' a time'));
    expect(deltaText(events, 'text-delta')).toBe('Once upon a time');
    expect(events[0]).toEqual({ type: 'text-delta', blockIndex: 0, text: 'Once ' });
    expect(lastTurn(events).message.content).toEqual([{ type: 'text', text: 'Once upon a time' }]);
  });

  it('follows the thinking, and precedes the calls', async () => {
    const call = { function: { name: 'f', arguments: {} } };
    const events = await answers(
      request,
      { message: { thinking: 'Hm', content: '' }, done: false },
      { ...DONE, message: { content: '', tool_calls: [call] } },
    );
    expect(lastTurn(events).message.content.map(({ type }) => type)).toEqual(['thinking', 'text', 'tool-call']);
    expect(lastTurn(events).stopReason).toBe('tool-use');
  });

  it('is the whole answer of a model that adds nothing', async () => {
    expect(messageText(lastTurn(await answers(request, said(''))).message)).toBe('Once ');
  });

  it('is in the history as what was answered', () => {
    const answered: Message = { role: 'assistant', content: [{ type: 'text', text: 'Once upon a time' }] };
    const { messages } = encode({ messages: [...HI, answered, ...HI] }).body;
    expect(messages.slice(0, 1)).toEqual(encode(request).body.messages.slice(0, 1));
    expect(messages[1]).toEqual({ role: 'assistant', content: 'Once upon a time' });
  });
});

describe('a response', () => {
  it.each(['load', 'unload'])('that only %ss the model says so', async (reason) => {
    const events = await answers({ messages: HI }, { ...DONE, done_reason: reason, message: { content: '' } });
    expect(events).toMatchObject([{ type: 'warning', code: `response/${reason}` }, { type: 'assistant-turn' }]);
    expect(lastTurn(events)).toMatchObject({
      stopReason: 'end-turn',
      usageState: 'none',
      message: { content: [] },
      tokens: { fresh: 'not-reported', cacheRead: 'not-reported', output: 'not-reported' },
    });
  });

  it('at the output cap keeps its text as it is, and says why it ended beside it (L-46)', async () => {
    const events = await answers({ messages: HI }, { ...DONE, done_reason: 'length', message: { content: 'Half' } });
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'response/max-tokens' }]);
    expect(lastTurn(events)).toMatchObject({ stopReason: 'max-tokens', message: { content: [{ text: 'Half' }] } });
  });

  it('may have fields from the future, which stay in its raw usage', async () => {
    const record = { ...said('a'), eval_count: 1, prompt_eval_count: 4, prompt_eval_cached_count: 3, speculation: 2 };
    expect(lastTurn(await answers({ messages: HI }, record))).toMatchObject({
      rawUsage: { speculation: 2 },
      tokens: { fresh: 1, cacheRead: 3, output: 1 },
    });
  });
});

function said(content: string): object {
  return { ...DONE, message: { content } };
}

/** What the real client makes of these records. */
async function answers(request: ModelRequest, ...records: readonly object[]): Promise<readonly StreamEvent[]> {
  const body = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const client = new Ollama({ fetch: recordedFetch({ body, headers: { 'content-type': 'application/x-ndjson' } }) });
  return collectEvents(streamOllama(client, request, { model: 'm' }));
}
