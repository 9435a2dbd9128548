import {
  type CachedRequest,
  type CacheMark,
  type CacheRules,
  type CacheState,
  cacheRules,
  EMPTY_CACHE,
  type PrefixBlock,
  prefixHashes,
  serveFromCache,
} from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../providers/test/support/random.ts';

const MINUTE_MS = 60_000;

const FAMILIES: readonly (readonly [name: string, rules: CacheRules])[] = [
  ['Anthropic', cacheRules('anthropic', 'claude-sonnet-4-6')],
  ['OpenAI before 5.6', cacheRules('openai-chat', 'gpt-5')],
  ['OpenAI from 5.6 on', cacheRules('openai-responses', 'gpt-6.1-sol')],
  ['DeepSeek', cacheRules('openai-chat', 'deepseek-chat')],
  ['Gemini', cacheRules('openai-chat', 'gemini-2.5-flash')],
  ['Ollama', cacheRules('ollama', 'llama3.1')],
];

interface Block {
  readonly text: string;
  readonly tokens: number;
  readonly kind: string;
}

describe.each(FAMILIES)('any session with %s', (_name, rules) => {
  test('every token of a prompt is in one part (I1)', () => {
    // 100 000 sessions over the six families.
    for (let seed = 0; seed < 16_667; seed += 1) {
      for (const { request, verdict } of session(seed, rules)) {
        const parts = [verdict.fresh, verdict.read, ...Object.values(verdict.written)];
        const isWhole = parts.every((tokens) => Number.isInteger(tokens) && tokens >= 0);
        if (!isWhole || sum(parts) !== promptTokens(request)) expect({ seed, parts }).toBe(promptTokens(request));
      }
    }
  }, 60_000);

  test('no more is read than one entry that was written and is alive holds (M1, M2)', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      for (const { request, verdict, before } of session(seed, rules)) {
        const held = request.blocks.map(({ hash }) => {
          const entry = before.get(hash);
          return entry && entry.expiresAt > request.at ? entry.tokens : 0;
        });
        expect(verdict.read, `seed ${seed}`).toBeLessThanOrEqual(Math.max(0, ...held));
      }
    }
  });

  test('serving a request never shortens the life of what is alive, but in a loaded model with one place', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      for (const { request, verdict, before } of session(seed, rules)) {
        for (const [hash, { expiresAt, readableAt = 0 }] of before) {
          if (expiresAt <= request.at || rules.remembers === 'last-request') continue;
          const after = verdict.state.get(hash);
          expect(after?.expiresAt ?? 0, `seed ${seed}`).toBeGreaterThanOrEqual(expiresAt);
          expect(after?.readableAt ?? 0, `seed ${seed}`).toBeLessThanOrEqual(readableAt);
        }
      }
    }
  });

  test('what is asked for and not read has a reason, and its facts are true', () => {
    for (let seed = 0; seed < 2000; seed += 1) {
      for (const { request, verdict, before } of session(seed, rules)) {
        if (request.blocks.length > 0 && verdict.read === 0) expect(verdict.reasons, `seed ${seed}`).not.toEqual([]);
        for (const reason of verdict.reasons) {
          if (reason.why === 'cold' || !('blockIndex' in reason)) continue;
          const entry = before.get(request.blocks[reason.blockIndex ?? -1]?.hash ?? '');
          expect(entry?.tokens, `seed ${seed}`).toBe(reason.tokens);
          const isDead = (entry?.expiresAt ?? 0) <= request.at;
          if (reason.why === 'expired' || reason.why === 'replaced') expect(isDead, `seed ${seed}`).toBe(true);
          expect(reason.tokens).toBeGreaterThan(verdict.read - rules.stepTokens);
        }
      }
    }
  });
});

