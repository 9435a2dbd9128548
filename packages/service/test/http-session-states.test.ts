import { createAgent, tool } from '@reprise/agent';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ApprovalBody, DecidedBody, OpenApprovalsBody } from '../src/http/schemas/approval.ts';
import type { PageBody } from '../src/http/schemas/fields.ts';
import type { SessionBody, SessionCountsBody } from '../src/http/schemas/session.ts';
import type { SnapshotBody } from '../src/http/schemas/snapshot.ts';
import { annasTrip } from './support/annas-trip.ts';
import { type AskedService, askedService, BERT, OLGA } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';
import { playedModel } from './support/played-model.ts';

const NONE: SessionCountsBody = { running: 0, waiting: 0, 'waiting-for-approval': 0, broken: 0, idle: 0 };

const statesOf = async ({ ask }: AskedService, query: string) =>
  (await ask<PageBody<SessionBody>>(`GET /v1/sessions${query}`)).json.items.map(({ id, state }) => `${id} ${state}`);
const countsOf = async ({ ask }: AskedService, token?: string, query = '') =>
  (await ask<SessionCountsBody>(`GET /v1/session-counts${query}`, { token })).json;

/** One session that waits for Anna's decision, one that broke, one that was answered, and one in which nothing was said. */
async function fourSessions(): Promise<AskedService> {
  const book = tool({
    name: 'book',
    description: 'Books.',
    input: z.object({}),
    effect: 'effect',
    needsApproval: true,
    run: () => 'Booked.',
  });
  const model = playedModel([{ call: ['call-1', 'book', '{}'] }], [{ fail: 'overloaded' }], [{ text: 'Hello.' }]);
  const service = askedService({ agent: createAgent({ model, tools: [book] }) });
  for (const id of ['asks', 'broke', 'fine']) {
    const path = `POST /v1/sessions/${id}/runs?create=true`;
    await service.ask(path, { body: { input: 'Hi' }, headers: { prefer: 'wait=30' } });
  }
  await service.ask('POST /v1/sessions', { body: { id: 'new' } });
  return service;
}

test('sessions are listed by what they are doing, and counted', async () => {
  const service = await fourSessions();
  expect(await statesOf(service, '')).toEqual(['new idle', 'fine idle', 'broke broken', 'asks waiting-for-approval']);
  expect(await statesOf(service, '?state=broken')).toEqual(['broke broken']);
  expect(await statesOf(service, '?state=waiting-for-approval,broken')).toEqual([
    'broke broken',
    'asks waiting-for-approval',
  ]);
  expect(await statesOf(service, '?state=idle&search=EW')).toEqual(['new idle']);
  expect(await countsOf(service)).toEqual({ ...NONE, 'waiting-for-approval': 1, broken: 1, idle: 2 });
});

test("states are counted of the caller's tenant, and of all for an operator", async () => {
  const service = await fourSessions();
  await service.ask('POST /v1/sessions', { body: { id: 'own' }, token: BERT });
  expect(await countsOf(service, BERT)).toEqual({ ...NONE, idle: 1 });
  expect(await countsOf(service, OLGA, '?tenant=*')).toMatchObject({ 'waiting-for-approval': 1, idle: 3 });
});

test('a run in line is told from none', async () => {
  const service = askedService({ queue: heldQueue() });
  await service.ask('POST /v1/sessions/trip/runs?create=true', { body: { input: 'Hi' } });
  expect(await statesOf(service, '?state=waiting')).toEqual(['trip waiting']);
  expect(await statesOf(service, '?state=idle,running')).toEqual([]);
});

test('a state that is none is refused, with those that there are', async () => {
  const { ask } = askedService();
  const { json } = await ask('GET /v1/sessions?state=idle,asleep');
  expect(json).toMatchObject({ status: 400, detail: expect.stringMatching(/'asleep'.*waiting-for-approval/) });
});

test('all calls that wait are listed with their sessions, until they are carried out', async () => {
  const trip = await annasTrip();
  const open = async (token?: string) =>
    (await trip.ask<PageBody<OpenApprovalsBody>>('GET /v1/approvals', { token })).json.items;
  const [waiting] = await open();
  expect(waiting?.session).toMatchObject({ id: 'trip', state: 'waiting-for-approval' });
  expect(waiting?.approvals.map(({ id, state }) => [id, state])).toEqual([[trip.names.approval, 'waiting']]);
  expect(await open(BERT)).toEqual([]);

  const path = `POST /v1/sessions/trip/approvals/${trip.names.approval}`;
  await trip.ask<DecidedBody>(path, { body: { isApproved: true } });
  const [decided] = await open();
  expect(decided?.approvals[0]).toMatchObject({ state: 'approved', decision: { by: 'anna' } });
  const other = await trip.ask(path, { body: { isApproved: false } });
  expect(other.json).toMatchObject({ status: 409, detail: expect.stringContaining('approved by anna') });

  await trip.ask('POST /v1/sessions/trip/runs', { body: {}, headers: { prefer: 'wait=30' } });
  expect(trip.bookings).toHaveLength(1);
  expect(await open()).toEqual([]);
  const { json } = await trip.ask<ApprovalBody>(path.replace('POST', 'GET'));
  expect(json).toMatchObject({ state: 'approved', decision: { isApproved: true, by: 'anna' } });
  expect((await trip.ask(`GET /v1/sessions/trip/approvals/none`)).json).toMatchObject({ status: 404 });
});

test('a snapshot that the session made gets a label, and one that it inherited does not', async () => {
  const { ask, names } = await annasTrip();
  const path = `PATCH /v1/sessions/trip/snapshots/${names.snapshot}`;
  expect((await ask<SnapshotBody>(path, { body: { label: ' before the booking ' } })).json.label).toBe(
    'before the booking',
  );
  const found = await ask<PageBody<SnapshotBody>>('GET /v1/sessions/trip/snapshots?search=booking');
  expect(found.json.items.map(({ id }) => id)).toEqual([names.snapshot]);
  expect((await ask<SnapshotBody>(path, { body: { label: null } })).json.label).toBeNull();
  expect((await ask(path, { body: { label: '' } })).status).toBe(422);
  await ask('POST /v1/sessions/trip/fork', { body: { id: 'fork', snapshotId: names.snapshot } });
  const inherited = await ask(`PATCH /v1/sessions/fork/snapshots/${names.snapshot}`, { body: { label: 'mine' } });
  expect(inherited.json).toMatchObject({ status: 404, code: 'checkpoint/snapshot-missing' });
});
