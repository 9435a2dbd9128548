import { type CacheState, type CacheVerdict, EMPTY_CACHE, serveFromCache } from '@reprise/providers';
import { expect, test } from 'vitest';
import { describeWithCorpus } from '../../providers/test/support/corpus.ts';
import { type RecordedRequest, recordedConversations } from './support/recorded-conversations.ts';

const BILLING_HEADER =
  "The client's first system block is a billing header that differs from request to request; the vendor leaves it out of the prompt.";
const SERVER_TOOLS =
  'The vendor asked its model again for each tool it ran itself: counts are sums over several prompts.';
const COMPACTION = 'The vendor has replaced the older messages by its summary of them.';
const DROPPED_THINKING = "The model's template leaves the thinking of earlier answers out of the prompt.";
const MANTLE =
  'This host counts what it might have written, from a few tokens on, and never a read; it documents no cache for these models.';

/**
 * What contradicts the model in real conversations, and why it does not count against it. The list is exact: a reason that has gone, or a
 * contradiction that has come, fails.
 */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'anthropic-claude-haiku-4-5-sse-3c0fddf0': BILLING_HEADER,
  'anthropic-claude-haiku-4-5-sse-a48a426c': BILLING_HEADER,
  'anthropic-claude-haiku-4-5-sse-ce8450ba': BILLING_HEADER,
  'openai-responses-openai-gpt-4-1-json-0b1073d5': COMPACTION,
  'openai-responses-openai-gpt-4-1-sse-8e80baac': COMPACTION,
  'openai-chat-ollama-qwen3-sse-1d9b4b30': DROPPED_THINKING,
  'openai-chat-ollama-qwen3-sse-d2c6e1a6': DROPPED_THINKING,
  'openai-responses-bedrock-mantle-openai-gpt-5-6-luna-json-5e408b4e': MANTLE,
  'openai-responses-bedrock-mantle-openai-gpt-5-6-luna-json-60790848': MANTLE,
  'openai-responses-bedrock-mantle-openai-gpt-5-6-luna-json-669486df': MANTLE,
  'openai-responses-bedrock-mantle-openai-gpt-5-6-luna-json-f103e797': MANTLE,
  'openai-responses-bedrock-mantle-openai-gpt-5-6-luna-sse-9ab6aad2': MANTLE,
  'anthropic-claude-haiku-4-5-json-c059c9d2': SERVER_TOOLS,
  'anthropic-claude-haiku-4-5-sse-d7ac722b': SERVER_TOOLS,
  'anthropic-claude-sonnet-4-0-json-9461e710': SERVER_TOOLS,
  'anthropic-claude-sonnet-4-0-sse-2412c81d': SERVER_TOOLS,
  'anthropic-claude-sonnet-4-0-sse-c12cdb14': SERVER_TOOLS,
  'anthropic-claude-sonnet-4-5-json-1745df29': SERVER_TOOLS,
  'anthropic-claude-sonnet-4-6-json-53757d8d': SERVER_TOOLS,
  'anthropic-claude-sonnet-5-json-6488a923': SERVER_TOOLS,
  'anthropic-claude-sonnet-5-json-753a2785': SERVER_TOOLS,
  'anthropic-claude-sonnet-5-json-99686a50': SERVER_TOOLS,
  'openai-responses-openai-gpt-5-6-sol-json-9b3c2e70': SERVER_TOOLS,
  'openai-responses-openai-gpt-5-json-46f5a6c6': SERVER_TOOLS,
  'openai-responses-xai-grok-4-3-json-bfc7b0fd': SERVER_TOOLS,
};

describeWithCorpus('recorded conversations, replayed (N-08)', () => {
  const conversations = recordedConversations();
  const steps = conversations.flatMap(replayed);

  test('no conversation contradicts a rule, but for the listed', () => {
    const found = conversations.flatMap(contradictions);
    expect(new Set(found.map(({ id }) => id)), JSON.stringify(found, null, 1)).toEqual(
      new Set(Object.keys(EXCEPTIONS)),
    );
    expect(steps.length).toBeGreaterThan(250);
  });

  test('marked prefixes are read and written to the token', () => {
    const marked = steps.filter(({ request }) => request.rules.dialect !== 'none' && !(request.id in EXCEPTIONS));
    const counted = marked.filter(({ request }) => request.read + request.written > 0);
    expect(marked.length).toBeGreaterThan(60);
    expect(counted.length).toBeGreaterThan(20);
    for (const { request, verdict } of marked) {
      if (request.ranServerTools) continue;
      expect([request.id, verdict.read, sum(verdict.written)]).toEqual([request.id, request.read, request.written]);
    }
  });

  test('each read that the rules leave out is named: nothing is unread without a reason', () => {
    for (const { request, verdict } of steps) {
      const asked = request.rules.dialect === 'none' || request.marks.length > 0;
      if (asked && verdict.read === 0) expect(verdict.reasons, request.id).not.toEqual([]);
      if (request.rules.dialect !== 'none' && !asked) expect(verdict.reasons[0]?.why, request.id).toBe('no-mark');
    }
  });
});

interface Step {
  readonly request: RecordedRequest;
  readonly ends: readonly number[];
  readonly verdict: CacheVerdict;
}

