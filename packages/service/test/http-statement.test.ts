import { auditSession } from '@reprise/audit';
import { expect, test } from 'vitest';
import type { SessionBody } from '../src/http/schemas/session.ts';
import type { ExplanationBody, SessionStatementBody, StatementBody, SumsBody } from '../src/http/schemas/statement.ts';
import type { WarmUntilBody } from '../src/http/schemas/warm-until.ts';
import { type AskedService, askedService, BERT, OLGA } from './support/asked-service.ts';
import { simulatedAgent } from './support/simulated-agent.ts';

const DAY_MS = 86_400_000;

test('a statement adds up by day, model, session and tenant, and closes to the last unit', async () => {
  const { ask } = await twoTenants();
  const all = await statement(ask, 'by=tenant&tenant=*', OLGA);
  expect(all.groups.map(({ key }) => key)).toEqual([{ tenant: 'acme' }, { tenant: 'bolt' }]);
  expect(all.total.turnCount).toBe(5);
  for (const by of ['day', 'model', 'session', 'tenant', 'day,model', 'tenant,day']) {
    const { groups, total } = await statement(ask, `by=${by}&tenant=*`, OLGA);
    expect([by, sumOf(groups, 'paidPicoUsd')]).toEqual([by, BigInt(total.money?.paidPicoUsd ?? -1)]);
    for (const { sums } of groups) expectClosed(sums);
  }
  const days = await statement(ask, 'by=day', undefined);
  expect(days.groups.map(({ key, sums }) => [key.day, sums.turnCount])).toEqual([
    ['1970-01-02', 2],
    ['1970-01-03', 1],
  ]);
});

test("a tenant's statement is its own, and of a window what was sent in it", async () => {
  const { ask } = await twoTenants();
  const own = await statement(ask, 'by=session', undefined);
  expect(own.groups.map(({ key, sums }) => [key, sums.turnCount])).toEqual([
    [{ session: 'one' }, 2],
    [{ session: 'two' }, 1],
  ]);
  expect((await statement(ask, 'by=session', BERT)).groups.map(({ key }) => key)).toEqual([{ session: 'one' }]);
  expect((await statement(ask, `since=${2 * DAY_MS}`, undefined)).total.turnCount).toBe(1);
  expect((await statement(ask, `until=${2 * DAY_MS}`, undefined)).total.turnCount).toBe(2);
  const both = await statement(ask, 'by=session&tenant=*', OLGA);
  expect(both.groups.map(({ key }) => `${key.tenant} ${key.session}`)).toEqual(['acme one', 'bolt one', 'acme two']);
});

test('I2 a session, its statement and its list entry name the same sums', async () => {
  const { ask, store } = await twoTenants();
  const { json } = await ask<SessionStatementBody>('GET /v1/sessions/one/statement');
  const audited = await auditSession(store, 'acme/one');
  expect(json).toMatchObject({
    scope: 'branch',
    turnCount: 2,
    money: { paidPicoUsd: `${audited.money?.paidPicoUsd}` },
  });
  expect(json.turns.map(({ number }) => number)).toEqual([1, 2]);
  const { spent } = (await ask<SessionBody>('GET /v1/sessions/one')).json;
  expect(spent).toMatchObject({
    turnCount: 2,
    paidPicoUsd: json.money?.paidPicoUsd,
    savedPicoUsd: json.money?.savedPicoUsd,
    hitRatio: json.hitRatio,
    tokens: { fresh: json.tokens.fresh.tokens, cacheRead: json.tokens.cacheRead.tokens },
  });
  expect(spent.tokens.cacheRead).toBeGreaterThan(0);
});

test('a session says what broke its cache, and until when it is warm', async () => {
  const { ask } = await twoTenants();
  const { json: explained } = await ask<ExplanationBody>('GET /v1/sessions/one/explanation');
  expect(explained.turns.map(({ verdict }) => verdict)).toEqual(['first', 'complete']);
  const { json: warm } = await ask<WarmUntilBody>('GET /v1/sessions/two/warm-until?addedTokens=100');
  expect(warm.nextMessage).toMatchObject({ addedTokens: 100, warm: { picoUsd: expect.stringMatching(/^\d+$/) } });
  expect(warm.breakpoints.length).toBeGreaterThan(0);
});

test('a statement comes as CSV, and as a page without rights of its own', async () => {
  const { ask } = await twoTenants();
  const csv = await ask('GET /v1/statement?by=session', { headers: { accept: 'text/csv' } });
  expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const lines = csv.text.trim().split('\r\n');
  expect(lines.map((line) => line.split(',').slice(0, 2))).toEqual([
    ['session', 'turns'],
    ['two', '1'],
    ['one', '2'],
  ]);
  const html = await ask('GET /v1/statement?by=day', { headers: { accept: 'text/html,*/*;q=0.1' } });
  expect(html.headers.get('content-security-policy')).toBe('sandbox allow-scripts');
  expect(html.text).toMatch(/^<!doctype html>/);
  const many = await ask('GET /v1/statement?by=day,model', { headers: { accept: 'text/csv' } });
  expect(many.json).toMatchObject({ status: 400, code: 'service/invalid-request' });
});

