import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CachedRequest,
  type CacheMark,
  type CacheState,
  EMPTY_CACHE,
  serveFromCache,
} from '../src/cache/cache-model.ts';
import { cacheRules } from '../src/cache/family-rules.ts';

// OpenAI from GPT-5.6 on, as its prompt-caching guide and the types of `openai` 7.55 have it.
const MINUTE_MS = 60_000;
const rules = cacheRules('openai-responses', 'gpt-6.1-sol');

const explicit = (blockIndex: number, lifetime: '30m' | '12h' = '30m'): CacheMark => ({ blockIndex, lifetime });
const implicit = (blockIndex: number): CacheMark => ({ blockIndex, lifetime: '30m', isVendorPlaced: true });

/** A request of blocks of the same size; equal texts up to a block are an equal prefix. */
function cachedRequest(texts: readonly string[], marks: readonly CacheMark[], at = 0, tokens = 1024): CachedRequest {
  const blocks = texts.map((_, index) => ({ hash: texts.slice(0, index + 1).join('/'), kind: 'text', tokens }));
  return { at, marks, blocks };
}

/** Serves requests one after another and gives the last verdict. */
function serveAll(...requests: readonly CachedRequest[]) {
  let state: CacheState = EMPTY_CACHE;
  let verdict = serveFromCache(state, cachedRequest([], []), rules);
  for (const request of requests) {
    verdict = serveFromCache(state, request, rules);
    state = verdict.state;
  }
  return verdict;
}

describe('a cache with marks of both sides (P-01, P-02)', () => {
  const first = ['system', 'question'];
  const second = [...first, 'answer', 'more'];

  test('what is marked is written, and read only where a mark stands again', () => {
    expect(serveAll(cachedRequest(first, [explicit(1)]))).toMatchObject({
      fresh: 0,
      read: 0,
      written: { '30m': 2048 },
    });
    const before = cachedRequest(first, [explicit(1)]);
    expect(serveAll(before, cachedRequest(second, [explicit(3)])).read).toBe(0);
    expect(serveAll(before, cachedRequest(second, [explicit(1), explicit(3)]))).toMatchObject({
      read: 2048,
      written: { '30m': 2048 },
    });
  });

  test('without any mark nothing is read and nothing written', () => {
    const before = cachedRequest(first, [implicit(1)]);
    expect(serveAll(before, cachedRequest(first, []))).toMatchObject({ fresh: 2048, read: 0, written: {} });
  });

  test('the own mark of the vendor finds an earlier end by itself, but not any distance back', () => {
    const before = cachedRequest(first, [implicit(1)]);
    expect(serveAll(before, cachedRequest(second, [implicit(3)]))).toMatchObject({
      read: 2048,
      written: { '30m': 2048 },
    });
    const far = [...first, ...Array.from({ length: 20 }, (_, index) => `result ${index}`)];
    expect(serveAll(before, cachedRequest(far, [implicit(far.length - 1)])).read).toBe(0);
    expect(serveAll(before, cachedRequest(far, [explicit(1), implicit(far.length - 1)])).read).toBe(2048);
  });

  test('a read is exact, from 1 024 tokens on', () => {
    const sized = (tokens: number) => cachedRequest(['a'], [explicit(0)], 0, tokens);
    expect(serveAll(sized(1023), sized(1023))).toMatchObject({ fresh: 1023, read: 0, written: {} });
    expect(serveAll(sized(1151), sized(1151))).toMatchObject({ fresh: 0, read: 1151, written: {} });
  });

  test.each([
    ['30m', 30 * MINUTE_MS],
    ['12h', 720 * MINUTE_MS],
  ] as const)('an entry of %s lives that long after its last use, and is counted by its lifetime', (lifetime, ms) => {
    const at = (time: number) => cachedRequest(first, [explicit(1, lifetime)], time);
    expect(serveAll(at(0)).written).toEqual({ [lifetime]: 2048 });
    expect(serveAll(at(0), at(ms - 1), at(2 * ms - 2)).read).toBe(2048);
    expect(serveAll(at(0), at(ms)).read).toBe(0);
  });

  test('the latest four are written, the own one of the vendor counted; the others are still read', () => {
    const texts = ['a', 'b', 'c', 'd', 'e', 'f'];
    const all = texts.map((_, index) => explicit(index));
    const readsAt = (marks: readonly CacheMark[]) =>
      texts.map(
        (_, index) => serveAll(cachedRequest(texts, marks), cachedRequest(texts, [explicit(index)])).read / 1024,
      );
    expect(readsAt(all)).toEqual([0, 0, 3, 4, 5, 6]);
    expect(readsAt([...all, implicit(5)])).toEqual([0, 0, 0, 4, 5, 6]);
    const onFirst = cachedRequest(texts.slice(0, 1), [explicit(0)]);
    expect(serveAll(onFirst, cachedRequest([...texts.slice(0, 1), 'x', 'y', 'z', 'u', 'v'], all)).read).toBe(1024);
  });

  test('of very many marks the latest eighty are looked at', () => {
    const texts = Array.from({ length: 100 }, (_, index) => `block ${index}`);
    const onFirst = cachedRequest(texts.slice(0, 1), [explicit(0)]);
    const marked = (count: number) => [
      explicit(0),
      ...Array.from({ length: count }, (_, index) => explicit(index + 1)),
    ];
    expect(serveAll(onFirst, cachedRequest(texts, marked(79))).read).toBe(1024);
    expect(serveAll(onFirst, cachedRequest(texts, marked(80))).read).toBe(0);
  });

  test('all tokens are in one part, whatever the session (I1)', () => {
    const step = fc.record({
      length: fc.integer({ min: 1, max: 12 }),
      changed: fc.nat({ max: 12 }),
      marks: fc.array(fc.tuple(fc.nat({ max: 11 }), fc.constantFrom('30m', '12h')), { maxLength: 8 }),
      isImplicit: fc.boolean(),
      at: fc.nat({ max: 1000 * MINUTE_MS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let state: CacheState = EMPTY_CACHE;
        for (const { length, changed, marks, isImplicit, at } of steps) {
          const texts = Array.from({ length }, (_, index) => (index < changed ? 'same' : `${at}`));
          const own = marks.filter(([index]) => index < length).map(([index, lifetime]) => explicit(index, lifetime));
          const verdict = serveFromCache(
            state,
            cachedRequest(texts, [...own, ...(isImplicit ? [implicit(length - 1)] : [])], at, 400),
            rules,
          );
          const parts = [verdict.fresh, verdict.read, ...Object.values(verdict.written)];
          expect(parts.every((tokens) => tokens >= 0)).toBe(true);
          expect(parts.reduce((sum, tokens) => sum + tokens, 0)).toBe(400 * length);
          state = verdict.state;
        }
      }),
    );
  });
});
