import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { asArray, asObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { type AssistantMessage, type Message, userMessage } from '../src/message.ts';
import { createChatDecoder } from '../src/openai/chat/decode-stream.ts';
import { encodeRequest } from '../src/openai/chat/encode-request.ts';
import { vendorNamed } from '../src/openai/vendors.ts';
import { describeWithCorpus, listRecordings, type Recording, readRecording } from './support/corpus.ts';

const CLAUDE = 'anthropic-claude-v1';

describe('reasoning details (L-47)', () => {
  const prose = (text: string) => ({ type: 'reasoning.text', text, format: CLAUDE, index: 0 });
  const signed = { type: 'reasoning.text', signature: 'sig', format: CLAUDE, index: 0 };
  const encrypted = { type: 'reasoning.encrypted', data: 'gAAA', format: 'openai-responses-v1', id: 'rs_1', index: 0 };

  it('come in pieces and go back whole, to the vendors that know them', () => {
    const message = answer([
      { reasoning: 'I ', reasoning_details: [prose('I ')] },
      { reasoning: 'see.', reasoning_details: [prose('see.')] },
      { reasoning_details: [signed] },
      { reasoning_details: [encrypted] },
      { content: 'Yes' },
    ]);
    const reasoning_details = [{ ...prose('I see.'), signature: 'sig' }, encrypted];
    expect(message.content).toEqual([
      { type: 'thinking', text: 'I see.', signature: 'sig' },
      { type: 'text', text: 'Yes' },
      { type: 'opaque', family: 'openai-chat', data: { type: 'reasoning_details', reasoning_details } },
    ]);
    for (const vendor of ['openrouter', 'vercel-gateway', 'snowflake']) {
      expect(sentBack(message, vendor)).toEqual({ role: 'assistant', content: 'Yes', reasoning_details });
    }
    for (const vendor of ['openai', 'unknown', 'mistral']) {
      expect(sentBack(message, vendor)).toEqual({ role: 'assistant', content: 'Yes' });
    }
  });

  it('of one chunk stay apart, and so do those after a signature', () => {
    const message = answer([
      { reasoning_details: [prose('a'), prose('b')] },
      { reasoning_details: [signed] },
      { reasoning_details: [prose('c')] },
      { reasoning_details: [encrypted] },
      { reasoning_details: [encrypted], content: 'Yes' },
    ]);
    expect(keptData(message)).toMatchObject([
      { reasoning_details: [prose('a'), { ...prose('b'), signature: 'sig' }, prose('c'), encrypted, encrypted] },
    ]);
  });

  it('are not undone by what a later piece leaves empty', () => {
    const message = answer([
      { reasoning_details: [{ ...prose('I '), signature: '' }] },
      { reasoning_details: [{ ...prose('see.'), signature: null, format: null }] },
      { reasoning_details: [{ type: 'reasoning.text', index: 0, text: '', signature: 'sig' }], content: 'Yes' },
    ]);
    expect(keptData(message)).toMatchObject([{ reasoning_details: [{ ...prose('I see.'), signature: 'sig' }] }]);
  });

  it("of Claude's without a signature are not sent back, as they would be refused", () => {
    const message = answer([{ reasoning_details: [prose('Hm')] }, { reasoning_details: [encrypted], content: 'Yes' }]);
    expect(sentBack(message, 'openrouter')).toMatchObject({ reasoning_details: [encrypted] });
    const unsigned = answer([{ reasoning_details: [prose('Hm')], content: 'Yes' }]);
    expect(sentBack(unsigned, 'openrouter')).toEqual({ role: 'assistant', content: 'Yes' });
  });

  it('of an answer that was cut are not kept', () => {
    expect(keptData(decode([delta({ content: 'Yes', reasoning_details: [prose('Hm')] })]))).toEqual([]);
  });
});

describe("the Gemini endpoint's signatures", () => {
  const extra_content = { google: { thought_signature: 'sig' } };
  const call = { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };

  it('stay with their tool call, and go back to it and to nobody else', () => {
    const message = answer([{ tool_calls: [{ ...call, extra_content }] }], 'tool_calls');
    expect(message.content).toEqual([
      { ...toolCallBlock('c1', 'f', '{}'), vendorFields: { family: 'openai-chat', fields: { extra_content } } },
    ]);
    const { index: _index, ...wireCall } = call;
    expect(sentBack(message, 'google')).toMatchObject({ tool_calls: [{ ...wireCall, extra_content }] });
    expect(sentBack(message, 'openai')).toEqual({ role: 'assistant', content: null, tool_calls: [wireCall] });
  });

  it('may come in a later fragment than the name', () => {
    const message = answer([{ tool_calls: [call] }, { tool_calls: [{ index: 0, extra_content }] }], 'tool_calls');
    expect(message.content).toMatchObject([{ id: 'c1', vendorFields: { fields: { extra_content } } }]);
  });

  it('stay with the message that has no call', () => {
    const message = answer([{ content: 'Yes', extra_content }]);
    expect(sentBack(message, 'google')).toEqual({ role: 'assistant', content: 'Yes', extra_content });
    expect(sentBack(message, 'openrouter')).toEqual({ role: 'assistant', content: 'Yes' });
  });

  it('are not made up from empty fields', () => {
    const message = answer([{ tool_calls: [{ ...call, custom: { input: '', name: '' } }] }], 'tool_calls');
    expect(message.content).toEqual([toolCallBlock('c1', 'f', '{}')]);
  });
});

describe('thinking', () => {
  const thought = answer([{ reasoning_content: 'Hm.', content: 'Yes' }]);
  const thoughtless = answer([{ content: 'Yes' }]);

  it.each<readonly [vendor: string, model: string, thought: object, thoughtless: object]>([
    ['deepseek', 'deepseek-v4-pro', { reasoning_content: 'Hm.' }, { reasoning_content: '' }],
    ['deepseek', 'deepseek-flash', { reasoning_content: 'Hm.' }, { reasoning_content: '' }],
    ['deepseek', 'deepseek-r1', {}, {}],
    ['moonshotai', 'kimi-k3', { reasoning_content: 'Hm.' }, {}],
    ['zai', 'glm-4.7', { reasoning_content: 'Hm.' }, {}],
    ['llama.cpp', 'gpt-oss-20b', { reasoning_content: 'Hm.' }, {}],
    ['vllm', 'gpt-oss-20b', { reasoning: 'Hm.' }, {}],
    ['ollama', 'qwen3', { reasoning: 'Hm.' }, {}],
    ['openai', 'gpt-5.2', {}, {}],
    ['mistral', 'mistral-small-latest', {}, {}],
    ['xai', 'grok-3-mini', {}, {}],
  ])('goes back to %s %s as it wants it', (vendor, model, withThought, withoutThought) => {
    expect(sentBack(thought, vendor, model)).toEqual({ role: 'assistant', content: 'Yes', ...withThought });
    expect(sentBack(thoughtless, vendor, model)).toEqual({ role: 'assistant', content: 'Yes', ...withoutThought });
  });
});

it('keeps images and sound as they came, and reads the words that were spoken', () => {
  const image = (url: string) => ({ type: 'image_url', image_url: { url } });
  const message = answer([
    { audio: { id: 'audio_1', transcript: 'Hel' } },
    { audio: { transcript: 'lo', data: 'AA' } },
    { audio: { data: 'BB', expires_at: 9 } },
    { images: [image('data:image/png;base64,AA==')] },
    { images: [image('data:image/png;base64,BB==')] },
  ]);
  expect(message.content[0]).toEqual({ type: 'text', text: 'Hello' });
  expect(keptData(message)).toEqual([
    { type: 'audio', audio: { id: 'audio_1', transcript: 'Hello', data: 'AABB', expires_at: 9 } },
    { type: 'images', images: [image('data:image/png;base64,AA=='), image('data:image/png;base64,BB==')] },
  ]);
  expect(sentBack(message, 'openai')).toEqual({ role: 'assistant', content: 'Hello' });
});

it("gives tool calls ids that Mistral takes: its own unchanged, another vendor's always the same", () => {
  const result = (toolCallId: string) =>
    ({ type: 'tool-result', toolCallId, toolName: 'f', content: [], isError: false }) as const;
  const messages: readonly Message[] = [
    {
      role: 'assistant',
      content: [toolCallBlock('call_from_elsewhere', 'f', '{}'), toolCallBlock('aB3dE6gH9', 'f', '{}')],
    },
    { role: 'tool', content: [result('call_from_elsewhere'), result('aB3dE6gH9')] },
  ];
  const wire = JSON.stringify(
    encodeRequest({ messages }, 'mistral-small-latest', vendorNamed('mistral')).body.messages,
  );
  const ids = [...wire.matchAll(/"(?:id|tool_call_id)":"([^"]*)"/g)].map(([, id]) => id);
  expect(ids).toEqual([expect.stringMatching(/^[a-zA-Z0-9]{9}$/), 'aB3dE6gH9', ids[0], 'aB3dE6gH9']);
});

describe('an answer whose beginning was asked for (L-59)', () => {
  const prefill = '{"city": ';

  it.each([
    ['goes on from it', 'groq', ['"Oslo"', '}']],
    ['repeats it', 'mistral', ['{"ci', 'ty": "Oslo"', '}']],
    ['repeats it in one piece', 'mistral', ['{"city": "Oslo"}']],
    ['was said to repeat it and does not', 'mistral', ['"Oslo"', '}']],
  ])('holds it once where the vendor %s', (_name, vendor, pieces) => {
    const decoder = createChatDecoder({ model: 'm', vendor, prefill });
    const chunks = [delta({ role: 'assistant', content: '' }), ...pieces.map((content) => delta({ content })), END];
    const events = chunks.flatMap((chunk) => decoder.decode(chunk));
    expect(events[0]).toEqual({ type: 'text-delta', blockIndex: 0, text: prefill });
    expect(events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')).toBe('{"city": "Oslo"}');
    expect(decoder.finish().message.content).toEqual([{ type: 'text', text: '{"city": "Oslo"}' }]);
  });

  it('keeps what looked like a repetition and went on otherwise', () => {
    const decoder = createChatDecoder({ model: 'm', vendor: 'mistral', prefill });
    for (const content of ['{"ci', 'vic": true}']) decoder.decode(delta({ content }));
    expect(decoder.finish().message.content).toEqual([{ type: 'text', text: `${prefill}{"civic": true}` }]);
  });

  it('is nothing but an error where the vendor answers with one', () => {
    const decoder = createChatDecoder({ model: 'm', vendor: 'mistral', prefill });
    expect(decoder.decode({ error: { message: 'no' } })).toEqual([]);
    expect(decoder.finish().message.content).toEqual([]);
  });
});

it("passes on what Groq's own tools did", () => {
  const executed_tools = [{ index: 0, type: 'search', arguments: '{"query":"x"}' }];
  const events = createChatDecoder({ model: 'm', vendor: 'groq' }).decode(delta({ executed_tools }));
  expect(events).toEqual([{ type: 'vendor-event', family: 'openai-chat', event: { executed_tools } }]);
});

describeWithCorpus('recorded reasoning details', () => {
  const recordings = listRecordings({ family: 'openai-chat', status: 200 }).map(readRecording);
  const received = new Set(recordings.map((recording) => canonical(recordedDetails(recording))));

  it('come out as those that were sent back to the vendor', () => {
    const returned = recordings.flatMap((recording) => returnedDetails(recording));
    expect(returned.length).toBeGreaterThanOrEqual(6);
    const known = returned.filter((details) => received.has(canonical(details)));
    expect(known.length).toBe(returned.length);
  });
});

const END = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };

function delta(fields: object): object {
  return { choices: [{ index: 0, delta: fields, finish_reason: null }] };
}

/** The message of a whole answer. */
function answer(deltas: readonly object[], finishReason = 'stop'): AssistantMessage {
  return decode([...deltas.map(delta), { choices: [{ index: 0, delta: {}, finish_reason: finishReason }] }]);
}

function decode(chunks: readonly object[]): AssistantMessage {
  const decoder = createChatDecoder({ model: 'm', vendor: 'unknown' });
  for (const chunk of chunks) decoder.decode(chunk);
  return decoder.finish().message;
}

/** The message as the next request has it, its call answered. */
function sentBack(message: AssistantMessage, vendor: string, model = 'm'): object | undefined {
  const results = message.content.flatMap((block) =>
    block.type === 'tool-call'
      ? [{ type: 'tool-result', toolCallId: block.id, toolName: block.name, content: [], isError: false } as const]
      : [],
  );
  const next: Message = results.length > 0 ? { role: 'tool', content: results } : userMessage('Go on');
  return encodeRequest({ messages: [userMessage('hi'), message, next] }, model, vendorNamed(vendor)).body.messages[1];
}

function keptData({ content }: AssistantMessage): readonly JsonObject[] {
  return content.flatMap((block) => (block.type === 'opaque' ? [block.data] : []));
}

function recordedDetails({ response, streaming, vendor }: Recording): unknown {
  const decoder = createChatDecoder({ model: 'm', vendor });
  const data = streaming
    ? response.body.split(/\r?\n/).flatMap((line) => (/^data: *\{/.test(line) ? line.slice('data:'.length) : []))
    : [response.body];
  for (const chunk of data) decoder.decode(JSON.parse(chunk));
  return keptData(decoder.finish().message).find(({ type }) => type === 'reasoning_details')?.['reasoning_details'];
}

function returnedDetails({ request }: Recording): readonly unknown[] {
  return asArray(asObject(request)?.['messages']).flatMap((message) => {
    const details = asObject(message)?.['reasoning_details'];
    return details === undefined ? [] : [details];
  });
}

/** Whatever the order of its fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: JsonValue) => {
    const fields = asObject(part);
    return fields ? Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  });
}
