import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import type { Message, UserBlock } from '../src/message.ts';
import { userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/chat/encode-request.ts';
import { openai } from '../src/openai/provider.ts';
import { vendorNamed } from '../src/openai/vendors.ts';
import type { ModelRequest } from '../src/request.ts';

const encode = (request: Partial<ModelRequest>, vendor = 'openai', model = 'gpt-test') =>
  encodeRequest({ messages: [userMessage('hi')], ...request }, model, vendorNamed(vendor)).body;

const HISTORY: readonly Message[] = [
  userMessage('What is the weather?'),
  {
    role: 'assistant',
    content: [
      { type: 'thinking', text: 'A tool knows.' },
      { type: 'text', text: 'I will ' },
      { type: 'text', text: 'look.' },
      toolCallBlock('call_1', 'weather', '{"city": "Oslo", "id": 12345678901234567890}'),
      toolCallBlock('call_2', 'time', ''),
    ],
  },
  {
    role: 'tool',
    content: [
      {
        type: 'tool-result',
        toolCallId: 'call_1',
        toolName: 'weather',
        content: [
          { type: 'text', text: 'Sunny' },
          { type: 'text', text: '12 °C' },
        ],
        isError: false,
      },
      {
        type: 'tool-result',
        toolCallId: 'call_2',
        toolName: 'time',
        content: [{ type: 'text', text: 'no clock' }],
        isError: true,
      },
    ],
  },
];

it('writes the whole body, argument text byte for byte', () => {
  const request: ModelRequest = {
    system: 'Be brief.',
    messages: HISTORY,
    tools: [{ name: 'weather', description: 'Weather of a city', inputSchema: { type: 'object', properties: {} } }],
    toolChoice: { tool: 'weather' },
    maxTokens: 500,
    temperature: 0,
    stopSequences: ['END'],
    vendorOptions: { seed: 7 },
  };
  expect(JSON.stringify(encode(request), null, 1)).toMatchInlineSnapshot(`
    "{
     "model": "gpt-test",
     "messages": [
      {
       "role": "system",
       "content": "Be brief."
      },
      {
       "role": "user",
       "content": "What is the weather?"
      },
      {
       "role": "assistant",
       "content": "I will look.",
       "tool_calls": [
        {
         "id": "call_1",
         "type": "function",
         "function": {
          "name": "weather",
          "arguments": "{\\"city\\": \\"Oslo\\", \\"id\\": 12345678901234567890}"
         }
        },
        {
         "id": "call_2",
         "type": "function",
         "function": {
          "name": "time",
          "arguments": "{}"
         }
        }
       ]
      },
      {
       "role": "tool",
       "tool_call_id": "call_1",
       "content": "Sunny\\n12 °C"
      },
      {
       "role": "tool",
       "tool_call_id": "call_2",
       "content": "Error: no clock"
      }
     ],
     "tools": [
      {
       "type": "function",
       "function": {
        "name": "weather",
        "description": "Weather of a city",
        "parameters": {
         "type": "object",
         "properties": {}
        }
       }
      }
     ],
     "tool_choice": {
      "type": "function",
      "function": {
       "name": "weather"
      }
     },
     "max_completion_tokens": 500,
     "stop": [
      "END"
     ],
     "temperature": 0,
     "seed": 7,
     "stream": true,
     "stream_options": {
      "include_usage": true
     }
    }"
  `);
});

it('leaves out what was not asked for', () => {
  expect(encode({ messages: [userMessage('hi')], tools: [], toolChoice: 'auto' })).toEqual({
    model: 'gpt-test',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    stream_options: { include_usage: true },
  });
});

it('lets vendor options win, but not over usage', () => {
  const vendorOptions = { temperature: 1, stream_options: { include_usage: false, include_obfuscation: false } };
  expect(encode({ temperature: 0, vendorOptions })).toMatchObject({
    temperature: 1,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  });
});

it.each<readonly [said: string, request: Partial<ModelRequest>]>([
  ['messages', { messages: [] }],
  ['vendorOptions.messages', { vendorOptions: { messages: [] } }],
  ['vendorOptions.stream', { vendorOptions: { stream: false } }],
  ['Call call_1 has no result', { messages: HISTORY.slice(0, 2) }],
  ['a result for call call_1', { messages: [userMessage('a'), ...HISTORY.slice(2)] }],
  ['toolChoice', { toolChoice: 'required' }],
])('refuses a request that would be refused, and says: %s', (said, request) => {
  const model = openai({ apiKey: 'k', vendor: 'openai' }).model('gpt-test');
  const send = () => model.stream({ messages: [userMessage('hi')], ...request });
  expect(send).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
  expect(send).toThrow(said);
});

it('names the output cap as the vendor does', () => {
  expect(encode({ maxTokens: 5 })).toMatchObject({ max_completion_tokens: 5 });
  expect(encode({ maxTokens: 5 }, 'mistral')).toMatchObject({ max_tokens: 5 });
});

it('asks for usage, except a vendor that refuses to be asked', () => {
  expect(encode({}, 'groq')).toMatchObject({ stream_options: { include_usage: true } });
  expect(encode({}, 'mistral')).not.toHaveProperty('stream_options');
});

describe('user content', () => {
  const partOf = (block: UserBlock) =>
    encode({ messages: [{ role: 'user', content: [{ type: 'text', text: 'Look' }, block] }] }).messages[0];
  const documentOf = (mediaType: string, data: string, name?: string): UserBlock => ({
    type: 'document',
    mediaType,
    data,
    ...(name === undefined ? {} : { name }),
  });

  it.each<readonly [string, UserBlock, object]>([
    [
      'an image',
      { type: 'image', mediaType: 'image/png', data: 'aW1n' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aW1n' } },
    ],
    [
      'a PDF',
      documentOf('application/pdf', 'cGRm', 'a.pdf'),
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,cGRm' } },
    ],
    ['a text', documentOf('text/csv', 'YSxiw6k='), { type: 'text', text: 'a,bé' }],
    ['a named text', documentOf('text/plain', 'YQ==', 'a.txt'), { type: 'text', text: 'a.txt:\na' }],
    ['WAV', documentOf('audio/wav', 'UklG'), { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } }],
    ['MP3', documentOf('audio/mpeg', 'SUQz'), { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } }],
  ])('holds %s in a part of its kind', (_name, block, part) => {
    expect(partOf(block)).toEqual({ role: 'user', content: [{ type: 'text', text: 'Look' }, part] });
  });

  it.each(['video/mp4', 'audio/flac', 'application/zip'])(
    'refuses a document of type %s, and names it',
    (mediaType) => {
      expect(() => partOf(documentOf(mediaType, 'AAAA'))).toThrow(
        expect.objectContaining({ code: 'provider/unsupported-media', message: expect.stringContaining(mediaType) }),
      );
    },
  );
});

it('only adds to the bytes of a shorter history', () => {
  const bytes = (messages: readonly Message[]) =>
    JSON.stringify(encode({ system: 's', messages }).messages).slice(0, -1);
  const answered = [...HISTORY, { role: 'assistant', content: [{ type: 'text', text: 'Sunny.' }] }] as const;
  expect(bytes(HISTORY).startsWith(bytes(HISTORY.slice(0, 1)))).toBe(true);
  expect(bytes(answered).startsWith(bytes(HISTORY))).toBe(true);
  expect(bytes([...answered, userMessage('And in Rome?')]).startsWith(bytes(answered))).toBe(true);
});
