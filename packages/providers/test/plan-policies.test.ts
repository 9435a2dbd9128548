import { describe, expect, test } from 'vitest';
import { cacheRules } from '../src/cache/family-rules.ts';
import { planWarnings } from '../src/cache/plan/plan-note.ts';
import { type CachePolicy, planBreakpoints, TOP_LEVEL_FLAG } from '../src/cache/plan-breakpoints.ts';
import { type LooseBlock, looseBlock, requestBlocks } from './support/request-blocks.ts';

const rules = cacheRules('anthropic', 'claude-sonnet-4-6');

const tool = looseBlock('tool', 'x'.repeat(1100), 'tool');
const system = looseBlock('system', 'x'.repeat(1100));
const first = [looseBlock('user', 'first '.repeat(200))];
const calling = [looseBlock('assistant', 'hm', 'thinking'), looseBlock('assistant', 'look', 'tool_use')];
const results = [looseBlock('user', 'seen', 'tool_result'), looseBlock('user', 'seen too', 'tool_result')];
const answer = [looseBlock('assistant', 'hm', 'thinking'), looseBlock('assistant', 'an answer')];
const second = [looseBlock('user', 'second')];

/** Blocks: 0 tool, 1 system, 2 first, 3–4 calling, 5–6 results, 7–8 answer, 9 second. */
const messages = [first, calling, results, answer, second];
const blocks = requestBlocks([tool, system], messages);
const withoutSystem = requestBlocks([tool], messages);
const bare = requestBlocks([], messages);

function marked(policy: CachePolicy, of = blocks): readonly number[] {
  const { marks, notes } = planBreakpoints(of, policy, rules);
  expect(notes).toEqual([]);
  expect(marks.every(({ reason }) => reason !== '')).toBe(true);
  return marks.map(({ blockIndex }) => blockIndex);
}

function causes(policy: CachePolicy, of = blocks, by = rules): readonly string[] {
  return planBreakpoints(of, policy, by).notes.map(({ code, cause }) => `${code} ${cause}`);
}

describe('named policies', () => {
  test('D-02, X-08: `system_and_tools` marks the system prompt, and the last tool where there is none', () => {
    expect(marked('system_and_tools')).toEqual([1]);
    expect(marked('system_and_tools', withoutSystem)).toEqual([0]);
    expect(causes('system_and_tools', bare)).toEqual(['cache/mark-not-placed no-block']);
  });

  test('D-03: `tools_only` marks the last tool and never falls back to a system prompt, which may vary', () => {
    expect(marked('tools_only')).toEqual([0]);
    expect(causes('tools_only', requestBlocks([system], messages))).toEqual(['cache/mark-not-placed no-block']);
  });

  test('D-04 … D-06: the last user messages are marked, tool results among them', () => {
    expect(marked('last_user_message')).toEqual([9]);
    expect(marked('last_2_user_messages')).toEqual([6, 9]);
    expect(marked('last_3_user_messages')).toEqual([2, 6, 9]);
    expect(marked('last_user_message', requestBlocks([tool, system], messages.slice(0, 3)))).toEqual([6]);
  });

  test('a conversation with fewer user messages marks those it has', () => {
    expect(marked('last_3_user_messages', requestBlocks([system], [first]))).toEqual([1]);
  });

  test('P-12: `automatic` is the top-level flag, and the plan says which block the vendor will mark', () => {
    expect(planBreakpoints(blocks, 'automatic', rules).marks).toMatchObject([{ blockIndex: 9, path: TOP_LEVEL_FLAG }]);
    const thinkingLast = requestBlocks([system], [first, [looseBlock('assistant', 'hm', 'thinking')]]);
    expect(marked('automatic', thinkingLast)).toEqual([1]);
  });
});

