import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Simulator, startSimulator, virtualClock } from '../src/index.ts';
import { streamPieces } from '../src/script/answer-blocks.ts';
import { createBlockCounter, textTokens } from '../src/tokenize.ts';
import { CLAUDE, clientsOf, simulate } from './support/simulate.ts';

const CALLING = {
  toolCalls: [
    { name: 'a', arguments: {} },
    { name: 'b', arguments: {} },
    { id: 'mine', name: 'c', arguments: {} },
  ],
};

async function namesOf(simulator: Simulator, ...contents: string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const content of contents) {
    const message = await clientsOf(simulator).anthropic.messages.create({
      model: CLAUDE,
      max_tokens: 9,
      messages: [{ role: 'user', content }],
    });
    names.push(message.id, ...message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
  }
  return names;
}

test('no two responses of a server share a name, even to the same question at the same moment', async () => {
  const { simulator } = await simulate(() => CALLING);
  const names = await namesOf(simulator, 'same', 'same', 'other');
  const own = names.filter((name) => name !== 'mine');
  expect(own.length).toBe(9);
  expect(new Set(own).size).toBe(9);
});

test('servers started one after the other give different questions, and different moments, different names', async () => {
  const first = await simulate(() => CALLING);
  const second = await simulate(() => CALLING);
  const third = await simulate(() => CALLING, { clock: () => 1 });
  const names = [
    ...(await namesOf(first.simulator, 'one')),
    ...(await namesOf(second.simulator, 'two')),
    ...(await namesOf(third.simulator, 'one')),
  ].filter((name) => name !== 'mine');
  expect(new Set(names).size).toBe(9);
});

test('a run can be repeated to the byte', async () => {
  const run = async () => namesOf((await simulate(() => CALLING)).simulator, 'one', 'two');
  expect(await run()).toEqual(await run());
});

test('pieces of a stream join to the text and cut no character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200, size: 'max' }),
      fc.option(fc.nat(9)),
      (text, characters) => {
        const pieces = streamPieces(text, characters ?? undefined);
        expect(pieces.join('')).toBe(text);
        expect(pieces.every((piece) => piece.length > 0 && piece.isWellFormed() === text.isWellFormed())).toBe(true);
      },
    ),
  );
});

test('a counter gives the same number whether or not it remembers the text', () => {
  const forgetful = createBlockCounter(10);
  const remembering = createBlockCounter();
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify({ type: 'text', value });
      const tokens = remembering(text);
      expect(tokens).toBeGreaterThan(0);
      expect([remembering(text), forgetful(text)]).toEqual([tokens, tokens]);
    }),
  );
});

test('counting copes with texts that have no words, and with names of special tokens', () => {
  expect(textTokens('a'.repeat(500_000))).toBeGreaterThan(1000);
  expect(textTokens('<|endoftext|>')).toBeGreaterThan(1);
  expect(textTokens('')).toBe(0);
});

test('a picture counts the same whatever its bytes', () => {
  const count = createBlockCounter();
  const picture = (data: string) =>
    count(JSON.stringify({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }));
  expect(picture('A'.repeat(1_000_000))).toBe(picture('AAAA'));
  expect(picture('AAAA')).toBeGreaterThan(1600);
  expect(count(JSON.stringify({ role: 'user', content: '', images: ['A', 'B'] }))).toBeGreaterThan(3200);
});

test('a virtual clock moves forward only', async () => {
  const time = virtualClock(5);
  time.advance(10);
  expect(time.now()).toBe(15);
  expect(() => time.advance(-1)).toThrow(RangeError);
  const simulator = await startSimulator({ script: () => 'hi', clock: time.now });
  expect(simulator.clock()).toBe(15);
  await simulator.close();
});
