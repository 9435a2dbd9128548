import { Writable } from 'node:stream';
import { createAgent, tool } from '@reprise/agent';
import { CheckpointError, openMemoryStore } from '@reprise/checkpoint';
import type { Log } from '@reprise/service';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createLog } from '../src/operations/log.ts';
import { ANNA, askedService, BERT, OLGA } from './support/asked-service.ts';
import { playedModel } from './support/played-model.ts';

const KEY = 'sk-ant-api03-0123456789abcdefghijklmnop';
const PASSWORD = 'hunter2hunter2';

interface Line extends Readonly<Record<string, unknown>> {
  readonly msg: string;
}

test('I10 of a whole session no token, key, header or word of the conversation is logged, at whatever level', async () => {
  const { log, text } = keptLog();
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({ at: z.string() }),
    effect: 'pure',
    run: () => 'planted-result',
  });
  const model = playedModel(
    [{ thinking: 'planted-thought' }, { call: ['a', 'look', '{"at":"planted-argument"}'] }],
    [{ text: 'planted-answer' }],
    [{ fail: `refused ${KEY} at postgres://me:${PASSWORD}@db/sessions, Authorization: Bearer ${ANNA}` }],
  );
  const { ask } = askedService({ agent: createAgent({ model, tools: [look] }), log });
  const path = 'POST /v1/sessions/s/runs?create=true&note=planted-query';
  await ask('POST /v1/sessions', { body: { id: 's', metadata: { title: 'planted-title' } } });
  await ask(path, { body: { input: 'planted-input' }, headers: { prefer: 'wait=30', cookie: 'planted-cookie' } });
  await ask(path, { body: { input: 'planted-input' }, headers: { accept: 'text/event-stream' } });
  await ask('GET /v1/sessions/s/messages', { token: 'planted-token-0123456789' });
  await ask('POST /v1/sessions', { body: '{"planted-body' });
  await ask('GET /planted-path', { token: BERT });
  expect(text().split('\n').length).toBeGreaterThan(15);
  expect(text()).toContain('refused');
  expect(text()).not.toMatch(/planted/);
  for (const secret of [KEY, PASSWORD, ANNA, BERT, OLGA]) expect(text()).not.toContain(secret);
});

test('a request is one line: route, status, time, tenant, who asked, and the id that the client has', async () => {
  const { log, lines } = keptLog('info');
  const { ask } = askedService({ log });
  const { headers } = await ask('GET /v1/sessions/s');
  await ask('GET /healthz');
  const requests = lines().filter(({ route }) => route !== undefined);
  expect(requests).toEqual([
    expect.objectContaining({
      method: 'GET',
      route: '/v1/sessions/:session',
      status: 404,
      durationMs: expect.any(Number),
      tenant: 'acme',
      caller: 'anna',
      requestId: headers.get('x-request-id'),
    }),
  ]);
});

test("a run's beginning and end are a line each, and so are a worker's", async () => {
  const { log, lines } = keptLog('info');
  const { talk, handler } = askedService({ log });
  await talk('s', 'Hi');
  await handler.close();
  const told = lines().filter(({ route }) => route === undefined);
  expect(told.map(({ msg }) => msg)).toEqual([
    'A worker takes runs',
    'A run was taken up',
    'A run has ended',
    'A worker has ended',
  ]);
  expect(told[2]).toMatchObject({ sessionId: 'acme/s', reason: 'end-turn', durationMs: expect.any(Number) });
});

test('an error is one line, with its code, its causes and the id that the client was told', async () => {
  const { log, lines } = keptLog('info');
  const cause = new Error('the socket is closed');
  const fail = () => Promise.reject(new CheckpointError('checkpoint/unavailable', 'No answer.', { cause }));
  const store = Object.assign(openMemoryStore(), { listSessions: fail });
  const { ask, errors } = askedService({ store, log });
  expect((await ask('GET /v1/sessions')).status).toBe(503);
  const failures = lines().filter(({ error }) => error !== undefined);
  expect(failures).toEqual([
    expect.objectContaining({
      level: 50,
      id: errors[0]?.id,
      error: expect.objectContaining({
        code: 'checkpoint/unavailable',
        message: expect.stringContaining('No answer.'),
        stack: expect.stringMatching(/^\s+at /),
        cause: expect.objectContaining({ message: 'the socket is closed' }),
      }),
    }),
  ]);
});

test("what a run's worker has trouble with is told once, to the log and to the service's own listener", async () => {
  const { log, lines } = keptLog('error');
  const { ask, errors } = askedService({ agent: createAgent({ model: playedModel([{ fail: 'no answer' }]) }), log });
  await ask('POST /v1/sessions/s/runs?create=true', { body: { input: 'Hi' }, headers: { prefer: 'wait=30' } });
  expect(errors.length).toBe(1);
  expect(lines().map(({ runId, error }) => [typeof runId, error])).toEqual([
    ['string', expect.objectContaining({ message: expect.stringContaining('no answer') })],
  ]);
});

test('I10 a line that others write with the log has its secrets masked', () => {
  const { text, stream } = kept();
  createLog('info', stream).info({
    authorization: 'a-secret',
    request: { token: 'a-secret', headers: { cookie: 'a-secret' } },
  });
  expect(text()).not.toContain('a-secret');
  expect(text()).toContain('***');
});

function keptLog(level = 'trace'): {
  readonly log: Log;
  readonly text: () => string;
  readonly lines: () => readonly Line[];
} {
  const { text, stream } = kept();
  const lines = () =>
    text()
      .trim()
      .split('\n')
      .map((line): Line => JSON.parse(line));
  return { log: pino({ level }, stream), text, lines };
}

function kept(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
}
