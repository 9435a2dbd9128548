import { tool } from '@reprise/agent';
import fc from 'fast-check';
import { z } from 'zod';
import type { Piece } from './played-model.ts';

/** Says its word again; of `fail` it fails. */
export const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ word: z.string() }),
  effect: 'pure',
  run: ({ word }) => {
    if (word === 'fail') throw new Error('It failed.');
    return word;
  },
});

const word = fc.constantFrom('a', 'Bä', '😀 b', 'fail', 'a longer word');
const said: fc.Arbitrary<Piece> = fc.oneof(
  word.map((text) => ({ text })),
  word.map((thinking) => ({ thinking })),
);
const calling = fc.tuple(fc.array(said, { maxLength: 3 }), fc.array(word, { minLength: 1, maxLength: 3 }));

/** The answers of a run: some that call `echo`, and a last one. */
export const plays: fc.Arbitrary<readonly (readonly Piece[])[]> = fc
  .tuple(fc.array(calling, { maxLength: 3 }), said)
  .map(([turns, last]) => [
    ...turns.map(([pieces, words], turn) => [
      ...pieces,
      ...words.map((each, at): Piece => ({ call: [`c${turn}-${at}`, 'echo', JSON.stringify({ word: each })] })),
    ]),
    [last],
  ]);
