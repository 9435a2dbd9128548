import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { expect, test } from 'vitest';
import type { PageBody } from '../src/http/schemas/fields.ts';
import type { MessagePageBody } from '../src/http/schemas/message.ts';
import type { SessionBody } from '../src/http/schemas/session.ts';
import type { TurnPageBody } from '../src/http/schemas/turn.ts';
import { askedService, greeter, OLGA } from './support/asked-service.ts';

test('a session is created with an id and metadata, and is there', async () => {
  const { ask, store } = askedService();
  const body = { id: 'trip', metadata: { title: 'A trip', tags: ['summer'] } };
  const created = await ask<SessionBody>('POST /v1/sessions', { body });
  expect(created.status).toBe(201);
  expect(created.headers.get('location')).toBe('/v1/sessions/trip');
  expect(created.json).toMatchObject({
    ...body,
    tenant: 'acme',
    agent: 'agent',
    state: 'idle',
    models: [],
    lastPrompt: null,
  });
  expect((await ask('GET /v1/sessions/trip')).json).toEqual(created.json);
  expect(await store.readSession('acme/trip')).toMatchObject({ metadata: JSON.stringify(body.metadata) });
});

test('a session without an id gets a new one, with or without a body', async () => {
  const { ask } = askedService();
  const [one, other] = [
    await ask<SessionBody>('POST /v1/sessions'),
    await ask<SessionBody>('POST /v1/sessions', { body: {} }),
  ];
  expect([one.status, other.status]).toEqual([201, 201]);
  expect(one.json.id).not.toBe(other.json.id);
});

test('an id that is taken is refused, and stays refused after its session was deleted and a fork keeps turns of it', async () => {
  const { ask, talk } = askedService();
  await talk('trip', 'Hi');
  expect((await ask('POST /v1/sessions', { body: { id: 'trip' } })).json).toMatchObject({
    status: 409,
    code: 'checkpoint/session-exists',
  });
  expect((await ask('POST /v1/sessions/trip/fork', { body: { id: 'other' } })).status).toBe(201);
  expect((await ask('DELETE /v1/sessions/trip')).status).toBe(204);
  expect((await ask('POST /v1/sessions', { body: { id: 'trip' } })).json).toMatchObject({
    code: 'checkpoint/session-exists',
  });
});

test('sessions are listed newest first, in pages, and found by a text', async () => {
  let now = 1000;
  const { ask } = askedService({ timers: { clock: () => (now += 1) } });
  for (let index = 0; index < 5; index += 1) {
    await ask('POST /v1/sessions', {
      body: { id: `s${index}`, metadata: { title: index % 2 === 0 ? 'even' : 'odd' } },
    });
  }
  const ids = async (query: string) => {
    const { json } = await ask<PageBody<SessionBody>>(`GET /v1/sessions?${query}`);
    return { ids: json.items.map(({ id }) => id), next: json.next };
  };
  const first = await ids('limit=2');
  expect(first.ids).toEqual(['s4', 's3']);
  const second = await ids(`limit=2&after=${first.next}`);
  expect(second.ids).toEqual(['s2', 's1']);
  expect(await ids(`limit=2&after=${second.next}`)).toEqual({ ids: ['s0'], next: null });
  expect((await ids('search=EVEN')).ids).toEqual(['s4', 's2', 's0']);
});

test('a session tells what it has spent, its models and its last prompt', async () => {
  const { ask, talk } = askedService();
  await talk('trip', 'Where to?', 'And then?');
  const { json } = await ask<PageBody<SessionBody>>('GET /v1/sessions');
  expect(json.items).toHaveLength(1);
  expect(json.items[0]).toMatchObject({
    id: 'trip',
    lastPrompt: 'And then?',
    models: ['played'],
    spent: { turnCount: 2, unpricedTurns: 2, paidPicoUsd: null, hitRatio: null },
  });
});

test('metadata is replaced as a whole, and the names of the service stay its own', async () => {
  const store = openMemoryStore();
  const agent = { slow: createAgent({ model: greeter() }), fast: createAgent({ model: greeter() }) };
  const { ask } = askedService({ store, agent });
  await ask('POST /v1/sessions', { body: { id: 'trip', agent: 'fast', metadata: { title: 'one', old: true } } });
  const changed = await ask('PATCH /v1/sessions/trip', { body: { metadata: { title: 'two' } } });
  expect(changed.json).toMatchObject({ agent: 'fast', metadata: { title: 'two' } });
  expect((await ask<SessionBody>('GET /v1/sessions/trip')).json.metadata).toEqual({ title: 'two' });
  const forged = await ask('PATCH /v1/sessions/trip', { body: { metadata: { 'reprise:agent': 'slow' } } });
  expect(forged.json).toMatchObject({ status: 422, code: 'service/invalid-request' });
  expect((await ask('POST /v1/sessions', { body: { agent: 'nobody' } })).json).toMatchObject({
    code: 'service/unknown-agent',
  });
  expect((await ask('GET /v1/agents')).json).toEqual({
    items: [
      { name: 'slow', isDefault: true, model: 'played' },
      { name: 'fast', isDefault: false, model: 'played' },
    ],
  });
});

