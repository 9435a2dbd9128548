import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAnthropicRequest } from '../src/anthropic/check-request.ts';
import { encodeRequest } from '../src/anthropic/encode/encode-request.ts';
import { placeMarks } from '../src/anthropic/encode/place-marks.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import { cacheRules } from '../src/cache/family-rules.ts';
import { planBreakpoints } from '../src/cache/plan-breakpoints.ts';
import type { AssistantBlock, Message, ToolMessage, UserBlock } from '../src/message.ts';
import { userMessage } from '../src/message.ts';
import type { ModelRequest, ToolDefinition } from '../src/request.ts';

const MODEL = 'claude-test-1';

function bodyOf(request: ModelRequest): unknown {
  return JSON.parse(JSON.stringify(encodeRequest(request, MODEL).body));
}

function assistant(...content: readonly AssistantBlock[]): Message {
  return { role: 'assistant', content };
}

function toolResults(...ids: readonly string[]): ToolMessage {
  return {
    role: 'tool',
    content: ids.map((id) => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: 'look',
      content: [{ type: 'text', text: `saw ${id}` }],
      isError: false,
    })),
  };
}

const LOOK: ToolDefinition = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };

describe('a request body', () => {
  it('has the system prompt as blocks, tools, and results of one turn in one user message', () => {
    const request: ModelRequest = {
      system: 'Be brief.',
      tools: [LOOK],
      toolChoice: 'required',
      stopSequences: ['END'],
      messages: [
        userMessage('look twice'),
        assistant(
          { type: 'text', text: 'Looking.', citations: [{ type: 'char_location' }] },
          toolCallBlock('a', 'look', '{"at": 12345678901234567890}'),
          toolCallBlock('b', 'look', ''),
        ),
        toolResults('a', 'b'),
        userMessage('and?'),
      ],
    };
    expect(JSON.stringify(encodeRequest(request, MODEL).body)).toContain('{"at":12345678901234567890}');
    expect(bodyOf(request)).toEqual({
      model: MODEL,
      max_tokens: 16000,
      system: [{ type: 'text', text: 'Be brief.' }],
      tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any' },
      stop_sequences: ['END'],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'look twice' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Looking.', citations: [{ type: 'char_location' }] },
            { type: 'tool_use', id: 'a', name: 'look', input: { at: 12345678901234567000 } },
            { type: 'tool_use', id: 'b', name: 'look', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'saw a' }] },
            { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'saw b' }] },
          ],
        },
        { role: 'user', content: [{ type: 'text', text: 'and?' }] },
      ],
    });
  });

  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    [{ tool: 'look' }, { type: 'tool', name: 'look' }],
  ] as const)('names tool choice %j', (toolChoice, expected) => {
    expect(bodyOf({ messages: [userMessage('hi')], tools: [LOOK], toolChoice })).toMatchObject({
      tool_choice: expected,
    });
  });

  it('takes vendor options last', () => {
    const request = { messages: [userMessage('hi')], vendorOptions: { max_tokens: 5, service_tier: 'auto' } };
    expect(bodyOf(request)).toMatchObject({ max_tokens: 5, service_tier: 'auto' });
  });

  it('has no temperature, and says so', () => {
    const { body, warnings } = encodeRequest({ messages: [userMessage('hi')], temperature: 0 }, MODEL);
    expect(body).not.toHaveProperty('temperature');
    expect(warnings).toMatchObject([{ type: 'warning', code: 'request/temperature-ignored' }]);
    expect(encodeRequest({ messages: [userMessage('hi')] }, MODEL).warnings).toEqual([]);
  });
});

