import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextFlow, printable, wrapText } from '../src/terminal/text-flow.ts';

describe('a text flow', () => {
  it('wraps between words, and indents every line but the first', () => {
    expect(wrapText('one two three four', { width: 12, indent: 2 })).toBe('one two\n  three four');
  });

  it('keeps line breaks and the indentation of code', () => {
    expect(wrapText('a\n\n  b', { width: 12, indent: 2 })).toBe('a\n\n    b');
  });

  it('cuts a word that is longer than a line, between characters', () => {
    expect(wrapText('😀😀😀', { width: 4, indent: 2 })).toBe('😀😀\n  😀');
  });

  it('drops what could steer a terminal', () => {
    expect(printable('a\u001B[31mb\u0007\u009Bc\td\u202Ee\r\n')).toBe('a[31mbc  de\n');
  });

  it('is the same however the text is cut into pieces, and never too wide', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '\n') })), (pieces) => {
        const options = { width: 10, indent: 3 };
        let written = '';
        const flow = createTextFlow({ ...options, write: (text) => (written += text) });
        for (const piece of pieces) flow.push(piece);
        flow.end();
        expect(written).toBe(wrapText(pieces.join(''), options));
        // The first line begins at the indentation.
        expect(Math.max(...`   ${written}`.split('\n').map((line) => line.trimEnd().length))).toBeLessThanOrEqual(10);
      }),
    );
  });
});
