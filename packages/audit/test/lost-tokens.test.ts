import { type CacheLifetime, type KnownTokenCounts, LIFETIME_MS } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheStatement, type LedgerRow } from '../src/index.ts';
import { ledgerRowOf } from './support/rows.ts';

const START = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;

/** Opus 5: $5 fresh, $0.50 read, $6.25 and $10 written per million. */
function turnAt(minutes: number, reported: KnownTokenCounts, given: Partial<LedgerRow> = {}): LedgerRow {
  return ledgerRowOf({ output: 1, ...reported }, { startedAt: START + minutes * MINUTE, ...given });
}

function lost(rows: readonly LedgerRow[], asOf?: number) {
  return cacheStatement(rows, { asOf }).turns.map(({ wastedWrite, missedRead, openWriteTokens }) => ({
    wasted: wastedWrite.tokens,
    open: openWriteTokens,
    missed: missedRead.tokens,
  }));
}

const W = (tokens: number, lifetime: CacheLifetime = '5m') => ({ cacheWrite: { [lifetime]: tokens } });

test('a conversation that goes on from turn to turn wastes and misses nothing, and its last write is open (B-18)', () => {
  const rows = [
    turnAt(0, { fresh: 10, cacheRead: 0, ...W(2_000) }),
    turnAt(4, { fresh: 10, cacheRead: 2_000, ...W(500) }),
    turnAt(8, { fresh: 10, cacheRead: 2_500, ...W(300) }),
  ];
  expect(lost(rows)).toEqual([
    { wasted: 0, open: 0, missed: 0 },
    { wasted: 0, open: 0, missed: 0 },
    { wasted: 0, open: 300, missed: 0 },
  ]);
});

test('a write whose conversation never came back is wasted once it is dead, at what it cost more than fresh tokens (B-18, N-04)', () => {
  const rows = [turnAt(0, { fresh: 10, cacheRead: 0, cacheWrite: { '5m': 2_000, '1h': 1_000 } })];
  const dead = {
    wastedWrites: { tokens: 3_000, picoUsd: 2_000n * 1_250_000n + 1_000n * 5_000_000n, unpricedTurns: 0 },
  };
  expect(cacheStatement(rows, { asOf: START + 61 * MINUTE })).toMatchObject({ ...dead, openWrites: { tokens: 0 } });
  expect(lost(rows, START + 5 * MINUTE)).toEqual([{ wasted: 2_000, open: 1_000, missed: 0 }]);
  expect(lost(rows)).toEqual([{ wasted: 0, open: 3_000, missed: 0 }]);
});

test('a prefix that broke wastes what was written behind the break, and misses all that was readable (N-04)', () => {
  const rows = [
    turnAt(0, { fresh: 10, cacheRead: 0, ...W(2_000) }),
    turnAt(1, { fresh: 10, cacheRead: 2_000, ...W(1_000) }),
    turnAt(2, { fresh: 10, cacheRead: 500, ...W(3_000) }),
    turnAt(3, { fresh: 10, cacheRead: 3_500, ...W(100) }),
  ];
  expect(lost(rows)).toEqual([
    { wasted: 0, open: 0, missed: 0 },
    { wasted: 1_000, open: 0, missed: 0 },
    { wasted: 0, open: 0, missed: 2_500 },
    { wasted: 0, open: 100, missed: 0 },
  ]);
  // Missed tokens were written again, at 6.25 where a read costs 0.50.
  expect(cacheStatement(rows).missedReads).toEqual({
    tokens: 2_500,
    missingTurns: 0,
    picoUsd: 2_500n * 5_750_000n,
    unpricedTurns: 0,
  });
});

test('what a turn wrote of nothing it missed was fresh', () => {
  const rows = [
    turnAt(0, { fresh: 10, cacheRead: 0, ...W(2_000) }),
    turnAt(1, { fresh: 1_900, cacheRead: 0, ...W(300) }),
  ];
  expect(cacheStatement(rows).turns[1]?.missedRead).toEqual({
    tokens: 2_000,
    picoUsd: 300n * 5_750_000n + 1_700n * 4_500_000n,
  });
});

test('a lifetime begins anew with each read, and ends that long after the last one', () => {
  const rows = [0, 4, 8, 12.9].map((at, index) =>
    turnAt(at, { fresh: 1, cacheRead: index === 0 ? 0 : 2_000, cacheWrite: { '5m': index === 0 ? 2_000 : 0 } }),
  );
  const late = turnAt(18, { fresh: 1, cacheRead: 0, ...W(2_000) });
  expect(lost([...rows, late]).at(-1)).toEqual({ wasted: 0, open: 2_000, missed: 0 });
  expect(lost([...rows, { ...late, startedAt: START + 17.8 * MINUTE }]).at(-1)?.missed).toBe(2_000);
});

