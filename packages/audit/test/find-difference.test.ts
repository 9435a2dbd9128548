// Row N-02: the first differing block and byte, from blocks alone.

import { anthropicPrefixBlocks, chatPrefixBlocks, type PrefixBlock, responsesPrefixBlocks } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findDifference } from '../src/explain/find-difference.ts';
import { pathAt } from '../src/explain/json-place.ts';

const body = (content: unknown, system = 'Be kind.') => ({
  system,
  tools: [
    {
      name: 'look',
      description: 'Looks.',
      input_schema: { type: 'object', properties: { a: { type: 'number', maximum: 1 } } },
    },
  ],
  messages: [{ role: 'user', content }],
});

const diff = (before: unknown, after: unknown) =>
  findDifference(anthropicPrefixBlocks(before), anthropicPrefixBlocks(after));
const result = (content: unknown) => body([{ type: 'tool_result', tool_use_id: 'a', content }]);

describe('a result that was', () => {
  it('a text and is a list of that text is the same in another shape (N-02)', () => {
    expect(diff(result('a zebra'), result([{ type: 'text', text: 'a zebra' }]))).toMatchObject({
      kind: 'shape-change',
      detail: 'string-or-blocks',
      path: 'messages[0].content[0].content',
      byteOffset: Buffer.byteLength('{"type":"tool_result","tool_use_id":"a","content":'),
    });
  });

  it('a text and is another one in a list is edited', () => {
    expect(diff(result('a zebra'), result([{ type: 'text', text: 'a horse' }]))).toMatchObject({ kind: 'edit' });
  });
});

describe('a message that was', () => {
  it('a text and is one block of that text is the same prefix, so no difference (N-02)', () => {
    expect(diff(body('Hm?'), body([{ type: 'text', text: 'Hm?' }]))).toBeUndefined();
    const chat = (content: unknown) => chatPrefixBlocks({ messages: [{ role: 'user', content }] });
    expect(findDifference(chat('Hm?'), chat([{ type: 'text', text: 'Hm?' }]))).toBeUndefined();
  });

  it.each([
    [
      'Chat',
      chatPrefixBlocks,
      { messages: [{ role: 'user', content: 'Hm?' }] },
      { messages: [{ role: 'user', content: 'Ha!' }] },
      'messages[0].content',
    ],
    [
      'Chat, in parts',
      chatPrefixBlocks,
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Hm?' },
              { type: 'text', text: 'So?' },
            ],
          },
        ],
      },
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Ha!' },
              { type: 'text', text: 'So?' },
            ],
          },
        ],
      },
      'messages[0].content[0].text',
    ],
    [
      'Responses',
      responsesPrefixBlocks,
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hm?' }] }] },
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'Ha!' }] }] },
      'input[0].content[0].text',
    ],
  ] as const)('another text is found in %s by the path in its request', (_, blocksOf, before, after, path) => {
    expect(findDifference(blocksOf(before), blocksOf(after))).toMatchObject({ kind: 'edit', path });
  });
});

test('a character that shares its first bytes with another is compared to the byte (N-02)', () => {
  const shared = Buffer.from('\u{1f600}').subarray(0, 3).length;
  expect(diff(body('\u{1f600}'), body('\u{1f601}'))?.byteOffset).toBe(
    Buffer.byteLength('{"type":"text","text":"') + shared,
  );
});

describe('a field', () => {
  it('that was added is found in the object that holds it', () => {
    const tool = body('Hm?').tools[0];
    const changed = { ...body('Hm?'), tools: [{ ...tool, strict: true }] };
    expect(diff(body('Hm?'), changed)).toMatchObject({ path: 'tools[0]', kind: 'edit' });
  });

  it('whose number has grown at its end is found, and not the object around it', () => {
    const changed = JSON.parse(JSON.stringify(body('Hm?')).replace('"maximum":1', '"maximum":12'));
    const path = 'tools[0].input_schema.properties.a.maximum';
    expect(diff(body('Hm?'), changed)?.path).toBe(path);
    expect(diff(changed, body('Hm?'))?.path).toBe(path);
  });

  it('with a name that is no word is named in brackets', () => {
    expect(pathAt('{"a b":{"c":[1,{"d":"x"}]}}', 21)).toBe('["a b"].c[1].d');
  });
});

