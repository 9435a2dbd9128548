import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSurelyBelow } from '../src/cache/plan/prefix-size.ts';
import type { PrefixBlock } from '../src/cache/prefix.ts';

const block = (text: string, kind = 'text'): PrefixBlock => ({ path: '', role: 'user', kind, text, markable: true });

describe('a prefix', () => {
  it('is surely below a minimum exactly if its text has fewer bytes, to the block it ends with', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 6 }),
        fc.nat(5),
        fc.nat(60),
        (texts, end, minimum) => {
          const blockIndex = Math.min(end, texts.length - 1);
          const bytes = Buffer.byteLength(texts.slice(0, blockIndex + 1).join(''));
          expect(
            isSurelyBelow(
              texts.map((text) => block(text)),
              blockIndex,
              minimum,
            ),
          ).toBe(bytes < minimum);
        },
      ),
    );
  });

  it('is not surely below one if it has few characters of many bytes', () => {
    expect(isSurelyBelow([block('中'.repeat(40))], 0, 100)).toBe(false);
    expect(isSurelyBelow([block('a'.repeat(40))], 0, 100)).toBe(true);
  });

  it('with a picture may be longer than its text', () => {
    expect(isSurelyBelow([block('{}', 'image')], 0, 100)).toBe(false);
  });
});
