import { type Message, toolCallBlock, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldGrowing, freezeMessage } from '../src/frozen.ts';

/** How often `add` was asked, and a sum that depends on order and place. */
function countedSum() {
  let asked = 0;
  const fold = foldGrowing(
    0,
    (item: { readonly n: number }, index, state: number, factor: number) => {
      asked += 1;
      const sum = state * 31 + item.n * factor + index;
      return { results: item.n % 3 === 0 ? [] : [{ sum }], state: sum };
    },
    (one, other) => one.n === other.n,
  );
  return { fold, asked: () => asked };
}

/** The same without remembering anything. */
function plainSum(items: readonly { readonly n: number }[], factor: number) {
  let state = 0;
  return items.flatMap(({ n }, index) => {
    state = state * 31 + n * factor + index;
    return n % 3 === 0 ? [] : [{ sum: state }];
  });
}

const frozenItem = (n: number) => freezeMessage({ ...userMessage(''), n } as Message & { readonly n: number });

describe('what is made of a list that grows', () => {
  it('is what is made of it at once, whatever was asked before', () => {
    const frozen = Array.from({ length: 6 }, (_, n) => frozenItem(n));
    const item = fc.oneof(
      fc.integer({ min: 0, max: 5 }).map((index) => frozen[index] ?? { n: 0 }),
      fc.integer({ min: 0, max: 5 }).map((n) => ({ n })),
    );
    const lists = fc.array(fc.tuple(fc.array(item, { maxLength: 8 }), fc.integer({ min: 1, max: 2 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(lists, (asked) => {
        const { fold } = countedSum();
        for (const [items, factor] of asked) expect(fold(items, factor)).toEqual(plainSum(items, factor));
      }),
    );
  });

  it('is made of the added items alone', () => {
    const { fold, asked } = countedSum();
    const items = Array.from({ length: 100 }, (_, n) => frozenItem(n));
    for (let length = 1; length <= items.length; length += 1) fold([{ n: 7 }, ...items.slice(0, length)], 1);
    expect(asked()).toBe(101);
  });

  it('follows an item that is not frozen and has changed', () => {
    const { fold } = countedSum();
    const mutable = { n: 1 };
    const items = [mutable, frozenItem(2)];
    const before = fold(items, 1);
    mutable.n = 5;
    expect(fold(items, 1)).toEqual(plainSum(items, 1));
    expect(fold(items, 1)).not.toEqual(before);
  });
});

describe('a frozen message', () => {
  const message: Message = {
    role: 'assistant',
    content: [toolCallBlock('c', 'add', '{"__proto__":{"a":1},"n":12345678901234567890}')],
  };

  it('says what the message says, numbers that a double cannot hold included', () => {
    expect(JSON.stringify(freezeMessage(message))).toBe(JSON.stringify(message));
  });

  it('is a copy that nobody can change, and is its own frozen form', () => {
    const frozen = freezeMessage(message);
    expect(() => Object.assign(frozen.content[0] ?? {}, { name: 'other' })).toThrow(TypeError);
    expect(freezeMessage(frozen)).toBe(frozen);
    expect(Object.isFrozen(message.content)).toBe(false);
  });
});
