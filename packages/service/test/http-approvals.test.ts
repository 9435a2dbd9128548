import { expect, test } from 'vitest';
import { createOpenApprovals } from '../src/http/open-approvals.ts';
import type { ApprovalListBody, DecidedBody } from '../src/http/schemas/approval.ts';
import type { PageBody } from '../src/http/schemas/fields.ts';
import type { RunBody } from '../src/http/schemas/run.ts';
import type { SessionBody } from '../src/http/schemas/session.ts';
import { type AnnasTrip, annasTrip, SECRET } from './support/annas-trip.ts';
import { OLGA } from './support/asked-service.ts';

test('a waiting call is shown with its exact arguments, and the session says that it waits', async () => {
  const { ask, names } = await annasTrip();
  const { json } = await ask<ApprovalListBody>('GET /v1/sessions/trip/approvals');
  expect(json.items).toEqual([
    {
      id: names.approval,
      session: 'trip',
      turnId: expect.any(String),
      position: 0,
      call: { id: 'call-1', name: 'book', arguments: { hotel: SECRET }, argumentsText: `{"hotel":"${SECRET}"}` },
      reason: null,
      requestedAt: expect.any(Number),
      state: 'waiting',
      decision: null,
    },
  ]);
  expect((await ask<SessionBody>('GET /v1/sessions/trip')).json.state).toBe('waiting-for-approval');
  const read = await ask<PageBody<SessionBody>>('GET /v1/sessions?tenant=acme', { token: OLGA });
  expect(read.json.items[0]?.state).toBe('waiting-for-approval');
});

test('an approved call is carried out by the run that goes on, once', async () => {
  const trip = await annasTrip();
  const decided = await decide(trip, { isApproved: true, continue: true });
  expect(decided.json.decision).toEqual({ isApproved: true, reason: null, by: 'anna', decidedAt: expect.any(Number) });
  expect(await ended(trip, decided.json.run?.id)).toMatchObject({ outcome: { reason: 'end-turn', text: 'Done.' } });
  expect(trip.bookings).toEqual([SECRET]);
  expect((await trip.ask<SessionBody>('GET /v1/sessions/trip')).json.state).toBe('idle');
});

test('a refused call is not carried out, and the model reads why', async () => {
  const trip = await annasTrip();
  const decided = await decide(trip, { isApproved: false, reason: 'Too dear.', continue: true });
  await ended(trip, decided.json.run?.id);
  expect(trip.bookings).toEqual([]);
  expect(JSON.stringify(trip.model.requests.at(-1)?.messages)).toContain('Too dear.');
});

test('two who decide agree: the same again is harmless, and another decision is refused', async () => {
  const trip = await annasTrip();
  const both = await Promise.all([decide(trip, { isApproved: true }), decide(trip, { isApproved: true })]);
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  expect(both[0]?.json).toEqual(both[1]?.json);
  expect(both[0]?.json.run).toBeNull();
  const other = await decide(trip, { isApproved: false });
  expect(other.json).toMatchObject({ status: 409, code: 'agent/approval-refused' });
  expect(other.text).not.toContain('acme/');
});

test('two who decide otherwise at once: one is heard', async () => {
  const trip = await annasTrip();
  const both = await Promise.all([decide(trip, { isApproved: true }), decide(trip, { isApproved: false })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('what was decided while a list was read is not remembered of the time before', async () => {
  const trip = await annasTrip();
  const before = await trip.store.readSession('acme/trip');
  if (!before) throw new Error('Anna has no trip.');
  let readEntries: AnnasTrip['store']['readEntries'] = async (id) => {
    await decide(trip, { isApproved: true });
    return trip.store.readEntries(id);
  };
  const readOpen = createOpenApprovals({ store: { ...trip.store, readEntries: (id) => readEntries(id) } });
  expect(await readOpen(before)).toMatchObject([{ state: 'approved' }]);
  readEntries = trip.store.readEntries;
  const { json } = await decide(trip, { isApproved: true, continue: true });
  await ended(trip, json.run?.id);
  expect(await readOpen(before)).toEqual([]);
});

function decide({ ask, names }: AnnasTrip, body: object) {
  return ask<DecidedBody>(`POST /v1/sessions/trip/approvals/${names.approval}`, { body });
}

/** The run at its end. */
async function ended({ ask }: AnnasTrip, id = ''): Promise<RunBody> {
  const path = `/v1/sessions/trip/runs/${id}`;
  const { status, text } = await ask(`GET ${path}/events`);
  expect([status, text.includes('event: run-end')]).toEqual([200, true]);
  return (await ask<RunBody>(`GET ${path}`)).json;
}
