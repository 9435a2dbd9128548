import { createAgent } from '@reprise/agent';
import { CheckpointError, openMemoryStore } from '@reprise/checkpoint';
import { createHandler, requireDoor } from '@reprise/service';
import { describe, expect, test } from 'vitest';
import type { ProblemBody } from '../src/http/schemas/problem.ts';
import { ANNA, AUTH, askedService, greeter, requestOf } from './support/asked-service.ts';
import { heldQueue } from './support/held-queue.ts';

test.each([
  ['an unknown path', 'GET /v1/nothing', {}, 404, 'service/not-found'],
  ['a path outside', 'GET /etc/passwd', {}, 404, 'service/not-found'],
  ['an unknown session', 'GET /v1/sessions/nothing', {}, 404, 'checkpoint/session-missing'],
  ['an unknown run', 'GET /v1/sessions/s/runs/nothing', {}, 404, 'checkpoint/run-missing'],
  [
    'an unknown snapshot',
    'POST /v1/sessions/s/fork',
    { body: { snapshotId: 'nothing' } },
    404,
    'checkpoint/snapshot-missing',
  ],
  ['a session without a turn', 'POST /v1/sessions/s/fork', {}, 409, 'checkpoint/snapshot-missing'],
  [
    'an approval that nobody asked for',
    'POST /v1/sessions/s/approvals/a',
    { body: { isApproved: true } },
    409,
    'agent/approval-refused',
  ],
  ['text that is no JSON', 'POST /v1/sessions', { body: '{"id":' }, 400, 'service/invalid-request'],
  ['a body of another shape', 'POST /v1/sessions', { body: '["s"]' }, 422, 'service/invalid-request'],
  ['a field that nobody knows', 'POST /v1/sessions', { body: { name: 's' } }, 422, 'service/invalid-request'],
  ['a body that has to be there', 'POST /v1/sessions/s/rewind', {}, 422, 'service/invalid-request'],
  ['half of a character', 'POST /v1/sessions/s/runs', { body: '{"input":"\\ud83d"}' }, 422, 'service/invalid-request'],
  ['an empty message', 'POST /v1/sessions/s/runs', { body: { input: '' } }, 422, 'service/invalid-request'],
  ['a limit that is too large', 'GET /v1/sessions?limit=1000', {}, 400, 'service/invalid-request'],
  ['a limit that is no number', 'GET /v1/sessions?limit=1e2', {}, 400, 'service/invalid-request'],
  ['a cursor of nobody', 'GET /v1/sessions?after=zzz', {}, 400, 'checkpoint/invalid-write'],
  ['a search that no text can be', 'GET /v1/sessions?search=%00', {}, 400, 'checkpoint/invalid-write'],
  ['a zone that nobody knows', 'GET /v1/statement?timeZone=Mars', {}, 400, 'checkpoint/invalid-write'],
  ['a group that nobody knows', 'GET /v1/statement?by=week', {}, 400, 'service/invalid-request'],
  [
    'a number of an event that is none',
    'GET /v1/sessions/s/runs/r/events?after=-1',
    {},
    400,
    'service/invalid-request',
  ],
  [
    'an answer that cannot be given',
    'GET /v1/sessions',
    { headers: { accept: 'image/png' } },
    406,
    'service/not-acceptable',
  ],
  [
    'events as JSON',
    'GET /v1/sessions/s/runs/r/events',
    { headers: { accept: 'application/json' } },
    406,
    'service/not-acceptable',
  ],
])('%s is a problem', async (_name, request, asked, status, code) => {
  const { ask, errors } = askedService();
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const answer = await ask<ProblemBody>(request, asked);
  expect(answer.json).toMatchObject({ status, code, type: 'about:blank', title: expect.stringMatching(/\w/) });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.json.detail).toMatch(/\.$/);
  // Clients know their sessions without the tenant.
  expect(answer.text).not.toContain('acme/');
  expect(errors).toEqual([]);
});

test.each([
  ['text/plain', '{"id":"s"}'],
  ['', '{"id":"s"}'],
  ['multipart/form-data; boundary=x', '--x--'],
  ['application/x-www-form-urlencoded', 'id=s'],
])('a body of type "%s" is refused', async (type, body) => {
  const { ask } = askedService();
  const { json } = await ask('POST /v1/sessions', { body, headers: { 'content-type': type } });
  expect(json).toMatchObject({ status: 415, code: 'service/unsupported-media-type' });
});

