// Row N-03: what a replay knows, what it does not, and what it refuses.

import { tokenCounts } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { mergeTurns, type RecordedTurn, type ScenarioInput, whatIf } from '../src/index.ts';
import { block, type GivenTurn, recordedTurn } from './support/recorded-turns.ts';

const MINUTE_MS = 60_000;

const SYSTEM = block('system', 'rules', 2000);
const BLOCKS = [SYSTEM, block('user', '0', 100)];
const LATER_BLOCKS = [...BLOCKS, block('assistant', '1', 50), block('user', '2', 100)];

const FIRST = recordedTurn({
  id: 'first',
  tokens: { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 2100 }, output: 50 },
  blocks: BLOCKS,
  marks: [0, 1],
});
const GIVEN_SECOND: GivenTurn = {
  id: 'second',
  at: MINUTE_MS,
  tokens: { fresh: 0, cacheRead: 2100, cacheWrite: { '5m': 150 }, output: 50 },
  blocks: LATER_BLOCKS,
  marks: [1, 3],
};
const SECOND = recordedTurn(GIVEN_SECOND);

const NOTHING = { fresh: 0, cacheRead: 0, cacheWrite: 0 };

describe('a turn that cannot be replayed (N-03)', () => {
  it.each([
    ['whose content is not known', {}],
    ['that was cut off', { blocks: BLOCKS, marks: [1], row: { usageState: 'partial' } }],
  ] as const)('%s has what was reported in every plan but no cache, and they say of how many', (_what, given) => {
    const tokens = { fresh: 10, cacheRead: 2000, cacheWrite: { '5m': 90 }, output: 5 };
    const odd = recordedTurn({ at: 2 * MINUTE_MS, tokens, ...given });
    const table = whatIf([FIRST, odd], ['none', { ttl: '1h' }]);
    expect(table).toMatchObject({ turnCount: 2, replayedTurns: 1, residual: { checkedTurns: 1, uncheckedTurns: 1 } });
    expect(table.recorded.tokens).toEqual({ fresh: 10, cacheRead: 2000, cacheWrite: 2190 });
    expect(table.rows.map((row) => row.tokens)).toEqual([
      { fresh: 2110, cacheRead: 2000, cacheWrite: 90 },
      { fresh: 10, cacheRead: 2000, cacheWrite: 2190 },
    ]);
    expect(table.noCache.tokens).toEqual({ fresh: 4200, cacheRead: 0, cacheWrite: 0 });
    expect(table.assumptions.join(' ')).toContain('1 of 2 turns could not be replayed');
  });

  it('has its counts at the price of another model, where one is asked', () => {
    const tokens = { fresh: 10, cacheRead: 2000, cacheWrite: { '5m': 90 }, output: 5 };
    const { rows } = whatIf([recordedTurn({ tokens })], { model: { family: 'anthropic', model: 'claude-sonnet-4-5' } });
    // $3 fresh, $0.30 read, $3.75 written, $15 output per million.
    const paidPicoUsd = 10n * 3_000_000n + 2000n * 300_000n + 90n * 3_750_000n + 5n * 15_000_000n;
    expect(rows[0]).toMatchObject({ paidPicoUsd, isEstimated: true });
  });

  it('because its marks were not recorded is replayed under a plan, and has no residual', () => {
    const unmarked = recordedTurn({
      tokens: { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 2100 }, output: 5 },
      blocks: BLOCKS,
    });
    const { residual, recorded, rows } = whatIf([unmarked], 'none');
    expect(residual).toMatchObject({ checkedTurns: 0, uncheckedTurns: 1, turns: [] });
    expect(recorded.tokens).toEqual({ fresh: 0, cacheRead: 0, cacheWrite: 2100 });
    expect(rows[0]?.tokens).toEqual({ fresh: 2100, cacheRead: 0, cacheWrite: 0 });
  });

  it('because its vendor was silent is no turn without reads (I11)', () => {
    const silent = recordedTurn({ tokens: { fresh: 2100, output: 5 }, blocks: BLOCKS, marks: [1] });
    expect(whatIf([silent], []).residual).toMatchObject({ checkedTurns: 0, uncheckedTurns: 1, tokens: NOTHING });
  });
});

