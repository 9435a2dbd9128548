// Row N-13: how many tokens blocks are, from what was reported of requests.

import { type PrefixBlock, prefixHashes } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureBlocks, shareOut } from '../src/context/measure-prefix.ts';

/** Short texts, so that blocks repeat each other. */
const texts = fc.array(fc.constantFrom('ok', 'yes', 'no', 'a much longer text than the others', ''), { maxLength: 30 });

const prefixOf = (words: readonly string[]) => {
  const blocks = words.map((text, index): PrefixBlock => {
    return { path: `messages[${index}]`, role: 'user', kind: 'text', text, markable: true };
  });
  return { blocks, hashes: prefixHashes(blocks) };
};

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('the sizes of blocks', () => {
  it('sum up to every length that was reported, though blocks repeat each other', () => {
    const growths = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 900 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(texts, growths, (words, steps) => {
        let [blocks, tokens] = [0, 0];
        const prefixes = steps.flatMap(([more, added]) => {
          [blocks, tokens] = [blocks + more, tokens + added];
          if (blocks > words.length) return [];
          return [{ ...prefixOf(words.slice(0, blocks)), known: [{ blocks, tokens }] }];
        });
        const sizes = measureBlocks(prefixes).of(prefixOf(words));
        for (const { known } of prefixes) {
          for (const place of known) expect(sum(sizes.slice(0, place.blocks))).toBe(place.tokens);
        }
        expect(sizes).toHaveLength(words.length);
        for (const size of sizes) expect(size).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('are shared out whole, in proportion to their bytes', () => {
    fc.assert(
      fc.property(texts, fc.nat(5000), (words, tokens) => {
        const { blocks } = prefixOf(words);
        const shares = shareOut(tokens, blocks);
        expect(sum(shares)).toBe(blocks.length === 0 ? 0 : tokens);
        for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(shareOut(100, prefixOf(['aaaa', 'a']).blocks)).toEqual([80, 20]);
  });

  it('of a block that is known from elsewhere are what they were there', () => {
    const known = {
      ...prefixOf(['head', 'a question of some length']),
      known: [
        { blocks: 1, tokens: 7 },
        { blocks: 2, tokens: 50 },
      ],
    };
    expect(measureBlocks([known]).of(prefixOf(['another head', 'a question of some length']))[1]).toBe(43);
  });

  it('go by what was said last where reports contradict each other', () => {
    const before = { ...prefixOf(['one', 'two']), known: [{ blocks: 2, tokens: 900 }] };
    const after = { ...prefixOf(['one', 'two', 'three']), known: [{ blocks: 3, tokens: 300 }] };
    expect(sum(measureBlocks([before, after]).of(prefixOf(['one', 'two', 'three'])))).toBe(300);
  });

  it('of a picture are not those of its bytes', () => {
    const picture = `{"type":"image","source":{"type":"base64","data":"${'A'.repeat(100_000)}"}}`;
    const [size = 0] = measureBlocks([]).of(prefixOf([picture]));
    expect(size).toBeLessThan(2000);
  });
});
