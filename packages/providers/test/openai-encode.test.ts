import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import type { Message } from '../src/message.ts';
import { userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/chat/encode-request.ts';
import { vendorNamed } from '../src/openai/vendors.ts';
import type { ModelRequest } from '../src/request.ts';

const encode = (request: ModelRequest, vendor = 'openai', model = 'gpt-test') =>
  encodeRequest(request, model, vendorNamed(vendor));

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
     "temperature": 0,
     "stop": [
      "END"
     ],
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

it('lets vendor options win, but neither over streaming nor over usage', () => {
  const vendorOptions = {
    temperature: 1,
    stream: false,
    stream_options: { include_usage: false, include_obfuscation: false },
  };
  expect(encode({ messages: [], temperature: 0, vendorOptions })).toMatchObject({
    temperature: 1,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  });
});

it('names the output cap as the vendor does', () => {
  expect(encode({ messages: [], maxTokens: 5 })).toMatchObject({ max_completion_tokens: 5 });
  expect(encode({ messages: [], maxTokens: 5 }, 'mistral')).toMatchObject({ max_tokens: 5 });
});

describe('user content', () => {
  it('sends images and documents as data URLs', () => {
    const message: Message = {
      role: 'user',
      content: [
        { type: 'text', text: 'Compare' },
        { type: 'image', mediaType: 'image/png', data: 'aW1n' },
        { type: 'document', mediaType: 'application/pdf', data: 'cGRm', name: 'a.pdf' },
      ],
    };
    expect(encode({ messages: [message] }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aW1n' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,cGRm' } },
        ],
      },
    ]);
  });

  it('refuses an image in a tool result', () => {
    const content = [{ type: 'image', mediaType: 'image/png', data: 'aW1n' } as const];
    const result = { type: 'tool-result', toolCallId: 'c', toolName: 'camera', content, isError: false } as const;
    const request: ModelRequest = { messages: [{ role: 'tool', content: [result] }] };
    expect(() => encode(request)).toThrow(expect.objectContaining({ code: 'provider/unsupported' }));
  });
});

describe('thinking', () => {
  it('is left out, and a message of nothing else with it', () => {
    const thinking: Message = { role: 'assistant', content: [{ type: 'thinking', text: 'Hm.', signature: 's' }] };
    expect(encode({ messages: [userMessage('a'), thinking] }).messages).toHaveLength(1);
    expect(JSON.stringify(encode({ messages: HISTORY }))).not.toContain('A tool knows.');
  });

  it('goes back to the DeepSeek models that demand it, and to no others', () => {
    const messages = [...HISTORY, { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] } as const];
    const replayed = encode({ messages }, 'deepseek', 'deepseek-v4-pro').messages;
    expect(replayed[1]).toMatchObject({ reasoning_content: 'A tool knows.' });
    expect(replayed.at(-1)).toMatchObject({ reasoning_content: '' });
    expect(JSON.stringify(encode({ messages }, 'deepseek', 'deepseek-r1'))).not.toContain('reasoning_content');
  });
});

it('only adds to the bytes of a shorter history', () => {
  const bytes = (messages: readonly Message[]) =>
    JSON.stringify(encode({ system: 's', messages }).messages).slice(0, -1);
  for (let length = 1; length < HISTORY.length; length += 1) {
    expect(bytes(HISTORY).startsWith(bytes(HISTORY.slice(0, length)))).toBe(true);
  }
});
