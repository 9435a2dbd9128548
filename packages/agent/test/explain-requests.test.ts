// Row N-02: what broke the prefix of a request, by path, kind and byte, for requests that the real SDKs have sent to the vendors' simulator.

import type { Break, Difference } from '@reprise/audit';
import {
  type AssistantBlock,
  anthropic,
  type Message,
  type Model,
  type ModelRequest,
  ollama,
  openai,
  openaiResponses,
  type ToolDefinition,
  toolCallBlock,
  userMessage,
} from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { explainPair } from './support/explained.ts';
import { LONG_SYSTEM_PROMPT, simulator } from './support/simulated.ts';

const PICTURE = Buffer.from('89504e470d0a1a0a00', 'hex').toString('base64');
const OTHER_PICTURE = Buffer.from('89504e470d0a1a0aff', 'hex').toString('base64');

const claude = (url: string) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
const gpt = (url: string) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2');
const gptResponses = (url: string) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2');

const llama = (url: string) => ollama({ host: url }).model('llama4');

const user = (text: string): Message => userMessage(text);
const said = (text: string): Message => assistant({ type: 'text', text });
const assistant = (block: AssistantBlock): Message => ({ role: 'assistant', content: [block] });
const bytes = (text: string) => Buffer.byteLength(text);
const long = (name: string) => `${name} ${'is a thing that is worth many words. '.repeat(60)}`;

const tool = (name: string, description = `Does ${name}.`): ToolDefinition => ({
  name,
  description,
  inputSchema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } } },
});

const called = (argumentsText: string): Message => assistant(toolCallBlock('toolu_1', 'look', argumentsText));
const result = (text: string): Message => ({
  role: 'tool',
  content: [
    { type: 'tool-result', toolCallId: 'toolu_1', toolName: 'look', content: [{ type: 'text', text }], isError: false },
  ],
});

const picture = (data: string): Message => ({
  role: 'user',
  content: [
    { type: 'text', text: 'What is this?' },
    { type: 'image', mediaType: 'image/png', data },
  ],
});

const base: ModelRequest = {
  system: LONG_SYSTEM_PROMPT,
  tools: [tool('look'), tool('list'), tool('add')],
  messages: [user(long('A')), said(long('B')), user(long('C')), called('{"a":"x","b":1}'), result('a zebra')],
};

const withMessages = (...messages: readonly Message[]): ModelRequest => ({ ...base, messages });
const [A, B, C, CALL, RESULT] = base.messages as readonly [Message, Message, Message, Message, Message];
const goOn = (request: ModelRequest): ModelRequest => ({
  ...request,
  messages: [...request.messages, said('Aha.'), user('And?')],
});

type Breaker = readonly [string, ModelRequest, ModelRequest, Partial<Difference>];

