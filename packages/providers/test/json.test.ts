import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../src/json.ts';

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${min},${max}}$`));
/** Every way in which JSON can write a number. */
const number = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(fc.constant('0'), digits(0, 25)),
    fraction: fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/)),
    exponent: fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][-+]?[0-9]{1,3}$/)),
  })
  .map(({ sign, whole, fraction, exponent }) => `${sign}${whole}${fraction}${exponent}`);
const texts = fc.letrec<{ readonly json: string; readonly list: string; readonly object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    number,
    fc.string().map((text) => JSON.stringify(text)),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('json'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(tie('json'), { maxLength: 3 })
    .map((values) => `{${values.map((value, index) => `"f${index}":${value}`).join(',')}}`),
})).json;

describe('JSON that was received', () => {
  it('is written again as it was, each number in its own digits (I3)', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(JSON.stringify(parseExactJson(text))).toBe(text);
      }),
      { numRuns: 2000, examples: [['-0'], ['[1E5]'], ['{"a":1.0}'], ['9007199254740993'], ['1e-7'], ['0.10']] },
    );
  });

  it('is nothing where it is not JSON', () => {
    expect(parseExactJson('{"a":1.0')).toBeUndefined();
    expect(parseExactJson('{a}')).toBeUndefined();
  });
});