test('bytes that are no UTF-8 are refused', async () => {
  const { handler } = askedService();
  const headers = { authorization: `Bearer ${ANNA}`, 'content-type': 'application/json' };
  const body = Uint8Array.from([0x22, 0xc3, 0x28, 0x22]);
  const response = await handler(new Request('http://service.test/v1/sessions', { method: 'POST', headers, body }));
  expect(await response.json()).toMatchObject({ status: 400, code: 'service/invalid-request' });
});

test('a method that is not for a path is refused with those that are, before its body is read', async () => {
  const { ask } = askedService();
  const { json, headers } = await ask('PUT /v1/sessions/s', { body: 'not read' });
  expect(json).toMatchObject({ status: 405, code: 'service/method-not-allowed' });
  expect(headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE');
  const options = await ask('OPTIONS /v1/sessions');
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
  const head = await ask('HEAD /v1/sessions');
  expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'application/json']);
});

test('what nobody expected is told to the operator, and to the client by an id alone', async () => {
  const store = openMemoryStore();
  const broken = new Error('password=hunter2 at /srv/secret/store.db');
  store.listSessions = () => Promise.reject(broken);
  const { ask, errors } = askedService({ store });
  const { json, text } = await ask<ProblemBody>('GET /v1/sessions');
  expect(json).toMatchObject({ status: 500, code: 'service/internal', id: expect.any(String) });
  expect(text).not.toMatch(/hunter2|secret|stack|\.ts/);
  expect(errors).toEqual([{ error: broken, id: json.id }]);
});

test('a store that cannot be reached is told in general words, with when to ask again', async () => {
  const store = openMemoryStore();
  const gone = new CheckpointError('checkpoint/unavailable', 'connect ECONNREFUSED db.internal:5432');
  store.readSession = () => Promise.reject(gone);
  const { ask, errors } = askedService({ store });
  const { json, text, headers } = await ask('GET /v1/sessions/s');
  expect(json).toMatchObject({ status: 503, code: 'checkpoint/unavailable' });
  expect(text).not.toContain('db.internal');
  expect(headers.get('retry-after')).toBe('5');
  expect(errors.map(({ error }) => error)).toEqual([gone]);
});

test('what is thrown and is no error is answered, too', async () => {
  const auth = () => {
    throw 'nothing in particular';
  };
  const { ask, errors } = askedService({ auth });
  expect((await ask('GET /v1/sessions')).json).toMatchObject({ status: 500, code: 'service/internal' });
  expect(errors.map(({ error }) => error)).toEqual(['nothing in particular']);
});

test('answers are kept by nobody on the way', async () => {
  const { ask } = askedService();
  for (const request of ['GET /v1/sessions', 'GET /v1/nothing', 'GET /openapi.json']) {
    const { headers } = await ask(request);
    expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
  }
});

test('every path stands behind the base path', async () => {
  const { ask, talk: _talk } = askedService({ basePath: '/api/agent' });
  const { status, headers } = await ask('POST /api/agent/v1/sessions', { body: { id: 's' } });
  expect([status, headers.get('location')]).toEqual([201, '/api/agent/v1/sessions/s']);
  expect((await ask('GET /v1/sessions')).status).toBe(404);
  expect((await ask('GET /api/agent/v1/sessions', { token: '' })).status).toBe(401);
  expect((await ask('GET /api/agent/v1/sessions', { headers: { accept: 'image/png' } })).status).toBe(406);
  expect((await ask('PUT /api/agent/v1/sessions')).status).toBe(405);
  const { json } = await ask<{ readonly paths: object }>('GET /api/agent/openapi.json');
  expect(Object.keys(json.paths)).toContain('/api/agent/v1/sessions/{session}');
});

test.each([{ basePath: 'api' }, { basePath: '/api/' }, { keepRunsMs: 0 }, { agent: {} }])(
  'the option %j is refused',
  (option) => {
    const agent = createAgent({ model: greeter() });
    const make = () => createHandler({ agent, store: openMemoryStore(), auth: AUTH, queue: heldQueue(), ...option });
    expect(make).toThrow(expect.objectContaining({ code: 'service/invalid-option' }));
  },
);

