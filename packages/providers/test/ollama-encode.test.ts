import { expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { type Message, userMessage } from '../src/message.ts';
import { checkOllamaRequest } from '../src/ollama/check-request.ts';
import { encodeRequest } from '../src/ollama/encode-request.ts';
import type { ModelRequest } from '../src/request.ts';

const encode = (request: ModelRequest) => encodeRequest(request, 'qwen3').body;

const HISTORY: readonly Message[] = [
  { role: 'user', content: [{ type: 'text', text: 'What is' }, { type: 'text', text: 'this?' }, image('aW1n')] },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', text: 'A tool knows.', signature: 'theirs' },
      { type: 'text', text: 'Let me look.' },
      toolCallBlock('call_1', 'look', '{"id": 12345678901234567890}'),
      toolCallBlock('call_2', 'time', ''),
    ],
  },
  {
    role: 'tool',
    content: [
      { type: 'tool-result', toolCallId: 'call_1', toolName: 'look', content: [text('A cat')], isError: false },
      { type: 'tool-result', toolCallId: 'call_2', toolName: 'time', content: [text('no clock')], isError: true },
    ],
  },
];

it('writes the whole body, with numbers that a double cannot hold', () => {
  const request: ModelRequest = {
    system: 'Be brief.',
    messages: HISTORY,
    tools: [{ name: 'look', description: 'Looks', inputSchema: { type: 'object', properties: {} } }],
    toolChoice: 'auto',
    maxTokens: 500,
    temperature: 0,
    stopSequences: ['END'],
    vendorOptions: { keep_alive: '10m', options: { num_ctx: 8192 } },
  };
  expect(JSON.stringify(encode(request), null, 1)).toMatchInlineSnapshot(`
    "{
     "model": "qwen3",
     "messages": [
      {
       "role": "system",
       "content": "Be brief."
      },
      {
       "role": "user",
       "content": "What is\\nthis?",
       "images": [
        "aW1n"
       ]
      },
      {
       "role": "assistant",
       "content": "Let me look.",
       "thinking": "A tool knows.",
       "tool_calls": [
        {
         "function": {
          "name": "look",
          "arguments": {
           "id": 12345678901234567890
          }
         }
        },
        {
         "function": {
          "name": "time",
          "arguments": {}
         }
        }
       ]
      },
      {
       "role": "tool",
       "content": "A cat",
       "tool_name": "look"
      },
      {
       "role": "tool",
       "content": "Error: no clock",
       "tool_name": "time"
      }
     ],
     "tools": [
      {
       "type": "function",
       "function": {
        "name": "look",
        "description": "Looks",
        "parameters": {
         "type": "object",
         "properties": {}
        }
       }
      }
     ],
     "keep_alive": "10m",
     "options": {
      "num_predict": 500,
      "temperature": 0,
      "stop": [
       "END"
      ],
      "num_ctx": 8192
     },
     "stream": true
    }"
  `);
});

it('leaves out what was not asked for', () => {
  expect(encode({ messages: [userMessage('hi')], tools: [] })).toEqual({
    model: 'qwen3',
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
  });
});

it('leaves out a message that says nothing here', () => {
  const opaque = { type: 'opaque', family: 'other', data: {} } as const;
  expect(encode({ messages: [userMessage('hi'), { role: 'assistant', content: [opaque] }] }).messages).toHaveLength(1);
});

it.each(['none', 'required', { tool: 'look' }] as const)('refuses the tool choice %j', (toolChoice) => {
  const tools = [{ name: 'look', description: '', inputSchema: {} }];
  expect(() => checkOllamaRequest({ messages: [userMessage('hi')], tools, toolChoice })).toThrow(
    expect.objectContaining({ code: 'provider/unsupported' }),
  );
});

it('refuses documents', () => {
  const request: ModelRequest = {
    messages: [{ role: 'user', content: [{ type: 'document', mediaType: 'application/pdf', data: '' }] }],
  };
  expect(() => encode(request)).toThrow(expect.objectContaining({ code: 'provider/unsupported-media' }));
});

it('only adds to the bytes of a shorter history', () => {
  const bytes = (messages: readonly Message[]) =>
    JSON.stringify(encode({ system: 's', messages }).messages).slice(0, -1);
  for (let length = 1; length < HISTORY.length; length += 1) {
    expect(bytes(HISTORY).startsWith(bytes(HISTORY.slice(0, length)))).toBe(true);
  }
});

function text(value: string): { readonly type: 'text'; readonly text: string } {
  return { type: 'text', text: value };
}

function image(data: string): { readonly type: 'image'; readonly mediaType: string; readonly data: string } {
  return { type: 'image', mediaType: 'image/png', data };
}