test('of two lifetimes the longer one is still readable after the shorter has died', () => {
  const rows = [
    turnAt(0, { fresh: 1, cacheRead: 0, cacheWrite: { '1h': 1_000, '5m': 600 } }),
    turnAt(10, { fresh: 1, cacheRead: 0, ...W(1_600) }),
  ];
  expect(lost(rows)).toMatchObject([{ wasted: 1_600 }, { missed: 1_000 }]);
});

test('a prompt that is shorter misses no more than it has', () => {
  const rows = [turnAt(0, { fresh: 1, cacheRead: 0, ...W(9_000) }), turnAt(1, { fresh: 700, cacheRead: 0, ...W(0) })];
  expect(lost(rows)[1]?.missed).toBe(700);
});

test('models and conversations have caches of their own', () => {
  const first = turnAt(0, { fresh: 1, cacheRead: 0, ...W(2_000) });
  const second = turnAt(1, { fresh: 2_000, cacheRead: 0, ...W(0) });
  expect(lost([first, second])[1]?.missed).toBe(2_000);
  expect(lost([first, { ...second, model: 'claude-haiku-5-5' }])[1]?.missed).toBe(0);
  expect(lost([first, { ...second, conversationId: 'sub-agent' }])[1]?.missed).toBe(0);
  const back = turnAt(2, { fresh: 1, cacheRead: 2_000, ...W(0) });
  expect(lost([first, { ...second, conversationId: 'sub-agent' }, back])[0]?.wasted).toBe(0);
});

test('a vendor that keeps what it sees is missed in whole steps, and wastes nothing that it reported (N-04)', () => {
  const openai = { family: 'openai-chat', model: 'gpt-5-mini' } as const;
  const rows = [turnAt(0, { fresh: 1_500, cacheRead: 0 }, openai), turnAt(1, { fresh: 1_600, cacheRead: 0 }, openai)];
  expect(lost(rows)).toMatchObject([{ missed: 0 }, { missed: 1_408, wasted: 'not-reported' }]);
  expect(lost([turnAt(0, { fresh: 900, cacheRead: 0 }, openai), ...rows.slice(1)])[1]?.missed).toBe(0);
});

test('what a vendor has not settled yet is not missed', () => {
  const gemini = { family: 'openai-chat', model: 'gemini-2.5-pro' } as const;
  const rows = [
    turnAt(0, { fresh: 4_500, cacheRead: 0 }, gemini),
    turnAt(0.05, { fresh: 4_600, cacheRead: 0 }, gemini),
  ];
  expect(lost(rows)[1]?.missed).toBe(0);
  const later = turnAt(1, { fresh: 4_600, cacheRead: 0 }, gemini);
  expect(lost([...rows.slice(0, 1), later])[1]?.missed).toBeGreaterThan(0);
});

describe('zero is not unknown (I11, N-07)', () => {
  const first = turnAt(0, { fresh: 10, cacheRead: 0, ...W(2_000) });
  const silent = turnAt(1, { fresh: 2_500 });
  const reader = turnAt(2, { fresh: 10, cacheRead: 2_000, ...W(0) });

  test('a silent turn may have read what was alive, and nobody knows what it missed', () => {
    expect(lost([first, silent], START + 9 * MINUTE)).toEqual([
      { wasted: 'not-reported', open: 'not-reported', missed: 0 },
      { wasted: 'not-reported', open: 'not-reported', missed: 'not-reported' },
    ]);
  });

  test('a silent turn cannot have read what was dead by then', () => {
    expect(lost([first, { ...silent, startedAt: START + 6 * MINUTE }])[0]).toEqual({
      wasted: 2_000,
      open: 0,
      missed: 0,
    });
  });

  test('what was read back before or after it is no waste, whatever it did', () => {
    expect(lost([first, silent, reader])[0]?.wasted).toBe(0);
    expect(lost([first, reader, { ...silent, startedAt: START + 3 * MINUTE }])[0]?.wasted).toBe(0);
  });

  test('what a turn after it missed is not known either', () => {
    expect(lost([first, silent, { ...reader, tokens: { ...reader.tokens, cacheRead: 0 } }])[2]?.missed).toBe(
      'not-reported',
    );
  });

  test('a time that a log does not tell makes the rest unknown', () => {
    expect(lost([first, { ...reader, timeBasis: 'file' }])).toMatchObject([
      { wasted: 'not-reported' },
      { missed: 'not-reported' },
    ]);
  });

  test('a turn says whether it hit, and a silent one that it does not know (D-13)', () => {
    expect(cacheStatement([first, silent, reader]).turns.map(({ hit }) => hit)).toEqual([false, 'unknown', true]);
  });

  test('a sum says how many turns it misses, and a loss without a price is counted apart', () => {
    const local = { family: 'anthropic', model: 'claude-nonesuch-9' } as const;
    const rows = [turnAt(0, { fresh: 1, cacheRead: 0, ...W(40) }, local), silent];
    expect(cacheStatement(rows, { asOf: START + 9 * MINUTE }).wastedWrites).toEqual({
      tokens: 40,
      missingTurns: 1,
      picoUsd: 0n,
      unpricedTurns: 1,
    });
  });
});