describe('pages of other origins', () => {
  const origin = 'https://app.example';

  test('are told nothing unless they are named', async () => {
    const { ask } = askedService();
    const { headers } = await ask('GET /v1/sessions', { headers: { origin } });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('may ask if they are named', async () => {
    const { ask } = askedService({ cors: { origins: [origin] } });
    const preflight = await ask('OPTIONS /v1/sessions/s/runs', {
      token: '',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    const { headers } = await ask('GET /v1/sessions', { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    const other = await ask('GET /v1/sessions', { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const unknown = await ask('GET /v1/sessions', { token: '', headers: { origin } });
    expect([unknown.status, unknown.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });
});

describe('a service that asks nobody who they are', () => {
  test.each(['127.0.0.1', 'localhost', '::1', '[::1]', '127.9.9.9'])('listens on %s', (host) => {
    expect(() => requireDoor(host, 'none')).not.toThrow();
    expect(() => requireDoor('0.0.0.0', AUTH)).not.toThrow();
  });

  test.each(['0.0.0.0', '::', '', '192.168.1.5', 'example.com', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'does not listen on "%s"',
    (host) => {
      expect(() => requireDoor(host, 'none')).toThrow(expect.objectContaining({ code: 'service/open-door' }));
    },
  );

  const visit = async (url: string, headers: Record<string, string> = {}) => {
    const { handler } = askedService({ auth: 'none', cors: { origins: ['https://app.example'] } });
    return (await handler(new Request(url, { method: 'POST', headers }))).status;
  };

  test.each([
    ['http://127.0.0.1:8080/v1/sessions', {}, 201],
    ['http://localhost:8080/v1/sessions', { origin: 'http://localhost:8080' }, 201],
    ['http://localhost:8080/v1/sessions', { origin: 'https://app.example' }, 201],
    ['http://localhost:8080/v1/sessions', { origin: 'https://evil.example' }, 403],
    ['http://localhost:8080/v1/sessions', { origin: 'http://localhost:9090' }, 403],
    ['http://localhost:8080/v1/sessions', { origin: 'null' }, 403],
    // A name of somebody else's that leads to this machine.
    ['http://rebound.evil.example:8080/v1/sessions', { origin: 'http://rebound.evil.example:8080' }, 403],
  ])('answers %s of %j with %d', async (url, headers, status) => {
    expect(await visit(url, headers)).toBe(status);
  });
});

test.each([
  { token: 'short', tenant: 'acme' },
  { token: 'with spaces in the midst of it', tenant: 'acme' },
  { token: 'a-token-of-anna-0123456789', tenant: 'a/b' },
])('a token or tenant that cannot be one is refused, and not shown: %j', (entry) => {
  const agent = createAgent({ model: greeter() });
  const make = (tokens: Readonly<Record<string, { readonly token: string; readonly tenant: string }>>) => () =>
    createHandler({ agent, store: openMemoryStore(), auth: { tokens }, queue: heldQueue() });
  const refused = expect.objectContaining({
    code: 'service/invalid-option',
    message: expect.not.stringContaining(entry.token),
  });
  expect(make({ anna: entry })).toThrow(refused);
  const twice = { token: 'a-token-of-both-0123456789', tenant: 'acme' };
  expect(make({ anna: twice, bert: twice })).toThrow(expect.objectContaining({ code: 'service/invalid-option' }));
});

test('a function says who asks, and what it says is checked', async () => {
  const auth = (request: Request) => {
    const tenant = request.headers.get('x-tenant');
    return tenant === null ? undefined : { tenant };
  };
  const { handler, errors } = askedService({ auth });
  const visit = async (headers: Record<string, string>) =>
    (await handler(requestOf('GET /v1/sessions', { headers }))).status;
  expect([await visit({ 'x-tenant': 'acme' }), await visit({})]).toEqual([200, 401]);
  expect(await visit({ 'x-tenant': 'a/b' })).toBe(500);
  expect(errors).toHaveLength(1);
});
