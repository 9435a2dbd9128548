import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { type Message, userMessage } from '../src/message.ts';
import { encodeRequest } from '../src/openai/responses/encode-request.ts';
import { responsesPrefixBlocks } from '../src/openai/responses/prefix-blocks.ts';
import type { ModelRequest } from '../src/request.ts';

const encode = (request: ModelRequest, model = 'gpt-test') => encodeRequest(request, model).body;
const HI = [userMessage('hi')];

const HISTORY: readonly Message[] = [
  userMessage('What is the weather?'),
  {
    role: 'assistant',
    content: [
      {
        type: 'opaque',
        family: 'openai-responses',
        data: { type: 'reasoning', id: 'rs_1', encrypted_content: 'gAAA' },
      },
      toolCallBlock('call_1', 'weather', '{"city": "Oslo", "id": 12345678901234567890}'),
      {
        type: 'opaque',
        family: 'openai-responses',
        data: { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: null },
      },
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
    vendorOptions: { reasoning: { effort: 'low' } },
  };
  expect(JSON.stringify(encode(request), null, 1)).toMatchInlineSnapshot(`
    "{
     "model": "gpt-test",
     "input": [
      {
       "role": "system",
       "content": [
        {
         "type": "input_text",
         "text": "Be brief."
        }
       ]
      },
      {
       "role": "user",
       "content": [
        {
         "type": "input_text",
         "text": "What is the weather?"
        }
       ]
      },
      {
       "type": "reasoning",
       "id": "rs_1",
       "encrypted_content": "gAAA"
      },
      {
       "type": "function_call",
       "id": "fc_1",
       "call_id": "call_1",
       "name": "weather",
       "arguments": "{\\"city\\": \\"Oslo\\", \\"id\\": 12345678901234567890}"
      },
      {
       "type": "function_call_output",
       "call_id": "call_1",
       "output": "Sunny\\n12 °C"
      }
     ],
     "tools": [
      {
       "type": "function",
       "name": "weather",
       "description": "Weather of a city",
       "parameters": {
        "type": "object",
        "properties": {}
       },
       "strict": false
      }
     ],
     "tool_choice": {
      "type": "function",
      "name": "weather"
     },
     "max_output_tokens": 500,
     "store": false,
     "reasoning": {
      "effort": "low"
     },
     "temperature": 0,
     "include": [
      "reasoning.encrypted_content"
     ],
     "stream": true
    }"
  `);
});

it('gives the same bytes again, and only adds to them as the history grows, whatever is asked beside it', () => {
  const request: ModelRequest = { system: 's', messages: HISTORY, think: 'low', search: 'low', diagnostics: true };
  expect(JSON.stringify(encode(request))).toBe(JSON.stringify(encode({ ...request, messages: [...HISTORY] })));
  for (let count = 0; count <= HISTORY.length; count += 1) {
    const shorter = prefixTexts({ ...request, messages: HISTORY.slice(0, count) });
    expect(prefixTexts(request).slice(0, shorter.length)).toEqual(shorter);
  }
});

it('sends images and documents as data URLs', () => {
  const [message] = encode({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Read' },
          { type: 'image', mediaType: 'image/png', data: 'AAAA' },
          { type: 'document', mediaType: 'application/pdf', data: 'BBBB', name: 'a.pdf' },
          { type: 'document', mediaType: 'application/pdf', data: 'CCCC' },
        ],
      },
    ],
  }).input;
  expect(message).toEqual({
    role: 'user',
    content: [
      { type: 'input_text', text: 'Read' },
      { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
      { type: 'input_file', filename: 'document', file_data: 'data:application/pdf;base64,CCCC' },
    ],
  });
});

