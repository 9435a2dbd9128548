import type { SumsBody, WhatIfBody, WhatIfRowBody } from '@reprise/service/client';
import { describe, expect, it } from 'vitest';
import { adviceText, planRows, planTerms } from '../../src/dashboard/views/money/plans/plan-rows.ts';
import { dollarsOf, groupName, groupsInOrder, moneyTexts } from '../../src/dashboard/views/money/statement-rows.ts';

const DOLLAR = 1_000_000_000_000n;

function plan(name: string, dollars: number | null, rest: Partial<WhatIfRowBody> = {}): WhatIfRowBody {
  return {
    name,
    scenario: {} as WhatIfRowBody['scenario'],
    tokens: { fresh: 0, cacheRead: 0, cacheWrite: 0 },
    paidPicoUsd: dollars === null ? null : `${BigInt(dollars) * DOLLAR}`,
    differencePicoUsd: dollars === null ? null : `${BigInt(dollars - 8) * DOLLAR}`,
    unpricedTurns: 0,
    refreshes: { count: 0, picoUsd: '0' },
    unaffectedTurns: 0,
    breakEvenTurn: null,
    isEstimated: false,
    ...rest,
  };
}

const TABLE: WhatIfBody = {
  turnCount: 10,
  replayedTurns: 10,
  reportedPicoUsd: `${8n * DOLLAR}`,
  recorded: plan('as recorded', 8, { unaffectedTurns: 10 }),
  noCache: plan('no cache', 16),
  rows: [
    plan('auto', 8),
    plan('auto, kept for 1h', 6),
    plan('kept warm', 12, { refreshes: { count: 3, picoUsd: `${DOLLAR}` } }),
    plan('other', null, { unpricedTurns: 10 }),
    plan('kept for 12h', 8, { unaffectedTurns: 10 }),
  ],
  residual: {
    checkedTurns: 10,
    uncheckedTurns: 0,
    tokens: { fresh: 0, cacheRead: 0, cacheWrite: 0 },
    picoUsd: { fresh: '0', cacheRead: '0', cacheWrite: '0' },
    absolute: { tokens: 0, picoUsd: '0' },
    turns: [],
  },
  assumptions: ['The next turns are like these.'],
  sessions: { replayed: 2, selected: 3 },
  advice: {
    verdict: 'switch',
    best: 'auto, kept for 1h',
    runnerUp: 'as recorded',
    savesPicoUsd: `${2n * DOLLAR}`,
    marginPicoUsd: `${2n * DOLLAR}`,
    residualPicoUsd: '0',
  },
};

describe('plans side by side', () => {
  it('stand with the cheapest first, unknown prices last, and no cache among them', () => {
    expect(
      planRows(TABLE).map(({ name, cost, difference, differenceShare }) => [name, cost, difference, differenceShare]),
    ).toEqual([
      ['auto, kept for 1h', '$6.00', '-$2.00', '-25%'],
      ['as it was', '$8.00', 'no difference', '–'],
      ['auto', '$8.00', 'no difference', '–'],
      ['kept for 12h', '$8.00', 'no difference', '–'],
      ['kept warm', '$12.00', '+$4.00', '+50%'],
      ['no cache', '$16.00', '+$8.00', '+100%'],
      ['other', 'price unknown', 'not known', '–'],
    ]);
  });

  it('mark the one that was in use and the one that is advised, and say what a vendor does not heed', () => {
    const rows = planRows(TABLE);
    expect(rows.filter(({ isInUse }) => isInUse).map(({ name, notes }) => [name, notes])).toEqual([['as it was', []]]);
    expect(rows.filter(({ isAdvised }) => isAdvised).map(({ name }) => name)).toEqual(['auto, kept for 1h']);
    expect(rows.map(({ share }) => share)).toEqual([0.375, 0.5, 0.5, 0.5, 0.75, 1, 0]);
    expect(rows.find(({ name }) => name === 'kept for 12h')?.notes).toEqual([
      'its vendor takes no such plan: nothing changes',
    ]);
    expect(rows.find(({ name }) => name === 'kept warm')?.notes).toEqual(['3 refreshes, $1.00 of it']);
    const stay = { ...TABLE, advice: { ...TABLE.advice, verdict: 'stay', best: 'as recorded' } as const };
    expect(
      planRows(stay)
        .filter(({ isAdvised }) => isAdvised)
        .map(({ name }) => name),
    ).toEqual(['as it was']);
    const close = { ...TABLE, advice: { ...TABLE.advice, verdict: 'too-close' } as const };
    expect(planRows(close).some(({ isAdvised }) => isAdvised)).toBe(false);
  });

  it('say what they come to, how far that can be trusted, and of how much it is', () => {
    expect(adviceText(TABLE)).toBe(
      'Use “auto, kept for 1h”: it would have cost $2.00 (25%) less over 10 turns, and the replay may be wrong by $0.00. Next best: as recorded, $2.00 dearer.',
    );
    expect(planTerms(TABLE, 12)).toEqual([
      'Replayed, what was done costs what was reported, for 10 turns.',
      'Replayed are 2 of 3 sessions: those that were used last.',
      '2 turns of the statement are in no plan: of sessions that are not replayed, or left by a rewind.',
      'Of sessions that go on beyond the selection all turns are replayed, and those of the selection are added up.',
      'The next turns are like these.',
    ]);
    const whole = { ...TABLE, sessions: { replayed: 3, selected: 3 } };
    expect(planTerms(whole, 10)).toHaveLength(3);
  });
});

