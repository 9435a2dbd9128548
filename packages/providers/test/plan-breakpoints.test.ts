import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CacheState, EMPTY_CACHE, serveFromCache } from '../src/cache/cache-model.ts';
import { cacheRules } from '../src/cache/family-rules.ts';
import { planBreakpoints } from '../src/cache/plan-breakpoints.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';
import { type LooseBlock, looseBlock, requestBlocks } from './support/request-blocks.ts';

const rules = cacheRules('anthropic', 'claude-sonnet-4-6');

type Role = PrefixBlock['role'];

const long = 'word '.repeat(1000);

function blocksOf(role: Role, kinds: readonly string[], maxCount: number, minCount = 0) {
  return fc.array(
    fc
      .tuple(fc.constantFrom(...kinds), fc.nat({ max: 600 }))
      .map(([kind, length]) => looseBlock(role, `{${'x'.repeat(length)}}`, kind)),
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
        let messages: readonly (readonly LooseBlock[])[] = [first];
        for (const { answer, next, pauseMs } of [...turns, { answer: [], next: [], pauseMs: 0 }]) {
          const blocks = requestBlocks(stable, messages);
          const verdict = serve(state, blocks, at);
          expect(verdict.read).toBe(readable);
          const total = blocks.reduce((sum, block) => sum + tokensOf(block), 0);
          readable = total >= rules.minimumTokens ? total : 0;
          state = verdict.state;
          at += pauseMs;
          messages = [...messages, answer, next];
        }
      }),
      { numRuns: 200 },
    );
  });

  test('marks are at most four, ordered, on markable blocks and never surely below the minimum', () => {
    fc.assert(
      fc.property(session, ({ stable, first, turns }) => {
        const blocks = requestBlocks(stable, [first, ...turns.flatMap(({ answer, next }) => [answer, next])]);
        const { marks } = planBreakpoints(blocks, 'auto', rules);
        const indexes = marks.map((mark) => mark.blockIndex);
        expect(marks.length).toBeLessThanOrEqual(4);
        expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
        for (const { blockIndex, path } of marks) {
          expect(blocks[blockIndex]).toMatchObject({ markable: true, path });
          const prefix = blocks.slice(0, blockIndex + 1);
          // A picture may be more tokens than bytes.
          if (prefix.some(({ kind }) => kind === 'image')) continue;
          const bytes = prefix.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
          expect(bytes).toBeGreaterThanOrEqual(rules.minimumTokens);
        }
        expect(planBreakpoints(blocks, 'auto', rules).marks).toEqual(marks);
      }),
    );
  });

  test("'none' places nothing, and neither does anything where the vendor decides", () => {
    fc.assert(
      fc.property(session, ({ stable, first }) => {
        const blocks = requestBlocks([...stable, looseBlock('system', long)], [first]);
        expect(planBreakpoints(blocks, 'none', rules)).toEqual({ marks: [], notes: [] });
        for (const family of ['openai-chat', 'ollama']) {
          expect(planBreakpoints(blocks, 'auto', cacheRules(family, 'any'))).toEqual({ marks: [], notes: [] });
        }
      }),
    );
  });
});

describe('where marks stand', () => {
  const system = looseBlock('system', long);
  const question = looseBlock('user', 'question');
  const marked = (stable: readonly LooseBlock[], ...messages: readonly (readonly LooseBlock[])[]) =>
    planBreakpoints(requestBlocks(stable, messages), 'auto', rules).marks.map((mark) => mark.blockIndex);

  test('the first request keeps the system prompt and its own end', () => {
    expect(marked([system], [question])).toEqual([0, 1]);
  });

  test('a later request also keeps the end of the one before it', () => {
    const answer = [looseBlock('assistant', 'hm', 'thinking'), looseBlock('assistant', 'call', 'tool_use')];
    expect(marked([system], [question], answer, [looseBlock('user', 'result', 'tool_result')])).toEqual([0, 1, 4]);
  });

  test('a paused answer was the end of the request that continued it', () => {
    const paused = [looseBlock('assistant', 'search', 'server_tool_use')];
    const rest = [looseBlock('assistant', 'found')];
    expect(marked([system], [question], paused, rest, [question])).toEqual([0, 2, 4]);
  });

  test('tools are kept beside the system prompt, and alone where there is none', () => {
    const tool = looseBlock('tool', long, 'tool');
    expect(marked([tool], [question])).toEqual([0, 1]);
    expect(marked([tool, system], [question])).toEqual([0, 1, 2]);
  });

  test('a mark that would stand on thinking or on empty text stands on the block before it', () => {
    expect(marked([system], [question, looseBlock('assistant', 'hm', 'thinking')])).toEqual([0, 1]);
    for (const empty of ['', ' ', '\n\t']) {
      const block = looseBlock('user', JSON.stringify({ type: 'text', text: empty }));
      expect(marked([system], [question, block])).toEqual([0, 1]);
    }
    const quoted = looseBlock('user', JSON.stringify({ type: 'text', text: '{"text":""}' }));
    expect(marked([system], [question, quoted])).toEqual([0, 2]);
  });

  test('a character of several tokens counts as several', () => {
    // 400 hieroglyphs: 800 UTF-16 units, and 1 600 tokens of o200k.
    expect(marked([], [looseBlock('user', '𓀀'.repeat(400))])).toEqual([0]);
    expect(marked([], [looseBlock('user', 'x'.repeat(1023))])).toEqual([]);
  });

  test('each mark says why it stands there and for how long', () => {
    const { marks } = planBreakpoints(requestBlocks([system], [[question]]), 'auto', rules);
    expect(marks).toHaveLength(2);
    for (const mark of marks) {
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
  const { marks } = planBreakpoints(blocks, 'auto', rules);
  const sized = blocks.map((block, index) => ({
    hash: hashes[index] ?? '',
    kind: block.kind,
    tokens: tokensOf(block),
  }));
  return serveFromCache(state, { blocks: sized, marks, at }, rules);
}
