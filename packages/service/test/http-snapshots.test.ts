import { expect, test } from 'vitest';
import type { PageBody } from '../src/http/schemas/fields.ts';
import type { MessagePageBody } from '../src/http/schemas/message.ts';
import type { RunBody } from '../src/http/schemas/run.ts';
import type { SessionBody } from '../src/http/schemas/session.ts';
import type { RewoundBody, SnapshotBody } from '../src/http/schemas/snapshot.ts';
import { type AskedService, askedService, BERT } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';

test('snapshots are listed newest first, searched, and of the branch oldest first', async () => {
  const service = askedService();
  await service.talk('s', 'apples', 'pears', 'plums');
  expect(await previews(service, 's', 'limit=2')).toEqual(['plums', 'pears']);
  expect(await previews(service, 's', 'search=PEAR')).toEqual(['pears']);
  expect(await previews(service, 's', 'scope=branch')).toEqual(['apples', 'pears', 'plums']);
  expect(await previews(service, 's', 'scope=branch&limit=1&after=1')).toEqual(['pears']);
});

test('a fork shares what was said up to its snapshot, and both go on by themselves', async () => {
  const service = askedService();
  const { ask, talk } = service;
  await ask('POST /v1/sessions', { body: { id: 's', metadata: { title: 'mine' } } });
  await talk('s', 'one', 'two');
  const [, first] = await snapshots(service, 's');
  const forked = await ask<SessionBody>('POST /v1/sessions/s/fork', { body: { snapshotId: first?.id, id: 'f' } });
  expect(forked.status).toBe(201);
  expect(forked.headers.get('location')).toBe('/v1/sessions/f');
  expect(forked.json).toMatchObject({
    id: 'f',
    metadata: { title: 'mine' },
    forkedFrom: { session: 's', snapshotId: first?.id },
    lastPrompt: 'one',
    spent: { turnCount: 0 },
  });
  await talk('f', 'three');
  expect(await said(service, 'f')).toEqual(['one', 'three']);
  expect(await said(service, 's')).toEqual(['one', 'two']);
});

test('a fork may begin at what its own origin has inherited, and at nothing of a stranger', async () => {
  const service = askedService();
  const { ask, talk } = service;
  await talk('s', 'one');
  await talk('stranger', 'hidden');
  const [own] = await snapshots(service, 's');
  const [strange] = await snapshots(service, 'stranger');
  await ask('POST /v1/sessions/s/fork', { body: { id: 'f' } });
  expect((await ask('POST /v1/sessions/f/fork', { body: { snapshotId: own?.id } })).status).toBe(201);
  for (const request of ['POST /v1/sessions/f/fork', 'POST /v1/sessions/s/rewind']) {
    const { json } = await ask(request, { body: { snapshotId: strange?.id } });
    expect(json).toMatchObject({ status: 404, code: 'checkpoint/snapshot-missing' });
  }
  await ask('POST /v1/sessions', { token: BERT, body: { id: 'b' } });
  const { json } = await ask('POST /v1/sessions/b/fork', { token: BERT, body: { snapshotId: own?.id } });
  expect(json).toMatchObject({ status: 404, code: 'checkpoint/snapshot-missing' });
});

test('what was said up to a snapshot is read, wherever the session is now', async () => {
  const service = askedService();
  const { ask, talk } = service;
  await talk('s', 'one', 'two');
  await talk('stranger', 'hidden');
  const [last, first] = await snapshots(service, 's');
  await ask('POST /v1/sessions/s/rewind', { body: { snapshotId: first?.id } });
  await talk('s', 'three');
  expect(await said(service, 's', `snapshot=${last?.id}`)).toEqual(['one', 'two']);
  expect(await said(service, 's', `snapshot=${last?.id}&after=2`)).toEqual(['two']);
  expect(await said(service, 's')).toEqual(['one', 'three']);
  const [strange] = await snapshots(service, 'stranger');
  const { json } = await ask(`GET /v1/sessions/s/messages?snapshot=${strange?.id}`);
  expect(json).toMatchObject({ status: 404, code: 'checkpoint/snapshot-missing' });
});

