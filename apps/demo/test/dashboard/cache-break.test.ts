import { describe, expect, it } from 'vitest';
import {
  type Cause,
  causeText,
  type Difference,
  differenceText,
  markChange,
  ownerText,
} from '../../src/dashboard/views/session/turn-detail/cause-text.ts';

const marked = (before: string, after: string) =>
  markChange(before, after).map(({ same, changed, rest }) => `${same}[${changed}]${rest}`);

describe('what differs', () => {
  it('is marked alone, though the pieces are cut off at different ends', () => {
    expect(marked('…of one folder of files. You ans…', '…of two folders of files. You an…')).toEqual([
      '…of [one folder] of files. You ans…',
      '…of [two folders] of files. You an…',
    ]);
  });

  it('is nothing on the side that lacks it', () => {
    expect(marked('Looks at a place."', 'Looks at a place, or two."')).toEqual([
      'Looks at a place[]."',
      'Looks at a place[, or two]."',
    ]);
    expect(marked('', 'new')).toEqual(['[]', '[new]']);
  });

  it('is all that follows where the texts do not meet again', () => {
    expect(marked('abc', 'abxyz')).toEqual(['ab[c]', 'ab[xyz]']);
  });

  it('leaves both texts as they are', () => {
    for (const [before, after] of [
      ['a…', 'b…'],
      ['same', 'same'],
      ['…x y z…', '…x q z…'],
    ] as const) {
      expect(markChange(before, after).map(({ same, changed, rest }) => same + changed + rest)).toEqual([
        before,
        after,
      ]);
    }
  });

  it('is named with whose doing it is', () => {
    const difference = {
      why: 'difference',
      kind: 'edit',
      detail: 'whitespace',
      owner: { kind: 'tool', name: 'look' },
    } as unknown as Difference;
    expect(differenceText(difference)).toBe('Another content (white space alone)');
    expect(ownerText(difference)).toBe('the tool look');
    expect(ownerText({ ...difference, owner: undefined } as unknown as Difference)).toBe('');
  });
});

it('every other cause is a sentence with its facts', () => {
  const causes = [
    { why: 'mark-change', path: 'p', before: 'system[0]', after: 'messages[2]' },
    { why: 'no-mark', on: 'this-request', policy: 'off' },
    { why: 'model-changed', before: 'one', after: 'two' },
    { why: 'parameter-changed', parameters: [{ path: 'thinking', before: 'off', after: 'on' }], part: 'messages' },
    { why: 'expired', lifetime: '5m', expiredAt: 1, idleMs: 11_520_000, isDocumented: true },
    { why: 'replaced', replacedAt: 1 },
    { why: 'below-minimum', tokens: 900, minimumTokens: 1024 },
    { why: 'beyond-lookback', path: 'p', reach: 20 },
    { why: 'not-considered', path: 'p' },
    { why: 'not-yet-visible' },
    { why: 'provider-side' },
    { why: 'unknown', missing: 'content' },
  ] as const;
  const texts = causes.map((cause) => causeText(cause as Exclude<Cause, Difference>));
  for (const text of texts) expect(text).toMatch(/^[A-Z].*\.$/);
  expect(new Set(texts).size).toBe(causes.length);
  expect(texts[4]).toBe('What was kept had expired: 3 h 12 min passed, and it lives for 5m.');
  expect(texts[6]).toContain('900');
});
