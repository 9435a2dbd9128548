import { describe, expect, test } from 'vitest';
import { chatPrefixBlocks } from '../src/cache/chat-prefix.ts';
import { cacheRules } from '../src/cache/family-rules.ts';
import { type CachePolicy, IMPLICIT_MARK, planBreakpoints } from '../src/cache/plan-breakpoints.ts';
import type { JsonObject } from '../src/json.ts';
import { responsesPrefixBlocks } from '../src/openai/responses/prefix-blocks.ts';

const chat = cacheRules('openai-chat', 'gpt-6');
const responses = cacheRules('openai-responses', 'gpt-6.1-sol');

const LONG = 'x'.repeat(1100);
const TOOLS = [{ type: 'function', function: { name: 'look', description: LONG } }];
const SYSTEM = { role: 'system', content: LONG };
const CALLS = ['a', 'b'].map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } }));

/** Blocks: 0 tool, 1 system, 2 first, 3 calling, 4–5 results, 6 answer, 7 second. */
const MESSAGES = [
  SYSTEM,
  { role: 'user', content: LONG },
  { role: 'assistant', content: null, tool_calls: CALLS },
  { role: 'tool', tool_call_id: 'a', content: 'seen' },
  { role: 'tool', tool_call_id: 'b', content: 'seen too' },
  { role: 'assistant', content: 'an answer' },
  { role: 'user', content: 'second' },
];

function chatBlocks(messages: readonly JsonObject[] = MESSAGES, tools: readonly JsonObject[] = TOOLS) {
  return chatPrefixBlocks({ tools, messages }, chat);
}

/** The paths of the marks; the vendor's own is `prompt_cache_options`. */
function marked(policy: CachePolicy, blocks = chatBlocks()): readonly string[] {
  const { marks, notes } = planBreakpoints(blocks, policy, chat);
  expect(notes).toEqual([]);
  return marks.map(({ path }) => path);
}

function causes(policy: CachePolicy, blocks = chatBlocks()): readonly string[] {
  return planBreakpoints(blocks, policy, chat).notes.map(({ cause }) => cause);
}

