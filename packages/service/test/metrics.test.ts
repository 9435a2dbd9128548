import { createAgent, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createMetrics, type Metrics, type ServiceNews } from '@reprise/service';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ANNA, askedService, BERT, greeter, OLGA } from './support/asked-service.ts';
import { playedModel } from './support/played-model.ts';
import { simulatedAgent } from './support/simulated-agent.ts';

const STREAM = { accept: 'text/event-stream' };

test('metrics are for operators, unless they are for everybody', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const { ask } = askedService({ metrics });
  expect((await ask('GET /metrics', { token: '' })).status).toBe(401);
  expect((await ask('GET /metrics', { token: ANNA })).status).toBe(403);
  const { status, headers, text } = await ask('GET /metrics', { token: OLGA });
  expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  expect(text).toContain('# TYPE reprise_http_requests_total counter');
  const open = askedService({ metrics, metricsFor: 'everybody' });
  expect((await open.ask('GET /metrics', { token: '' })).status).toBe(200);
});

test('a service that was given no metrics has none', async () => {
  const { ask } = askedService();
  expect(await ask('GET /metrics', { token: OLGA })).toMatchObject({
    status: 404,
    json: { code: 'service/not-found' },
  });
});

test('what is counted of turns is what the ledger has: turns, tokens by bucket, cost and what was read from caches (I2)', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const store = openMemoryStore();
  const agent = await simulatedAgent(() => 'Yes.');
  const { talk, ask } = askedService({ agent, store, metrics });
  await talk('s', 'One?', 'Two?', 'Three?');
  const rows = await store.readLedger('acme/s');
  const { text } = await ask('GET /metrics', { token: OLGA });
  const sum = (read: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + read(row), 0);
  const count = (bucket: string) => sampleOf(text, 'reprise_tokens_total', `bucket="${bucket}"`);
  expect(sampleOf(text, 'reprise_turns_total')).toBe(rows.length);
  const read = sum(({ tokens }) => tokens.cacheRead ?? 0);
  expect(read).toBeGreaterThan(0);
  expect(count('cache_read')).toBe(read);
  expect(count('fresh')).toBe(sum(({ tokens }) => tokens.fresh ?? 0));
  expect(count('output')).toBe(sum(({ tokens }) => tokens.output ?? 0));
  expect(sampleOf(text, 'reprise_cost_dollars_total')).toBeCloseTo(sum((row) => Number(row.costPicoUsd)) / 1e12, 9);
  const prompt = count('fresh') + read + count('cache_write');
  expect(sampleOf(text, 'reprise_cache_hit_ratio')).toBeCloseTo(read / prompt, 9);
});

test('runs are counted by their ends and states, calls by their outcomes, and the line by who waits', async () => {
  const tools = [toolOf('look', async () => 'There.'), toolOf('fall', () => Promise.reject(new Error('Fell.')))];
  const model = playedModel(
    [{ call: ['a', 'look', '{}'] }, { call: ['b', 'fall', '{}'] }],
    [{ text: 'Done.' }],
    [{ fail: 'no answer' }],
  );
  const { ask, talk } = askedService({
    agent: createAgent({ model, tools }),
    metrics: createMetrics({ ofProcess: false }),
  });
  await talk('s', 'Look.');
  await ask('POST /v1/sessions/s/runs', { body: { input: 'Again.' }, headers: { prefer: 'wait=30' } });
  const { text } = await ask('GET /metrics', { token: OLGA });
  expect(sampleOf(text, 'reprise_run_ends_total', 'reason="end-turn"')).toBe(1);
  expect(sampleOf(text, 'reprise_run_ends_total', 'reason="error"')).toBe(1);
  expect(sampleOf(text, 'reprise_run_attempts_total')).toBe(2);
  expect(sampleOf(text, 'reprise_runs', 'state="ended"')).toBe(2);
  expect(sampleOf(text, 'reprise_runs', 'state="going"')).toBe(0);
  expect(sampleOf(text, 'reprise_queue_depth')).toBe(0);
  expect(sampleOf(text, 'reprise_tool_calls_total', 'outcome="ok"')).toBe(1);
  expect(sampleOf(text, 'reprise_tool_calls_total', 'outcome="error"')).toBe(1);
  expect(sampleOf(text, 'reprise_run_event_write_seconds_count')).toBeGreaterThan(0);
});

test('a stream is open from its beginning until its client is gone', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const { ask, handler } = askedService({ metrics });
  const open = async () => sampleOf(await metrics.text(), 'reprise_streams_open');
  const request = new Request('http://service.test/v1/sessions/s/runs?create=true', {
    method: 'POST',
    headers: { ...STREAM, authorization: `Bearer ${ANNA}`, 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'Hi' }),
  });
  const response = await handler(request);
  expect(await open()).toBe(1);
  await response.body?.cancel();
  expect(await open()).toBe(0);
  await ask('POST /v1/sessions/t/runs?create=true', { body: { input: 'Hi' }, headers: STREAM });
  expect(await open()).toBe(0);
});

test('no label has an id, a path or a word of a client, and tenants are told apart where asked for', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const byTenant = createMetrics({ ofProcess: false, byTenant: true });
  const { ask, talk } = askedService({ metrics, observe: byTenant.observe });
  await talk('private-name', 'private-word');
  await ask('GET /v1/sessions/private-name', { token: BERT });
  await ask('GET /private-path');
  const text = await metrics.text();
  expect(text).not.toMatch(/private|acme|bolt/);
  expect(text).toContain('route="/v1/sessions/:session/runs",status="201"');
  expect(text).toContain('method="GET",route="none",status="404"');
  expect(sampleOf(await byTenant.text(), 'reprise_turns_total', 'tenant="acme"')).toBe(1);
});

test('metrics are told although the store does not answer', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const store = Object.assign(openMemoryStore(), { countRuns: () => Promise.reject(new Error('gone')) });
  const { ask } = askedService({ metrics, store });
  const { status, text } = await ask('GET /metrics', { token: OLGA });
  expect(status).toBe(200);
  expect(text).not.toContain('reprise_runs{');
});

test('the process is measured unless told otherwise', async () => {
  expect(await createMetrics().text()).toContain('process_cpu_seconds_total');
  expect(await createMetrics({ ofProcess: false }).text()).not.toContain('process_');
});

test('who looks on cannot fail what it hears of', async () => {
  const heard: ServiceNews['type'][] = [];
  const observe = ({ type }: ServiceNews) => {
    heard.push(type);
    throw new Error('a broken observer');
  };
  const { talk, errors } = askedService({ observe, agent: createAgent({ model: greeter() }) });
  await talk('s', 'Hi');
  expect(heard).toEqual(expect.arrayContaining(['worker-start', 'run-take-up', 'turn-end', 'run-end', 'request-end']));
  expect(errors).toEqual([]);
});

function toolOf(name: string, run: () => Promise<string>) {
  return tool({ name, description: name, input: z.object({}), effect: 'pure', run });
}

/** The sum of a metric's samples that have the label. */
function sampleOf(text: Awaited<ReturnType<Metrics['text']>>, name: string, label = ''): number {
  const samples = text.split('\n').filter((line) => /^[a-z_]+/.exec(line)?.[0] === name && line.includes(label));
  if (samples.length === 0) throw new Error(`There is no ${name} with ${label}.`);
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