describe('a tool result', () => {
  const result = { type: 'tool-result', toolCallId: 'call_1', toolName: 't', isError: false } as const;
  const call: Message = { role: 'assistant', content: [toolCallBlock('call_1', 't', '{}')] };
  const outputOf = (content: (typeof HISTORY)[number]) => encode({ messages: [call, content] }).input[1];
  const image = { type: 'image', mediaType: 'image/png', data: 'AAAA' } as const;

  it('that failed says so', () => {
    const content = [{ type: 'text', text: 'no clock' }] as const;
    expect(outputOf({ role: 'tool', content: [{ ...result, content, isError: true }] })).toEqual({
      type: 'function_call_output',
      call_id: 'call_1',
      output: 'Error: no clock',
    });
  });

  it('with an image is a list', () => {
    const content = [{ type: 'text', text: 'Here' }, image] as const;
    const parts = [
      { type: 'input_text', text: 'Here' },
      { type: 'input_image', detail: 'auto', image_url: 'data:image/png;base64,AAAA' },
    ];
    expect(outputOf({ role: 'tool', content: [{ ...result, content }] })).toMatchObject({ output: parts });
    expect(outputOf({ role: 'tool', content: [{ ...result, content, isError: true }] })).toMatchObject({
      output: [{ type: 'input_text', text: 'Error:' }, ...parts],
    });
  });

  it('may be empty', () => {
    expect(outputOf({ role: 'tool', content: [{ ...result, content: [] }] })).toMatchObject({ output: '' });
  });

  it('of a custom tool is an item of its own type', () => {
    const data = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'sql', input: null };
    const { input } = encode({
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'tool-call', id: 'call_1', name: 'sql', arguments: 'SELECT 1', argumentsText: 'SELECT 1' },
            { type: 'opaque', family: 'openai-responses', data },
          ],
        },
        { role: 'tool', content: [{ ...result, content: [] }] },
      ],
    });
    expect(input).toEqual([
      { ...data, input: 'SELECT 1' },
      { type: 'custom_tool_call_output', call_id: 'call_1', output: '' },
    ]);
  });
});

describe('the body', () => {
  it('keeps nothing at the vendor, and asks for encrypted reasoning where there may be any', () => {
    expect(encode({ messages: HI })).toEqual({
      model: 'gpt-test',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      store: false,
      include: ['reasoning.encrypted_content'],
      stream: true,
    });
    for (const model of ['gpt-4o', 'openai/gpt-4.1-mini', 'chatgpt-4o-latest']) {
      expect(encode({ messages: HI }, model)).not.toHaveProperty('include');
    }
    expect(encode({ messages: HI }, 'openai.gpt-5.5')).toHaveProperty('include');
  });

  it('takes vendor options last, and adds to what they include', () => {
    const vendorOptions = { store: true, include: ['web_search_call.action.sources'] };
    expect(encode({ messages: HI, vendorOptions })).toMatchObject({
      store: true,
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
    });
  });

  it.each(['auto', 'none', 'required'] as const)('says toolChoice %s in the same word, beside tools', (toolChoice) => {
    const tools = [{ name: 't', description: '', inputSchema: {} }];
    expect(encode({ messages: HI, tools, toolChoice })).toMatchObject({ tool_choice: toolChoice });
  });
});

describe('responsesPrefixBlocks', () => {
  it('lists tools, instructions and input items in the order they are rendered', () => {
    const tools = [{ name: 't', description: '', inputSchema: {} }];
    const request: ModelRequest = { system: 's', messages: HISTORY, tools, vendorOptions: { instructions: 'i' } };
    expect(responsesPrefixBlocks(encode(request)).map(({ path, role }) => [path, role])).toEqual([
      ['tools[0]', 'tool'],
      ['instructions', 'system'],
      ['input[0].content[0]', 'system'],
      ['input[1].content[0]', 'user'],
      ['input[2]', 'assistant'],
      ['input[3]', 'assistant'],
      ['input[4]', 'user'],
    ]);
  });

  it('takes a bare string for one user message', () => {
    const { input } = encode({ messages: [userMessage('hi')] });
    expect(responsesPrefixBlocks({ input: 'hi' })).toEqual(responsesPrefixBlocks({ input }));
  });

  it.each([undefined, null, 3, {}, { tools: {}, input: 7 }])('finds nothing in %j', (body) => {
    expect(responsesPrefixBlocks(body)).toEqual([]);
  });
});

function prefixTexts(request: ModelRequest): readonly string[] {
  return responsesPrefixBlocks(encode(request)).map(({ text }) => text);
}