test('a selection is the same in JSON, CSV and HTML: its model, session, window and days (N-04)', async () => {
  const { ask } = await twoTenants();
  const selections = [
    'by=day&model=claude-opus-5',
    'by=day&timeZone=America/Adak',
    'by=day&session=two',
    'by=model&session=one&session=two',
    `by=session&since=${2 * DAY_MS}`,
    'by=session&model=nonesuch',
    'by=tenant',
    'by=tenant&tenant=*',
    'by=tenant&tenant=bolt&session=one',
  ];
  for (const query of selections) {
    const token = query.includes('tenant=') ? OLGA : undefined;
    const { groups, total, by } = await statement(ask, query, token);
    const { text } = await ask(`GET /v1/statement?${query}`, { token, headers: { accept: 'text/csv' } });
    const [names = [], ...lines] = text
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const paidAt = names.indexOf('paid_usd');
    const inCsv = lines.map((cells) => [cells[0], cells[1], BigInt(Math.round(Number(cells[paidAt]) * 1e12))]);
    const inJson = groups.map(({ key, sums }) => [
      Object.values(key)[0],
      `${sums.turnCount}`,
      BigInt(sums.money?.paidPicoUsd ?? 0),
    ]);
    expect([query, names[0], inCsv.toSorted()]).toEqual([query, by[0], inJson.toSorted()]);
    const html = await ask(`GET /v1/statement?${query}`, { token, headers: { accept: 'text/html' } });
    expect(html.text).toContain(`${total.turnCount} turn${total.turnCount === 1 ? '' : 's'} of `);
  }
  const adak = await statement(ask, 'by=day&timeZone=America/Adak', undefined);
  expect((await statement(ask, 'by=day&session=two', undefined)).total.turnCount).toBe(1);
  expect((await statement(ask, 'by=day&session=one', BERT)).total.turnCount).toBe(2);
  // Midnight of UTC is the evening before there.
  expect(adak.groups.map(({ key }) => key.day)).toEqual(['1970-01-01', '1970-01-02']);
});

test('a report has the turns of a session that is gone, as long as a fork keeps them', async () => {
  const { ask } = await twoTenants();
  await ask('POST /v1/sessions/one/fork', { body: { id: 'fork' } });
  await ask('DELETE /v1/sessions/one');
  for (const query of ['by=session', 'by=session&session=one', `by=session&since=${2 * DAY_MS}`]) {
    const { groups } = await statement(ask, query, undefined);
    const { text } = await ask(`GET /v1/statement?${query}`, { headers: { accept: 'text/csv' } });
    const lines = text.trim().split('\r\n').slice(1);
    const told = lines.map((line) => line.split(',').slice(0, 2).join(' '));
    expect([query, told.toSorted()]).toEqual([
      query,
      groups.map(({ key, sums }) => `${key.session} ${sums.turnCount}`),
    ]);
  }
  expect((await statement(ask, 'by=session&session=one', undefined)).total.turnCount).toBe(2);
});

test('a report shows what a client wrote as text: no formula for a sheet, and no markup for a page', async () => {
  const { ask, talk } = await twoTenants();
  await talk('-1.cmd', 'Hi');
  const csv = await ask('GET /v1/statement?by=session', { headers: { accept: 'text/csv' } });
  expect(csv.text).toMatch(/^'-1\.cmd,/m);
  const model = encodeURIComponent('<script>alert(1)</script>');
  const html = await ask(`GET /v1/statement?model=${model}`, { headers: { accept: 'text/html' } });
  expect(html.text).toContain('&lt;script&gt;alert(1)');
  expect(html.text).not.toContain('<script>alert(1)');
});

test('a report in a zone that nobody knows is refused before it begins', async () => {
  const { ask } = await twoTenants();
  for (const accept of ['text/csv', 'text/html', 'application/json']) {
    const { json } = await ask('GET /v1/statement?timeZone=Europe/Nowhere', { headers: { accept } });
    expect([accept, json]).toMatchObject([accept, { status: 400, code: 'checkpoint/invalid-write' }]);
  }
});

/** Anna's sessions `one`, of two turns, and, a day later, `two`; Bert's `one`, of two turns. */
async function twoTenants(): Promise<AskedService> {
  let now = DAY_MS;
  const clock = () => now;
  const service = askedService({ agent: await simulatedAgent(() => 'Hello.', { clock }), timers: { clock } });
  const say = async (id: string, token?: string) => {
    const path = `POST /v1/sessions/${id}/runs?create=true`;
    const { status } = await service.ask(path, { token, body: { input: 'Hi' }, headers: { prefer: 'wait=30' } });
    expect(status).toBe(201);
  };
  for (const token of [undefined, BERT]) for (let turn = 0; turn < 2; turn += 1) await say('one', token);
  now += DAY_MS;
  await say('two');
  return service;
}

async function statement(ask: AskedService['ask'], query: string, token: string | undefined): Promise<StatementBody> {
  return (await ask<StatementBody>(`GET /v1/statement?${query}`, { token })).json;
}

function sumOf(groups: StatementBody['groups'], field: 'paidPicoUsd'): bigint {
  return groups.reduce((sum, { sums }) => sum + BigInt(sums.money?.[field] ?? 0), 0n);
}

function expectClosed({ money }: SumsBody): void {
  const {
    paidPicoUsd = '0',
    readSavingsPicoUsd = '0',
    baselinePicoUsd = '0',
    writeSurchargePicoUsd = '0',
  } = money ?? {};
  expect(BigInt(paidPicoUsd) + BigInt(readSavingsPicoUsd)).toBe(
    BigInt(baselinePicoUsd) + BigInt(writeSurchargePicoUsd),
  );
}
