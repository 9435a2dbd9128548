// Row N-03: another plan, replayed over a recorded run, gives what a run under that plan is charged.

import type { AgentOptions } from '@reprise/agent';
import { advise, policySwitches, type RecordedTurn, type WhatIfRow, whatIf } from '@reprise/audit';
import { asObject, type CachePolicy, cacheWriteCount, countOrZero, priceTurn, tokenCounts } from '@reprise/providers';
import type { LoggedRequest } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, type RecordedTalk, recordedTalk, VENDORS } from './support/recorded-talk.ts';

const PAUSES = [0, 1, 4, 6, 2, 31, 3, 65, 1].map((minutes) => minutes * MINUTE_MS);

const CLAUDE = VENDORS['anthropic'] ?? (() => expect.fail('Claude is among the vendors'));

async function recordedRun(vendor: string, options: Partial<AgentOptions>): Promise<Iterable<RecordedTurn>> {
  const { talk, turns } = await recordedTalk(VENDORS[vendor] ?? expect.fail(`${vendor} is a vendor`), options);
  await talk(PAUSES);
  return await turns();
}

/** What vendors counted and what that cost, in sum. */
function reportedSum(turns: Iterable<RecordedTurn>): Pick<WhatIfRow, 'paidPicoUsd' | 'tokens'> {
  const tokens = { fresh: 0, cacheRead: 0, cacheWrite: 0 };
  let paidPicoUsd: bigint | undefined;
  for (const { row } of turns) {
    tokens.fresh += countOrZero(row.tokens.fresh);
    tokens.cacheRead += countOrZero(row.tokens.cacheRead);
    tokens.cacheWrite += countOrZero(cacheWriteCount(row.tokens));
    if (row.recordedPicoUsd !== undefined) paidPicoUsd = (paidPicoUsd ?? 0n) + row.recordedPicoUsd;
  }
  return { tokens, paidPicoUsd };
}

/** Each with whether the recorded run's counts tell how long the prefixes are that it keeps. */
const PLANS: readonly (readonly [string, CachePolicy, 'exact' | 'near'])[] = [
  ['anthropic', 'none', 'exact'],
  ['anthropic', 'automatic', 'exact'],
  ['anthropic', 'last_user_message', 'exact'],
  ['anthropic', 'last_3_user_messages', 'exact'],
  ['anthropic', 'tools_only', 'exact'],
  ['anthropic', { breakpoints: ['tools', 'system', 'last'], ttl: '1h' }, 'exact'],
  ['openai chat 5.6', 'none', 'exact'],
  ['openai chat 5.6', 'last_user_message', 'exact'],
  ['openai chat before 5.6', 'last_user_message', 'exact'],
  ['openai chat 5.6 behind a gateway', 'none', 'exact'],
  ['ollama', 'tools_only', 'exact'],
  // Where the system prompt ends no request under `auto` told.
  ['anthropic', 'system_and_tools', 'near'],
  ['anthropic', { breakpoints: [{ at: 'system', ttl: '1h' }, 'last'] }, 'near'],
  ['openai chat 5.6', 'system_and_tools', 'near'],
  // Names of items are other ones in every run, and count.
  ['openai responses 5.6', 'automatic', 'near'],
  ['openai responses 5.6', { breakpoints: ['last'], ttl: '12h' }, 'near'],
];

describe('a run under `auto`, replayed under another plan, is charged what a run under that plan is (N-03)', () => {
  it.each(PLANS)('with %s, %j', async (vendor, policy, precision) => {
    const [recorded, other] = [await recordedRun(vendor, {}), await recordedRun(vendor, { cache: policy })];
    const { tokens, paidPicoUsd } = whatIf(recorded, policy).rows[0] ?? expect.fail('a row was asked for');
    const counted = reportedSum(other);
    if (precision === 'exact') {
      expect({ tokens, paidPicoUsd }).toEqual(counted);
      return;
    }
    const all = counted.tokens.fresh + counted.tokens.cacheRead + counted.tokens.cacheWrite;
    for (const bucket of ['fresh', 'cacheRead', 'cacheWrite'] as const) {
      expect(Math.abs(tokens[bucket] - counted.tokens[bucket])).toBeLessThan(0.005 * all);
    }
  });
});

