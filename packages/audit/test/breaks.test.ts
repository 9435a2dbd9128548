import { tokenCounts } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { type Break, explainMiss, explainTurns, type LedgerRow, renderBreaks, turnOfRow } from '../src/index.ts';
import { ledgerRowOf } from './support/rows.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 10, 21, 14, 5);

const wrote = ledgerRowOf(
  { fresh: 10, cacheRead: 0, cacheWrite: { '5m': 5000 }, output: 5 },
  { id: 'a', startedAt: START },
);
const missed = (minutes: number, given: Partial<LedgerRow> = {}) =>
  ledgerRowOf(
    { fresh: 10, cacheRead: 0, cacheWrite: { '5m': 5200 }, output: 5 },
    { id: 'b', startedAt: START + minutes * MINUTE_MS, ...given },
  );

const explain = (...rows: readonly LedgerRow[]) => [...explainTurns(rows.map(turnOfRow))];
const causeOf = (before: LedgerRow, after: LedgerRow) => explainMiss(turnOfRow(before), turnOfRow(after))?.causes;

describe('rows without their requests', () => {
  it('tell that a longer wait than any lifetime has expired, and nothing of a shorter one (N-02)', () => {
    expect(causeOf(wrote, missed(5))).toMatchObject([{ why: 'expired', lifetime: '5m', idleMs: 5 * MINUTE_MS }]);
    expect(causeOf(wrote, missed(4.99))).toEqual([{ why: 'unknown', missing: 'content' }]);
  });

  it('tell nothing of a wait where the lifetime may have been longer (N-02)', () => {
    const renewed = {
      ...wrote,
      tokens: tokenCounts({ fresh: 10, cacheRead: 4000, cacheWrite: { '5m': 1000 }, output: 5 }),
    };
    expect(causeOf(renewed, missed(59))).toEqual([{ why: 'unknown', missing: 'content' }]);
    expect(causeOf(renewed, missed(60))).toMatchObject([{ why: 'expired', lifetime: '1h' }]);
  });

  it('tell nothing of a wait where the time is a file’s (N-02)', () => {
    expect(causeOf(wrote, missed(90, { timeBasis: 'file' }))).toEqual([{ why: 'unknown', missing: 'content' }]);
  });

  it('tell another model by its name (N-02)', () => {
    expect(causeOf(wrote, missed(1, { model: 'claude-opus-4-8' }))).toMatchObject([
      { why: 'model-changed', after: 'claude-opus-4-8' },
    ]);
  });

  it('with prompts but no marks tell a difference, and blame nobody where there is none (N-02)', () => {
    const block = (text: string) => ({
      path: 'system[0]',
      role: 'system' as const,
      kind: 'text',
      text: JSON.stringify({ type: 'text', text }),
      markable: true,
    });
    const [before, same, other] = [block('Be kind.'), block('Be kind.'), block('Be calm.')].map((each) => ({
      prefix: [each],
    }));
    expect(causeOf({ ...wrote, ...before }, missed(1, other))).toMatchObject([
      { why: 'difference', path: 'system[0].text', kind: 'edit' },
    ]);
    expect(causeOf({ ...wrote, ...before }, missed(1, same))).toEqual([{ why: 'unknown', missing: 'marks' }]);
  });

  it('with hashes tell the block, and nothing where a hash before it was not kept (N-02)', () => {
    const hashed = (row: LedgerRow, ...keptHashes: readonly (string | undefined)[]) => ({
      ...turnOfRow(row),
      keptHashes,
      blockCount: keptHashes.length,
    });
    const causes = (...of: Parameters<typeof explainMiss>) => explainMiss(...of)?.causes;
    expect(causes(hashed(wrote, 'a', 'b'), hashed(missed(1), 'a', 'c', 'd'))).toMatchObject([
      { why: 'difference', blockIndex: 1, kind: 'edit', path: undefined },
    ]);
    expect(causes(hashed(wrote, 'a', 'b'), hashed(missed(1), 'a'))).toMatchObject([
      { why: 'difference', blockIndex: 1, kind: 'remove' },
    ]);
    expect(causes(hashed(wrote, undefined, 'b'), hashed(missed(1), 'a', 'c'))).toEqual([
      { why: 'unknown', missing: 'content' },
    ]);
    expect(causes(hashed(wrote, 'a', 'b'), hashed(missed(1), undefined, 'c'))).toEqual([
      { why: 'unknown', missing: 'content' },
    ]);
  });

  it('of a silent vendor get no verdict, and the next is compared with the last that spoke (N-07)', () => {
    const silent = ledgerRowOf({ fresh: 300, output: 5 }, { id: 'c', startedAt: START + MINUTE_MS });
    expect(explain(silent, wrote, silent, missed(2)).map(({ verdict }) => verdict)).toEqual([
      'silent',
      'unmeasured',
      'silent',
      'break',
    ]);
  });
});