/** The same rule position by position: who wrote it last, until when it lives, and whether anybody has read it. */
function byPosition(rows: readonly LedgerRow[]) {
  const cells = Array.from({ length: 60 }, () => ({ writer: -1, diesAt: 0, lifetime: '5m' as CacheLifetime }));
  const readBack = rows.map(() => 0);
  let reach = 0;
  const missed = rows.map(({ tokens, startedAt }, index) => {
    const read = Number(tokens.cacheRead);
    const alive = cells.findLastIndex((cell, at) => at < reach && startedAt < cell.diesAt) + 1;
    for (const [at, cell] of cells.entries()) {
      if (at >= read) break;
      if (cell.writer >= 0 && startedAt < cell.diesAt) readBack[cell.writer] = (readBack[cell.writer] ?? 0) + 1;
      cells[at] = { ...cell, writer: -1, diesAt: startedAt + LIFETIME_MS[cell.lifetime] };
    }
    reach = read;
    for (const lifetime of ['1h', '5m'] as const) {
      for (let count = Number(tokens.cacheWrite[lifetime]); count > 0; count -= 1) {
        cells[reach] = { writer: index, diesAt: startedAt + LIFETIME_MS[lifetime], lifetime };
        reach += 1;
      }
    }
    const prompt = reach + Number(tokens.fresh);
    return Math.max(0, Math.min(alive, prompt) - read);
  });
  const end = rows.at(-1)?.startedAt ?? 0;
  return rows.map(({ tokens }, index) => {
    const written = Number(tokens.cacheWrite['5m']) + Number(tokens.cacheWrite['1h']);
    const open = cells.filter(({ writer, diesAt }) => writer === index && end < diesAt).length;
    return { wasted: written - (readBack[index] ?? 0) - open, open, missed: missed[index] };
  });
}

const small = fc.nat(12);
const counts = fc.record({
  fresh: small,
  cacheRead: fc.nat(30),
  w5: small,
  w1: small,
  gap: fc.constantFrom(0, 2, 4, 6, 50, 70),
});
const ledger = fc.array(counts, { maxLength: 12 }).map((turns) => {
  let minutes = 0;
  return turns.map(({ fresh, cacheRead, w5, w1, gap }) => {
    minutes += gap;
    return turnAt(minutes, { fresh, cacheRead, cacheWrite: { '5m': w5, '1h': w1 } });
  });
});

test('wasted, open and missed tokens are those of a count position by position, on random ledgers (N-04)', () => {
  fc.assert(
    fc.property(ledger, (rows) => {
      expect(lost(rows)).toEqual(byPosition(rows));
    }),
    { numRuns: 500 },
  );
});

test('what is lost never exceeds what was paid for it, and takes no part in the equation', () => {
  fc.assert(
    fc.property(ledger, (rows) => {
      const { money, turns } = cacheStatement(rows);
      for (const { tokens, wastedWrite, openWriteTokens, missedRead } of turns) {
        expect(Number(wastedWrite.tokens) + Number(openWriteTokens)).toBeLessThanOrEqual(Number(tokens.cacheWrite));
        expect(Number(missedRead.tokens)).toBeLessThanOrEqual(Number(tokens.fresh) + Number(tokens.cacheWrite));
      }
      if (!money) return;
      const { paidPicoUsd, readSavingsPicoUsd, baselinePicoUsd, writeSurchargePicoUsd } = money;
      expect(paidPicoUsd + readSavingsPicoUsd).toBe(baselinePicoUsd + writeSurchargePicoUsd);
    }),
  );
});
