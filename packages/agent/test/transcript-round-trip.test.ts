import { formatTranscript, fromJSONL, parseTranscript, resolveFrom, toJSONL } from '@reprise/agent';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyHistory } from './support/histories.ts';

const options = fc.record(
  {
    maxResultCharacters: fc.constantFrom(0, 1, 30, 2000, Number.POSITIVE_INFINITY),
    maxArgumentCharacters: fc.constantFrom(0, 10, 2000),
    media: fc.constantFrom('reference' as const, 'inline' as const),
  },
  { requiredKeys: [] },
);

describe('the round trip of a transcript', () => {
  it('gives any history back, with what was cut resolved by its hash (L-23, X-16)', () => {
    fc.assert(
      fc.property(anyHistory, options, (history, limits) => {
        const text = formatTranscript(history, limits);
        expect(parseTranscript(text, { resolve: resolveFrom(history) })).toEqual(history);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the identity on texts, with nothing to resolve a hash: format ∘ parse ∘ format = format (L-25)', () => {
    fc.assert(
      fc.property(anyHistory, options, (history, limits) => {
        const text = formatTranscript(history, limits);
        expect(formatTranscript(parseTranscript(text), limits)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives any history back that was cut, read, written and read again with what was cut', () => {
    fc.assert(
      fc.property(anyHistory, options, (history, limits) => {
        const cut = parseTranscript(formatTranscript(history, limits));
        const again = formatTranscript(cut, limits);
        expect(parseTranscript(again, { resolve: resolveFrom(history) })).toEqual(history);
      }),
      { numRuns: 500 },
    );
  });

  it('survives a file, whose line breaks something else has rewritten', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const text = formatTranscript(history);
        const file = Buffer.from(text, 'utf8').toString('utf8');
        expect(file).toBe(text);
        fc.pre(!text.includes('\r'));
        expect(parseTranscript(text.replaceAll('\n', '\r\n'))).toEqual(parseTranscript(text));
      }),
      { numRuns: 500 },
    );
  });

  it('never throws for any text that is read leniently', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), fc.nat(), (history, from, count) => {
        const text = formatTranscript(history, { maxResultCharacters: 10 });
        const torn = text.slice(0, from % (text.length + 1)) + text.slice((from % (text.length + 1)) + (count % 40));
        expect(Array.isArray(parseTranscript(torn, { lenient: true }))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is exact in JSON Lines, too (L-62)', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const text = toJSONL(history);
        expect(fromJSONL(text)).toEqual(history);
        expect(text.split('\n')).toHaveLength(history.length + 1);
      }),
      { numRuns: 500 },
    );
  });
});
