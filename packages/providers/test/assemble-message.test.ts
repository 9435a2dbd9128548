import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageAssembler, toolCallBlock } from '../src/assemble-message.ts';
import type { AssistantMessage } from '../src/message.ts';

describe('a growing message', () => {
  it('numbers blocks in the order they begin', () => {
    const assembler = createMessageAssembler();
    expect(assembler.thinking('t', 'hm').blockIndex).toBe(0);
    expect(assembler.text(1, 'a').blockIndex).toBe(1);
    expect(assembler.beginToolCall(2, 'call-1', 'look').blockIndex).toBe(2);
    expect(assembler.whole({ type: 'redacted-thinking', data: 'x' }).blockIndex).toBe(3);
    expect(assembler.text(1, 'b').blockIndex).toBe(1);
  });

  it('keeps the order in which blocks began, not the one in which they end', () => {
    const assembler = createMessageAssembler();
    assembler.beginToolCall('first', 'call-1', 'look');
    assembler.beginToolCall('second', 'call-2', 'look');
    assembler.end('second');
    assembler.end('first');
    expect(assembler.message().content).toMatchObject([{ id: 'call-1' }, { id: 'call-2' }]);
  });

  it('keeps cut text, and neither a cut call nor cut thinking (A2)', () => {
    const assembler = createMessageAssembler();
    assembler.thinking(0, 'half a tho');
    assembler.text(1, 'half a sen');
    assembler.beginToolCall(2, 'call-1', 'look');
    assembler.toolArguments(2, '{"at":');
    expect(assembler.message('r-1')).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'half a sen' }],
      responseId: 'r-1',
    });
  });

  it('leaves no block for empty text (A3)', () => {
    const assembler = createMessageAssembler();
    assembler.text(0, '');
    expect(assembler.end(0)).toEqual([]);
    expect(assembler.message().content).toEqual([]);
  });

  it('keeps a signature without thinking text, and the last of two signatures', () => {
    const assembler = createMessageAssembler();
    assembler.signature(0, 'early');
    assembler.signature(0, 'late');
    assembler.end(0);
    expect(assembler.message().content).toEqual([{ type: 'thinking', text: '', signature: 'late' }]);
  });

  it('takes no arguments for a call that never began, or has ended', () => {
    const assembler = createMessageAssembler();
    expect(assembler.toolArguments(0, '{}')).toBeUndefined();
    assembler.beginToolCall(0, 'call-1', 'look');
    assembler.end(0);
    expect(assembler.toolArguments(0, '{}')).toBeUndefined();
    expect(assembler.isOpen(0)).toBe(false);
  });

  it('is the same message however it was cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(scriptedBlock, { maxLength: 6 }), fc.infiniteStream(fc.nat({ max: 5 })), (blocks, sizes) => {
        expect(assemble(blocks, (text) => pieces(text, sizes))).toEqual(assemble(blocks, (text) => [text]));
      }),
    );
  });

  it('has events that add up to it', () => {
    fc.assert(
      fc.property(fc.array(scriptedBlock, { maxLength: 6 }), (blocks) => {
        const assembler = createMessageAssembler();
        const ends = blocks.flatMap((block, key) => {
          play(assembler, block, key, (text) => [text]);
          return assembler.end(key);
        });
        expect(ends.map((event) => event.block)).toEqual(assembler.message().content);
      }),
    );
  });
});

describe('the arguments of a call', () => {
  it.each([
    ['nothing', '', {}],
    ['white space', ' \n', {}],
    ['an object', '{"a":1}', { a: 1 }],
    ['text that is not JSON', '{"a":', null],
  ])('of %s', (_name, text, expected) => {
    const block = toolCallBlock('call-1', 'look', text);
    expect(block.arguments).toEqual(expected);
    expect(block.argumentsText).toBe(text);
  });

  it('keep numbers that a double cannot hold', () => {
    const text = '{"id":12345678901234567890,"price":0.10}';
    expect(JSON.stringify(toolCallBlock('call-1', 'look', text).arguments)).toBe(text);
  });
});

interface ScriptedBlock {
  readonly type: 'text' | 'thinking' | 'tool-call';
  readonly text: string;
  readonly signature: string | undefined;
}

const scriptedBlock: fc.Arbitrary<ScriptedBlock> = fc.oneof(
  fc.record({
    type: fc.constant('text' as const),
    text: fc.string({ unit: 'binary' }),
    signature: fc.constant(undefined),
  }),
  fc.record({
    type: fc.constant('thinking' as const),
    text: fc.string(),
    signature: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  }),
  fc.record({ type: fc.constant('tool-call' as const), text: fc.json(), signature: fc.constant(undefined) }),
);

function assemble(blocks: readonly ScriptedBlock[], cut: (text: string) => readonly string[]): AssistantMessage {
  const assembler = createMessageAssembler();
  for (const [key, block] of blocks.entries()) play(assembler, block, key, cut);
  assembler.endAll();
  return assembler.message();
}

function play(
  assembler: ReturnType<typeof createMessageAssembler>,
  { type, text, signature }: ScriptedBlock,
  key: number,
  cut: (text: string) => readonly string[],
): void {
  if (type === 'tool-call') assembler.beginToolCall(key, `call-${key}`, 'look');
  for (const piece of cut(text)) {
    if (type === 'text') assembler.text(key, piece);
    if (type === 'thinking') assembler.thinking(key, piece);
    if (type === 'tool-call') assembler.toolArguments(key, piece);
  }
  if (signature !== undefined) assembler.signature(key, signature);
}

function pieces(text: string, sizes: fc.Stream<number>): readonly string[] {
  const list: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { value: size = 1 } = sizes.next();
    list.push(text.slice(at, at + size));
    at += size;
  }
  return list;
}