describe('a block', () => {
  const assistantContent = (...blocks: readonly AssistantBlock[]) =>
    encodeRequest({ messages: [userMessage('hi'), assistant(...blocks)] }, MODEL).body.messages[1]?.content;
  const userContent = (...blocks: readonly UserBlock[]) =>
    encodeRequest({ messages: [{ role: 'user', content: blocks }] }, MODEL).body.messages[0]?.content;

  it('of empty text is left out, and one of white space becomes a dot', () => {
    expect(userContent({ type: 'text', text: '' }, { type: 'text', text: ' \n' })).toEqual([
      { type: 'text', text: '.' },
    ]);
  });

  it('that leaves its message empty takes the message with it', () => {
    const messages = [userMessage('hi'), assistant({ type: 'thinking', text: 'unsigned' }), userMessage('go on')];
    expect(encodeRequest({ messages }, MODEL).body.messages.map((message) => message.role)).toEqual(['user', 'user']);
  });

  it('of thinking goes back only with its signature', () => {
    expect(
      assistantContent(
        { type: 'thinking', text: 'hm', signature: 'sig' },
        { type: 'thinking', text: 'unsigned' },
        { type: 'thinking', text: 'cut short', signature: '' },
        { type: 'redacted-thinking', data: 'xyz' },
      ),
    ).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'redacted_thinking', data: 'xyz' },
    ]);
  });

  it('that is opaque goes back unchanged to its own family, and to no other', () => {
    const data = { type: 'server_tool_use', id: 'srv_1', input: { b: 1, a: [null] } };
    expect(
      assistantContent({ type: 'opaque', family: 'anthropic', data }, { type: 'opaque', family: 'openai-chat', data }),
    ).toEqual([data]);
  });

  it.each([
    ['text that is not JSON', toolCallBlock('a', 'look', '{"at":')],
    ['a list', toolCallBlock('a', 'look', '[1]')],
    ['a number too long for a double', toolCallBlock('a', 'look', '12345678901234567890')],
  ])('with %s for arguments has an empty input', (_name, call) => {
    expect(JSON.stringify(assistantContent(call))).toBe('[{"type":"tool_use","id":"a","name":"look","input":{}}]');
  });

  it('of a call without argument text has the parsed arguments', () => {
    const call: AssistantBlock = { type: 'tool-call', id: 'a', name: 'look', arguments: { at: 1 }, argumentsText: '' };
    expect(assistantContent(call)).toMatchObject([{ input: { at: 1 } }]);
  });

  it('of media is base64, except for text', () => {
    expect(
      userContent(
        { type: 'image', mediaType: 'image/png', data: 'aW1n' },
        { type: 'document', mediaType: 'application/pdf', data: 'cGRm', name: 'a.pdf' },
        { type: 'document', mediaType: 'text/markdown', data: Buffer.from('grüß').toString('base64') },
      ),
    ).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aW1n' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'cGRm' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'grüß' } },
    ]);
  });

  it('of user text carries no citations, which the vendor would refuse', () => {
    expect(userContent({ type: 'text', text: 'x', citations: [{ type: 'page_location' }] })).toEqual([
      { type: 'text', text: 'x' },
    ]);
  });

  it('of a result tells an error, and may have no content', () => {
    const messages: readonly Message[] = [
      assistant(toolCallBlock('a', 'look', '{}')),
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'look', content: [], isError: true }],
      },
    ];
    expect(encodeRequest({ messages }, MODEL).body.messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', is_error: true },
    ]);
  });
});

describe('a request is refused', () => {
  const call = toolCallBlock('a', 'look', '{}');
  const hi = userMessage('hi');
  it.each<[string, ModelRequest, RegExp]>([
    ['without messages', { messages: [] }, /messages is empty/],
    ['with a result nobody asked for', { messages: [hi, toolResults('a')] }, /messages\[1\].*call a/],
    ['with a result of another call', { messages: [hi, assistant(call), toolResults('b')] }, /call b/],
    ['with two results of one call', { messages: [hi, assistant(call), toolResults('a', 'a')] }, /call a/],
    ['with a call nobody answered', { messages: [hi, assistant(call), hi] }, /Call a has no result/],
    ['with a call at its end', { messages: [hi, assistant(call)] }, /at the end of messages/],
    ['that must call a tool and has none', { messages: [hi], toolChoice: 'required' }, /tools is empty/],
    ['that must call a tool it lacks', { messages: [hi], tools: [LOOK], toolChoice: { tool: 'jump' } }, /jump/],
    [
      'whose vendor options replace messages',
      { messages: [hi], vendorOptions: { messages: [] } },
      /vendorOptions\.messages/,
    ],
    [
      'whose vendor options replace stream',
      { messages: [hi], vendorOptions: { stream: false } },
      /vendorOptions\.stream/,
    ],
  ])('%s', (_name, request, expected) => {
    expect(() => checkAnthropicRequest(request)).toThrow(expected);
    expect(() => checkAnthropicRequest(request)).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
  });

  it('for none of these reasons when results stand in several messages', () => {
    const messages = [hi, assistant(call, toolCallBlock('b', 'look', '{}')), toolResults('b'), toolResults('a'), hi];
    expect(() => checkAnthropicRequest({ messages, tools: [LOOK], toolChoice: { tool: 'look' } })).not.toThrow();
  });
});

