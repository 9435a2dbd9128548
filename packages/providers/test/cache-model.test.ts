import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CachedRequest, type CacheState, EMPTY_CACHE, serveFromCache } from '../src/cache/cache-model.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';

const MINUTE_MS = 60_000;
const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');
const openai = cacheRules('openai-chat', 'gpt-5');
const ollama = cacheRules('ollama', 'llama3');

interface SizedBlock {
  readonly text: string;
  readonly tokens: number;
  readonly kind?: string;
}

type Mark = CachedRequest['marks'][number];

function cachedRequest(blocks: readonly SizedBlock[], marks: readonly Mark[] = [], at = 0): CachedRequest {
  const prefix = blocks.map(
    ({ text, kind = 'text' }, index): PrefixBlock => ({ path: `b${index}`, role: 'user', kind, text, markable: true }),
  );
  const hashes = prefixHashes(prefix);
  return {
    at,
    marks,
    blocks: blocks.map(({ tokens, kind = 'text' }, index) => ({ hash: hashes[index] ?? '', kind, tokens })),
  };
}

const fiveMinutes = (blockIndex: number): Mark => ({ blockIndex, lifetime: '5m' });
const oneHour = (blockIndex: number): Mark => ({ blockIndex, lifetime: '1h' });

/** Serves requests one after another and gives the last verdict. */
function serveAll(rules: CacheRules, ...requests: readonly CachedRequest[]) {
  let state: CacheState = EMPTY_CACHE;
  const verdicts = requests.map((request) => {
    const verdict = serveFromCache(state, request, rules);
    state = verdict.state;
    return verdict;
  });
  return verdicts.at(-1) ?? serveFromCache(state, cachedRequest([]), rules);
}

function sum(values: Iterable<number | undefined>): number {
  let total = 0;
  for (const value of values) total += value ?? 0;
  return total;
}

const sizedBlock = fc.record({
  text: fc.string({ minLength: 1, maxLength: 12 }),
  tokens: fc.integer({ min: 1, max: 900 }),
  kind: fc.constantFrom('text', 'tool_use', 'tool_result'),
});
const sizedBlocks = fc.array(sizedBlock, { minLength: 1, maxLength: 30, size: 'max' });

/** Up to four marks on blocks of a list, 1 h before 5 m as the vendor demands. */
function marksOn(length: number) {
  return fc
    .tuple(fc.uniqueArray(fc.nat({ max: length - 1 }), { maxLength: 4 }), fc.nat({ max: 4 }))
    .map(([indexes, long]) =>
      indexes.toSorted((a, b) => a - b).map((index, order) => (order < long ? oneHour(index) : fiveMinutes(index))),
    );
}

const markedBlocks = sizedBlocks.chain((blocks) => fc.tuple(fc.constant(blocks), marksOn(blocks.length)));