/** Sends the last request again, for an answer of one token. */
async function refresh({ server }: RecordedTalk): Promise<void> {
  const body = asObject(server.requests.at(-1)?.body);
  const answer = await fetch(`${server.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'simulated', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ ...body, max_tokens: 1, stream: false }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
}

function servedSum(requests: readonly LoggedRequest[]): WhatIfRow['tokens'] {
  return requests.reduce(
    (sum, { verdict: { fresh, read, written } }) => ({
      fresh: sum.fresh + fresh,
      cacheRead: sum.cacheRead + read,
      cacheWrite: sum.cacheWrite + Object.values(written).reduce((all, tokens) => all + tokens, 0),
    }),
    { fresh: 0, cacheRead: 0, cacheWrite: 0 },
  );
}

describe('keeping warm (N-03, N-13)', () => {
  it('counts and costs what a run does whose last request really is sent again', async () => {
    const pauses = [0, 11, 2, 18].map((minutes) => minutes * MINUTE_MS);
    const idle = await recordedTalk(CLAUDE);
    await idle.talk(pauses);
    const warm = await recordedTalk(CLAUDE);
    let refreshes = 0;
    for (const pause of pauses) {
      const times = Math.ceil(pause / (4 * MINUTE_MS)) - 1;
      for (let time = 0; time < times; time += 1) {
        warm.clock.advance(4 * MINUTE_MS);
        await refresh(warm);
        refreshes += 1;
      }
      await warm.talk([pause - Math.max(0, times) * 4 * MINUTE_MS]);
    }
    const table = whatIf(await idle.turns(), { keepWarm: { everyMs: 4 * MINUTE_MS } });
    const [row = table.recorded] = table.rows;
    expect(row.refreshes.count).toBe(refreshes);
    expect(row.tokens).toEqual(servedSum(warm.server.requests));
    expect(row.tokens.cacheWrite).toBeLessThan(table.recorded.tokens.cacheWrite);
    // The turns as the warm run was charged for them, and the refreshes beside.
    const turnsPaid = reportedSum(await warm.turns()).paidPicoUsd ?? 0n;
    expect(row.paidPicoUsd).toBe(turnsPaid + row.refreshes.picoUsd);
    expect(row.refreshes.picoUsd > 0n).toBe(true);
    expect(table.assumptions.join(' ')).toContain('Keeping warm ends with the last turn');
  });

  it('that is to be done without knowing what comes goes on after the last turn, and is let go after so many times', async () => {
    const { talk, turns } = await recordedTalk(CLAUDE);
    await talk([0, 30 * MINUTE_MS]);
    const { rows } = whatIf(await turns(), [{ keepWarm: { everyMs: 4 * MINUTE_MS, atMost: 2 } }]);
    expect(rows[0]?.refreshes.count).toBe(4);
  });
});

describe('another model (N-03)', () => {
  it('has its own rules and prices, its counts are carried over, and it is marked as estimated', async () => {
    const recorded = await recordedRun('anthropic', {});
    const { rows, recorded: own } = whatIf(recorded, [
      { model: { family: 'anthropic', model: 'claude-sonnet-4-5' } },
      { model: { family: 'openai-chat', model: 'gpt-5.2' } },
      { model: { family: 'anthropic', model: 'claude-nonesuch' } },
    ]);
    const [sonnet = own, gpt = own, unpriced = own] = rows;
    expect(sonnet.tokens).toEqual(own.tokens);
    const paid = [...recorded].reduce((sum, { row: { tokens, startedAt } }) => {
      const sold = { family: 'anthropic', model: 'claude-sonnet-4-5', at: startedAt };
      return sum + (priceTurn(tokens, sold).picoUsd ?? 0n);
    }, 0n);
    expect([sonnet.paidPicoUsd, sonnet.isEstimated, own.isEstimated]).toEqual([paid, true, false]);
    // It keeps what it sees, in whole steps, and names no writes.
    expect(gpt.tokens.cacheWrite).toBe(0);
    expect(gpt.tokens.cacheRead).toBeGreaterThan(1000);
    expect(gpt.tokens.fresh + gpt.tokens.cacheRead).toBe(
      own.tokens.fresh + own.tokens.cacheRead + own.tokens.cacheWrite,
    );
    expect([unpriced.paidPicoUsd, unpriced.differencePicoUsd]).toEqual([undefined, undefined]);
  });
});

describe('a change of policy in mid-talk (D-18)', () => {
  it('is found, with what it cost against the policy kept', async () => {
    const [first, later]: CachePolicy[] = ['system_and_tools', 'last_user_message'];
    const { talk, turns, reopen, server } = await recordedTalk(CLAUDE, { cache: first ?? 'auto' });
    await talk([0, MINUTE_MS]);
    await reopen({ cache: later ?? 'auto' });
    const switched = server.requests.length;
    await talk([MINUTE_MS]);
    const [found, ...others] = policySwitches(await turns());
    expect(others).toEqual([]);
    expect(found).toMatchObject({ number: switched + 1, from: first, to: later });
    // Reading is as before; what follows the system prompt is written instead of being fresh.
    const written = Object.values(server.requests[switched]?.verdict.written ?? {}).reduce(
      (sum, count) => sum + count,
      0,
    );
    const terms = { family: 'anthropic', model: 'claude-opus-5', at: server.requests[switched]?.at ?? 0 };
    const priceOf = (tokens: Parameters<typeof tokenCounts>[0]) =>
      priceTurn(tokenCounts({ fresh: 0, output: 0, ...tokens }), terms).picoUsd ?? 0n;
    expect(found?.turnPicoUsd).toBe(priceOf({ cacheWrite: { '5m': written } }) - priceOf({ fresh: written }));
  });

  it('is not seen where there was none', async () => {
    expect(policySwitches(await recordedRun('anthropic', { cache: 'automatic' }))).toEqual([]);
  });
});

describe('advice over a recorded run (D-17)', () => {
  it('finds the plan that a run under it proves cheaper', async () => {
    const pauses = [0, 20, 20, 20, 20, 20].map((minutes) => minutes * MINUTE_MS);
    const run = async (options: Partial<AgentOptions>) => {
      const { talk, turns } = await recordedTalk(CLAUDE, options);
      await talk(pauses);
      return await turns();
    };
    const advice = advise(await run({}));
    expect(advice).toMatchObject({ verdict: 'switch', residualPicoUsd: 0n, best: { scenario: { ttl: '1h' } } });
    const { policy = 'auto' } = advice.best?.scenario ?? {};
    const proven = reportedSum(await run({ cache: { breakpoints: ['tools', 'system', 'last'], ttl: '1h' } }));
    expect(policy).toBe('auto');
    expect(advice.best?.paidPicoUsd).toBe(proven.paidPicoUsd);
    expect(advice.savesPicoUsd).toBe((reportedSum(await run({})).paidPicoUsd ?? 0n) - (proven.paidPicoUsd ?? 0n));
  });
});