/** The byte by byte comparison, written another way. */
function firstByte(one: string, other: string): number {
  const [was, is] = [Buffer.from(one), Buffer.from(other)];
  const index = was.findIndex((byte, at) => byte !== is[at]);
  return index === -1 ? was.length : index;
}

const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' });
const content = fc.array(
  fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'grapheme', minLength: 1 }), extra: json }),
  { minLength: 1, maxLength: 6 },
);
const conversation = fc.array(content, { minLength: 1, maxLength: 5 }).map((contents) => ({
  tools: [{ name: 'look', input_schema: { type: 'object' } }],
  system: [{ type: 'text', text: 'Be kind.' }],
  messages: contents.map((each, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: each })),
}));

describe('a random change of one block', () => {
  it('is located to that block and to its first byte, and to a path that leads there (N-02)', () => {
    fc.assert(
      fc.property(
        conversation,
        fc.nat(),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.nat(),
        (request, pick, put, place) => {
          const before = anthropicPrefixBlocks(request);
          const index = 2 + (pick % (before.length - 2));
          const block = before[index] as PrefixBlock;
          const { text, ...others } = JSON.parse(block.text);
          const at = place % (text.length + 1);
          const changed = JSON.stringify({
            type: others.type,
            text: text.slice(0, at) + put + text.slice(at),
            extra: others.extra,
          });
          fc.pre(changed !== block.text);
          const after = before.with(index, { ...block, text: changed });
          const found = findDifference(before, after);
          expect(found).toMatchObject({ blockIndex: index, byteOffset: firstByte(block.text, changed) });
          expect(found?.path).toBe(`${block.path}.text`);
          expect(found?.before?.length).toBeLessThanOrEqual(80);
          expect(found?.after?.length).toBeLessThanOrEqual(80);
        },
      ),
    );
  });

  it('is not seen behind the last block that was kept, and none is seen where nothing changed', () => {
    fc.assert(
      fc.property(conversation, (request) => {
        const blocks = anthropicPrefixBlocks(request);
        const last = blocks.length - 1;
        const changed = blocks.with(last, { ...(blocks[last] as PrefixBlock), text: '{"type":"text","text":"other"}' });
        expect(findDifference(blocks, blocks)).toBeUndefined();
        expect(findDifference(blocks, changed, last)).toBeUndefined();
      }),
    );
  });

  it('by which a block is left out, put in or moved is told as that', () => {
    const numbered = (...numbers: readonly number[]) =>
      anthropicPrefixBlocks(body(numbers.map((number) => ({ type: 'text', text: `Number ${number}.` }))));
    const order = fc.uniqueArray(fc.nat(9), { minLength: 3, maxLength: 9 });
    fc.assert(
      fc.property(order, fc.nat(), (numbers, pick) => {
        const at = pick % (numbers.length - 1);
        const place = { blockIndex: 2 + at };
        expect(findDifference(numbered(...numbers), numbered(...numbers.toSpliced(at, 1)))).toMatchObject({
          ...place,
          kind: 'remove',
        });
        expect(findDifference(numbered(...numbers), numbered(...numbers.toSpliced(at, 0, 99)))).toMatchObject({
          ...place,
          kind: 'insert',
        });
        const [first = 0, second = 0] = numbers.slice(at);
        expect(
          findDifference(numbered(...numbers), numbered(...numbers.toSpliced(at, 2, second, first))),
        ).toMatchObject({ ...place, kind: 'reorder' });
      }),
    );
  });
});
