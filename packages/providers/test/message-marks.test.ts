import { describe, expect, test } from 'vitest';
import { anthropic } from '../src/anthropic/provider.ts';
import type { AssistantMessage, Message, ToolMessage, UserMessage } from '../src/message.ts';
import { stripCacheMarks } from '../src/message-marks.ts';
import type { Model } from '../src/model.ts';
import { ollama } from '../src/ollama/provider.ts';
import { openai, openaiResponses } from '../src/openai/provider.ts';
import type { ModelRequest } from '../src/request.ts';
import { sentBody } from './support/sent-body.ts';

type MakeModel = (send: typeof fetch) => Model;

const CLAUDE: MakeModel = (send) => anthropic({ apiKey: 'k', fetch: send }).model('claude-sonnet-4-6');
const CHAT: MakeModel = (send) => openai({ apiKey: 'k', fetch: send }).model('gpt-6');
const RESPONSES: MakeModel = (send) => openaiResponses({ apiKey: 'k', fetch: send }).model('gpt-6');
const ROUTED: MakeModel = (send) =>
  openai({ apiKey: 'k', fetch: send, vendor: 'openrouter' }).model('anthropic/claude-sonnet-4-6');

const LONG = 'x'.repeat(1100);

function user(text: string, cache?: Message['cache']): UserMessage {
  return { role: 'user', content: [{ type: 'text', text }], ...(cache ? { cache } : {}) };
}

function calling(...ids: readonly string[]): AssistantMessage {
  const call = { type: 'tool-call', name: 'look', arguments: {}, argumentsText: '{}' } as const;
  return { role: 'assistant', content: ids.map((id) => ({ ...call, id })) };
}

function results(...ids: readonly string[]): ToolMessage {
  const result = {
    type: 'tool-result',
    toolName: 'look',
    content: [{ type: 'text', text: 'seen' }],
    isError: false,
  } as const;
  return { role: 'tool', content: ids.map((toolCallId) => ({ ...result, toolCallId })) };
}

const ANSWER: AssistantMessage = { role: 'assistant', content: [{ type: 'text', text: 'an answer' }] };

/** The paths of what a body marks, whatever the dialect. */
function markedPaths(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const here = 'cache_control' in value || 'prompt_cache_breakpoint' in value ? [path] : [];
  return [
    ...here,
    ...Object.entries(value).flatMap(([key, inner]) => markedPaths(inner, path === '' ? key : `${path}.${key}`)),
  ];
}

async function marksOf(makeModel: MakeModel, request: ModelRequest) {
  const { body, warnings } = await sentBody(makeModel, { cache: 'none', ...request });
  return { paths: markedPaths(body), warnings };
}

describe('a message that asks for a mark (L-03, L-05)', () => {
  const messages = [user(LONG, {}), calling('a', 'b'), { ...results('a', 'b'), cache: {} }, ANSWER, user('second')];

  test.each([
    ['Anthropic', CLAUDE, ['messages.0.content.0', 'messages.2.content.1']],
    ['Chat Completions', CHAT, ['messages.0.content.0', 'messages.3.content.0']],
    ['Responses', RESPONSES, ['input.0.content.0', 'input.4.output.0']],
    ['Claude behind OpenRouter', ROUTED, ['messages.0.content.0', 'messages.3.content.0']],
  ] as const)('gets it on its last block that can carry one, results included: %s', async (_name, makeModel, paths) => {
    expect(await marksOf(makeModel, { messages })).toEqual({ paths, warnings: [] });
  });

  test('has it beside those of the policy', async () => {
    const asked = [user(LONG, {}), ANSWER, user('second'), ANSWER, user('third')];
    const { paths } = await marksOf(CLAUDE, { messages: asked, cache: 'last_user_message' });
    expect(paths).toEqual(['messages.0.content.0', 'messages.4.content.0']);
  });

  test('on an answer it stands at the end of that, where the vendor takes one', async () => {
    const asked = [user(LONG), { ...ANSWER, cache: {} }, user('second')];
    expect((await marksOf(CLAUDE, { messages: asked })).paths).toEqual(['messages.1.content.0']);
    const callingAsks = [user(LONG), { ...calling('a', 'b'), cache: {} }, results('a', 'b')];
    expect((await marksOf(CLAUDE, { messages: callingAsks })).paths).toEqual(['messages.1.content.1']);
    for (const makeModel of [CHAT, RESPONSES]) {
      const { paths, warnings } = await marksOf(makeModel, { messages: asked });
      expect(paths).toEqual([]);
      expect(warnings).toEqual([
        'cache/mark-not-placed: No cache mark for messages[1]: none of its blocks can carry a mark.',
      ]);
    }
  });

  test('finds its place behind messages that are not sent', async () => {
    const empty: AssistantMessage = { role: 'assistant', content: [] };
    const asked = [empty, user(LONG), empty, user('second', {}), user('third')];
    expect((await marksOf(CLAUDE, { messages: asked })).paths).toEqual(['messages.1.content.0']);
    expect((await marksOf(CHAT, { messages: asked })).paths).toEqual(['messages.1.content.0']);
    expect((await marksOf(RESPONSES, { messages: asked })).paths).toEqual(['input.1.content.0']);
  });

  test.each([
    ['Anthropic', CLAUDE],
    ['Chat Completions', CHAT],
    ['Responses', RESPONSES],
  ] as const)('and cannot carry one says so: %s', async (_name, makeModel) => {
    const thinking: AssistantMessage = { role: 'assistant', content: [{ type: 'thinking', text: 'hm' }], cache: {} };
    const { paths, warnings } = await marksOf(makeModel, { messages: [user(LONG), thinking, user('second')] });
    expect(paths).toEqual([]);
    expect(warnings).toMatchObject([expect.stringMatching(/^cache\/mark-not-placed: No cache mark for messages\[1\]/)]);
  });

  test('of more than a request takes the latest have it, and one warning names the others', async () => {
    const asked = Array.from({ length: 9 }, (_, index) => user(`${LONG}${index}`, {}));
    const { paths, warnings } = await marksOf(CLAUDE, { messages: asked });
    expect(paths).toEqual([5, 6, 7, 8].map((index) => `messages.${index}.content.0`));
    expect(warnings).toEqual([
      'cache/mark-not-placed: No cache mark for messages[0], messages[1], messages[2], messages[3], messages[4]: a request takes 4 marks.',
    ]);
  });

  test('does not move a byte of the prompt', async () => {
    const bare = messages.map(stripCacheMarks);
    for (const makeModel of [CLAUDE, CHAT, RESPONSES, ROUTED]) {
      const [asking, plain] = [messages, bare].map((of) => makeModel(fetch).prefixBlocks({ messages: of }));
      expect(asking).toEqual(plain);
    }
  });
});