test('a rewind takes the conversation back, keeps what was spent, and can be undone', async () => {
  const service = askedService();
  const { ask, talk } = service;
  await talk('s', 'one', 'two');
  const [, first] = await snapshots(service, 's');
  const rewound = await ask<RewoundBody>('POST /v1/sessions/s/rewind', { body: { snapshotId: first?.id } });
  expect(rewound.json).toMatchObject({
    session: { id: 's', lastPrompt: 'one', spent: { turnCount: 2 } },
    left: { reason: 'rewind', session: 's', turnCount: 2 },
    files: [],
  });
  expect(await said(service, 's')).toEqual(['one']);
  await ask('POST /v1/sessions/s/rewind', { body: { snapshotId: rewound.json.left.id } });
  expect(await said(service, 's')).toEqual(['one', 'two']);
});

test('what an agent without files cannot take back is refused', async () => {
  const service = askedService();
  await service.talk('s', 'one');
  const [first] = await snapshots(service, 's');
  const { json } = await service.ask('POST /v1/sessions/s/rewind', { body: { snapshotId: first?.id, what: 'files' } });
  expect(json).toMatchObject({ status: 422, code: 'agent/invalid-option' });
});

test('a session that somebody holds is neither rewound nor deleted, and it is said when to ask again', async () => {
  const service = askedService();
  const { ask, store, talk } = service;
  await talk('s', 'one');
  const [first] = await snapshots(service, 's');
  await store.acquireLease({ sessionId: 'acme/s', holder: 'another/1/x', ttlMs: 60_000 });
  for (const [request, body] of [
    ['POST /v1/sessions/s/rewind', { snapshotId: first?.id }],
    ['DELETE /v1/sessions/s', undefined],
  ] as const) {
    const { json, headers } = await ask(request, { body });
    expect(json).toMatchObject({ status: 409, code: expect.stringMatching(/session-busy$/) });
    expect(headers.get('retry-after')).toBe('1');
  }
});

test('the state of a session is told by its runs', async () => {
  const queue = heldQueue();
  const { ask, store } = askedService({ queue });
  await ask('POST /v1/sessions', { body: { id: 's' } });
  await ask('POST /v1/sessions', { body: { id: 'other' } });
  const state = async () => {
    const { json } = await ask<PageBody<SessionBody>>('GET /v1/sessions');
    const one = await ask<SessionBody>('GET /v1/sessions/s');
    const listed = json.items.find(({ id }) => id === 's')?.state;
    expect(one.json.state).toBe(listed);
    expect(json.items.find(({ id }) => id === 'other')?.state).toBe('idle');
    return listed;
  };
  expect(await state()).toBe('idle');
  const { json: run } = await ask<RunBody>('POST /v1/sessions/s/runs', { body: { input: 'Hi' } });
  expect(await state()).toBe('waiting');
  await store.takeUpRun({ runId: run.id, holder: 'w', at: 1 });
  expect(await state()).toBe('running');
});

async function snapshots({ ask }: AskedService, id: string, query = ''): Promise<readonly SnapshotBody[]> {
  return (await ask<PageBody<SnapshotBody>>(`GET /v1/sessions/${id}/snapshots?${query}`)).json.items;
}

async function previews(service: AskedService, id: string, query: string): Promise<readonly string[]> {
  return (await snapshots(service, id, query)).map(({ promptPreview }) => promptPreview);
}

async function said({ ask }: AskedService, id: string, query = ''): Promise<readonly string[]> {
  const { json } = await ask<MessagePageBody>(`GET /v1/sessions/${id}/messages?${query}`);
  return json.items.flatMap(({ message }) =>
    message.role === 'user' ? message.content.flatMap((block) => (block.type === 'text' ? block.text : [])) : [],
  );
}
