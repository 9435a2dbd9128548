import { expect, test } from 'vitest';
import { placeMarks } from '../src/anthropic/place-marks.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/prefix-blocks.ts';
import type { MessagesBody, WireBlock } from '../src/anthropic/wire.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import {
  type BreakpointPlan,
  type CachePolicy,
  planBreakpoints,
  TOP_LEVEL_FLAG,
} from '../src/cache/plan-breakpoints.ts';
import type { PrefixBlock } from '../src/cache/prefix.ts';
import { type Random, seededRandom } from './support/random.ts';

const RUNS = 100_000;

const NAMED = [
  'auto',
  'automatic',
  'system_and_tools',
  'tools_only',
  'last_user_message',
  'last_2_user_messages',
  'last_3_user_messages',
] as const;

const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');

test('N-06: no plan for any of 100 000 requests breaks a rule', () => {
  const random = seededRandom(1);
  const seen = { full: 0, flagged: 0, rolling: 0, noted: 0, bare: 0 };
  for (let run = 0; run < RUNS; run += 1) {
    const body = randomBody(random);
    const blocks = anthropicPrefixBlocks(body);
    const policy = randomPolicy(random);
    const rules = { ...anthropic, minimumTokens: random.pick([0, 200, 1024]) };
    const plan = planBreakpoints(blocks, policy, rules);
    const broken = brokenRule(blocks, plan, policy, rules);
    if (broken) throw new Error(`${broken}: ${JSON.stringify({ policy, plan, blocks })}`);
    seen.full += Number(plan.marks.length === 4);
    seen.flagged += Number(plan.marks.some(({ path }) => path === TOP_LEVEL_FLAG));
    seen.rolling += Number(plan.marks.some(({ reason }) => reason.includes('too far back')));
    seen.noted += Number(plan.notes.length > 0);
    seen.bare += Number(plan.marks.length === 0);
    // Dearer to check, and the same code every time.
    if (run % 50 === 0) checkPlaced(body, blocks, plan, policy, rules);
  }
  for (const [kind, count] of Object.entries(seen)) expect(count, kind).toBeGreaterThan(500);
}, 60_000);

/** The rules in the vendor's words, not in the planner's. */
function brokenRule(
  blocks: readonly PrefixBlock[],
  { marks, notes }: BreakpointPlan,
  policy: CachePolicy,
  rules: CacheRules,
): string | undefined {
  if (marks.length > 4) return 'more than four marks';
  let before = -1;
  for (const { blockIndex, path, lifetime, reason } of marks) {
    const block = blocks[blockIndex];
    if (blockIndex <= before) return 'out of order, or two marks on a block';
    before = blockIndex;
    if (!block || (path !== block.path && path !== TOP_LEVEL_FLAG)) return 'a mark on no block';
    if (block.kind.includes('thinking') || block.text === '{"type":"text","text":""}') return 'a block that takes none';
    if (lifetime !== ((typeof policy === 'object' && policy.ttl) || '5m')) return 'another lifetime than was asked for';
    if (reason === '') return 'no reason';
  }
  const shortest = blocks.slice(0, (marks[0]?.blockIndex ?? blocks.length) + 1);
  if (marks.length > 0 && bytesOf(shortest) < rules.minimumTokens) return 'surely below the minimum';
  if (notes.some(({ message }) => message === '')) return 'an empty note';
  if (policy !== 'auto' && marks.length === 0 && notes.length === 0) {
    return typeof policy === 'object' && policy.breakpoints.length === 0
      ? undefined
      : 'nothing placed and nothing said';
  }
  return undefined;
}

function checkPlaced(
  body: MessagesBody,
  blocks: readonly PrefixBlock[],
  plan: BreakpointPlan,
  policy: CachePolicy,
  rules: CacheRules,
): void {
  expect(planBreakpoints(anthropicPrefixBlocks(body), policy, rules)).toEqual(plan);
  const before = JSON.stringify(body);
  const marked = placeMarks(body, plan.marks);
  expect(JSON.stringify(body)).toBe(before);
  expect(anthropicPrefixBlocks(marked)).toEqual(blocks);
  expect(JSON.stringify(marked).split('"cache_control"')).toHaveLength(plan.marks.length + 1);
}

function bytesOf(blocks: readonly PrefixBlock[]): number {
  return blocks.reduce((bytes, { text }) => bytes + Buffer.byteLength(text), 0);
}

function randomPolicy(random: Random): CachePolicy {
  if (random.upTo(2) > 0) return random.pick(NAMED);
  const breakpoints = Array.from({ length: random.upTo(7) }, () =>
    random.upTo(2) === 0 ? random.pick(['system', 'tools', 'last'] as const) : random.upTo(12) - 6,
  );
  const ttl = random.pick([undefined, '5m', '1h'] as const);
  return ttl === undefined ? { breakpoints } : { breakpoints, ttl };
}

const USER_KINDS = ['text', 'text', 'tool_result', 'image'] as const;
const ASSISTANT_KINDS = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use'] as const;

function randomBody(random: Random): MessagesBody {
  const tools = Array.from({ length: random.upTo(3) }, (_, index) => ({
    name: `tool-${index}`,
    description: randomText(random),
    input_schema: {},
  }));
  const system = randomBlocks(random, ['text'], 2);
  return {
    model: 'claude-sonnet-4-6',
    max_tokens: 1,
    ...(tools.length > 0 ? { tools } : {}),
    ...(system.length > 0 ? { system } : {}),
    messages: Array.from({ length: 1 + random.upTo(6) }, (_, index) => {
      const isUser = index % 2 === 0 || random.upTo(9) === 0;
      return {
        role: isUser ? 'user' : 'assistant',
        content: randomBlocks(random, isUser ? USER_KINDS : ASSISTANT_KINDS, random.upTo(7) === 0 ? 30 : 3),
      };
    }),
  };
}

function randomBlocks(random: Random, kinds: readonly [string, ...string[]], maxCount: number): readonly WireBlock[] {
  return Array.from({ length: random.upTo(maxCount) }, () => ({ type: random.pick(kinds), text: randomText(random) }));
}

const TEXTS = ['', 'short', 'ö'.repeat(90), 'x'.repeat(300), 'x'.repeat(1200)] as const;

function randomText(random: Random): string {
  return random.pick(TEXTS);
}