describe('what each policy means from GPT-5.6 on (P-02)', () => {
  test('`auto` keeps the own mark of the vendor, and marks system prompt, previous request and this one', () => {
    expect(marked('auto')).toEqual(['messages[0]', 'messages[4]', 'messages[6]', IMPLICIT_MARK]);
  });

  test('`none` leaves no mark, the own one of the vendor neither', () => {
    expect(marked('none')).toEqual([]);
  });

  test('`automatic` is the own mark of the vendor, at the end of the prompt, and no other (P-12)', () => {
    const { marks } = planBreakpoints(chatBlocks(), 'automatic', chat);
    expect(marks).toMatchObject([{ blockIndex: 7, path: IMPLICIT_MARK, lifetime: '30m', isVendorPlaced: true }]);
    const afterAnswer = chatBlocks(MESSAGES.slice(0, 6));
    expect(planBreakpoints(afterAnswer, 'automatic', chat).marks).toMatchObject([{ blockIndex: 6 }]);
  });

  test('the own mark of the vendor stands below the minimum too, as its default', () => {
    const short = chatBlocks([{ role: 'user', content: 'hi' }], []);
    expect(marked('auto', short)).toEqual([IMPLICIT_MARK]);
    expect(marked('automatic', short)).toEqual([IMPLICIT_MARK]);
    expect(causes('last_user_message', short)).toEqual(['below-minimum']);
  });

  test('`system_and_tools` marks the system prompt, which holds the tools before it (D-02)', () => {
    expect(marked('system_and_tools')).toEqual(['messages[0]']);
  });

  test('no mark can stand on tools, and a policy that needs one says so (D-03, X-08)', () => {
    expect(causes('tools_only')).toEqual(['no-block']);
    expect(causes('system_and_tools', chatBlocks(MESSAGES.slice(1)))).toEqual(['no-block']);
    const [note] = planBreakpoints(chatBlocks(), 'tools_only', chat).notes;
    expect(note?.message).toBe('No cache mark for tools: no mark can stand on a tool of this vendor.');
  });

  test('the last user messages are marked, the results of one answer being one of them (D-04, D-05, D-06)', () => {
    expect(marked('last_2_user_messages')).toEqual(['messages[4]', 'messages[6]']);
    expect(marked('last_3_user_messages')).toEqual(['messages[1]', 'messages[4]', 'messages[6]']);
  });

  test('one mark alone gets another where the previous request ended, as nothing is looked up in between (P-07)', () => {
    expect(marked('last_user_message')).toEqual(['messages[4]', 'messages[6]']);
    expect(marked({ breakpoints: ['last'] })).toEqual(['messages[4]', 'messages[6]']);
    expect(marked('last_user_message', chatBlocks(MESSAGES.slice(0, 2)))).toEqual(['messages[1]']);
  });

  test('numbers count neither results nor answers that call tools, and no mark stands on an answer (L-15, L-16)', () => {
    expect(marked({ breakpoints: [0] })).toEqual(['messages[0]']);
    expect(marked({ breakpoints: [1] })).toEqual(['messages[1]']);
    expect(causes({ breakpoints: [2] })).toEqual(['no-block']);
    expect(marked({ breakpoints: [3] })).toEqual(['messages[6]']);
    // In the previous request -1 was the first message, where its entry is read.
    expect(marked({ breakpoints: [-1] })).toEqual(['messages[1]', 'messages[6]']);
    expect(causes({ breakpoints: [4] })).toEqual(['out-of-range']);
  });

  test('beside its own mark the vendor takes three; the earliest is dropped, and not the one that is read', () => {
    const messageMarks = [2, 7].map((blockIndex) => ({ asked: `block ${blockIndex}`, blockIndex, reason: 'asked' }));
    const { marks, notes } = planBreakpoints(chatBlocks(), 'auto', chat, messageMarks);
    expect(marks.map(({ path }) => path)).toEqual(['messages[1]', 'messages[4]', 'messages[6]', IMPLICIT_MARK]);
    expect(notes).toEqual([]);
    const four = [1, 2, 4, 7].map((blockIndex) => ({ asked: `block ${blockIndex}`, blockIndex, reason: 'asked' }));
    const crowded = planBreakpoints(chatBlocks(), 'auto', chat, four);
    expect(crowded.marks.map(({ path }) => path)).toEqual(['messages[3]', 'messages[4]', 'messages[6]', IMPLICIT_MARK]);
    expect(crowded.notes.map(({ message }) => message)).toEqual([
      'No cache mark for block 1: a request takes 4 marks.',
      'No cache mark for block 2: a request takes 4 marks.',
    ]);
    const more = chatBlocks([...MESSAGES, { role: 'user', content: 'third' }, { role: 'user', content: 'fourth' }]);
    const late = [7, 8].map((blockIndex) => ({ asked: `block ${blockIndex}`, blockIndex, reason: 'asked' }));
    const paths = planBreakpoints(more, 'auto', chat, late).marks.map(({ path }) => path);
    expect(paths).toEqual(['messages[4]', 'messages[7]', 'messages[8]', IMPLICIT_MARK]);
  });

  test('`automatic` places nothing either where the own mark of the vendor will miss the previous request', () => {
    const many = Array.from({ length: 30 }, () => ({ role: 'user', content: 'more' }));
    expect(marked('automatic', chatBlocks([...MESSAGES, ...many]))).toEqual([IMPLICIT_MARK]);
  });
});

describe('lifetimes', () => {
  const input = [
    { role: 'system', content: [{ type: 'input_text', text: LONG }] },
    { role: 'user', content: [{ type: 'input_text', text: LONG }] },
  ];
  const blocks = responsesPrefixBlocks({ input });

  test('Responses sells two, in any order, and Chat Completions one (L-04, L-17)', () => {
    const policy: CachePolicy = { breakpoints: ['system', { at: 'last', ttl: '12h' }] };
    const plan = planBreakpoints(blocks, policy, responses);
    expect(plan.marks.map(({ lifetime }) => lifetime)).toEqual(['30m', '12h']);
    expect(plan.notes).toEqual([]);
    expect(() => planBreakpoints(chatBlocks(), policy, chat)).toThrow(
      expect.objectContaining({
        code: 'provider/invalid-request',
        message: 'cache.breakpoints[1].ttl is 12h; expected 30m.',
      }),
    );
    expect(() => planBreakpoints(blocks, { breakpoints: [], ttl: '1h' }, responses)).toThrow(
      'cache.ttl is 1h; expected 30m or 12h.',
    );
  });
});