const MONEY = {
  paidPicoUsd: `${3n * DOLLAR}`,
  baselinePicoUsd: `${4n * DOLLAR}`,
  readSavingsPicoUsd: `${DOLLAR}`,
  writeSurchargePicoUsd: '0',
  savedPicoUsd: `${DOLLAR}`,
  besidePicoUsd: '0',
};
const COUNT = { tokens: 0, missingTurns: 0 };
const SUMS: SumsBody = {
  turnCount: 2,
  silentTurns: 0,
  unpricedTurns: 0,
  priceChangedTurns: 0,
  tokens: { fresh: COUNT, cacheRead: COUNT, cacheWrite: COUNT, output: COUNT, reasoning: COUNT },
  money: MONEY,
  covered: { turnCount: 2, money: MONEY, promptTokens: 0, cacheReadTokens: 0 },
  hitRatio: 0.5,
  savedRatio: 0.25,
};

describe('rows of a statement', () => {
  it('name an unknown price so, and money that some turn is missing from with at least', () => {
    expect(moneyTexts(SUMS)).toEqual({ paid: '$3.00', baseline: '$4.00', saved: '$1.00', savedShare: '25%' });
    const covered = { ...SUMS.covered, turnCount: 1 };
    expect(moneyTexts({ ...SUMS, unpricedTurns: 1, covered })).toEqual({
      paid: '≥ $3.00',
      baseline: '≥ $4.00',
      saved: '$1.00',
      savedShare: 'not of all turns',
    });
    const none = {
      ...SUMS,
      unpricedTurns: 2,
      money: null,
      covered: { ...SUMS.covered, turnCount: 0 },
      savedRatio: null,
    };
    expect(moneyTexts(none)).toEqual({
      paid: 'price unknown',
      baseline: 'price unknown',
      saved: 'not known',
      savedShare: 'not of all turns',
    });
  });

  it('are drawn in dollars, and an unknown price not at all', () => {
    expect([dollarsOf('1234567000000'), dollarsOf('0'), dollarsOf(null)]).toEqual([1.234567, 0, null]);
  });

  it('stand by what was paid, but days in their order', () => {
    const group = (name: string, paid: bigint | null) => ({
      key: { session: name, tenant: 't', day: name },
      sums: { ...SUMS, money: paid === null ? null : { ...MONEY, paidPicoUsd: `${paid}` } },
    });
    const groups = [group('unknown', null), group('cheap', 1n), group('dear', 20n), group('mean', 3n)];
    const statement = { by: ['session'], since: null, until: null, timeZone: 'UTC', groups, total: SUMS } as const;
    expect(groupsInOrder(statement, 'session').map((each) => groupName(each, 'session'))).toEqual([
      't / dear',
      't / mean',
      't / cheap',
      't / unknown',
    ]);
    expect(groupsInOrder(statement, 'day')).toEqual(groups);
  });
});
