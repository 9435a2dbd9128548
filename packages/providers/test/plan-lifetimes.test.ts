import { describe, expect, test } from 'vitest';
import { cacheRules } from '../src/cache/family-rules.ts';
import { type CachePolicy, planBreakpoints, TOP_LEVEL_FLAG } from '../src/cache/plan-breakpoints.ts';
import type { RequestedMark } from '../src/cache/policy.ts';
import { looseBlock, requestBlocks } from './support/request-blocks.ts';

const rules = cacheRules('anthropic', 'claude-sonnet-4-6');

/** Blocks: 0 tool, 1 system, 2 first, 3 answer, 4 second. */
const blocks = requestBlocks(
  [looseBlock('tool', 'x'.repeat(1100), 'tool'), looseBlock('system', 'x'.repeat(1100))],
  [[looseBlock('user', 'first')], [looseBlock('assistant', 'answer')], [looseBlock('user', 'second')]],
);

function lifetimes(policy: CachePolicy, messageMarks: readonly RequestedMark[] = []): readonly string[] {
  return planBreakpoints(blocks, policy, rules, messageMarks).marks.map(
    (mark) => `${mark.blockIndex} ${mark.lifetime}`,
  );
}

function notes(policy: CachePolicy, messageMarks: readonly RequestedMark[] = []): readonly string[] {
  return planBreakpoints(blocks, policy, rules, messageMarks).notes.map(({ message }) => message);
}

function messageMark(blockIndex: number, ttl: '5m' | '1h'): RequestedMark {
  return { asked: 'messages[0]', blockIndex, reason: 'end of messages[0], as it asks', ttl };
}

describe('a lifetime of its own for each breakpoint (L-17)', () => {
  test('holds where the order allows it, beside the default of the policy', () => {
    const policy: CachePolicy = { breakpoints: [{ at: 'system', ttl: '1h' }, 1, { at: 'last', ttl: '5m' }] };
    expect(lifetimes(policy)).toEqual(['1 1h', '2 5m', '4 5m']);
    expect(lifetimes({ ...policy, ttl: '1h' })).toEqual(['1 1h', '2 1h', '4 5m']);
    expect(notes(policy)).toEqual([]);
  });

  test('an earlier mark is raised to a later longer one, and one note says so (P-06, X-01)', () => {
    const policy: CachePolicy = { breakpoints: ['tools', { at: 'system', ttl: '5m' }, { at: 1, ttl: '1h' }, 'last'] };
    expect(lifetimes(policy)).toEqual(['0 1h', '1 1h', '2 1h', '4 5m']);
    expect(planBreakpoints(blocks, policy, rules).notes).toEqual([
      {
        code: 'cache/lifetime-raised',
        cause: 'lifetime-order',
        message:
          'The cache marks for tools, system are kept as long as a later one: a longer lifetime may not follow a shorter.',
      },
    ]);
  });

  test('of two lifetimes for one block the longer is meant', () => {
    expect(lifetimes({ breakpoints: [{ at: 'last', ttl: '1h' }, -1] })).toEqual(['4 1h']);
    expect(lifetimes({ breakpoints: [-1, { at: 'last', ttl: '1h' }] })).toEqual(['4 1h']);
  });

  test('one that the vendor does not sell is refused by its place, as is a place that there is not (L-04)', () => {
    const plan = (policy: unknown) => () => planBreakpoints(blocks, policy as CachePolicy, rules);
    expect(plan({ breakpoints: ['last', { at: 'system', ttl: '30m' }] })).toThrow(
      expect.objectContaining({
        code: 'provider/invalid-request',
        message: 'cache.breakpoints[1].ttl is 30m; expected 5m or 1h.',
      }),
    );
    for (const place of ['everywhere', null, { at: 'everywhere' }, { ttl: '1h' }]) {
      expect(plan({ breakpoints: [place] })).toThrow(/cache\.breakpoints\[0\] is .*expected a number, 'system'/);
    }
  });

  test('the mark where the previous request ended keeps the lifetime it had there', () => {
    const many = Array.from({ length: 30 }, () => looseBlock('assistant', 'a picture'));
    const long = requestBlocks([], [[looseBlock('user', 'x'.repeat(1100))], many, [looseBlock('user', 'second')]]);
    const { marks } = planBreakpoints(long, { breakpoints: [{ at: 'last', ttl: '1h' }] }, rules);
    expect(marks.map(({ blockIndex, lifetime }) => `${blockIndex} ${lifetime}`)).toEqual(['0 1h', '31 1h']);
  });
});

describe('marks that messages ask for', () => {
  test('stand beside those of the policy, and raise what is before them', () => {
    expect(lifetimes('auto', [messageMark(2, '1h')])).toEqual(['0 1h', '1 1h', '2 1h', '4 5m']);
    expect(notes('auto', [messageMark(2, '1h')])).toHaveLength(1);
    expect(lifetimes('none', [messageMark(2, '5m')])).toEqual(['2 5m']);
  });

  test('on the block of the flag they are the flag, as two lifetimes on one block are refused (P-12)', () => {
    const { marks } = planBreakpoints(blocks, 'automatic', rules, [messageMark(4, '1h')]);
    expect(marks).toMatchObject([{ blockIndex: 4, path: TOP_LEVEL_FLAG, lifetime: '1h' }]);
    expect(lifetimes('automatic', [messageMark(2, '1h')])).toEqual(['2 1h', '4 5m']);
  });

  test('on Bedrock the flag is dropped with a warning, and they stand alone (D-07)', () => {
    const bedrock = cacheRules('anthropic', 'claude-opus-4-6', { host: 'bedrock' });
    const plan = planBreakpoints(blocks, 'automatic', { ...bedrock, minimumTokens: 0 }, [messageMark(2, '5m')]);
    expect(plan.marks.map(({ path }) => path)).toEqual(['messages[0].content[0]']);
    expect(plan.notes).toMatchObject([{ code: 'cache/unsupported' }]);
    const many = Array.from({ length: 30 }, () => looseBlock('assistant', 'a picture'));
    const long = requestBlocks([], [[looseBlock('user', 'x'.repeat(1100))], many, [looseBlock('user', 'second')]]);
    const alone = planBreakpoints(long, 'automatic', { ...bedrock, minimumTokens: 0 }, [messageMark(31, '5m')]);
    expect(alone.marks.map(({ blockIndex }) => blockIndex)).toEqual([31]);
    for (const host of ['anthropic', 'bedrock-mantle', 'vertex', 'unknown']) {
      expect(cacheRules('anthropic', 'claude-opus-4-6', { host }).placesMarks).toBe(true);
    }
  });
});
