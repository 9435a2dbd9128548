import { randomUUID } from 'node:crypto';
import { createAgent } from '@reprise/agent';
import { advise, mergeTurns, readRecordedTurns, type Steps, whatIf } from '@reprise/audit';
import { anthropic } from '@reprise/providers';
import { startSimulator, virtualClock } from '@reprise/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { createTurns } from '../src/http/one-at-a-time.ts';
import { plain } from '../src/http/plain.ts';
import { replaySelection, replaySession } from '../src/http/replay-plans.ts';
import type { PageBody } from '../src/http/schemas/fields.ts';
import type { SnapshotBody } from '../src/http/schemas/snapshot.ts';
import type { StatementBody } from '../src/http/schemas/statement.ts';
import type { WhatIfBody } from '../src/http/schemas/what-if.ts';
import { takeSteps } from '../src/http/take-steps.ts';
import { ANNA, type AskedService, askedService, BERT, OLGA } from './support/asked-service.ts';

const MINUTE_MS = 60_000;
const SYSTEM = Array.from({ length: 600 }, (_, line) => `Rule ${line}: be kind and be exact.`).join('\n');

test('a session is compared under other plans as the audit does it, and the plan in use gives what was paid (N-03)', async () => {
  const { ask, store } = await gappedSessions();
  const { json } = await ask<WhatIfBody>('GET /v1/sessions/one/what-if');
  const advice = advise(await readRecordedTurns(store, 'acme/one'));
  expect(json).toEqual({
    ...plain({ ...advice.table, assumptions: advice.assumptions }),
    sessions: { replayed: 1, selected: 1 },
    advice: {
      verdict: 'switch',
      best: advice.best?.name,
      runnerUp: advice.runnerUp?.name,
      savesPicoUsd: `${advice.savesPicoUsd}`,
      marginPicoUsd: `${advice.marginPicoUsd}`,
      residualPicoUsd: '0',
    },
  });
  const paid = (await statement(ask, 'session=one')).total.money?.paidPicoUsd;
  expect([json.reportedPicoUsd, json.recorded.paidPicoUsd]).toEqual([paid, paid]);
  expect(json).toMatchObject({ turnCount: 3, replayedTurns: 3, residual: { checkedTurns: 3, turns: [] } });
  expect(json.rows.length).toBeGreaterThan(10);
});

test('plans of the caller are compared, as the command line names them, and what is none is refused (N-03)', async () => {
  const { ask, store } = await gappedSessions();
  const plans = ['system_and_tools,ttl=1h', 'keep-warm=5mx3', 'no-cache', '{"policy":"none"}'];
  const query = plans.map((plan) => `plan=${encodeURIComponent(plan)}`).join('&');
  const { json } = await ask<WhatIfBody>(`GET /v1/sessions/one/what-if?${query}`);
  const table = whatIf(await readRecordedTurns(store, 'acme/one'), [
    { policy: 'system_and_tools', ttl: '1h' },
    { keepWarm: { everyMs: 5 * MINUTE_MS, atMost: 3 } },
    { cache: false },
    'none',
  ]);
  expect(json.rows).toEqual(plain(table.rows));
  for (const plan of ['moonlight', 'ttl=2h', 'keep-warm=5m', 'keep-warm=1sx3', 'keep-warm=5mx99', '{']) {
    const path = `GET /v1/sessions/one/what-if?plan=${encodeURIComponent(plan)}`;
    expect([plan, (await ask(path)).json]).toMatchObject([plan, { status: 400, detail: expect.stringMatching(/\w/) }]);
  }
  const tooMany = Array.from({ length: 21 }, () => 'plan=auto').join('&');
  expect((await ask(`GET /v1/what-if?${tooMany}`)).status).toBe(400);
});

test("a selection's plans are over its own turns, and the plan in use gives what its statement says (N-03, I2)", async () => {
  const { ask, store } = await gappedSessions();
  for (const query of [
    '',
    `since=${20 * MINUTE_MS}`,
    `until=${20 * MINUTE_MS}`,
    'session=two',
    'model=claude-opus-5',
  ]) {
    const { json } = await ask<WhatIfBody>(`GET /v1/what-if?plan=none&${query}`);
    const { total } = await statement(ask, query);
    const paid = total.money?.paidPicoUsd;
    expect([query, json.turnCount, json.reportedPicoUsd]).toEqual([query, total.turnCount, paid]);
    expect([query, json.recorded.paidPicoUsd, json.residual.turns]).toEqual([query, paid, []]);
  }
  const { json: both } = await ask<WhatIfBody>('GET /v1/what-if?plan=none');
  const branches = await Promise.all(['acme/one', 'acme/two'].map((id) => readRecordedTurns(store, id)));
  expect(both.rows).toEqual(plain(whatIf(mergeTurns(branches), 'none').rows));
  expect(both.sessions).toEqual({ replayed: 2, selected: 2 });
  expect((await ask<WhatIfBody>('GET /v1/what-if?model=nonesuch')).json).toMatchObject({
    turnCount: 0,
    sessions: { replayed: 0, selected: 0 },
    advice: { verdict: 'unknown' },
  });
});