describe('cache marks', () => {
  const marksOf = (value: unknown) => (JSON.stringify(value).match(/"cache_control":\{[^}]*\}/g) ?? []).sort();

  it('stand on the planned blocks of a copy, with a lifetime only where it is not the default', () => {
    const request = {
      system: 'Be brief.',
      tools: [LOOK],
      messages: [userMessage('one'), assistant(TEXT), userMessage('two')],
    };
    const { body } = encodeRequest(request, MODEL);
    const before = JSON.stringify(body);
    const marked = placeMarks(body, [
      { blockIndex: 0, path: 'tools[0]', lifetime: '1h', reason: '' },
      { blockIndex: 1, path: 'system[0]', lifetime: '1h', reason: '' },
      { blockIndex: 4, path: 'messages[2].content[0]', lifetime: '5m', reason: '' },
    ]);
    expect(JSON.stringify(body)).toBe(before);
    const oneHour = { type: 'ephemeral', ttl: '1h' };
    expect(marked.tools?.[0]).toHaveProperty('cache_control', oneHour);
    expect(marked.system?.[0]).toHaveProperty('cache_control', oneHour);
    expect(marked.messages[2]?.content[0]).toHaveProperty('cache_control', { type: 'ephemeral' });
    expect(marksOf(marked)).toHaveLength(3);
  });

  it('change no prefix block, whatever the history (I3)', () => {
    fc.assert(
      fc.property(history, (request) => {
        const { body } = encodeRequest(request, MODEL);
        const blocks = anthropicPrefixBlocks(body);
        const { marks } = planBreakpoints(blocks, 'auto', { ...cacheRules('anthropic', MODEL), minimumTokens: 0 });
        const marked = placeMarks(body, marks);
        expect(anthropicPrefixBlocks(marked)).toEqual(blocks);
        expect(marksOf(marked)).toHaveLength(marks.length);
      }),
    );
  });
});

describe('encoding', () => {
  it('keeps the prefix of a history that grows (I3)', () => {
    fc.assert(
      fc.property(history, fc.nat(), (request, cut) => {
        const shorter = { ...request, messages: request.messages.slice(0, cut % (request.messages.length + 1)) };
        const blocks = anthropicPrefixBlocks(encodeRequest(shorter, MODEL).body);
        const all = anthropicPrefixBlocks(encodeRequest(request, MODEL).body);
        expect(all.slice(0, blocks.length)).toEqual(blocks);
      }),
    );
  });

  it('gives the same bytes after a history has been stored and read again', () => {
    fc.assert(
      fc.property(history, (request) => {
        const stored: ModelRequest = JSON.parse(JSON.stringify(request));
        expect(JSON.stringify(encodeRequest(stored, MODEL).body)).toBe(
          JSON.stringify(encodeRequest(request, MODEL).body),
        );
      }),
    );
  });

  it('leaves no empty block and no empty message', () => {
    fc.assert(
      fc.property(history, (request) => {
        for (const { content } of encodeRequest(request, MODEL).body.messages) {
          expect(content.length).toBeGreaterThan(0);
          for (const { type, text } of content) if (type === 'text') expect(String(text).trim()).not.toBe('');
        }
      }),
    );
  });
});

const TEXT: AssistantBlock = { type: 'text', text: 'ok' };

const words = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('', ' ', '\n'));
const textBlock = fc.record({ type: fc.constant('text' as const), text: words });
const assistantBlock: fc.Arbitrary<AssistantBlock> = fc.oneof(
  textBlock,
  fc.record({ type: fc.constant('thinking' as const), text: words, signature: words }),
  fc.record({ type: fc.constant('redacted-thinking' as const), data: words }),
  fc
    .tuple(fc.uuid(), fc.oneof(fc.json(), fc.constantFrom('', '{', '{"n":12345678901234567890,"x":1.0}')))
    .map(([id, argumentsText]) => toolCallBlock(id, 'look', argumentsText)),
  fc.record({
    type: fc.constant('opaque' as const),
    family: fc.constantFrom('anthropic', 'ollama'),
    data: fc.record({ type: fc.constant('server_tool_use'), input: fc.dictionary(fc.string(), words) }),
  }),
);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    role: fc.constant('user' as const),
    content: fc.array(
      fc.oneof(
        textBlock,
        fc.record({ type: fc.constant('image' as const), mediaType: fc.constant('image/png'), data: words }),
      ),
      { maxLength: 3 },
    ),
  }),
  fc.record({ role: fc.constant('assistant' as const), content: fc.array(assistantBlock, { maxLength: 4 }) }),
  fc.array(fc.uuid(), { minLength: 1, maxLength: 3 }).map((ids) => toolResults(...ids)),
);
const history: fc.Arbitrary<ModelRequest> = fc.record({
  system: words,
  tools: fc.constantFrom([], [LOOK]),
  messages: fc.array(message, { maxLength: 12 }),
});