describe('breakpoints', () => {
  test('names mark what they name', () => {
    expect(marked({ breakpoints: ['tools', 'system', 'last'] })).toEqual([0, 1, 9]);
    expect(marked({ breakpoints: ['last', 'tools'] })).toEqual([0, 9]);
    expect(marked({ breakpoints: [] })).toEqual([]);
  });

  test('L-15: numbers count neither tool results nor answers that call tools, and negative ones count from the end', () => {
    expect([0, 1, 2, -1, -2, -3].map((number) => marked({ breakpoints: [number] }, bare))).toEqual([
      [0],
      [6],
      [7],
      [7],
      [6],
      [0],
    ]);
  });

  test('L-16: with a system prompt 0 means it, and the other positive numbers shift by one', () => {
    expect([0, 1, 2, 3, -1, -3].map((number) => marked({ breakpoints: [number] }))).toEqual([
      [1],
      [2],
      [8],
      [9],
      [9],
      [2],
    ]);
  });

  test('a number out of range is noted, with how many messages there are', () => {
    for (const number of [4, -4, 1.5, Number.NaN]) {
      expect(causes({ breakpoints: [number] })).toEqual(['cache/mark-not-placed out-of-range']);
    }
    const [warning] = planWarnings(planBreakpoints(blocks, { breakpoints: [7] }, rules));
    expect(warning).toEqual({
      type: 'warning',
      code: 'cache/mark-not-placed',
      message:
        'No cache mark for breakpoint 7: there are 3 messages, not counting tool results and answers that call tools.',
    });
  });

  test('L-05: a message that no mark can stand on is noted', () => {
    const thinkingOnly = requestBlocks([system], [first, [looseBlock('assistant', 'hm', 'thinking')], second]);
    expect(causes({ breakpoints: [2] }, thinkingOnly)).toEqual(['cache/mark-not-placed no-block']);
  });

  test('two that mean one block are one mark', () => {
    expect(marked({ breakpoints: ['last', -1, 3] })).toEqual([9]);
  });

  test('of more than the vendor takes the earliest are dropped, and each is noted', () => {
    const plan = planBreakpoints(blocks, { breakpoints: ['last', 'tools', 'system', 1, 2] }, rules);
    expect(plan.marks.map(({ blockIndex }) => blockIndex)).toEqual([1, 2, 8, 9]);
    expect(plan.notes.map(({ message }) => message)).toEqual(['No cache mark for tools: a request takes 4 marks.']);
  });

  test('X-01, L-17: a lifetime holds for every mark of the plan', () => {
    const { marks } = planBreakpoints(blocks, { breakpoints: ['tools', 'system', 1, 'last'], ttl: '1h' }, rules);
    expect(marks.map(({ lifetime }) => lifetime)).toEqual(['1h', '1h', '1h', '1h']);
    expect(planBreakpoints(blocks, { breakpoints: ['last'] }, rules).marks).toMatchObject([{ lifetime: '5m' }]);
  });
});

describe('what a vendor takes', () => {
  test('P-08: a mark surely below the minimum is noted, not placed; `auto` leaves it out without a word', () => {
    const short = requestBlocks([looseBlock('system', 'short')], [second]);
    for (const policy of ['system_and_tools', 'last_user_message', 'automatic'] as const) {
      expect(planBreakpoints(short, policy, rules).marks).toEqual([]);
      expect(causes(policy, short)).toEqual(['cache/mark-not-placed below-minimum']);
    }
    expect(planBreakpoints(short, 'auto', rules)).toEqual({ marks: [], notes: [] });
  });

  test('a picture, a file or a tool of the vendor may be more tokens than bytes, and is marked (P-08)', () => {
    const picture = looseBlock('user', '{"type":"image"}', 'image');
    const nested = looseBlock('user', '{"type":"tool_result","content":[{"type":"image"}]}', 'tool_result');
    const search = looseBlock('tool', '{"type":"web_search_20260318"}', 'web_search_20260318');
    expect(marked('last_user_message', requestBlocks([], [[picture, ...second]]))).toEqual([1]);
    expect(marked('last_user_message', requestBlocks([], [[nested]]))).toEqual([0]);
    expect(marked('tools_only', requestBlocks([search], [second]))).toEqual([0]);
    const named = looseBlock('user', JSON.stringify({ type: 'text', text: '{"type":"image"}' }));
    expect(causes('last_user_message', requestBlocks([], [[named]]))).toEqual(['cache/mark-not-placed below-minimum']);
  });

  test('P-07: a policy gets a mark where the previous request ended only if its own would miss that', () => {
    const longTurn = (blockCount: number) => [
      first,
      Array.from({ length: blockCount }, (): LooseBlock => looseBlock('assistant', 'a picture')),
      second,
    ];
    const within = requestBlocks([], longTurn(18));
    const beyond = requestBlocks([], longTurn(19));
    for (const policy of ['last_user_message', 'automatic', { breakpoints: ['last'] }] as const) {
      expect(marked(policy, within)).toEqual([19]);
      expect(marked(policy, beyond)).toEqual([0, 20]);
    }
    expect(marked('last_2_user_messages', beyond)).toEqual([0, 20]);
    expect(marked('tools_only', requestBlocks([tool], longTurn(40)))).toEqual([0]);
    expect(causes('last_user_message', beyond, { ...rules, maxMarks: 1 })).toEqual(['cache/mark-not-placed too-many']);
  });

  test('D-11: where nothing can be marked, a policy is noted once and ignored', () => {
    for (const family of ['openai-chat', 'ollama']) {
      const implicit = cacheRules(family, 'any');
      expect(planBreakpoints(blocks, { breakpoints: [9, 9], ttl: '1h' }, implicit).marks).toEqual([]);
      expect(causes('last_3_user_messages', blocks, implicit)).toEqual(['cache/unsupported unsupported']);
      expect(causes('auto', blocks, implicit)).toEqual([]);
      expect(causes('none', blocks, implicit)).toEqual([]);
    }
  });

  test('L-04: an unknown policy or lifetime is refused, with what was expected', () => {
    const plan = (policy: unknown) => () => planBreakpoints(blocks, policy as CachePolicy, rules);
    const code = 'provider/invalid-request';
    expect(plan('everything')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('everything') }),
    );
    expect(plan(null)).toThrow(expect.objectContaining({ code }));
    expect(plan({ breakpoints: [0], ttl: '30m' })).toThrow(
      expect.objectContaining({ code, message: 'cache.ttl is 30m; expected 5m or 1h.' }),
    );
  });
});
