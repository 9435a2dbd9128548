import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import { afterAll, describe, expect, test } from 'vitest';
import { mountDialects } from '../src/dialects/mount.ts';
import { createApp } from '../src/http/create-app.ts';
import type { HttpService } from '../src/http/service.ts';
import { type AnnasTrip, annasTrip, SECRET } from './support/annas-trip.ts';
import { type Asked, AUTH, askedService, BERT, greeter, OLGA } from './support/asked-service.ts';
import { describedOperations, filledPath, type Operation } from './support/operations.ts';

/** What each route is asked with, so that it would do something: a route that is not here fails the first test. */
const BODIES: Readonly<Record<string, (trip: AnnasTrip) => unknown>> = {
  createSession: () => ({ id: 'new' }),
  listSessions: () => undefined,
  readSession: () => undefined,
  changeSession: () => ({ metadata: { title: 'mine now' } }),
  deleteSession: () => undefined,
  listMessages: () => undefined,
  listTurns: () => undefined,
  createRun: () => ({ input: 'What did she say?' }),
  listRuns: () => undefined,
  readRun: () => undefined,
  stopRun: () => undefined,
  followRun: () => undefined,
  listSnapshots: () => undefined,
  forkSession: ({ names }) => ({ snapshotId: names.snapshot }),
  rewindSession: ({ names }) => ({ snapshotId: names.snapshot }),
  listApprovals: () => undefined,
  readApproval: () => undefined,
  listOpenApprovals: () => undefined,
  countSessions: () => undefined,
  labelSnapshot: () => ({ label: 'mine now' }),
  decideApproval: () => ({ isApproved: true, continue: true }),
  readSessionStatement: () => undefined,
  explainSession: () => undefined,
  readWarmUntil: () => undefined,
  readStatement: () => undefined,
  replaySession: () => undefined,
  replaySelection: () => undefined,
  readCaller: () => undefined,
  listAgents: () => undefined,
  sendChat: () => ({ id: 'trip', messages: [{ id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] }),
  readChat: () => undefined,
  resumeChat: () => undefined,
  runAgUi: () => ({
    threadId: 'trip',
    runId: 'r',
    state: {},
    messages: [{ id: 'm', role: 'user', content: 'Hi' }],
    tools: [],
    context: [],
    forwardedProps: {},
  }),
};

/** What anybody may read. */
const PUBLIC = ['GET /openapi.json', 'GET /healthz', 'GET /readyz'];

/** What is behind no tenant's token: see the tests of the metrics. */
const FOR_OPERATORS = ['GET /metrics'];

const handler = createHandler({ agent: createAgent({ model: greeter() }), store: openMemoryStore(), auth: 'none' });
const { operations } = await describedOperations(handler);
afterAll(() => handler.close());

test('every route that the service has is described', () => {
  const service = { store: {}, agents: new Map() } as unknown as HttpService;
  const terms = { auth: AUTH, authenticate: () => undefined, basePath: '', origins: [], mountMore: mountDialects };
  const routes = createApp(service, terms).routes.filter(({ method }) => method !== 'ALL');
  const described = operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`);
  expect(new Set(routes.map(({ method, path }) => `${method} ${path}`))).toEqual(
    new Set([...described, ...PUBLIC, ...FOR_OPERATORS]),
  );
});

test('every route is in the table of this file', () => {
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(BODIES).toSorted());
});

describe.each(operations.map((operation) => [operation.operationId, operation] as const))('%s', (id, operation) => {
  test('is closed without a token, and with a wrong one', async () => {
    const trip = await annasTrip();
    const before = await trip.annasState();
    for (const token of ['', 'a-token-of-nobody-0123456789', `${BERT}0`]) {
      const { status, headers, json } = await askFor(trip, operation, { token });
      expect(json).toMatchObject({ status: 401, code: 'service/unauthorized' });
      expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    }
    expect(await trip.annasState()).toBe(before);
  });

  test("shows and does nothing of another tenant's", async () => {
    const trip = await annasTrip();
    const before = await trip.annasState();
    const { status, json, text } = await askFor(trip, operation, { token: BERT });
    if (operation.path.includes('{session}')) {
      expect(json).toMatchObject({ status: 404, code: 'checkpoint/session-missing' });
      const unknown = await askFor(trip, operation, { token: BERT }, { session: 'nothing' });
      expect(unknown.text.replaceAll('nothing', 'trip')).toBe(text);
    }
    expect(text).not.toContain(SECRET);
    expect(status).toBeLessThan(500);
    expect(await trip.annasState()).toBe(before);
    expect(trip.bookings).toEqual([]);
  });

  test("leads to nothing of another tenant's from a session of one's own", async () => {
    const trip = await annasTrip();
    await trip.ask('POST /v1/sessions', { token: BERT, body: { id: 'mine' } });
    const before = await trip.annasState();
    const { status, text } = await askFor(trip, operation, { token: BERT }, { session: 'mine', chat: 'mine' });
    if (/\{(run|approval)\}/.test(operation.path)) expect([404, 409]).toContain(status);
    expect(status).toBeLessThan(500);
    expect(text).not.toContain(SECRET);
    expect(await trip.annasState()).toBe(before);
    expect(trip.bookings).toEqual([]);
  });

  test('is closed to who names another tenant, unless an operator reads', async () => {
    const trip = await annasTrip();
    const before = await trip.annasState();
    const query = '?tenant=acme';
    expect((await askFor(trip, operation, { token: BERT }, {}, query)).json).toMatchObject({
      code: 'service/forbidden',
    });
    const { status, json } = await askFor(trip, operation, { token: OLGA }, {}, query);
    if (operation.method === 'GET') expect(status).toBeLessThan(300);
    else expect(json).toMatchObject({ status: 403, code: 'service/forbidden' });
    expect(await trip.annasState()).toBe(before);
  });

  test('answers its owner', async () => {
    const trip = await annasTrip();
    const { status, text } = await askFor(trip, operation, {});
    expect([id, status, text.slice(0, 300)]).toEqual([
      id,
      expect.toSatisfy((code: number) => code < 300),
      expect.anything(),
    ]);
  });
});

test('a token says whose it is, and whether it may read what belongs to others', async () => {
  const { ask } = askedService();
  const caller = async (token: string | undefined) => (await ask('GET /v1/caller', { token })).json;
  expect(await caller(undefined)).toEqual({ tenant: 'acme', isOperator: false, name: 'anna' });
  expect(await caller(OLGA)).toEqual({ tenant: 'ops', isOperator: true, name: 'olga' });
});

test('the same ids in two tenants are two sessions, and the same keys two runs', async () => {
  const { ask, store } = askedService();
  const asked = { body: { input: 'Hi' }, headers: { 'idempotency-key': 'k', prefer: 'wait=30' } };
  for (const token of [undefined, BERT]) {
    expect((await ask('POST /v1/sessions/same/runs?create=true', { ...asked, token })).status).toBe(201);
  }
  expect((await store.listRuns()).items.map(({ sessionId }) => sessionId).toSorted()).toEqual([
    'acme/same',
    'bolt/same',
  ]);
  expect((await store.readEntries('acme/same')).length).toBe(2);
});

async function askFor(
  trip: AnnasTrip,
  operation: Operation,
  asked: Asked,
  names: Readonly<Record<string, string>> = {},
  query = '',
) {
  const body = BODIES[operation.operationId]?.(trip);
  const path = filledPath(operation, { ...trip.names, ...names });
  return trip.ask(`${operation.method} ${path}${query}`, { ...asked, ...(body === undefined ? {} : { body }) });
}
