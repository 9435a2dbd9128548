import { describe, expect, test } from 'vitest';
import {
  type CachedRequest,
  type CacheMark,
  type CacheState,
  EMPTY_CACHE,
  serveFromCache,
} from '../src/cache/cache-model.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';

const MINUTE_MS = 60_000;
const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');
const openai = cacheRules('openai-chat', 'gpt-5');
const marked = cacheRules('openai-responses', 'gpt-6.1-sol');
const ollama = cacheRules('ollama', 'llama3.1');
const gemini = cacheRules('openai-chat', 'gemini-2.5-flash');

/** A request of equal blocks; equal texts up to a block are an equal prefix. */
function request(
  texts: readonly string[],
  marks: readonly (number | CacheMark)[] = [],
  at = 0,
  tokens = 1000,
): CachedRequest {
  return {
    at,
    marks: marks.map((mark) => (typeof mark === 'number' ? { blockIndex: mark, lifetime: '5m' } : mark)),
    blocks: texts.map((_, index) => ({ hash: texts.slice(0, index + 1).join('/'), kind: 'text', tokens })),
  };
}

function serveAll(rules: CacheRules, ...requests: readonly CachedRequest[]) {
  let state: CacheState = EMPTY_CACHE;
  let verdict = serveFromCache(state, request([]), rules);
  for (const one of requests) {
    verdict = serveFromCache(state, one, rules);
    state = verdict.state;
  }
  return verdict;
}

const talk = ['system', 'question'];
const longer = [...talk, 'answer', 'more'];

describe('why no more was read', () => {
  test('nothing is to be explained where all that was asked for was read', () => {
    expect(serveAll(anthropic, request(talk, [1]), request(talk, [1])).reasons).toEqual([]);
    expect(serveAll(openai, request(talk), request(talk)).reasons).toEqual([]);
    expect(serveAll(anthropic, request([])).reasons).toEqual([]);
  });

  test('what was never written is cold, from the first block behind what was read', () => {
    expect(serveAll(anthropic, request(talk, [1])).reasons).toEqual([{ why: 'cold', blockIndex: 0 }]);
    expect(serveAll(anthropic, request(talk, [1]), request(longer, [3])).reasons).toEqual([
      { why: 'cold', blockIndex: 2 },
    ]);
    expect(serveAll(openai, request(talk)).reasons).toEqual([{ why: 'cold', blockIndex: 0 }]);
    expect(serveAll(openai, request(talk), request(longer)).reasons).toEqual([{ why: 'cold', blockIndex: 2 }]);
  });

  test('an entry that died of age is named with its end, the longest one alone', () => {
    const late = 5 * MINUTE_MS;
    expect(serveAll(anthropic, request(talk, [0, 1]), request(longer, [3], late)).reasons).toEqual([
      { why: 'expired', blockIndex: 1, tokens: 2000, expiredAt: late },
    ]);
    expect(serveAll(openai, request(talk), request(talk, [], late)).reasons).toEqual([
      { why: 'expired', blockIndex: 1, tokens: 2000, expiredAt: late },
    ]);
  });

  test('an entry is remembered for a day after its death, and then was never there', () => {
    const died = 5 * MINUTE_MS;
    const whyAt = (at: number) =>
      serveAll(anthropic, request(talk, [1]), request(['x'], [], at), request(talk, [1], at)).reasons[0]?.why;
    expect(whyAt(died + 24 * 60 * MINUTE_MS - 1)).toBe('expired');
    expect(whyAt(died + 24 * 60 * MINUTE_MS)).toBe('cold');
  });

  test('of the dead no more are remembered than some thousand', () => {
    let state: CacheState = EMPTY_CACHE;
    for (let conversation = 0; conversation < 40; conversation += 1) {
      const texts = Array.from({ length: 500 }, (_, index) => `${conversation}.${index}`);
      const at = conversation * 10 * MINUTE_MS;
      const blocks = texts.map((hash) => ({ hash, kind: 'text', tokens: 100 }));
      state = serveFromCache(state, { at, marks: [], blocks }, openai).state;
    }
    expect(state.size).toBeLessThan(5000);
    expect(state.has('39.499')).toBe(true);
    expect(state.has('38.499')).toBe(true);
    expect(state.has('0.499')).toBe(false);
  });

  test('a living entry that no mark reaches is beyond their lookback', () => {
    const far = [...talk, ...Array.from({ length: 20 }, (_, index) => `result ${index}`)];
    expect(serveAll(anthropic, request(talk, [1]), request(far, [far.length - 1])).reasons).toEqual([
      { why: 'beyond-lookback', blockIndex: 1, tokens: 2000, reach: 20 },
    ]);
    expect(serveAll(marked, request(talk, [1]), request(longer, [3])).reasons).toEqual([
      { why: 'beyond-lookback', blockIndex: 1, tokens: 2000, reach: 1 },
    ]);
  });

  test('an entry that is dead and out of reach has both reasons', () => {
    const far = [...talk, ...Array.from({ length: 20 }, (_, index) => `result ${index}`)];
    const { reasons } = serveAll(anthropic, request(talk, [1]), request(far, [far.length - 1], 5 * MINUTE_MS));
    expect(reasons.map(({ why }) => why)).toEqual(['expired', 'beyond-lookback']);
  });

  test('marks that the vendor does not look at find nothing', () => {
    const rules = { ...anthropic, consideredMarks: 1 };
    const far = [...talk, ...Array.from({ length: 30 }, (_, index) => `result ${index}`)];
    expect(serveAll(rules, request(talk, [1]), request(far, [1, 31])).reasons[0]?.why).toBe('beyond-lookback');
    expect(serveAll({ ...rules, consideredMarks: 0 }, request(talk, [1]), request(talk, [1])).reasons).toEqual([
      { why: 'not-considered', blockIndex: 1, tokens: 2000 },
    ]);
  });

  test('without a mark nothing is read, whatever is held', () => {
    expect(serveAll(anthropic, request(talk)).reasons).toEqual([{ why: 'no-mark', tokens: 0 }]);
    expect(serveAll(anthropic, request(talk, [1]), request(longer)).reasons).toEqual([
      { why: 'no-mark', blockIndex: 1, tokens: 2000 },
    ]);
  });

  test('a held prefix behind the last mark is unread for want of one', () => {
    const wide = (marks: number[]) => request(longer, marks, 0, 2000);
    expect(serveAll(anthropic, wide([0, 3]), wide([0]))).toMatchObject({
      read: 2000,
      reasons: [{ why: 'no-mark', blockIndex: 3, tokens: 8000 }],
    });
  });

  test('a prefix that is too short is below the minimum', () => {
    expect(serveAll(anthropic, request(talk, [0])).reasons).toEqual([
      { why: 'below-minimum', tokens: 1000, minimumTokens: 1024 },
    ]);
    expect(serveAll(openai, request(['short'])).reasons).toEqual([
      { why: 'below-minimum', tokens: 1000, minimumTokens: 1024 },
    ]);
    // Enough is asked, and what is known of it is not.
    expect(serveAll(openai, request(['short']), request(['short', 'more'])).reasons).toEqual([
      { why: 'below-minimum', tokens: 1000, minimumTokens: 1024 },
    ]);
  });

  test.each([
    ['marked', anthropic],
    ['unmarked', openai],
  ])('a prefix that goes on otherwise than one that is known has changed: %s', (_name, rules) => {
    const edited = ['system', 'question', 'another answer', 'more'];
    expect(serveAll(rules, request(longer, [3]), request(edited, [3])).reasons).toEqual([
      { why: 'prefix-changed', sharedBlocks: 2, tokens: 2000 },
    ]);
    expect(serveAll(rules, request(longer, [3]), request(['other', ...edited], [3])).reasons[0]?.why).toBe('cold');
  });

  test('a change behind what was read is named though much was read', () => {
    const wide = (texts: readonly string[], marks: number[]) => request(texts, marks, 0, 2000);
    const edited = ['system', 'question', 'another answer', 'more'];
    expect(serveAll(anthropic, wide(longer, [0, 3]), wide(edited, [0, 3]))).toMatchObject({
      read: 2000,
      reasons: [{ why: 'prefix-changed', sharedBlocks: 2, tokens: 4000 }],
    });
  });

  test('in a loaded model another request has taken the place', () => {
    expect(serveAll(ollama, request(talk), request(['other'], [], 1000), request(talk, [], 2000)).reasons).toEqual([
      { why: 'replaced', blockIndex: 1, tokens: 2000, replacedAt: 1000 },
    ]);
    expect(serveAll(ollama, request(talk), request(talk, [], 5 * MINUTE_MS)).reasons[0]?.why).toBe('expired');
  });

  test('what is not settled yet says when it will be', () => {
    const wide = (at: number) => request(talk, [], at, 2000);
    expect(serveAll(gemini, wide(0), wide(4999)).reasons).toEqual([
      { why: 'not-settled', blockIndex: 1, tokens: 4000, readableAt: 5000 },
    ]);
  });
});