describe('explicit caches', () => {
  const long = [
    { text: 'tools', tokens: 2000 },
    { text: 'question', tokens: 100 },
  ];

  test('the first request writes up to its last mark, and the same one again reads exactly that', () => {
    const first = serveAll(anthropic, cachedRequest(long, [fiveMinutes(0)]));
    expect(first).toMatchObject({ fresh: 100, read: 0, written: { '5m': 2000 } });
    const again = serveAll(anthropic, cachedRequest(long, [fiveMinutes(0)]), cachedRequest(long, [fiveMinutes(0)]));
    expect(again).toMatchObject({ fresh: 100, read: 2000, written: {} });
  });

  test('without a mark nothing is written, and nothing written is read', () => {
    const verdict = serveAll(anthropic, cachedRequest(long, [fiveMinutes(1)]), cachedRequest(long));
    expect(verdict).toMatchObject({ fresh: 2100, read: 0, written: {} });
  });

  test('a prefix below the minimum is neither written nor read', () => {
    const short = [{ text: 'short', tokens: 1023 }];
    const verdict = serveAll(anthropic, cachedRequest(short, [fiveMinutes(0)]), cachedRequest(short, [fiveMinutes(0)]));
    expect(verdict).toMatchObject({ fresh: 1023, read: 0, written: {} });
    expect(verdict.state.size).toBe(0);
    const enough = [{ text: 'enough', tokens: 1024 }];
    expect(serveAll(anthropic, cachedRequest(enough, [fiveMinutes(0)])).written).toEqual({ '5m': 1024 });
  });

  test('each mark writes what the one before it did not, under its own lifetime', () => {
    const verdict = serveAll(anthropic, cachedRequest(long, [oneHour(0), fiveMinutes(1)]));
    expect(verdict).toMatchObject({ fresh: 0, read: 0, written: { '1h': 2000, '5m': 100 } });
  });

  test.each([
    ['5m', 5 * MINUTE_MS],
    ['1h', 60 * MINUTE_MS],
  ] as const)('an entry of %s is alive until its lifetime has passed', (lifetime, lifetimeMs) => {
    const at = (ms: number) => cachedRequest(long, [{ blockIndex: 0, lifetime }], ms);
    expect(serveAll(anthropic, at(0), at(lifetimeMs - 1)).read).toBe(2000);
    expect(serveAll(anthropic, at(0), at(lifetimeMs))).toMatchObject({ read: 0, written: { [lifetime]: 2000 } });
  });

  test('a read renews an entry for its whole lifetime', () => {
    const at = (ms: number) => cachedRequest(long, [fiveMinutes(0)], ms);
    expect(serveAll(anthropic, at(0), at(4 * MINUTE_MS), at(8 * MINUTE_MS)).read).toBe(2000);
    expect(serveAll(anthropic, at(0), at(4 * MINUTE_MS), at(9 * MINUTE_MS)).read).toBe(0);
  });

  test('a request that began earlier but is served later does not shorten what a newer one renewed', () => {
    const at = (ms: number) => cachedRequest(long, [fiveMinutes(0)], ms);
    expect(serveAll(anthropic, at(0), at(4 * MINUTE_MS), at(1 * MINUTE_MS), at(8 * MINUTE_MS)).read).toBe(2000);
  });

  test('a mark finds an entry 19 positions before it and none further back', () => {
    const withTail = (tail: number, kind: string) => [
      { text: 'kept', tokens: 2000 },
      ...Array.from({ length: tail }, (_, index) => ({ text: `tail ${index}`, tokens: 1, kind })),
    ];
    const readBehind = (tail: number, kind = 'text') =>
      serveAll(
        anthropic,
        cachedRequest([{ text: 'kept', tokens: 2000 }], [fiveMinutes(0)]),
        cachedRequest(withTail(tail, kind), [fiveMinutes(tail)]),
      ).read;
    expect(readBehind(19)).toBe(2000);
    expect(readBehind(20)).toBe(0);
    // A run of calls is one position.
    expect(readBehind(60, 'tool_use')).toBe(2000);
  });

  test('one changed character ends every read at the last mark before it (D-19, L-72)', () => {
    fc.assert(
      fc.property(markedBlocks, fc.nat(), fc.nat(), ([blocks, marks], blockPick, characterPick) => {
        const changed = blockPick % blocks.length;
        const flipped = blocks.map((block, index) =>
          index === changed ? { ...block, text: flipCharacter(block.text, characterPick) } : block,
        );
        const verdict = serveAll(anthropic, cachedRequest(blocks, marks), cachedRequest(flipped, marks));
        const lengths = marks
          .filter((mark) => mark.blockIndex < changed)
          .map((mark) => sum(blocks.slice(0, mark.blockIndex + 1).map((block) => block.tokens)))
          .filter((tokens) => tokens >= anthropic.minimumTokens);
        expect(verdict.read).toBe(Math.max(0, ...lengths));
      }),
    );
  });

  test('the same request again reads all that was written and writes nothing (L-71)', () => {
    fc.assert(
      fc.property(markedBlocks, ([blocks, marks]) => {
        const request = cachedRequest(blocks, marks);
        const first = serveAll(anthropic, request);
        const second = serveAll(anthropic, request, request);
        expect(second.written).toEqual({});
        expect(second.read).toBe(sum(Object.values(first.written)));
      }),
    );
  });
});