/** What the model makes of a conversation, a second between its requests, when its blocks have the sizes that the counters tell. */
function replayed(conversation: readonly RecordedRequest[]): readonly Step[] {
  const known = new Map<string, number>();
  let state: CacheState = EMPTY_CACHE;
  return conversation.map((request, order) => {
    const ends = calibratedEnds(request, known);
    const blocks = request.blocks.map(({ kind }, index) => ({
      hash: request.hashes[index] ?? '',
      kind,
      tokens: (ends[index] ?? 0) - (ends[index - 1] ?? 0),
    }));
    // What opens the answer is a few tokens of the prompt behind the last message.
    const opening = { hash: request.id, kind: 'opening', tokens: (request.prompt ?? 0) - (ends.at(-1) ?? 0) };
    const all = opening.tokens > 0 ? [...blocks, opening] : blocks;
    if (order === 0) state = warmState(request, ends);
    const verdict = serveFromCache(state, { blocks: all, marks: request.marks, at: order * 1000 }, request.rules);
    state = verdict.state;
    for (const [index, hash] of request.hashes.entries()) known.set(hash, ends[index] ?? 0);
    return { request, ends, verdict };
  });
}

/** What an earlier conversation must have left, where the first request of this one has read something. */
function warmState({ read, hashes, rules }: RecordedRequest, ends: readonly number[]): CacheState {
  const index = ends.indexOf(read);
  const lifetime = rules.lifetimes[0] ?? 'unknown';
  return read === 0 || index === -1
    ? EMPTY_CACHE
    : new Map([[hashes[index] ?? '', { tokens: read, lifetime, expiresAt: Number.MAX_SAFE_INTEGER }]]);
}

/** Where each block ends: what earlier requests and this one's own counters tell, and between those in proportion to the estimates. */
function calibratedEnds(request: RecordedRequest, known: ReadonlyMap<string, number>): readonly number[] {
  const { estimates, hashes, prompt } = request;
  const anchors = new Map<number, number>();
  for (const [index, hash] of hashes.entries()) {
    const end = known.get(hash);
    if (end !== undefined) anchors.set(index, end);
  }
  if (prompt !== undefined) anchors.set(hashes.length - 1, prompt);
  for (const [index, end] of countedEnds(request, known.size === 0)) anchors.set(index, end);
  const ends: number[] = [];
  let from = { index: -1, end: 0 };
  for (const [index, end] of [...anchors].toSorted(([a], [b]) => a - b)) {
    const between = estimates.slice(from.index + 1, index + 1);
    const total = between.reduce((sum, tokens) => sum + tokens, 0);
    let passed = 0;
    for (const tokens of between) {
      passed += tokens;
      ends.push(from.end + Math.round(((end - from.end) * passed) / Math.max(1, total)));
    }
    from = { index, end };
  }
  return ends;
}

/** The prefixes whose length the counters of a marked request tell: what was read and written ends with the last mark. */
function countedEnds(
  { marks, estimates, read, written }: RecordedRequest,
  isFirst: boolean,
): readonly [number, number][] {
  const last = Math.max(-1, ...marks.map(({ blockIndex }) => blockIndex));
  if (last === -1 || read + written === 0) return [];
  if (!isFirst || read === 0 || written === 0) return [[last, read + written]];
  const sizes = estimates.map((_, index) => estimates.slice(0, index + 1).reduce((sum, tokens) => sum + tokens, 0));
  const expected = ((sizes[last] ?? 0) * read) / (read + written);
  const distance = (index: number) => Math.abs((sizes[index] ?? 0) - expected);
  const candidates = marks.filter(({ blockIndex }) => blockIndex < last).map(({ blockIndex }) => blockIndex);
  const readIndex = candidates.toSorted((a, b) => distance(a) - distance(b))[0];
  return [...(readIndex === undefined ? [] : [[readIndex, read] as [number, number]]), [last, read + written]];
}

interface Contradiction {
  readonly id: string;
  readonly rule: string;
}

function contradictions(conversation: readonly RecordedRequest[]): readonly Contradiction[] {
  return replayed(conversation).flatMap((step, order) => {
    const { id } = step.request;
    const before = order === 0 ? undefined : conversation[order - 1];
    const broken = [...brokenCounts(step.request), ...brokenReplay(step, before)];
    return broken.map((rule) => ({ id, rule }));
  });
}

/** Rules that the counters of one response keep or break. */
function brokenCounts({ read, written, rules, marks, prompt }: RecordedRequest): readonly string[] {
  const isMarked = rules.dialect !== 'none';
  return [
    ...(read % rules.stepTokens === 0 ? [] : ['a read is a whole number of steps']),
    ...(read === 0 || read >= rules.minimumTokens ? [] : ['a read is not below the minimum']),
    ...(written === 0 || read + written >= rules.minimumTokens ? [] : ['a written prefix is not below the minimum']),
    ...(isMarked || written === 0 ? [] : ['writes are not counted']),
    ...(!isMarked || marks.length > 0 || read + written === 0 ? [] : ['without a mark nothing is cached']),
    ...(prompt === undefined || read <= prompt ? [] : ['no more is read than was asked']),
  ];
}

/** Rules about a request and those before it. `before` is the request before it, if there was one. */
function brokenReplay({ request, ends, verdict }: Step, before: RecordedRequest | undefined): readonly string[] {
  const { read, written, rules } = request;
  const isShrunk = ends.some((end, index) => end < (ends[index - 1] ?? 0));
  const disagreement = isShrunk ? ['equal prefixes are equally long'] : [];
  if (before === undefined) return disagreement;
  if (rules.dialect === 'none') {
    // The answer is kept as well: OpenAI's and DeepSeek's reads reach into it.
    const said = before.prompt === undefined ? Number.POSITIVE_INFINITY : before.prompt + before.output;
    return [...disagreement, ...(read <= said ? [] : ['no more is read than was said'])];
  }
  const isSame = read === verdict.read && written === sum(verdict.written);
  const counted = `${verdict.read} read and ${sum(verdict.written)} written, not ${read} and ${written}`;
  return [...disagreement, ...(isSame ? [] : [counted])];
}

function sum(counts: CacheVerdict['written']): number {
  return Object.values(counts).reduce((total, tokens) => total + tokens, 0);
}