describe('a turn that is not counted (N-03)', () => {
  const counts = ({ row }: RecordedTurn) => row.id === 'second';

  it('leaves in the cache what others read, and is in no sum', () => {
    const { recorded, noCache, rows, residual, turnCount, replayedTurns, reportedPicoUsd } = whatIf(
      [FIRST, SECOND],
      { ttl: '1h' },
      { counts },
    );
    const alone = { fresh: 0, cacheRead: 2100, cacheWrite: 150 };
    expect({ turnCount, replayedTurns, residual }).toMatchObject({
      turnCount: 1,
      replayedTurns: 1,
      residual: { checkedTurns: 1, turns: [] },
    });
    expect([recorded.tokens, rows[0]?.tokens, noCache.tokens]).toEqual([
      alone,
      alone,
      { fresh: 2250, cacheRead: 0, cacheWrite: 0 },
    ]);
    expect([recorded.paidPicoUsd, recorded.breakEvenTurn]).toEqual([reportedPicoUsd, 1]);
  });

  it('is kept warm for others without a cost of its own', () => {
    const warm = { keepWarm: { everyMs: 20_000, atMost: 1 } };
    const refreshes = (counted: typeof counts) => whatIf([FIRST, SECOND], warm, { counts: counted }).rows[0]?.refreshes;
    expect(refreshes(() => true)?.count).toBe(2);
    expect(refreshes(counts)?.count).toBe(1);
    expect(refreshes(() => false)).toEqual({ count: 0, picoUsd: 0n });
  });
});

describe('money of a replay (N-03)', () => {
  it('without a known price is unknown, and never 0 (I11)', () => {
    const local = recordedTurn({
      family: 'ollama',
      model: 'llama4',
      tokens: { fresh: 2100, cacheRead: 0, output: 5 },
      blocks: BLOCKS,
    });
    const { recorded, noCache, rows, reportedPicoUsd } = whatIf([local], 'none');
    for (const row of [recorded, noCache, ...rows]) {
      expect(row).toMatchObject({ paidPicoUsd: undefined, differencePicoUsd: undefined, unpricedTurns: 1 });
    }
    expect(reportedPicoUsd).toBeUndefined();
  });

  it('keeps what was paid beside the list price of the counts in every plan', () => {
    const billing = { cost: { picoUsd: 99_000_000_000n, source: 'a vendor' } };
    const { recorded, rows, reportedPicoUsd = 0n } = whatIf([{ ...FIRST, row: { ...FIRST.row, billing } }], 'none');
    const plain = whatIf([FIRST], 'none');
    expect(recorded.paidPicoUsd).toBe(99_000_000_000n);
    expect(rows[0]?.differencePicoUsd).toBe(plain.rows[0]?.differencePicoUsd);
    expect(reportedPicoUsd).toBe(99_000_000_000n);
  });

  it('pays off from the turn on that makes caching cheaper than none', () => {
    const { recorded, noCache } = whatIf([FIRST, SECOND], []);
    expect(recorded.breakEvenTurn).toBe(2);
    expect(noCache.breakEvenTurn).toBeUndefined();
    expect(whatIf([FIRST], []).recorded.breakEvenTurn).toBeUndefined();
  });
});