describe('what a miss has cost', () => {
  it('is what the missed tokens cost more than reads, at the rate they were billed at (N-02)', () => {
    const [, explained] = explain(wrote, missed(1));
    // Opus 5: written at $6.25 a million, read at $0.50.
    expect(explained?.break).toMatchObject({
      expectedTokens: 5000,
      missedTokens: 5000,
      lostPicoUsd: 5000n * 5_750_000n,
    });
  });

  it('is counted from the fresh tokens where fewer were written (N-02)', () => {
    const after = ledgerRowOf(
      { fresh: 4000, cacheRead: 0, cacheWrite: { '5m': 1210 }, output: 5 },
      { id: 'b', startedAt: START },
    );
    expect(explainMiss(turnOfRow(wrote), turnOfRow(after))?.lostPicoUsd).toBe(1210n * 5_750_000n + 3790n * 4_500_000n);
  });

  it('is not known without a price (N-02)', () => {
    const [before, after] = [wrote, missed(1)].map((row) => turnOfRow({ ...row, model: 'claude-nonesuch' }));
    expect(before && after && explainMiss(before, after)).toMatchObject({ missedTokens: 5000, lostPicoUsd: undefined });
  });

  it('is by list price where the vendor names a charge of its own', () => {
    const billing = { cost: { picoUsd: 7n, source: 'a vendor' } };
    expect(explainMiss(turnOfRow(wrote), turnOfRow(missed(1, { billing })))?.lostPicoUsd).toBe(5000n * 5_750_000n);
  });
});

describe('breaks as text', () => {
  const found: Break = {
    turn: 7,
    turnId: 't',
    comparedWith: 's',
    causes: [
      {
        why: 'difference',
        kind: 'edit',
        detail: 'unicode-form',
        path: 'tools[3].description',
        part: 'tools',
        blockIndex: 3,
        byteOffset: 1042,
        before: '…a caf\u00e9',
        after: '…a cafe\u0301\u001b[2J',
        owner: { kind: 'tool', name: 'look' },
      },
    ],
    expectedTokens: 5000,
    readTokens: 20,
    missedTokens: 4980,
    lostPicoUsd: 28_635_000_000n,
    isEstimated: false,
    vendor: { verdict: { verdict: 'miss', reason: 'system_changed', wire: {} }, opinion: 'contradicts' },
  };

  it('name turn, place, owner, both sides and the vendor’s word, and steer no terminal', () => {
    expect(renderBreaks([found], { width: 100 })).toBe(
      [
        'Turn 7 read 20 of 5,000 tokens that could have been read, which cost $0.0286 more.',
        '  tools[3].description was changed (in the Unicode form of its characters alone), from byte 1,042 of',
        '  its block on; tool look.',
        String.raw`    - \u2026a caf\u00e9`,
        String.raw`    + \u2026a cafe\u0301\u001b[2J`,
        '  The vendor says: miss (system_changed), which contradicts this.',
      ].join('\n'),
    );
  });

  it('tell a reason that lasts once, with its sums', () => {
    const lasting = [3, 4, 5].map(
      (turn): Break => ({
        ...found,
        turn,
        causes: [{ why: 'no-mark', on: 'request-before', policy: 'none' }],
        vendor: undefined,
      }),
    );
    expect(renderBreaks(lasting, { width: 200 })).toBe(
      'Turns 3 to 5 read 60 of 15,000 tokens that could have been read, which cost $0.0859 more.\n  The request before had no cache mark (policy none).',
    );
  });

  it('fit the width', () => {
    for (const line of renderBreaks([found], { width: 40 }).split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  it('say so where there are none', () => {
    expect(renderBreaks([])).toContain('No turn read less');
  });
});
