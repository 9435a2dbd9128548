// Row N-03: what holds of every replay, whatever was recorded.

import { type CachePolicy, type PrefixBlock, promptTokenCount } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecordedTurn, type WhatIfRow, whatIf } from '../src/index.ts';
import { block, recordedTurn } from './support/recorded-turns.ts';

const MINUTE_MS = 60_000;

/** Opus 5, in 10⁻¹² dollars a token: $5 fresh, $0.50 read, $6.25 written for five minutes, $25 output per million. */
const RATES = { fresh: 5_000_000n, read: 500_000n, write: 6_250_000n, output: 25_000_000n };

function paid({ paidPicoUsd }: WhatIfRow = expect.fail('a row was asked for')): bigint {
  return paidPicoUsd ?? expect.fail('the price is known');
}

/** The same request, `times` times. */
function repeated(times: number, gapMs: number, tokens: number): readonly RecordedTurn[] {
  const blocks = [block('system', 'rules', tokens - 50), block('user', '0', 50)];
  return Array.from({ length: times }, (_, index) =>
    recordedTurn({ at: index * gapMs, tokens: { fresh: tokens, cacheRead: 0, output: 10 }, blocks, marks: [1] }),
  );
}

describe('for a fixed prefix used at least twice (N-03)', () => {
  it('an hour beats five minutes exactly for gaps from 5 to 60 minutes', () => {
    const gap = fc.oneof(
      fc.integer({ min: 1000, max: 90 * MINUTE_MS }),
      fc.constantFrom(5 * MINUTE_MS - 1, 5 * MINUTE_MS, 60 * MINUTE_MS - 1, 60 * MINUTE_MS),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 12 }),
        gap,
        fc.integer({ min: 1200, max: 90_000 }),
        (times, gapMs, tokens) => {
          const { rows } = whatIf(repeated(times, gapMs, tokens), [
            { policy: 'last_user_message', ttl: '5m' },
            { policy: 'last_user_message', ttl: '1h' },
          ]);
          const [short, long] = rows.map(paid) as [bigint, bigint];
          expect(long < short).toBe(gapMs >= 5 * MINUTE_MS && gapMs < 60 * MINUTE_MS);
          expect(long).not.toBe(short);
        },
      ),
    );
  });

  it('a refresh before each expiry has everything read but the first time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 1, max: 40 }), (times, gapMinutes) => {
        const turns = repeated(times, gapMinutes * MINUTE_MS, 5000);
        const { rows } = whatIf(turns, [{ policy: 'last_user_message', keepWarm: { everyMs: 4 * MINUTE_MS } }]);
        const [row = expect.fail('a row was asked for')] = rows;
        const refreshes = (times - 1) * (Math.ceil(gapMinutes / 4) - 1);
        expect(row.refreshes).toEqual({
          count: refreshes,
          picoUsd: BigInt(refreshes) * (5000n * RATES.read + RATES.output),
        });
        expect(row.tokens).toEqual({ fresh: 0, cacheWrite: 5000, cacheRead: 5000 * (times - 1 + refreshes) });
      }),
    );
  });
});

/** A conversation that only grows: what each turn adds, in tokens, and the pause before it. */
const growth = fc.array(
  fc.record({
    question: fc.integer({ min: 20, max: 4000 }),
    answer: fc.integer({ min: 20, max: 4000 }),
    pauseMs: fc.integer({ min: 2000, max: 5 * MINUTE_MS - 1 }),
  }),
  { minLength: 1, maxLength: 12 },
);

interface Added {
  readonly question: number;
  readonly answer: number;
  readonly pauseMs: number;
}

function conversation(system: number, added: readonly Added[]): readonly RecordedTurn[] {
  const blocks: PrefixBlock[] = [block('tool', '0', 200), block('system', 'rules', system)];
  let [at, prompt] = [0, 200 + system];
  return added.map(({ question, answer, pauseMs }) => {
    blocks.push(block('user', String(blocks.length), question));
    at += pauseMs;
    prompt += question;
    const turn = recordedTurn({
      at,
      tokens: { fresh: prompt, cacheRead: 0, output: answer },
      blocks: [...blocks],
      marks: [],
    });
    blocks.push(block('assistant', String(blocks.length), answer));
    prompt += answer;
    return turn;
  });
}

const PLANS: readonly CachePolicy[] = [
  'none',
  'automatic',
  'system_and_tools',
  'tools_only',
  'last_user_message',
  'last_2_user_messages',
  'last_3_user_messages',
];

describe('in a conversation that only grows, faster than entries die (N-03)', () => {
  const place = fc.oneof(
    fc.constantFrom('system' as const, 'tools' as const, 'last' as const),
    fc.integer({ min: -4, max: 4 }),
  );
  const breakpoints = fc.array(place, { minLength: 1, maxLength: 4 }).map((at): CachePolicy => ({ breakpoints: at }));

  it('`auto` loses no more than a quarter of its last write to any plan', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 600, max: 20_000 }),
        growth,
        fc.array(breakpoints, { maxLength: 3 }),
        (system, added, more) => {
          const turns = conversation(system, added);
          const { rows, noCache } = whatIf(turns, ['auto', ...PLANS, ...more]);
          const [auto, ...others] = rows;
          const before = whatIf(turns.slice(0, -1), 'auto').rows[0];
          const lastWrite = BigInt((auto?.tokens.cacheWrite ?? 0) - (before?.tokens.cacheWrite ?? 0));
          const most = lastWrite * (RATES.write - RATES.fresh);
          for (const row of [...others, noCache]) expect(paid(auto) - paid(row)).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('and each plan has all prompt tokens in one bucket or another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 20_000 }), growth, breakpoints, (system, added, policy) => {
        const turns = conversation(system, added);
        const { rows, recorded, noCache } = whatIf(turns, [policy, { ttl: '1h', policy }, 'auto']);
        const all = turns.reduce((sum, { row }) => sum + Number(promptTokenCount(row.tokens)), 0);
        for (const { tokens } of [...rows, recorded, noCache]) {
          expect(tokens.fresh + tokens.cacheRead + tokens.cacheWrite).toBe(all);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('no cache (N-03)', () => {
  const count = fc.integer({ min: 0, max: 90_000 });
  const counted = fc.record({
    fresh: count,
    cacheRead: count,
    cacheWrite: fc.record({ '5m': count, '1h': count }),
    output: count,
  });

  it('is all prompt tokens at the input rate, whatever was reported and known', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(counted, fc.boolean()), { minLength: 1, maxLength: 8 }), (rows) => {
        const blocks = [block('system', 'rules'), block('user', '0')];
        const turns = rows.map(([tokens, isKnown], index) =>
          recordedTurn({ at: index * MINUTE_MS, tokens, ...(isKnown ? { blocks, marks: [1] } : {}) }),
        );
        const gross = rows.reduce((sum, [{ fresh, cacheRead, cacheWrite }]) => {
          return sum + BigInt(fresh + cacheRead + cacheWrite['5m'] + cacheWrite['1h']);
        }, 0n);
        const output = rows.reduce((sum, [tokens]) => sum + BigInt(tokens.output), 0n);
        expect(paid(whatIf(turns, []).noCache)).toBe(gross * RATES.fresh + output * RATES.output);
      }),
    );
  });
});