describe('a replayed cache (N-03)', () => {
  it('reads what the request before wrote', () => {
    const { residual, recorded } = whatIf([FIRST, SECOND], []);
    expect(residual).toMatchObject({
      checkedTurns: 2,
      tokens: NOTHING,
      turns: [],
      absolute: { tokens: 0, picoUsd: 0n },
    });
    expect(recorded.tokens).toEqual({ fresh: 0, cacheRead: 2100, cacheWrite: 2250 });
  });

  it('does not show a request what another under way with it writes', () => {
    const both = [0, 500].map((at) =>
      recordedTurn({
        at,
        branch: `at ${at}`,
        tokens: { fresh: 0, cacheRead: 0, cacheWrite: { '5m': 2100 }, output: 5 },
        blocks: BLOCKS,
        marks: [1],
      }),
    );
    expect(whatIf(both, []).residual.turns).toEqual([]);
    const late = { ...FIRST, row: { ...FIRST.row, startedAt: FIRST.visibleAt } };
    expect(whatIf([FIRST, { ...late, row: { ...late.row, id: 'late' } }], []).residual.turns).toHaveLength(1);
  });

  it('loses from settings that changed what they are part of, and nothing in front', () => {
    const parameters = { tools: '', system: 'standard', messages: 'auto' };
    const second = recordedTurn({ ...GIVEN_SECOND, marks: [0, 3] });
    const readWith = (changed: Partial<typeof parameters>) =>
      whatIf(
        [
          { ...FIRST, parameters },
          { ...second, parameters: { ...parameters, ...changed } },
        ],
        [],
      ).recorded.tokens.cacheRead;
    expect(readWith({})).toBe(2100);
    // No more than the system prompt, whose end no count tells: what was reported does not fit, and does not change its length.
    expect(readWith({ messages: 'required' })).toBeGreaterThan(1950);
    expect(readWith({ messages: 'required' })).toBeLessThan(2050);
    expect(readWith({ system: 'fast' })).toBe(0);
  });

  it('has what was sent with one request alone as fresh tokens, under any plan', () => {
    const injected = { ...SECOND, isWhole: false, injectedBy: ['a hook'] };
    const row = {
      ...SECOND.row,
      tokens: tokenCounts({ fresh: 70, cacheRead: 2100, cacheWrite: { '5m': 150 }, output: 5 }),
    };
    const { residual, rows } = whatIf([FIRST, { ...injected, row }], ['automatic', 'last_user_message']);
    expect(residual.turns).toEqual([]);
    expect(rows.map(({ tokens }) => tokens)).toEqual([
      { fresh: 70, cacheRead: 2100, cacheWrite: 2250 },
      { fresh: 70, cacheRead: 2100, cacheWrite: 2250 },
    ]);
  });

  it('takes no plan where a gateway takes no marks, as what it keeps without any shows', () => {
    const gateway = (at: number, cacheRead: number) =>
      recordedTurn({
        at,
        family: 'openai-chat',
        model: 'gpt-5.6',
        tokens: { fresh: 0, cacheRead, cacheWrite: { '30m': 2100 - cacheRead }, output: 5 },
        blocks: BLOCKS,
        marks: [],
      });
    const { residual, rows, assumptions } = whatIf(
      [gateway(0, 0), gateway(MINUTE_MS, 2100)],
      ['none', 'last_user_message'],
    );
    expect(residual.turns).toEqual([]);
    for (const row of rows) expect(row).toMatchObject({ unaffectedTurns: 2, differencePicoUsd: 0n });
    expect(assumptions.join(' ')).toContain('do not take a plan: none; last_user_message.');
  });
});

it('turns of several branches are put in the order in which they were sent, each once (N-03)', () => {
  const fork = { ...SECOND, row: { ...SECOND.row, id: 'fork' }, branch: 'two' };
  const merged = mergeTurns([
    [FIRST, SECOND],
    [FIRST, fork],
  ]);
  for (const _twice of [1, 2]) expect([...merged].map(({ row }) => row.id)).toEqual(['first', 'second', 'fork']);
  expect([...mergeTurns([])]).toEqual([]);
});

it('of no turns there is nothing to tell, and nothing is made up (N-03)', () => {
  const { turnCount, recorded, residual } = whatIf([], 'auto');
  expect([turnCount, recorded.paidPicoUsd, residual.checkedTurns]).toEqual([0, 0n, 0]);
});

describe('a scenario that cannot be (N-03)', () => {
  it.each([
    ['everything', 'no vendor takes the policy'],
    [{ policy: { breakpoints: ['nowhere'] } }, 'no vendor takes the policy'],
    [{ ttl: 'unknown' }, 'ttl is "unknown"; expected one of 5m, 30m, 1h, 12h'],
    [{ ttl: 'toString' }, 'ttl is "toString"'],
    [{ keepWarm: { everyMs: 5 } }, 'keepWarm.everyMs is 5; expected at least 1000'],
    [{ keepWarm: { everyMs: Number.NaN } }, 'keepWarm.everyMs is NaN'],
    [{ keepWarm: { everyMs: MINUTE_MS, atMost: 0 } }, 'keepWarm.atMost is 0'],
    [{ cache: false, policy: 'auto' }, '`cache: false` stands alone'],
    [{ cache: true }, '`cache` is `false` or left out'],
    [{ polcy: 'auto' }, '`polcy` is no part of a scenario'],
    [{ model: { family: 'anthropic' } }, 'model is {"family":"anthropic"}'],
  ])('is refused and named: %j', (scenario, message) => {
    // What callers without types may pass.
    const given = scenario as unknown as ScenarioInput;
    expect(() => whatIf([FIRST], given)).toThrow(expect.objectContaining({ code: 'audit/invalid-scenario' }));
    expect(() => whatIf([FIRST], given)).toThrow(message);
  });

  it('is not one that a vendor does not take: that changes nothing there, and says so', () => {
    const { rows } = whatIf([FIRST], [{ ttl: '12h' }, { policy: { breakpoints: ['last'], ttl: '30m' } }]);
    for (const row of rows) expect(row).toMatchObject({ unaffectedTurns: 1, differencePicoUsd: 0n });
  });
});
