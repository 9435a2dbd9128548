import { expect, test } from 'vitest';
import { placeMarks } from '../src/anthropic/encode/place-marks.ts';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import { chatPrefixBlocks } from '../src/cache/chat-prefix.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import {
  type BreakpointPlan,
  type CachePolicy,
  IMPLICIT_MARK,
  type PlannedMark,
  planBreakpoints,
  TOP_LEVEL_FLAG,
} from '../src/cache/plan-breakpoints.ts';
import type { MarkLifetime, RequestedMark } from '../src/cache/policy.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';
import { placeChatMarks } from '../src/openai/chat/place-marks.ts';
import { placeResponsesMarks } from '../src/openai/responses/place-marks.ts';
import { responsesPrefixBlocks } from '../src/openai/responses/prefix-blocks.ts';
import { type Random, seededRandom } from './support/random.ts';
import { randomChatBody, randomMessagesBody, randomPolicy, randomResponsesBody } from './support/random-bodies.ts';

const RUNS = 100_000;

/** One request of a dialect: its blocks, and a check that its body carries a plan's marks and is else the same prompt. */
interface Sample {
  readonly blocks: readonly PrefixBlock[];
  readonly rules: CacheRules;
  readonly lifetimes: readonly [MarkLifetime, ...MarkLifetime[]];
  checkPlaced(marks: readonly PlannedMark[]): void;
}

const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');
const chat = cacheRules('openai-chat', 'gpt-6');
const responses = cacheRules('openai-responses', 'gpt-6.1-sol');

function anthropicSample(random: Random): Sample {
  const body = randomMessagesBody(random);
  return {
    blocks: anthropicPrefixBlocks(body),
    rules: anthropic,
    lifetimes: ['5m', '1h'],
    checkPlaced: (marks) => checkBody(body, placeMarks(body, marks), marks, anthropicPrefixBlocks, 'cache_control'),
  };
}

function openaiSample(random: Random): Sample {
  if (random.upTo(1) === 0) {
    const body = randomChatBody(random);
    const blocksOf = (of: unknown) => chatPrefixBlocks(of, chat);
    const place = (marks: readonly PlannedMark[]) => placeChatMarks(body, marks, chat);
    const checkPlaced = (marks: readonly PlannedMark[]) => checkOpenAI(body, place(marks), marks, blocksOf);
    return { blocks: blocksOf(body), rules: chat, lifetimes: ['30m'], checkPlaced };
  }
  const body = randomResponsesBody(random);
  const place = (marks: readonly PlannedMark[]) => placeResponsesMarks(body, marks, responses);
  const checkPlaced = (marks: readonly PlannedMark[]) => checkOpenAI(body, place(marks), marks, responsesPrefixBlocks);
  return { blocks: responsesPrefixBlocks(body), rules: responses, lifetimes: ['30m', '12h'], checkPlaced };
}

test.each([
  ['anthropic', anthropicSample, brokenAnthropicRule],
  ['openai', openaiSample, brokenOpenAIRule],
] as const)(
  'no plan for any of 100 000 requests breaks a rule of %s (N-06, P-02, P-06, X-01)',
  (dialect, sampleOf, brokenRule) => {
    const random = seededRandom(1);
    const seen = { full: 0, vendor: 0, rolling: 0, noted: 0, mixed: 0, dropped: 0, raised: 0 };
    for (let run = 0; run < RUNS; run += 1) {
      const { blocks, lifetimes, checkPlaced, ...sample } = sampleOf(random);
      const policy = randomPolicy(random, lifetimes);
      const messageMarks = randomMessageMarks(random, blocks, lifetimes);
      const rules = { ...sample.rules, minimumTokens: random.pick([0, 200, 1024]) };
      const plan = planBreakpoints(blocks, policy, rules, messageMarks);
      const broken =
        brokenRule(blocks, plan, policy, lifetimes) ??
        brokenPromise(blocks, plan, policy, rules.minimumTokens, messageMarks.length);
      if (broken) throw new Error(`${broken}: ${JSON.stringify({ policy, plan, messageMarks, blocks })}`);
      seen.full += Number(plan.marks.length === 4);
      seen.vendor += Number(plan.marks.some(({ isVendorPlaced }) => isVendorPlaced));
      seen.rolling += Number(plan.marks.some(({ reason }) => reason.includes('too far back')));
      seen.noted += Number(plan.notes.length > 0);
      seen.mixed += Number(new Set(plan.marks.map(({ lifetime }) => lifetime)).size > 1);
      seen.dropped += Number(plan.notes.some(({ cause }) => cause === 'too-many'));
      seen.raised += Number(plan.notes.some(({ cause }) => cause === 'lifetime-order'));
      // Dearer to check, and the same code every time.
      if (run % 50 !== 0) continue;
      checkPlaced(plan.marks);
      expect(planBreakpoints(blocks, policy, rules, messageMarks)).toEqual(plan);
    }
    const { raised, ...others } = seen;
    for (const [kind, count] of Object.entries(others)) expect(count, kind).toBeGreaterThan(500);
    expect(raised > 500).toBe(dialect === 'anthropic');
  },
  60_000,
);

