import { describe, expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { messageText, toolCalls } from '../src/message.ts';
import { streamOpenAIChat } from '../src/openai/provider.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { collectEvents, lastTurn, userRequest } from './support/collect-stream.ts';

const USAGE = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };

describe('complete', () => {
  it.each([
    ['stop', 'end-turn'],
    ['eos', 'end-turn'],
    ['length', 'max-tokens'],
    ['MAX_TOKENS', 'max-tokens'],
    ['model_length', 'context-window'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'end-turn'],
  ])('finish reason %j without tool calls is %s', async (reason, wanted) => {
    const { turn } = await decode([choice({ content: 'a' }, reason)]);
    expect(turn).toMatchObject({ stopReason: wanted, usageState: 'none', rawUsage: null });
  });

  it.each(['stop', 'tool_calls', 'eos'])('finish reason %j with tool calls is tool-use', async (reason) => {
    const { turn } = await decode([choice({ tool_calls: [call(0, 'a', 'f', '{}')] }, reason)]);
    expect(turn.stopReason).toBe('tool-use');
  });

  it('is a stream without finish reason that closes with usage alone', async () => {
    const { turn } = await decode([choice({ content: 'a' }), { choices: [], usage: USAGE }]);
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'final', tokens: { fresh: 10 } });
  });

  it('is not a stream that ends after usage but before its content does', async () => {
    const { turn } = await decode([{ choices: [], usage: USAGE }, choice({ content: 'a' })]);
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code: 'provider/stream-cut' } });
  });

  it('is not a stream that goes on after usage alone', async () => {
    const { turn } = await decode([choice({ content: 'a' }), { choices: [], usage: USAGE }, choice({ content: 'b' })]);
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial' });
    expect(messageText(turn.message)).toBe('ab');
  });

  it('is not a stream with an empty finish reason in every chunk', async () => {
    const { turn } = await decode([choice({ content: 'a' }, ''), choice({ content: 'b' }, '')]);
    expect(turn).toMatchObject({ stopReason: 'error', error: { code: 'provider/stream-cut' } });
  });

  it('is not a stream of nothing', async () => {
    const { turn } = await decode([]);
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'none', error: { code: 'provider/stream-cut' } });
  });

  it('tells the calls of a stream that closes with usage alone, but no half call', async () => {
    const { events, turn } = await decode([
      choice({ tool_calls: [call(0, 'a', 'f', '{"n":1}'), call(1, 'b', 'f', ''), call(2, 'c', 'f', '{"n":')] }),
      { choices: [], usage: USAGE },
    ]);
    const told = events.flatMap((event) => (event.type === 'block-end' ? [event.block] : []));
    expect(told).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(turn.message.content).toEqual(told);
  });

  it('keeps the text of a stream that was cut, but no half call', async () => {
    const { turn } = await decode([choice({ content: 'Look' }), choice({ tool_calls: [call(0, 'a', 'f', '{"x"')] })]);
    expect(turn.message.content).toEqual([{ type: 'text', text: 'Look' }]);
  });
});