test('no selection leaves its tenant, and a session is named with one tenant', async () => {
  const { ask } = await gappedSessions();
  for (const path of ['what-if', 'statement']) {
    const { json } = await ask<WhatIfBody & StatementBody>(`GET /v1/${path}?session=one`, { token: BERT });
    expect([path, json.turnCount ?? json.total.turnCount]).toEqual([path, 0]);
    const every = await ask(`GET /v1/${path}?session=one&tenant=*`, { token: OLGA });
    expect(every.json).toMatchObject({ status: 400, code: 'service/invalid-request' });
  }
  const acme = await ask<WhatIfBody>('GET /v1/what-if?plan=auto&tenant=acme&session=one', { token: OLGA });
  expect(acme.json.turnCount).toBe(3);
});

test('turns that a rewind left are in no plan, and those of a fork count once', async () => {
  const { ask, talk } = await gappedSessions();
  const { json: snapshots } = await ask<PageBody<SnapshotBody>>('GET /v1/sessions/one/snapshots');
  const snapshotOf = (turns: number) => snapshots.items.find(({ turnCount }) => turnCount === turns)?.id;
  await ask('POST /v1/sessions/one/fork', { body: { id: 'fork', snapshotId: snapshotOf(3) } });
  const turns = async (path: string) => (await ask<WhatIfBody>(`GET /v1/${path}`)).json.turnCount;
  expect(await turns('what-if?plan=auto')).toBe(4);
  await talk('fork', 'Hi');
  expect(await turns('what-if?plan=auto')).toBe(5);
  expect(await turns('what-if?plan=auto&session=fork')).toBe(1);
  expect(await turns('sessions/fork/what-if?plan=auto')).toBe(4);
  await ask('DELETE /v1/sessions/fork');
  await ask('POST /v1/sessions/one/rewind', { body: { snapshotId: snapshotOf(1) } });
  expect(await turns('what-if?plan=auto')).toBe(2);
});

test('a client that has left is not replayed for, and one that leaves ends the steps (I12)', async () => {
  const { handler, errors } = await gappedSessions();
  const headers = { authorization: `Bearer ${ANNA}` };
  const { status } = await handler(
    new Request('http://service.test/v1/what-if', { headers, signal: AbortSignal.abort() }),
  );
  expect([status, errors]).toEqual([503, []]);
  const left = new AbortController();
  // Served between two steps, or never.
  setTimeout(() => left.abort('left'));
  await expect(takeSteps(endless(), left.signal)).rejects.toBe('left');
});

test('of more than can be replayed the sessions that were used last are, and one that is too long is refused', async () => {
  const { store } = await gappedSessions();
  const service = { store, inTurn: createTurns(), closing: new AbortController().signal };
  const terms = { tenant: 'acme', plans: [], signal: new AbortController().signal };
  const replayed = async (turns: number, sessions: number) => {
    const bounds = { turns, sessions };
    const body = await replaySelection(service, { sessionPrefix: 'acme/' }, { ...terms, bounds });
    return [body.turnCount, body.sessions];
  };
  expect(await replayed(4, 2)).toEqual([4, { replayed: 2, selected: 2 }]);
  expect(await replayed(4, 1)).toEqual([3, { replayed: 1, selected: 2 }]);
  expect(await replayed(2, 2)).toEqual([1, { replayed: 1, selected: 2 }]);
  const tooLong = replaySession(service, 'acme/one', { ...terms, bounds: { turns: 2, sessions: 1 } });
  await expect(tooLong).rejects.toThrow('The session has 3 turns, and up to 2 are replayed here.');
});

function* endless(): Steps<never> {
  for (;;) yield;
}

/** Anna's session `one`, of three turns, and `two`, of one: ten minutes apart, so that five minutes of cache are too short. */
async function gappedSessions(): Promise<AskedService> {
  const clock = virtualClock(0);
  const { url, close } = await startSimulator({ clock: clock.now, script: () => 'Hello.' });
  onTestFinished(close);
  const model = anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
  const ports = { clock: clock.now, createId: randomUUID };
  const service = askedService({ agent: createAgent({ model, system: SYSTEM, ports }) });
  for (const id of ['one', 'one', 'two', 'one']) {
    await service.talk(id, 'Hi');
    clock.advance(10 * MINUTE_MS);
  }
  return service;
}

async function statement(ask: AskedService['ask'], query: string): Promise<StatementBody> {
  return (await ask<StatementBody>(`GET /v1/statement?${query}`)).json;
}