/** Anthropic's rules in the vendor's words. */
function brokenAnthropicRule(blocks: readonly PrefixBlock[], { marks }: BreakpointPlan): string | undefined {
  if (marks.length > 4) return 'more than four marks, the flag counted';
  let before = -1;
  let isLate = false;
  for (const { blockIndex, path, lifetime } of marks) {
    const block = blocks[blockIndex];
    if (blockIndex <= before) return 'out of order, or two marks on a block';
    before = blockIndex;
    if (!block || (path !== block.path && path !== TOP_LEVEL_FLAG)) return 'a mark on no block';
    if (block.kind.includes('thinking') || block.text === '{"type":"text","text":""}') return 'a block that takes none';
    if (lifetime !== '5m' && lifetime !== '1h') return 'a lifetime that is not sold';
    if (isLate && lifetime === '1h') return '1h behind 5m';
    isLate ||= lifetime === '5m';
  }
  return undefined;
}

const TAKES_MARK =
  /"type":"(?:input_text|input_image|input_file|text|image_url|input_audio|file)"|"(?:content|output)":"[^"]/;

const EMPTY = /"(?:text|content|output)":""/;

/** OpenAI's rules in the vendor's words. */
function brokenOpenAIRule(
  blocks: readonly PrefixBlock[],
  { marks }: BreakpointPlan,
  policy: CachePolicy,
  lifetimes: readonly string[],
): string | undefined {
  if (marks.length > 4) return 'more than four marks, the implicit one counted';
  const own = marks.filter(({ path }) => path === IMPLICIT_MARK);
  if (own.length !== Number(policy === 'auto' || policy === 'automatic')) return 'implicit mode against the policy';
  let before = -1;
  for (const { blockIndex, path, lifetime } of marks.slice(0, marks.length - own.length)) {
    const block = blocks[blockIndex];
    if (blockIndex <= before) return 'out of order, or two marks on a block';
    before = blockIndex;
    if (path !== block?.path) return 'a mark on no block';
    if (block.role === 'assistant' || block.role === 'tool') return 'a mark on an answer or a tool';
    if (!TAKES_MARK.test(block.text) || EMPTY.test(block.text)) return 'a part that takes none';
    if (!lifetimes.includes(lifetime)) return 'a lifetime that is not sold';
  }
  return undefined;
}

/** What the planner promises of every dialect. */
function brokenPromise(
  blocks: readonly PrefixBlock[],
  { marks, notes }: BreakpointPlan,
  policy: CachePolicy,
  minimumTokens: number,
  messageMarkCount: number,
): string | undefined {
  if (marks.some(({ reason }) => reason === '')) return 'no reason';
  const first = marks.find(({ path }) => path !== IMPLICIT_MARK);
  if (first && isShort(blocks.slice(0, first.blockIndex + 1), minimumTokens)) return 'surely below the minimum';
  if (notes.some(({ message }) => message === '')) return 'an empty note';
  if (new Set(notes.map(({ message }) => message)).size < notes.length && typeof policy !== 'object') {
    return 'a note said twice';
  }
  const asksNothing = policy === 'auto' || (typeof policy === 'object' && policy.breakpoints.length === 0);
  if (marks.length === 0 && notes.length === 0 && !(asksNothing && messageMarkCount === 0)) {
    return 'nothing placed and nothing said';
  }
  return undefined;
}

/** A picture or a file may be more tokens than bytes. */
function isShort(blocks: readonly PrefixBlock[], minimumTokens: number): boolean {
  if (blocks.some(({ text }) => /"type":"(?:input_)?(?:image|audio|file)/.test(text))) return false;
  return blocks.reduce((bytes, { text }) => bytes + Buffer.byteLength(text), 0) < minimumTokens;
}

/** What up to three messages ask for; the planner does not care where a message begins. */
function randomMessageMarks(
  random: Random,
  blocks: readonly PrefixBlock[],
  lifetimes: readonly [MarkLifetime, ...MarkLifetime[]],
): readonly RequestedMark[] {
  if (random.upTo(2) > 0) return [];
  return Array.from({ length: 1 + random.upTo(2) }, (_, index) => {
    const blockIndex = random.upTo(blocks.length - 1);
    const asked = `messages[${index}]`;
    const { markable = false, text = '' } = blocks[blockIndex] ?? {};
    if (!markable || text.includes('"text":""')) return { asked, missing: 'no-block', detail: 'none of its blocks' };
    return { asked, blockIndex, reason: 'it asks', ttl: random.pick(lifetimes) };
  });
}

function checkOpenAI(
  body: object,
  marked: object,
  marks: readonly PlannedMark[],
  blocksOf: (body: unknown) => readonly PrefixBlock[],
): void {
  const onParts = marks.filter(({ path }) => path !== IMPLICIT_MARK);
  checkBody(body, marked, onParts, blocksOf, 'prompt_cache_breakpoint');
  expect(JSON.stringify(marked).includes('prompt_cache_options')).toBe(onParts.length === marks.length);
}

/** The marks are there, the body is untouched, and the prompt is the same. */
function checkBody(
  body: object,
  marked: object,
  marks: readonly PlannedMark[],
  blocksOf: (body: unknown) => readonly PrefixBlock[],
  field: string,
): void {
  const plain = JSON.stringify(body);
  expect(plain).not.toContain(field);
  expect(prefixHashes(blocksOf(marked))).toEqual(prefixHashes(blocksOf(body)));
  expect(JSON.stringify(marked).split(`"${field}"`)).toHaveLength(marks.length + 1);
}
