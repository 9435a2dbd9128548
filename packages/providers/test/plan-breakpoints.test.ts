import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CacheState, EMPTY_CACHE, serveFromCache } from '../src/cache/cache-model.ts';
import { cacheRules } from '../src/cache/family-rules.ts';
import { planBreakpoints } from '../src/cache/plan-breakpoints.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';

const rules = cacheRules('anthropic', 'claude-sonnet-4-6');

type Role = PrefixBlock['role'];

function prefixBlock(role: Role, text: string, kind = 'text'): PrefixBlock {
  return { path: `${role}:${kind}`, role, kind, text, markable: !kind.includes('thinking') };
}

const long = 'word '.repeat(1000);

function blocksOf(role: Role, kinds: readonly string[], maxCount: number, minCount = 0) {
  return fc.array(
    fc
      .tuple(fc.constantFrom(...kinds), fc.nat({ max: 600 }))
      .map(([kind, length]) => prefixBlock(role, `{${'x'.repeat(length)}}`, kind)),
    // Without `size`, long lists are hardly ever made.
    { minLength: minCount, maxLength: maxCount, size: 'max' },
  );
}

const stableBlocks = fc
  .tuple(blocksOf('tool', ['tool'], 5), blocksOf('system', ['text'], 3))
  .map(([tools, system]) => [...tools, ...system]);

/** An answer and what was said or done after it; either may add far more blocks than a lookback covers. */
const turn = fc.record({
  answer: blocksOf('assistant', ['text', 'thinking', 'redacted_thinking', 'tool_use'], 45, 1),
  next: blocksOf('user', ['text', 'tool_result', 'image'], 45, 1),
  pauseMs: fc.nat({ max: 5 * 60_000 - 1 }),
});

const session = fc.record({
  stable: stableBlocks,
  first: blocksOf('user', ['text', 'image'], 30, 1),
  turns: fc.array(turn, { minLength: 1, maxLength: 6 }),
});

describe('any session', () => {
  test('every turn reads exactly what the turn before it ended with', () => {
    fc.assert(
      fc.property(session, ({ stable, first, turns }) => {
        let state: CacheState = EMPTY_CACHE;
        let at = 0;
        let readable = 0;
        let blocks: readonly PrefixBlock[] = [...stable, ...first];
        for (const { answer, next, pauseMs } of [...turns, { answer: [], next: [], pauseMs: 0 }]) {
          const verdict = serve(state, blocks, at);
          expect(verdict.read).toBe(readable);
          const total = blocks.reduce((sum, block) => sum + tokensOf(block), 0);
          readable = total >= rules.minimumTokens ? total : 0;
          state = verdict.state;
          at += pauseMs;
          blocks = [...blocks, ...answer, ...next];
        }
      }),
      { numRuns: 200 },
    );
  });

  test('marks are at most four, ordered, on markable blocks and never surely below the minimum', () => {
    fc.assert(
      fc.property(session, ({ stable, first, turns }) => {
        const blocks = [...stable, ...first, ...turns.flatMap(({ answer, next }) => [...answer, ...next])];
        const marks = planBreakpoints(blocks, 'auto', rules);
        const indexes = marks.map((mark) => mark.blockIndex);
        expect(marks.length).toBeLessThanOrEqual(4);
        expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
        for (const { blockIndex, path } of marks) {
          expect(blocks[blockIndex]).toMatchObject({ markable: true, path });
          const bytes = blocks.slice(0, blockIndex + 1).reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
          expect(bytes).toBeGreaterThanOrEqual(rules.minimumTokens);
        }
        expect(planBreakpoints(blocks, 'auto', rules)).toEqual(marks);
      }),
    );
  });

  test("'none' places nothing, and neither does anything where the vendor decides", () => {
    fc.assert(
      fc.property(session, ({ stable, first }) => {
        const blocks = [...stable, prefixBlock('system', long), ...first];
        expect(planBreakpoints(blocks, 'none', rules)).toEqual([]);
        for (const family of ['openai-chat', 'ollama']) {
          expect(planBreakpoints(blocks, 'auto', cacheRules(family, 'any'))).toEqual([]);
        }
      }),
    );
  });
});

describe('where marks stand', () => {
  const marked = (blocks: readonly PrefixBlock[]) => planBreakpoints(blocks, 'auto', rules).map((m) => m.blockIndex);
  const system = prefixBlock('system', long);
  const question = prefixBlock('user', 'question');

  test('the first request keeps the system prompt and its own end', () => {
    expect(marked([system, question])).toEqual([0, 1]);
  });

  test('a later request also keeps the end of the one before it', () => {
    const answer = [prefixBlock('assistant', 'hm', 'thinking'), prefixBlock('assistant', 'call', 'tool_use')];
    expect(marked([system, question, ...answer, prefixBlock('user', 'result', 'tool_result')])).toEqual([0, 1, 4]);
  });

  test('tools alone are kept where there is no system prompt', () => {
    expect(marked([prefixBlock('tool', long, 'tool'), question])).toEqual([0, 1]);
  });

  test('a mark that would stand on thinking stands on the block before it', () => {
    expect(marked([system, question, prefixBlock('assistant', 'hm', 'thinking')])).toEqual([0, 1]);
  });

  test('a character of several tokens counts as several', () => {
    // 400 hieroglyphs: 800 UTF-16 units, and 1 600 tokens of o200k.
    expect(marked([prefixBlock('user', '𓀀'.repeat(400))])).toEqual([0]);
    expect(marked([prefixBlock('user', 'x'.repeat(1023))])).toEqual([]);
  });

  test('each mark says why it stands there and for how long', () => {
    for (const mark of planBreakpoints([system, question], 'auto', rules)) {
      expect(mark.reason).not.toBe('');
      expect(mark.lifetime).toBe('5m');
    }
  });
});

/** A third of the bytes, rounded up: never more tokens than bytes. */
function tokensOf(block: PrefixBlock): number {
  return Math.ceil(Buffer.byteLength(block.text) / 3);
}

function serve(state: CacheState, blocks: readonly PrefixBlock[], at: number) {
  const hashes = prefixHashes(blocks);
  const marks = planBreakpoints(blocks, 'auto', rules);
  const sized = blocks.map((block, index) => ({
    hash: hashes[index] ?? '',
    kind: block.kind,
    tokens: tokensOf(block),
  }));
  return serveFromCache(state, { blocks: sized, marks, at }, rules);
}