describe('implicit caches', () => {
  const blocks = [
    { text: 'system', tokens: 1000 },
    { text: 'question', tokens: 333 },
  ];
  const longer = [...blocks, { text: 'answer', tokens: 77 }];

  test('OpenAI reads the known prefix in whole steps of 128 tokens', () => {
    const verdict = serveAll(openai, cachedRequest(blocks), cachedRequest(longer));
    expect(verdict).toMatchObject({ read: 1280, fresh: 1410 - 1280, written: {} });
  });

  test('OpenAI reads nothing below 1 024 tokens', () => {
    const atSize = (tokens: number) => {
      const request = cachedRequest([{ text: 'x', tokens }]);
      return serveAll(openai, request, request).read;
    };
    expect(atSize(1023)).toBe(0);
    expect(atSize(1024)).toBe(1024);
  });

  test('OpenAI keeps conversations side by side, Ollama only the last one', () => {
    const other = [{ text: 'another conversation', tokens: 2000 }];
    const back = [cachedRequest(blocks), cachedRequest(other), cachedRequest(longer)];
    expect(serveAll(openai, ...back).read).toBe(1280);
    expect(serveAll(ollama, ...back).read).toBe(0);
    expect(serveAll(ollama, cachedRequest(blocks), cachedRequest(longer)).read).toBe(1333);
  });

  test('an idle entry dies after five minutes', () => {
    for (const rules of [openai, ollama]) {
      expect(serveAll(rules, cachedRequest(blocks), cachedRequest(blocks, [], 5 * MINUTE_MS)).read).toBe(0);
    }
  });

  test('one changed character ends the read before its block', () => {
    fc.assert(
      fc.property(sizedBlocks, fc.nat(), fc.nat(), (original, blockPick, characterPick) => {
        const changed = blockPick % original.length;
        const flipped = original.map((block, index) =>
          index === changed ? { ...block, text: flipCharacter(block.text, characterPick) } : block,
        );
        const verdict = serveAll(ollama, cachedRequest(original), cachedRequest(flipped));
        expect(verdict.read).toBe(sum(original.slice(0, changed).map((block) => block.tokens)));
      }),
    );
  });
});

test.each([
  ['anthropic', anthropic],
  ['openai-chat', openai],
  ['ollama', ollama],
])('totals close over any session: %s', (_family, rules) => {
  const requests = fc.array(fc.tuple(markedBlocks, fc.nat({ max: 10 * MINUTE_MS }), fc.boolean(), fc.nat({ max: 5 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(requests, (steps) => {
      let state: CacheState = EMPTY_CACHE;
      let at = 0;
      let history: readonly SizedBlock[] = [];
      for (const [[blocks, marks], pauseMs, continues, dropped] of steps) {
        at += pauseMs;
        const kept = continues ? history.slice(0, Math.max(0, history.length - dropped)) : [];
        history = [...kept, ...blocks];
        const shifted = marks.map((mark) => ({ ...mark, blockIndex: mark.blockIndex + kept.length }));
        const verdict = serveFromCache(state, cachedRequest(history, shifted, at), rules);
        const parts = [verdict.fresh, verdict.read, ...Object.values(verdict.written)];
        expect(parts.every((tokens) => Number.isInteger(tokens) && tokens >= 0)).toBe(true);
        expect(sum(parts)).toBe(sum(history.map((block) => block.tokens)));
        state = verdict.state;
      }
    }),
  );
});

test('a request of no blocks costs nothing', () => {
  for (const rules of [anthropic, openai, ollama]) {
    expect(serveAll(rules, cachedRequest([]))).toMatchObject({ fresh: 0, read: 0, written: {} });
  }
});

test.each([
  ['claude-sonnet-5', 1024],
  ['claude-sonnet-5-20260203', 1024],
  ['claude-sonnet-5-5', 512],
  ['claude-sonnet-5-5-20261001', 512],
  ['claude-opus-5', 512],
  ['claude-fable-5-2', 512],
  ['claude-opus-4-8', 1024],
  ['claude-opus-4-7', 2048],
  ['claude-opus-4-6', 4096],
  ['claude-haiku-4-5-20251001', 4096],
])('the minimum of %s is %i tokens', (model, minimumTokens) => {
  expect(cacheRules('anthropic', model).minimumTokens).toBe(minimumTokens);
});

/** The text with one character replaced by another. */
function flipCharacter(text: string, pick: number): string {
  const index = pick % text.length;
  const replacement = text[index] === 'x' ? 'y' : 'x';
  return text.slice(0, index) + replacement + text.slice(index + 1);
}
