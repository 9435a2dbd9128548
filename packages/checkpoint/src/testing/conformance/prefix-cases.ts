/** What begins with a prefix is told by code points: no character stands for others, and case and accents count. */
export const PREFIX_CASES: readonly {
  readonly prefix: string;
  readonly ids: readonly string[];
  readonly found: readonly string[];
}[] = [
  { prefix: '', ids: ['a', 'Z', '\u{10ffff}'], found: ['a', 'Z', '\u{10ffff}'] },
  { prefix: 'a/', ids: ['a', 'a/', 'a/1', 'a0', 'A/1', 'ba/1', 'a.'], found: ['a/', 'a/1'] },
  { prefix: '50%', ids: ['50%', '50% off', '500', '50x%'], found: ['50%', '50% off'] },
  { prefix: 'a_', ids: ['a_', 'a_1', 'ab1', 'a'], found: ['a_', 'a_1'] },
  { prefix: '\\', ids: ['\\', '\\%', '%'], found: ['\\', '\\%'] },
  { prefix: "o'", ids: ["o'neill", 'oneill'], found: ["o'neill"] },
  { prefix: 'é', ids: ['é1', 'e1', 'É1', 'e\u0301'], found: ['é1'] },
  { prefix: 'ß', ids: ['ß', 'ss', 'ßa'], found: ['ß', 'ßa'] },
  { prefix: '\u{1f600}', ids: ['\u{1f600}', '\u{1f600}!', '\u{1f601}', '\uffee'], found: ['\u{1f600}', '\u{1f600}!'] },
  { prefix: 'x\ud7ff', ids: ['x\ud7ff', 'x\ud7ffy', 'x\ue000', 'x\ud7fe'], found: ['x\ud7ff', 'x\ud7ffy'] },
  { prefix: 'x\uffff', ids: ['x\uffffy', 'x\u{10000}', 'x\ufffe'], found: ['x\uffffy'] },
  { prefix: 'x\u{10ffff}', ids: ['x\u{10ffff}y', 'x', 'y'], found: ['x\u{10ffff}y'] },
  {
    prefix: '\u{10ffff}',
    ids: ['\u{10ffff}', '\u{10ffff}\u{10ffff}', 'y'],
    found: ['\u{10ffff}', '\u{10ffff}\u{10ffff}'],
  },
];