describe('usage', () => {
  it.each([
    ['beside the finish reason', [{ ...choice({}, 'stop'), usage: USAGE }]],
    ['after it, alone', [choice({}, 'stop'), { choices: [], usage: USAGE }]],
    ['after it, beside an empty delta', [choice({}, 'stop'), { ...choice({}), usage: USAGE }]],
    ['inside the choice', [{ choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: USAGE }] }]],
    ["in Groq's corner", [{ ...choice({}, 'stop'), x_groq: { usage: USAGE } }]],
    [
      'twice, which is not added',
      [
        { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: USAGE }] },
        { choices: [], usage: USAGE, x_groq: { usage: USAGE } },
      ],
    ],
    [
      'in every chunk, growing',
      [
        { ...choice({ content: 'a' }), usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 } },
        { ...choice({}, 'stop'), usage: USAGE },
      ],
    ],
    [
      'before a null',
      [
        { ...choice({}, 'stop'), usage: USAGE },
        { choices: [], usage: null },
      ],
    ],
  ])('is found %s', async (_name, chunks) => {
    const { turn } = await decode([choice({ content: 'a' }), ...chunks]);
    expect(turn).toMatchObject({ usageState: 'final', rawUsage: USAGE, tokens: { fresh: 10, output: 4 } });
  });

  it('is partial where it came before the finish reason only', async () => {
    const { turn } = await decode([{ ...choice({ content: 'a' }), usage: USAGE }, choice({}, 'stop')]);
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'partial' });
  });

  it('is partial where a second answer of the same stream brought none', async () => {
    const { turn } = await decode([
      { ...choice({ content: 'a' }, 'stop'), usage: USAGE },
      choice({ content: 'b' }, 'stop'),
    ]);
    expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'partial' });
  });

  it('is none where it is null or without numbers', async () => {
    const { turn } = await decode([
      { ...choice({ content: 'a' }, 'stop'), usage: {} },
      { choices: [], usage: null },
    ]);
    expect(turn).toMatchObject({ usageState: 'none', rawUsage: null, cacheReadTokens: 0 });
  });
});