test('a deleted session is gone, with its runs', async () => {
  const { ask, talk, store } = askedService();
  await talk('trip', 'Hi');
  expect((await ask('DELETE /v1/sessions/trip')).status).toBe(204);
  expect((await ask('GET /v1/sessions/trip')).json).toMatchObject({ status: 404, code: 'checkpoint/session-missing' });
  expect((await ask('DELETE /v1/sessions/trip')).status).toBe(404);
  expect(await store.countRuns()).toEqual({ waiting: 0, going: 0, ended: 0 });
});

test('messages are paged from the beginning and from the end', async () => {
  const { ask, talk } = askedService();
  await talk('trip', 'one', 'two', 'three');
  const page = async (query: string) => {
    const { json } = await ask<MessagePageBody>(`GET /v1/sessions/trip/messages?${query}`);
    return { ...json, items: json.items.map(({ index }) => index) };
  };
  expect(await page('limit=4')).toEqual({ items: [0, 1, 2, 3], total: 6, next: '4', previous: null });
  expect(await page('limit=4&after=4')).toEqual({ items: [4, 5], total: 6, next: null, previous: '4' });
  expect(await page('limit=4&before=end')).toEqual({ items: [2, 3, 4, 5], total: 6, next: null, previous: '2' });
  expect(await page('limit=4&before=2')).toEqual({ items: [0, 1], total: 6, next: '2', previous: null });
  expect(await page('after=99')).toEqual({ items: [], total: 6, next: null, previous: '6' });
  const { json } = await ask<MessagePageBody>('GET /v1/sessions/trip/messages');
  expect(json.items.slice(0, 2).map(({ message }) => message)).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'one' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
  ]);
});

test('the ledger is paged, of the branch and of the lifetime', async () => {
  const { ask, talk } = askedService();
  await talk('trip', 'one', 'two');
  const { json: snapshots } = await ask<PageBody<{ readonly id: string }>>('GET /v1/sessions/trip/snapshots');
  await ask('POST /v1/sessions/trip/rewind', { body: { snapshotId: snapshots.items[1]?.id } });
  await talk('trip', 'three');
  const turns = async (query: string) => (await ask<TurnPageBody>(`GET /v1/sessions/trip/turns?${query}`)).json;
  expect((await turns('')).items.map(({ ordinal }) => ordinal)).toEqual([1, 3]);
  expect((await turns('scope=lifetime')).items.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
  expect(await turns('scope=lifetime&limit=1&after=1')).toMatchObject({
    items: [{ ordinal: 2, session: 'trip' }],
    total: 3,
    next: '2',
    previous: '1',
  });
  const last = await turns('before=end&limit=1');
  expect([last.items.map(({ ordinal }) => ordinal), last.next, last.previous]).toEqual([[3], null, '1']);
  const before = await turns(`before=${last.previous}&limit=1`);
  expect([before.items.map(({ ordinal }) => ordinal), before.next, before.previous]).toEqual([[1], '1', null]);
  expect(await turns('before=1&after=1')).toMatchObject({ status: 400, code: 'service/invalid-request' });
});

test('an operator reads the sessions of one tenant, or of all', async () => {
  const { ask } = askedService();
  await ask('POST /v1/sessions', { body: { id: 'trip' } });
  await ask('POST /v1/sessions', { token: OLGA, body: { id: 'own' } });
  const tenants = async (query: string) => {
    const { json } = await ask<PageBody<SessionBody>>(`GET /v1/sessions${query}`, { token: OLGA });
    return json.items.map(({ tenant, id }) => `${tenant} ${id}`);
  };
  expect(await tenants('')).toEqual(['ops own']);
  expect(await tenants('?tenant=acme')).toEqual(['acme trip']);
  expect((await tenants('?tenant=*')).toSorted()).toEqual(['acme trip', 'ops own']);
  expect((await ask('GET /v1/sessions/trip?tenant=acme', { token: OLGA })).status).toBe(200);
  expect((await ask('GET /v1/sessions/trip?tenant=*', { token: OLGA })).status).toBe(404);
});
