import { modelFromStream } from '@reprise/agent';
import { anthropic, type Model, type ModelRequest, type PrefixBlock, userMessage } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addedHashes,
  beginsWith,
  changeAt,
  firstChange,
  firstChangedBlock,
  modelChange,
  type StoredPrefix,
  sentPrefix,
  unknownChange,
} from '../src/session/prefix-change.ts';

const MODEL = anthropic({ apiKey: 'none' }).model('claude-opus-5');

const ADD = { name: 'add', description: 'Adds.', inputSchema: { type: 'object', properties: { a: {}, b: {} } } };
const TOOLS = [ADD, { name: 'sub', description: 'Subtracts.', inputSchema: { type: 'object' } }];
const ADDED = { name: 'new', description: 'News.', inputSchema: { type: 'object' } };

const REQUEST: ModelRequest = {
  system: 'Be kind. Today is Monday.',
  tools: TOOLS,
  messages: [userMessage('one'), { role: 'assistant', content: [{ type: 'text', text: 'two' }] }, userMessage('three')],
};

const blocksOf = (change: Partial<ModelRequest>, model: Model = MODEL) => model.prefixBlocks({ ...REQUEST, ...change });
const between = (change: Partial<ModelRequest>) => firstChange(blocksOf({}), blocksOf(change));

const storedPrefix = (request: ModelRequest) => {
  const { fingerprint, blocks } = sentPrefix(MODEL, request);
  return { prefixFingerprint: fingerprint, prefixBlocks: blocks.length };
};

/** Blocks of which only the texts matter. */
const texts = (...list: readonly string[]): readonly PrefixBlock[] =>
  list.map((text, index) => ({ path: `messages[${index}]`, role: 'user', kind: 'text', text, markable: true }));

describe('a request that only adds to the last one', () => {
  it('begins with it, whatever it adds (I3)', () => {
    const more = { ...REQUEST, messages: [...REQUEST.messages, userMessage('four')] };
    expect(beginsWith(sentPrefix(MODEL, REQUEST), storedPrefix(REQUEST))).toBe(true);
    expect(beginsWith(sentPrefix(MODEL, more), storedPrefix(REQUEST))).toBe(true);
    expect(beginsWith(sentPrefix(MODEL, REQUEST), storedPrefix(more))).toBe(false);
  });

  it('begins with any beginning of it, and with no other list', () => {
    const model = modelFromStream({ id: 'm', async *stream() {} });
    const request = (words: readonly string[]): ModelRequest => ({ messages: words.map(userMessage) });
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (one, other) => {
        const { fingerprint, blocks } = sentPrefix(model, request(one));
        const stored = { prefixFingerprint: fingerprint, prefixBlocks: blocks.length };
        const isBeginning = one.every((word, index) => word === other[index]);
        expect(beginsWith(sentPrefix(model, request(other)), stored)).toBe(isBeginning);
      }),
    );
  });

  it('cannot be told from a row that does not say how long its prefix is', () => {
    const { prefixFingerprint } = storedPrefix(REQUEST);
    expect(beginsWith(sentPrefix(MODEL, REQUEST), { prefixFingerprint, prefixBlocks: null })).toBe(false);
  });
});

describe('the first change', () => {
  it('of a system prompt is named with both texts around it', () => {
    const change = between({ system: 'Be kind. Today is Tuesday.' });
    expect(change).toMatchObject({ path: 'system[0]', kind: 'changed' });
    expect(change.before).toContain('Today is Monday.');
    expect(change.after).toContain('Today is Tuesday.');
    expect(change.message).toContain(`system[0] was ${change.before} and is ${change.after}`);
  });

  it.each<readonly [string, Partial<ModelRequest>, string, string]>([
    ['an edited tool', { tools: TOOLS.map((tool) => ({ ...tool, description: 'Other.' })) }, 'tools[0]', 'changed'],
    ['a tool that is gone', { tools: TOOLS.slice(0, 1) }, 'tools[1]', 'removed'],
    ['all tools gone', { tools: [] }, 'tools[0]', 'removed'],
    ['a new tool', { tools: [ADDED, ...TOOLS] }, 'tools[0]', 'added'],
    ['a new tool, last', { tools: [...TOOLS, ADDED] }, 'tools[2]', 'added'],
    ['two new tools', { tools: [ADDED, ADDED, ...TOOLS] }, 'tools[0]', 'added'],
    ['another order of tools', { tools: TOOLS.toReversed() }, 'tools[0]', 'changed'],
    ['no system prompt', { system: '' }, 'system[0]', 'removed'],
    [
      'an edited message',
      { messages: [userMessage('ONE'), ...REQUEST.messages.slice(1)] },
      'messages[0].content[0]',
      'changed',
    ],
    ['messages that are gone', { messages: REQUEST.messages.slice(2) }, 'messages[0].content[0]', 'removed'],
    ['a message put before', { messages: [userMessage('0'), ...REQUEST.messages] }, 'messages[0].content[0]', 'added'],
  ])('is found: %s', (_, change, path, kind) => {
    expect(between(change)).toMatchObject({ path, kind });
  });

  it('says what stands in the place of a block that went, and where', () => {
    const change = between({ system: '', messages: [userMessage('ONE')] });
    expect(change).toMatchObject({ path: 'system[0]', kind: 'changed' });
    expect(change.message).toContain(`where it stood, messages[0].content[0] is ${change.after}`);
  });

  it('is not called new or gone because the same text stands somewhere else', () => {
    const [before, after] = [texts('"a"', '"ok"', '"b"', '"ok"'), texts('"a"', '"x"', '"b"', '"ok"', '"c"')];
    expect(firstChange(before, after)).toMatchObject({ path: 'messages[1]', kind: 'changed', before: '"ok"' });
  });

  it('of the order of a schema’s keys is one', () => {
    const reordered = { ...ADD, inputSchema: { type: 'object', properties: { b: {}, a: {} } } };
    expect(between({ tools: [reordered, ...TOOLS.slice(1)] })).toMatchObject({ path: 'tools[0]', kind: 'changed' });
  });

  it('of what is gone from the end says so', () => {
    const change = firstChange(texts('"a"', '"b"'), texts('"a"'));
    expect(change).toMatchObject({ path: 'messages[1]', kind: 'removed', before: '"b"', after: undefined });
    expect(change.message).toContain('messages[1] was "b" and is gone');
  });

  it('of a role is one, though the text is the same', () => {
    const [first, second] = texts('"a"', '"b"');
    if (!first || !second) throw new Error('there are two');
    const change = firstChange([first, second], [{ ...first, role: 'assistant' }, second]);
    expect(change).toMatchObject({ path: 'messages[0]', kind: 'changed', before: '"a"', after: '"a"' });
  });

  it('is shown on one line of at most 80 characters, with the place where the texts part', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), fc.nat(300), (shared, tail, length) => {
        const start = `"${shared.repeat(1 + length)}`;
        const { before = '', after = '' } = firstChange(texts(`${start}A${tail}`), texts(`${start}B${tail}`));
        for (const shown of [before, after]) {
          expect(shown.length).toBeLessThanOrEqual(80);
          expect(shown).not.toMatch(/[\r\n]/);
          expect(shown.isWellFormed()).toBe(true);
        }
        expect(before).toContain('A');
        expect(after).toContain('B');
        expect(before).not.toBe(after);
      }),
    );
  });
});

