import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashEntry, rootEntry } from '../src/entry-hash.ts';

test('an entry is named by the SHA-256 of its parent, kind and payload as a JSON array', () => {
  const encoded = '["sha256:00","user-message","{\\"text\\":\\"hi\\"}"]';
  const expected = `sha256:${createHash('sha256').update(encoded).digest('hex')}`;
  expect(hashEntry('sha256:00', { kind: 'user-message', payload: '{"text":"hi"}' })).toBe(expected);
});

test('entries that differ in any of the three have different names', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '[', '\\', '\u0000'), maxLength: 4 });
  const triple = fc.tuple(fc.option(text), text, text);
  const hash = ([parent, kind, payload]: [string | null, string, string]) => hashEntry(parent, { kind, payload });
  fc.assert(
    fc.property(triple, triple, (a, b) => {
      expect(hash(a) === hash(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test('the root of a session names the session', () => {
  expect(rootEntry('a"b')).toEqual({ kind: 'session', payload: '{"session":"a\\"b"}' });
});
