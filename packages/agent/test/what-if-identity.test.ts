// Row N-03: the plan that was in use, replayed over what the store holds, is what the vendors reported.

import type { AgentOptions } from '@reprise/agent';
import { type WhatIf, whatIf } from '@reprise/audit';
import { type CachePolicy, NAMED_POLICIES } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, recordedTalk, VENDORS } from './support/recorded-talk.ts';

/** Within every lifetime, after five minutes, half an hour, an hour. */
const PAUSES = [0, 1, 4, 6, 2, 31, 3, 65, 1].map((minutes) => minutes * MINUTE_MS);

const NOTHING = { fresh: 0, cacheRead: 0, cacheWrite: 0 };

function expectIdentity({ residual, turnCount, recorded, reportedPicoUsd }: WhatIf): void {
  expect(residual.turns).toEqual([]);
  expect(residual).toMatchObject({ tokens: NOTHING, checkedTurns: turnCount, uncheckedTurns: 0 });
  expect(residual.picoUsd).toEqual({ fresh: 0n, cacheRead: 0n, cacheWrite: 0n });
  expect(recorded.paidPicoUsd).toBe(reportedPicoUsd);
}

const POLICIES: readonly CachePolicy[] = [...NAMED_POLICIES, { breakpoints: ['system', 1, 'last'] }];

describe.each(Object.entries(VENDORS))(
  'with %s the plan in use, replayed, reproduces what was reported (N-03)',
  (_name, makeModel) => {
    it.each(POLICIES)('under %j, expiries included', async (cache) => {
      const { talk, turns } = await recordedTalk(makeModel, { cache });
      await talk(PAUSES);
      const table = whatIf(await turns(), cache);
      expect(table.turnCount).toBeGreaterThan(PAUSES.length);
      expectIdentity(table);
      // Asked for by its name, it is planned anew, and gives the same.
      expect(table.rows[0]?.tokens).toEqual(table.recorded.tokens);
      expect(table.rows[0]?.paidPicoUsd).toBe(table.recorded.paidPicoUsd);
    });

    it('over forks, whose requests share a cache', async () => {
      const { session, talk, turns } = await recordedTalk(makeModel);
      await talk(PAUSES.slice(0, 4));
      const [, second] = await session.snapshots();
      const fork = await session.fork({ id: 'fork', ...(second ? { at: second.id } : {}) });
      await talk([MINUTE_MS, 6 * MINUTE_MS], fork);
      await talk([MINUTE_MS]);
      await talk([MINUTE_MS], fork);
      const table = whatIf(await turns('s', 'fork'), 'auto');
      expect(table.turnCount).toBeGreaterThan(8);
      expectIdentity(table);
    });
  },
);

const LASTING: Partial<AgentOptions> = { cache: { breakpoints: [{ at: 'system', ttl: '1h' }, 'last'] } };

describe('the plan in use, replayed (N-03)', () => {
  it.each([
    ['anthropic', LASTING],
    ['anthropic', { cache: { breakpoints: ['tools', 'system', 'last'], ttl: '1h' } }],
  ] satisfies [string, Partial<AgentOptions>][])('reproduces other lifetimes: %s, %j', async (vendor, options) => {
    const makeModel = VENDORS[vendor] ?? expect.fail('a vendor of the list');
    const { talk, turns } = await recordedTalk(makeModel, options);
    await talk([...PAUSES, 300 * MINUTE_MS, 800 * MINUTE_MS]);
    expectIdentity(whatIf(await turns(), []));
  });

  it('tells the price of writes whose lifetime was asked for and not told', async () => {
    const { talk, turns } = await recordedTalk(VENDORS['openai responses 5.6'] ?? expect.fail(), {
      cache: { breakpoints: ['last'], ttl: '12h' },
    });
    await talk([...PAUSES, 300 * MINUTE_MS, 800 * MINUTE_MS]);
    const recorded = await turns();
    const isTold = [...recorded].every(({ row }) => row.tokens.cacheWrite['12h'] !== 'not-reported');
    const { residual, ...table } = whatIf(recorded, []);
    expect(residual.tokens).toEqual(NOTHING);
    expect(residual.picoUsd.cacheWrite > 0n).toBe(!isTold);
    expect(residual.picoUsd.cacheWrite).toBe((table.recorded.paidPicoUsd ?? 0n) - (table.reportedPicoUsd ?? 0n));
  });

  it('reproduces a change of settings, which loses what they are part of', async () => {
    const { talk, turns, reopen } = await recordedTalk(VENDORS['anthropic'] ?? expect.fail());
    await talk([0, MINUTE_MS]);
    await reopen({ think: 'high' });
    await talk([MINUTE_MS, MINUTE_MS]);
    await reopen({});
    await talk([MINUTE_MS]);
    const table = whatIf(await turns(), []);
    expectIdentity(table);
    // The mistake it would be to leave settings out.
    const lost = [...(await turns())].at(3)?.row.tokens.cacheRead;
    expect(lost).toBeLessThan(Number([...(await turns())].at(2)?.row.tokens.cacheRead));
  });

  it('tells what it cannot reproduce: a loss of the vendor’s, turn by turn and in money', async () => {
    const faults = [{ fault: { type: 'replica-miss' }, when: { requestIndexes: [2] } }] as const;
    const { talk, turns } = await recordedTalk(VENDORS['anthropic'] ?? expect.fail(), {}, faults);
    await talk([0, MINUTE_MS, MINUTE_MS]);
    const { residual, recorded, reportedPicoUsd = 0n } = whatIf(await turns(), []);
    expect(residual.turns.map(({ number }) => number)).toEqual([3]);
    const [{ tokens } = { tokens: NOTHING }] = residual.turns;
    expect(tokens.cacheRead).toBeGreaterThan(1000);
    expect(tokens).toEqual({ fresh: 0, cacheRead: tokens.cacheRead, cacheWrite: -tokens.cacheRead });
    const { fresh, cacheRead, cacheWrite } = residual.picoUsd;
    expect(fresh + cacheRead + cacheWrite).toBe((recorded.paidPicoUsd ?? 0n) - reportedPicoUsd);
    expect(residual.absolute).toEqual({ tokens: tokens.cacheRead, picoUsd: -(fresh + cacheRead + cacheWrite) });
  });

  it('reproduces any talk: whatever the vendor, the policy, the pauses and the forks', {
    timeout: 60_000,
  }, async () => {
    const pause = fc.oneof(fc.nat(4 * MINUTE_MS), fc.nat(70 * MINUTE_MS));
    // Which of two sessions was first within a millisecond, nobody can tell.
    const pauseBetween = pause.map((pauseMs) => pauseMs + 1);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(VENDORS)),
        fc.constantFrom(...POLICIES),
        fc.array(pause, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.boolean(), pauseBetween), { maxLength: 4 }),
        async (makeModel, cache, before, after) => {
          const { session, talk, turns, close } = await recordedTalk(makeModel, { cache });
          await talk(before);
          const fork = await session.fork({ id: 'fork' });
          for (const [isForks, pauseMs] of after) await talk([pauseMs], isForks ? fork : session);
          expectIdentity(whatIf(await turns('s', 'fork'), []));
          await close();
        },
      ),
      { numRuns: 25 },
    );
  });
});