describe('tool calls', () => {
  it('are joined by index, interleaved or not', async () => {
    const { turn } = await decode([
      choice({ tool_calls: [call(0, 'a', 'f', '{"n":'), call(1, 'b', 'g', '')] }),
      choice({ tool_calls: [call(1, undefined, undefined, '{}'), call(0, undefined, undefined, '1}')] }),
      choice({}, 'tool_calls'),
    ]);
    expect(toolCalls(turn.message)).toMatchObject([
      { id: 'a', name: 'f', argumentsText: '{"n":1}', arguments: { n: 1 } },
      { id: 'b', name: 'g', argumentsText: '{}' },
    ]);
  });

  it('repeat their id and name in every fragment', async () => {
    const { turn } = await decode([
      choice({ tool_calls: [call(0, 'a', 'f', '{"n":')] }),
      choice({ tool_calls: [call(0, 'a', 'f', '1}')] }),
      choice({ tool_calls: [call(0, undefined, 'f', '')] }, 'tool_calls'),
    ]);
    expect(toolCalls(turn.message)).toMatchObject([{ id: 'a', argumentsText: '{"n":1}' }]);
  });

  it('are others where another id takes the same index', async () => {
    const { turn } = await decode([
      choice({ tool_calls: [call(0, 'a', 'f', '{}')] }),
      choice({ tool_calls: [call(0, 'b', 'f', '{}')] }, 'tool_calls'),
    ]);
    expect(toolCalls(turn.message).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('come without index', async () => {
    const { turn } = await decode([
      choice({ tool_calls: [call(undefined, 'a', 'f', '{"n":'), call(undefined, undefined, undefined, '1}')] }),
      choice({ tool_calls: [call(undefined, 'b', 'g', '{}')] }, 'tool_calls'),
    ]);
    expect(toolCalls(turn.message)).toMatchObject([
      { id: 'a', argumentsText: '{"n":1}' },
      { id: 'b', argumentsText: '{}' },
    ]);
  });

  it('get ids of ours where they have none: the same for the same bytes, others for another response', async () => {
    const chunks = [choice({ tool_calls: [call(0, '', 'f', '{}'), call(0, undefined, 'f', '{}')] }, 'tool_calls')];
    const ids = async (id: string) =>
      toolCalls((await decode(chunks.map((chunk) => ({ id, ...chunk })))).turn.message).map((block) => block.id);
    const first = await ids('response-1');
    expect(first).toHaveLength(2);
    expect(new Set([...first, ...(await ids('response-2'))]).size).toBe(4);
    expect(await ids('response-1')).toEqual(first);
  });

  it("get ids of ours where theirs is another call's", async () => {
    const { turn } = await decode([choice({ tool_calls: [call(0, 'a', 'f', '{}'), call(1, 'a', 'f', '{}')] }, 'stop')]);
    expect(toolCalls(turn.message).map(({ id }) => id)).toEqual(['a', expect.stringMatching(/^call_[0-9a-f]{24}$/)]);
  });

  it('wait for their name', async () => {
    const { turn } = await decode([
      choice({ tool_calls: [call(0, 'a', '', '')] }),
      choice({ tool_calls: [call(0, undefined, 'f', '{}')] }, 'tool_calls'),
    ]);
    expect(toolCalls(turn.message)).toMatchObject([{ id: 'a', name: 'f', argumentsText: '{}' }]);
  });

  it('bring their arguments as an object, or as text that is not JSON, or not at all', async () => {
    const { turn } = await decode([
      choice(
        { tool_calls: [call(0, 'a', 'f', { n: 1 }), call(1, 'b', 'f', '{"n":'), call(2, 'c', 'f', null)] },
        'stop',
      ),
    ]);
    expect(toolCalls(turn.message)).toMatchObject([
      { argumentsText: '{"n":1}', arguments: { n: 1 } },
      { argumentsText: '{"n":', arguments: null },
      { argumentsText: '', arguments: {} },
    ]);
  });
});

describe('prose', () => {
  it('ends a block where another kind begins', async () => {
    const { events, turn } = await decode([
      choice({ reasoning_content: 'Hm', content: null }),
      choice({ reasoning: ', so', reasoning_content: ', so' }),
      choice({ content: 'It ' }),
      choice({ content: 'is' }),
      choice({ tool_calls: [call(0, 'a', 'f', '{}')] }),
      choice({}, 'tool_calls'),
    ]);
    expect(turn.message.content).toMatchObject([
      { type: 'thinking', text: 'Hm, so' },
      { type: 'text', text: 'It is' },
      { type: 'tool-call', id: 'a' },
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'thinking-delta',
      'thinking-delta',
      'block-end',
      'text-delta',
      'text-delta',
      'block-end',
      'tool-call-delta',
      'tool-call-delta',
      'block-end',
      'assistant-turn',
    ]);
  });

  it('comes in parts', async () => {
    const thinking = [{ type: 'text', text: 'Hm' }];
    const { turn } = await decode([
      choice({ content: [{ type: 'thinking', thinking }] }),
      choice({ content: [{ type: 'text', text: 'Yes' }, { type: 'unheard-of' }] }, 'stop'),
    ]);
    expect(turn.message.content).toEqual([
      { type: 'thinking', text: 'Hm' },
      { type: 'text', text: 'Yes' },
    ]);
  });

  it('has a signature in the details only', async () => {
    const detail = { type: 'reasoning.text', text: 'Hm' };
    const { turn } = await decode([
      choice({ reasoning: 'Hm', reasoning_details: [detail] }),
      choice({ reasoning_details: [{ type: 'reasoning.text', signature: 'sig' }] }),
      choice({ content: 'Yes' }, 'stop'),
    ]);
    expect(turn.message.content[0]).toEqual({ type: 'thinking', text: 'Hm', signature: 'sig' });
  });

  it('is a refusal as text', async () => {
    const { turn } = await decode([choice({ refusal: 'I ' }), choice({ refusal: 'cannot.' }), choice({}, 'stop')]);
    expect(turn.stopReason).toBe('refusal');
    expect(messageText(turn.message)).toBe('I cannot.');
  });

  it('keeps citations with the text they came before, and a list of pages once', async () => {
    const annotation = { type: 'url_citation', url_citation: { url: 'https://a.test' } };
    const { turn } = await decode([
      { ...choice({ annotations: [annotation] }), citations: ['https://b.test'] },
      { ...choice({ content: 'Yes' }, 'stop'), citations: ['https://b.test'] },
    ]);
    expect(turn.message.content).toEqual([
      {
        type: 'text',
        text: 'Yes',
        citations: [annotation, { type: 'url_citation', url_citation: { url: 'https://b.test' } }],
      },
    ]);
  });

  it('is taken from the first choice alone', async () => {
    const other = { index: 1, delta: { content: 'other' }, finish_reason: 'length' };
    const { turn } = await decode([{ choices: [other] }, choice({ content: 'first' }, 'stop')]);
    expect(turn.stopReason).toBe('end-turn');
    expect(messageText(turn.message)).toBe('first');
  });
});

describe('an error inside the stream', () => {
  it.each([
    ['of a chunk', { error: { message: 'busy', code: 'rate_limit_exceeded' } }, 'provider/rate-limited'],
    ['with a status for a code', { error: { message: 'down', code: 502 } }, 'provider/server'],
    ['of the context window', { error: { message: 'maximum context length', code: 400 } }, 'provider/context-window'],
    [
      'of a choice',
      { choices: [{ index: 0, delta: {}, error: { message: 'x', code: 429 } }] },
      'provider/rate-limited',
    ],
    ['that is a text', { error: 'went wrong' }, 'provider/server'],
    ['as a finish reason', choice({}, 'error'), 'provider/server'],
    ['as the word of DeepSeek', choice({}, 'insufficient_system_resource'), 'provider/overloaded'],
  ])('%s ends it, and what came is kept', async (_name, chunk, code) => {
    const { turn } = await decode([{ ...choice({ content: 'Half' }), usage: USAGE }, chunk]);
    expect(turn).toMatchObject({ stopReason: 'error', usageState: 'partial', error: { code } });
    expect(messageText(turn.message)).toBe('Half');
  });

  it('counts after the finish reason, too', async () => {
    const { turn } = await decode([choice({ content: 'a' }, 'length'), { error: { message: 'limit', code: 400 } }]);
    expect(turn).toMatchObject({ stopReason: 'error', error: { message: 'limit' } });
    expect(messageText(turn.message)).toBe('a');
  });
});

it('skips what it does not know', async () => {
  const strange = [
    null,
    7,
    'text',
    [],
    { choices: null },
    { choices: [null, 'a'] },
    choice({ tool_calls: [null, {}] }),
  ];
  const { turn } = await decode([...strange, choice({ content: 7 }), choice({ content: 'a' }, 'stop')]);
  expect(turn.message.content).toEqual([{ type: 'text', text: 'a' }]);
});

it.each<readonly [name: string, chunk: object]>([
  ['an id', { id: { toString: null }, ...choice({ tool_calls: [call(0, '', 'f', '{}')] }) }],
  ['an error', { error: [{ toString: null }] }],
  ["an error's code", { error: { message: 'x', code: { valueOf: null, toString: null }, type: [{ toString: null }] } }],
])('is not thrown off by %s that is no text', async (_name, chunk) => {
  const { turn } = await decode([chunk, choice({}, 'stop')]);
  expect(['tool-use', 'error']).toContain(turn.stopReason);
});

function choice(delta: object, finishReason: string | null = null): { readonly choices: readonly unknown[] } {
  return { choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

function call(index: number | undefined, id: string | undefined, name: string | undefined, args: unknown): unknown {
  return { index, id, type: 'function', function: { name, arguments: args } };
}

/** The chunks through a client that passes them on as they are. */
async function decode(
  chunks: readonly unknown[],
): Promise<{ readonly events: readonly StreamEvent[]; readonly turn: AssistantTurn }> {
  async function* stream(): AsyncGenerator<unknown> {
    yield* chunks;
  }
  const client = { chat: { completions: { create: async () => stream() } } };
  const events = await collectEvents(streamOpenAIChat(client, userRequest('hi'), { model: 'm', retry: false }));
  return { events, turn: lastTurn(events) };
}