const BREAKERS: readonly Breaker[] = [
  [
    'tools in another order',
    base,
    { ...base, tools: [tool('list'), tool('look'), tool('add')] },
    { path: 'tools[0]', kind: 'reorder', byteOffset: bytes('{"name":"l'), owner: { kind: 'tool', name: 'look' } },
  ],
  [
    'a tool more, in the midst',
    base,
    { ...base, tools: [tool('look'), tool('new'), tool('list'), tool('add')] },
    { path: 'tools[1]', kind: 'insert', byteOffset: 0, owner: { kind: 'tool', name: 'new' } },
  ],
  [
    'a tool more, at the end',
    base,
    { ...base, tools: [...(base.tools ?? []), tool('new')] },
    { path: 'tools[3]', kind: 'insert', owner: { kind: 'tool', name: 'new' } },
  ],
  [
    'a tool less',
    base,
    { ...base, tools: [tool('look'), tool('add')] },
    { path: 'tools[1]', kind: 'remove', owner: { kind: 'tool', name: 'list' } },
  ],
  [
    'an edited description',
    base,
    { ...base, tools: [tool('look'), tool('list', 'Does many.'), tool('add')] },
    {
      path: 'tools[1].description',
      kind: 'edit',
      byteOffset: bytes('{"name":"list","description":"Does '),
      owner: { kind: 'tool', name: 'list' },
    },
  ],
  [
    'a schema that says more',
    base,
    {
      ...base,
      tools: [
        tool('look'),
        tool('list'),
        { ...tool('add'), inputSchema: { ...tool('add').inputSchema, required: ['a'] } },
      ],
    },
    { path: 'tools[2].input_schema', kind: 'edit', owner: { kind: 'tool', name: 'add' } },
  ],
  [
    'a date in the system prompt',
    { ...base, system: `Today is 2026-11-20.\n${LONG_SYSTEM_PROMPT}` },
    { ...base, system: `Today is 2026-11-21.\n${LONG_SYSTEM_PROMPT}` },
    {
      path: 'system[0].text',
      kind: 'edit',
      byteOffset: bytes('{"type":"text","text":"Today is 2026-11-2'),
      owner: { kind: 'system-prompt' },
    },
  ],
  [
    'whitespace in the system prompt',
    base,
    { ...base, system: LONG_SYSTEM_PROMPT.replace('\n', '\n\n') },
    { path: 'system[0].text', kind: 'edit', detail: 'whitespace', owner: { kind: 'system-prompt' } },
  ],
  [
    'another Unicode form',
    withMessages(user(`Caf\u00e9 ${long('A')}`), B, C),
    withMessages(user(`Cafe\u0301 ${long('A')}`), B, C),
    {
      path: 'messages[0].content[0].text',
      kind: 'edit',
      detail: 'unicode-form',
      byteOffset: bytes('{"type":"text","text":"Caf'),
      owner: { kind: 'user' },
    },
  ],
  [
    'an edited message',
    base,
    withMessages(A, said(long('Not B')), C, CALL, RESULT),
    { path: 'messages[1].content[0].text', kind: 'edit', owner: { kind: 'assistant' } },
  ],
  [
    'a removed pair of messages',
    base,
    withMessages(C, CALL, RESULT),
    { path: 'messages[0].content[0]', kind: 'remove', owner: { kind: 'user' } },
  ],
  [
    'an inserted pair of messages',
    base,
    withMessages(user('Hm.'), said('Yes?'), A, B, C, CALL, RESULT),
    { path: 'messages[0].content[0]', kind: 'insert', owner: { kind: 'user' } },
  ],
  [
    'a changed picture',
    withMessages(picture(PICTURE), B, C),
    withMessages(picture(OTHER_PICTURE), B, C),
    { path: 'messages[0].content[1].source.data', kind: 'edit', owner: { kind: 'user' } },
  ],
  [
    'one text in two blocks',
    withMessages(A, B, user('Well. So.')),
    withMessages(
      {
        role: 'user',
        content: [
          { type: 'text', text: long('A').slice(0, 40) },
          { type: 'text', text: long('A').slice(40) },
        ],
      },
      B,
      user('Well. So.'),
    ),
    { path: 'messages[0].content[0].text', kind: 'shape-change', detail: 'split-or-joined' },
  ],
  [
    'the keys of a call in another order',
    base,
    withMessages(A, B, C, called('{"b":1,"a":"x"}'), RESULT),
    { path: 'messages[3].content[0].input.a', kind: 'shape-change', detail: 'key-order', owner: { kind: 'assistant' } },
  ],
  [
    'another result of a tool',
    base,
    withMessages(A, B, C, CALL, result('a horse')),
    { path: 'messages[4].content[0].content[0].text', kind: 'edit', owner: { kind: 'tool-result', name: 'look' } },
  ],
];

async function broken(
  modelOf: (url: string) => Model,
  before: ModelRequest,
  after: ModelRequest,
): Promise<Break | undefined> {
  const server = await simulator(() => 'Aha.');
  return explainPair(server, modelOf(server.url), [before, goOn(after)]);
}