describe('what a mark did', () => {
  const outcomes = (verdict: ReturnType<typeof serveAll>) => verdict.marks.map(({ outcome }) => outcome);
  const wide = (texts: readonly string[], marks: readonly (number | CacheMark)[], at = 0) =>
    request(texts, marks, at, 2000);

  test('each mark of a request has one outcome, in its order', () => {
    expect(serveAll(anthropic, wide(longer, [3, 0, 9])).marks).toEqual([
      { blockIndex: 3, outcome: 'written', tokens: 8000 },
      { blockIndex: 0, outcome: 'written', tokens: 2000 },
      { blockIndex: 9, outcome: 'no-block', tokens: 0 },
    ]);
    expect(serveAll(anthropic, wide(talk, [0, 1]), wide(longer, [0, 1, 3])).marks).toEqual([
      { blockIndex: 0, outcome: 'held-already', tokens: 2000, foundBlockIndex: 0 },
      { blockIndex: 1, outcome: 'read', tokens: 4000, foundBlockIndex: 1 },
      { blockIndex: 3, outcome: 'written', tokens: 8000, foundBlockIndex: 1 },
    ]);
  });

  test('a mark can be too short, covered by a longer read, or one too many', () => {
    expect(outcomes(serveAll(anthropic, request(talk, [0, 1])))).toEqual(['below-minimum', 'written']);
    expect(outcomes(serveAll(anthropic, wide(talk, [1]), wide(talk, [0, 1])))).toEqual(['covered', 'read']);
    const many = ['a', 'b', 'c', 'd', 'e'];
    const verdict = serveAll(marked, wide(many, [0, 1, 2, 3, 4]));
    expect(outcomes(verdict)).toEqual(['over-limit', 'written', 'written', 'written', 'written']);
    expect(verdict.read + verdict.fresh).toBe(0);
  });

  test('nothing is said of marks where nothing can be marked', () => {
    expect(serveAll(openai, wide(talk, [0, 1])).marks).toEqual([]);
  });
});