describe('its lifetime (L-04, L-17)', () => {
  test.each([
    [CLAUDE, '5m', '{"type":"ephemeral"}'],
    [CLAUDE, '1h', '{"type":"ephemeral","ttl":"1h"}'],
    [RESPONSES, '30m', '{"mode":"explicit"}'],
    [RESPONSES, '12h', '{"mode":"explicit","ttl":"12h"}'],
    [CHAT, '30m', '{"mode":"explicit"}'],
    [ROUTED, '1h', '{"type":"ephemeral","ttl":"1h"}'],
  ] as const)('is written only where it is not the default: %#', async (makeModel, ttl, mark) => {
    const { bodyText } = await sentBody(makeModel, { messages: [user(LONG, { ttl })], cache: 'none' });
    expect(bodyText).toContain(`:${mark}`);
  });

  test.each([
    [CLAUDE, '30m', '5m or 1h'],
    [CHAT, '12h', '30m'],
    [RESPONSES, '1h', '30m or 12h'],
  ] as const)('is refused where the vendor does not know it, with those it knows: %#', (makeModel, ttl, expected) => {
    const request = { messages: [user('first'), user(LONG, { ttl })] };
    expect(() => makeModel(fetch).stream(request)).toThrow(
      expect.objectContaining({
        code: 'provider/invalid-request',
        message: `messages[1].cache.ttl is ${ttl}; expected ${expected}.`,
      }),
    );
  });

  test('where nothing can be marked, one warning names the messages (D-11)', async () => {
    const local: MakeModel = (send) => ollama({ fetch: send }).model('llama4');
    const { warnings } = await sentBody(local, { messages: [user('a', {}), user('b'), user('c', { ttl: '1h' })] });
    expect(warnings).toEqual([
      'cache/unsupported: The `cache` of messages[0], messages[2] was ignored: no mark can be placed for this model here, whose vendor keeps what it sees.',
    ]);
  });
});

describe('stripCacheMarks (L-06, L-07)', () => {
  const control = { type: 'ephemeral' };

  test('takes the marks off all blocks of a copy', () => {
    const message: AssistantMessage = {
      role: 'assistant',
      cache: { ttl: '1h' },
      responseId: 'r1',
      content: [
        {
          type: 'text',
          text: 'hm',
          vendorFields: { family: 'anthropic', fields: { cache_control: control, phase: 'final' } },
        },
        { type: 'opaque', family: 'anthropic', data: { type: 'server_tool_use', cache_control: control } },
        {
          type: 'opaque',
          family: 'openai-responses',
          data: { type: 'x', prompt_cache_breakpoint: { mode: 'explicit' } },
        },
      ],
    };
    const before = structuredClone(message);
    expect(stripCacheMarks(message)).toEqual({
      role: 'assistant',
      responseId: 'r1',
      content: [
        { type: 'text', text: 'hm', vendorFields: { family: 'anthropic', fields: { phase: 'final' } } },
        { type: 'opaque', family: 'anthropic', data: { type: 'server_tool_use' } },
        { type: 'opaque', family: 'openai-responses', data: { type: 'x' } },
      ],
    });
    expect(message).toEqual(before);
  });

  test('changes nothing else', () => {
    for (const message of [user('hi'), ANSWER, calling('a'), results('a')]) {
      expect(stripCacheMarks(message)).toEqual(message);
      expect(stripCacheMarks({ ...message, cache: {} })).toEqual(message);
      expect(stripCacheMarks(message)).not.toBe(message);
    }
  });
});