describe('a request to Claude with', () => {
  it.each(BREAKERS)('%s is explained by its first differing byte (N-02)', async (_, before, after, expected) => {
    const found = await broken(claude, before, after);
    expect(found?.causes).toMatchObject([{ why: 'difference', ...expected }]);
    expect(found?.missedTokens).toBeGreaterThan(0);
    expect(found?.lostPicoUsd).toBeGreaterThan(0n);
  });

  it('nothing but what was added is no break (N-02)', async () => {
    expect(await broken(claude, base, base)).toBeUndefined();
  });

  it('another tool choice has lost its messages, and the setting is named', async () => {
    const found = await broken(claude, base, { ...base, toolChoice: 'required' });
    expect(found?.causes).toMatchObject([
      {
        why: 'parameter-changed',
        part: 'messages',
        parameters: [{ path: 'tool_choice', before: '{"type":"auto"}', after: '{"type":"any"}' }],
      },
    ]);
  });

  it('its first picture has lost its messages as well, and that is named', async () => {
    const found = await broken(claude, base, withMessages(...base.messages, said('Aha.'), picture(PICTURE)));
    expect(found?.causes).toMatchObject([
      {
        why: 'parameter-changed',
        part: 'messages',
        parameters: [{ path: 'messages (images)', before: 'false', after: 'true' }],
      },
    ]);
  });
});

const edited = { ...base, tools: [tool('look'), tool('list', 'Does many.'), tool('add')] };

const OTHERS: readonly (readonly [string, (url: string) => Model, ModelRequest, Partial<Difference>])[] = [
  [
    'Chat Completions',
    gpt,
    edited,
    { path: 'tools[1].function.description', kind: 'edit', owner: { kind: 'tool', name: 'list' } },
  ],
  [
    'Chat Completions',
    gpt,
    { ...base, system: `Now. ${LONG_SYSTEM_PROMPT}` },
    { path: 'messages[0].content', kind: 'edit', owner: { kind: 'system-prompt' } },
  ],
  [
    'Chat Completions',
    gpt,
    withMessages(A, B, C, CALL, result('a horse')),
    { path: 'messages[5].content', owner: { kind: 'tool-result', name: 'look' } },
  ],
  [
    'Responses',
    gptResponses,
    edited,
    { path: 'tools[1].description', kind: 'edit', owner: { kind: 'tool', name: 'list' } },
  ],
  [
    'Responses',
    gptResponses,
    withMessages(A, B, C, called('{"a":"y","b":1}'), RESULT),
    { path: 'input[4].arguments', kind: 'edit', owner: { kind: 'assistant' } },
  ],
  [
    'Responses',
    gptResponses,
    withMessages(A, B, C, CALL, result(long('A horse'))),
    { path: 'input[5].output', owner: { kind: 'tool-result', name: 'look' } },
  ],
  [
    'Ollama',
    llama,
    edited,
    { path: 'tools[1].function.description', kind: 'edit', owner: { kind: 'tool', name: 'list' } },
  ],
  [
    'Ollama',
    llama,
    withMessages(A, said(long('Not B')), C, CALL, RESULT),
    { path: 'messages[2].content', kind: 'edit', owner: { kind: 'assistant' } },
  ],
];

describe('a changed request in', () => {
  // What follows is long, so that vendors that read in steps miss it.
  const tail = [said('Aha.'), user(long('D'))];
  const lengthened = (request: ModelRequest) => ({ ...request, messages: [...request.messages, ...tail] });

  it.each(OTHERS)(
    '%s is explained by the place in that vendor’s request (N-02)',
    async (_, modelOf, after, expected) => {
      const found = await broken(modelOf, lengthened(base), lengthened(after));
      expect(found?.causes).toMatchObject([{ why: 'difference', ...expected }]);
      expect(await broken(modelOf, lengthened(base), lengthened(base))).toBeUndefined();
    },
  );
});