describe('which models', () => {
  test.each([
    ['gpt-5.6', 'openai'],
    ['gpt-5.6-terra', 'openai'],
    ['gpt-6', 'openai'],
    ['gpt-6.1-sol', 'openai'],
    ['gpt-6.1-terra', 'openai'],
    ['openai/gpt-6.1-sol', 'openai'],
    ['gpt-5.5', 'none'],
    ['gpt-5', 'none'],
    ['gpt-5-mini', 'none'],
    ['gpt-4.1', 'none'],
    ['gpt-4o', 'none'],
    ['gpt-35-turbo', 'none'],
    ['o4-mini', 'none'],
    ['gpt-oss-120b', 'none'],
  ])('%s takes the marks of %s', (model, dialect) => {
    expect(cacheRules('openai-chat', model).dialect).toBe(dialect);
    expect(cacheRules('openai-responses', model).dialect).toBe(dialect);
  });

  test('a host that nobody described is sent no marks', () => {
    const dialectAt = (host: string) => cacheRules('openai-chat', 'gpt-6', { host }).dialect;
    expect(['openai', 'azure', 'openrouter'].map(dialectAt)).toEqual(['openai', 'openai', 'openai']);
    expect(['unknown', 'groq', 'litellm'].map(dialectAt)).toEqual(['none', 'none', 'none']);
    expect(cacheRules('openai-responses', 'gpt-6', { host: 'openrouter' }).dialect).toBe('none');
  });

  test('a gateway to Claude takes the marks of Anthropic, and its flag where it knows it', () => {
    const claude = cacheRules('openai-chat', 'anthropic/claude-opus-4-6', { host: 'openrouter', dialect: 'anthropic' });
    expect(claude).toEqual(cacheRules('anthropic', 'claude-opus-4-6'));
    const proxied = cacheRules('openai-chat', 'claude-opus-4-6', { host: 'litellm', dialect: 'anthropic' });
    expect(proxied).toEqual({ ...claude, placesMarks: false });
  });
});

describe('blocks', () => {
  test('a message is a block for each part, the first with its other fields', () => {
    const parts = [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: 'data:' } },
    ];
    const blocks = chatPrefixBlocks({ messages: [{ role: 'user', name: 'Ada', content: parts }] }, chat);
    expect(blocks).toMatchObject([
      { path: 'messages[0].content[0]', kind: 'text', markable: true },
      { path: 'messages[0].content[1]', kind: 'image_url', markable: true },
    ]);
    expect(blocks.map(({ text }) => JSON.parse(text))).toEqual([
      { role: 'user', name: 'Ada', content: [parts[0]] },
      parts[1],
    ]);
  });

  test('a string and a list of that one text are the same prefix, marked or not', () => {
    const part = { type: 'text', text: 'hi', prompt_cache_breakpoint: { mode: 'explicit' } };
    const [asString, asList] = ['hi', [part]].map((content) =>
      chatPrefixBlocks({ messages: [{ role: 'user', content }] }),
    );
    expect(asList?.map(({ text }) => text)).toEqual(asString?.map(({ text }) => text));
    const inputPart = { ...part, type: 'input_text' };
    for (const [field, type] of [
      ['content', undefined],
      ['output', 'function_call_output'],
    ] as const) {
      const items = ['hi', [inputPart]].map((content) => ({ role: 'user', ...(type && { type }), [field]: content }));
      const [first, second] = items.map((item) => responsesPrefixBlocks({ input: [item] })[0]?.text);
      expect(second).toBe(first);
    }
  });

  test('what the model made, blank text, tools and instructions carry no mark', () => {
    const items = [
      { role: 'user', content: [{ type: 'input_text', text: ' \n' }] },
      { type: 'reasoning', id: 'rs' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hm' }] },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
    ];
    const blocks = responsesPrefixBlocks({ tools: TOOLS, instructions: 'Be brief.', input: items });
    expect(blocks.map(({ markable }) => markable)).toEqual([false, false, false, false, false, false]);
  });

  test('DeepSeek renders the system prompt before the tools (P-13)', () => {
    const order = (model: string) =>
      chatPrefixBlocks({ tools: TOOLS, messages: MESSAGES }, cacheRules('openai-chat', model))
        .slice(0, 3)
        .map(({ role }) => role);
    expect(order('deepseek-v4')).toEqual(['system', 'tool', 'user']);
    expect(order('gpt-5')).toEqual(['tool', 'system', 'user']);
  });
});