describe('a change of which less is known', () => {
  it('is of a block that is named', () => {
    const change = changeAt(sentPrefix(MODEL, REQUEST), 3);
    expect(change).toMatchObject({ path: 'messages[0].content[0]', kind: 'changed', before: undefined });
    expect(change.after).toContain('one');
    expect(change.message).toContain('messages[0].content[0] is {"type":"text","text":"one"} now');
  });

  it('is of what followed if the request ends there', () => {
    const change = changeAt(sentPrefix(MODEL, REQUEST), 6);
    expect(change).toMatchObject({ path: 'messages[2].content[0]', kind: 'removed', after: undefined });
  });

  it('is called unknown if nothing is known, and claims no place', () => {
    const change = unknownChange(sentPrefix(MODEL, REQUEST));
    expect(change).toMatchObject({ kind: 'unknown', before: undefined });
    expect(change.message).toContain('is not known');
  });

  it('of the model is said in both names', () => {
    const change = modelChange({ family: 'anthropic', id: 'claude-opus-4-8' }, MODEL);
    expect(change).toMatchObject({
      path: 'model',
      kind: 'model-changed',
      before: 'claude-opus-4-8',
      after: 'claude-opus-5',
    });
    expect(change.message).toContain('claude-opus-4-8 and this one goes to claude-opus-5');
    const sameName = modelChange({ family: 'openai-chat', id: MODEL.id }, MODEL);
    expect(sameName).toMatchObject({ before: 'claude-opus-5 (openai-chat)', after: 'claude-opus-5 (anthropic)' });
  });
});

describe('the hashes that turns keep', () => {
  const model = modelFromStream({ id: 'm', async *stream() {} });
  const prefixOf = (words: readonly string[]) => sentPrefix(model, { messages: words.map(userMessage) });

  /** What the ledger holds once each of these was sent. */
  function keepAll(requests: readonly (readonly string[])[]) {
    let last: StoredPrefix | undefined;
    return requests.map((words) => {
      const prefix = prefixOf(words);
      const row = { prefixBlocks: words.length, added: addedHashes(prefix, last) };
      last = { prefixBlocks: words.length, prefixFingerprint: prefix.fingerprint };
      return row;
    });
  }

  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });

  it('tell the first block that is another now, whatever was sent before', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1 }), words, (requests, now) => {
        const last = requests.at(-1) ?? [];
        const index = last.findIndex((word, at) => word !== now[at]);
        expect(firstChangedBlock(prefixOf(now), keepAll(requests))).toBe(index === -1 ? undefined : index);
      }),
    );
  });

  it('are those of new blocks alone, so that they grow with the history and not with its square', () => {
    const history = Array.from({ length: 50 }, (_, index) => `word ${index}`);
    const rows = keepAll(history.map((_, index) => history.slice(0, index + 1)));
    expect(rows.map(({ added }) => added?.length)).toEqual(history.map(() => 1));
  });

  it('are left out where they would be many, and then tell nothing', () => {
    const many = Array.from({ length: 300 }, (_, index) => `word ${index}`);
    const rows = keepAll([many, [...many, 'more']]);
    expect(rows.map(({ added }) => added?.length)).toEqual([undefined, 1]);
    expect(firstChangedBlock(prefixOf(['other', ...many.slice(1)]), rows)).toBeUndefined();
  });

  it('of an earlier turn are not taken for those of one that kept none', () => {
    const many = Array.from({ length: 300 }, (_, index) => `word ${index}`);
    const rows = keepAll([['a', 'b'], many, [...many, 'more']]);
    expect(firstChangedBlock(prefixOf([...many.slice(0, 5), 'other']), rows)).toBeUndefined();
  });

  it('are missing in rows of format 1, and then tell nothing', () => {
    const rows = [...keepAll([['a']]), { prefixBlocks: null, added: undefined }, { prefixBlocks: 2, added: ['none'] }];
    expect(firstChangedBlock(prefixOf(['x', 'b']), rows)).toBeUndefined();
  });
});