test.each(FAMILIES)(
  'one byte flipped before a mark ends the reads at the last mark before it: %s (L-72)',
  (_name, rules) => {
    for (let seed = 0; seed < 1000; seed += 1) {
      const random = seededRandom(seed);
      const blocks = randomBlocks(random, 1 + random.upTo(14));
      const marks = rules.dialect === 'none' ? [] : randomMarks(random, blocks.length, rules);
      const changed = random.upTo(blocks.length - 1);
      const flipped = blocks.map((block, index) =>
        index === changed ? { ...block, text: flipBit(block.text, random) } : block,
      );
      const at = rules.settlesAfterMs;
      const { state } = serveFromCache(EMPTY_CACHE, cachedRequest(blocks, marks, 0), rules);
      const { read } = serveFromCache(state, cachedRequest(flipped, marks, at), rules);
      expect(read, `seed ${seed}`).toBe(unchangedRead(blocks, marks, changed, rules));
    }
  },
);

/** What is left to read of a prefix whose block `changed` is another: in whole steps, or up to the last mark that counts. */
function unchangedRead(
  blocks: readonly Block[],
  marks: readonly CacheMark[],
  changed: number,
  rules: CacheRules,
): number {
  const end = (index: number) => sum(blocks.slice(0, index + 1).map(({ tokens }) => tokens));
  if (rules.dialect === 'none') {
    const whole = Math.floor(end(changed - 1) / rules.stepTokens) * rules.stepTokens;
    return whole >= rules.minimumTokens ? whole : 0;
  }
  const ends = marks.filter(({ blockIndex }) => blockIndex < changed).map(({ blockIndex }) => end(blockIndex));
  return Math.max(0, ...ends.filter((tokens) => tokens >= rules.minimumTokens));
}

/** A session of a few requests that grow, branch, change and wait. */
function* session(seed: number, rules: CacheRules) {
  const random = seededRandom(seed);
  let state: CacheState = EMPTY_CACHE;
  let history: readonly Block[] = [];
  let at = 0;
  for (let turn = random.upTo(5); turn >= 0; turn -= 1) {
    // Now and then a request that began earlier is served later.
    at = Math.max(0, at + random.pick([0, 1000, 6000, 4 * MINUTE_MS, 6 * MINUTE_MS, 90 * MINUTE_MS, -2 * MINUTE_MS]));
    const kept = history.slice(0, Math.max(0, history.length - random.pick([0, 0, 0, 1, 3, 99])));
    history = [...kept, ...randomBlocks(random, random.upTo(5))];
    const before = state;
    const request = cachedRequest(
      history,
      randomMarks(random, history.length, rules),
      at,
      random.pick([undefined, '1h', 0, -1]),
    );
    const verdict = serveFromCache(before, request, rules);
    state = verdict.state;
    yield { request, verdict, before };
  }
}

/** Equal texts are blocks of equal size and kind. */
function randomBlocks(random: Random, count: number): readonly Block[] {
  return Array.from({ length: count }, () => {
    const pick = random.upTo(11);
    const kind = ['text', 'tool_use', 'tool_result'][pick % 3] ?? 'text';
    return { text: `text ${pick}`, tokens: 50 + 83 * pick, kind };
  });
}

/** Up to four marks in order, the longer lifetimes first. */
function randomMarks(random: Random, length: number, { lifetimes }: CacheRules): readonly CacheMark[] {
  if (length === 0) return [];
  const indexes = new Set(Array.from({ length: random.upTo(4) }, () => random.upTo(length - 1)));
  const long = random.upTo(4);
  return [...indexes]
    .toSorted((a, b) => a - b)
    .map((blockIndex, order) => ({
      blockIndex,
      lifetime: (order < long ? lifetimes.at(-1) : lifetimes[0]) ?? 'unknown',
    }));
}

function cachedRequest(
  blocks: readonly Block[],
  marks: readonly CacheMark[],
  at: number,
  keepAlive?: unknown,
): CachedRequest {
  const prefix = blocks.map(({ text, kind }): PrefixBlock => ({ path: '', role: 'user', kind, text, markable: true }));
  const hashes = prefixHashes(prefix);
  const sized = blocks.map(({ kind, tokens }, index) => ({ hash: hashes[index] ?? '', kind, tokens }));
  return { at, marks, keepAlive, blocks: sized };
}

function flipBit(text: string, random: Random): string {
  const bytes = Buffer.from(text);
  const index = random.upTo(bytes.length - 1);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << random.upTo(6));
  return bytes.toString();
}

function promptTokens({ blocks }: CachedRequest): number {
  return sum(blocks.map(({ tokens }) => tokens));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
