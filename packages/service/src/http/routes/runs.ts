import { createRoute, z } from '@hono/zod-openapi';
import type { RunRecord } from '@reprise/checkpoint';
import { endWaitingRun } from '../../runs/end-waiting-run.ts';
import type { App } from '../app.ts';
import { awaitRun } from '../await-run.ts';
import { findOrCreateSession } from '../create-session.ts';
import { describeRun } from '../describe-run.ts';
import { runEventStream } from '../event-stream.ts';
import { userInput } from '../run-input.ts';
import { newRunSchema, runPageSchema, runSchema } from '../schemas/run.ts';
import type { HttpService } from '../service.ts';
import { requireRun, requireSession } from '../sessions.ts';
import { startRun } from '../start-run.ts';
import {
  eventNumber,
  idempotencyHeader,
  idempotencyKey,
  jsonContent,
  pageQuery,
  runPath,
  sessionPath,
  tenantQuery,
  typeWanted,
} from './parameters.ts';

const tags = ['Runs'];
const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';
const frames = z.string().openapi({
  description: 'Server-sent events: `id` is the number of the event, `event` its type, `data` the event as JSON.',
});
const run = { description: 'The run.', content: jsonContent(runSchema) };

const createOne = createRoute({
  method: 'post',
  path: '/v1/sessions/{session}/runs',
  operationId: 'createRun',
  summary: 'Say something, and have it answered',
  description:
    'Answers at once with the run; with `Accept: text/event-stream` with its events; with `Prefer: wait=30` when it has ended, or after so many seconds.',
  tags,
  request: {
    params: sessionPath,
    query: z.object({
      create: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'Whether a session that is not there is made.' }),
    }),
    headers: idempotencyHeader.extend({
      Prefer: z.string().optional().openapi({ example: 'wait=30' }),
    }),
    body: { content: jsonContent(newRunSchema) },
  },
  responses: {
    201: { ...run, description: 'The new run.' },
    200: {
      description: 'The run that a request with this Idempotency-Key has made before, or the events of either.',
      content: { [JSON_TYPE]: { schema: runSchema }, [STREAM_TYPE]: { schema: frames } },
    },
  },
});

export function mountRuns(app: App, service: HttpService): void {
  app.openapi(createOne, async (c) => {
    const waitMs = preferredWaitMs(c.req.header('prefer'));
    const type = typeWanted(c, [JSON_TYPE, STREAM_TYPE]);
    const key = idempotencyKey(c.req.header('idempotency-key'));
    const { input, onBusy } = c.req.valid('json');
    const message = await userInput(input);
    const session = await findOrCreateSession(service, c.var.tenant, {
      id: c.req.valid('param').session,
      isCreated: c.req.valid('query').create === 'true',
    });
    const { run: started, isNew } = await startRun(service, {
      session,
      idempotencyKey: key,
      ...(message ? { input: message } : {}),
      ...(onBusy ? { onBusy } : {}),
    });
    const location = `${c.req.path}/${started.id}`;
    const { signal } = c.req.raw;
    if (type === STREAM_TYPE) {
      return runEventStream(service, { runId: started.id, after: 0, signal }, { Location: location });
    }
    c.header('Location', location);
    const last = waitMs === undefined ? started : await awaitRun(service, started.id, { timeoutMs: waitMs, signal });
    if (waitMs !== undefined) c.header('Preference-Applied', `wait=${waitMs / 1000}`);
    return c.json(describeRun(last ?? started), isNew ? 201 : 200);
  });
  mountReads(app, service);
  mountEvents(app, service);
}

const list = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/runs',
  operationId: 'listRuns',
  summary: "List the session's runs, newest first",
  description: 'Runs are kept for a while after their end.',
  tags,
  request: {
    params: sessionPath,
    query: pageQuery.omit({ search: true }).extend({ state: z.enum(['waiting', 'going', 'ended']).optional() }),
  },
  responses: { 200: { description: 'A page of runs.', content: jsonContent(runPageSchema) } },
});

const readOne = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/runs/{run}',
  operationId: 'readRun',
  summary: 'Read a run',
  tags,
  request: { params: runPath, query: tenantQuery },
  responses: { 200: run },
});

const stopOne = createRoute({
  method: 'post',
  path: '/v1/sessions/{session}/runs/{run}/stop',
  operationId: 'stopRun',
  summary: 'Ask for the end of a run, wherever it is going',
  description: 'What the model has said until then is kept. A run that has ended stays as it is.',
  tags,
  request: { params: runPath },
  responses: { 200: run },
});

function mountReads(app: App, service: HttpService): void {
  const { store } = service;

  app.openapi(list, async (c) => {
    const { id: sessionId } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { state, limit, after } = c.req.valid('query');
    const { items, next } = await store.listRuns({ sessionId, states: state && [state], limit, after });
    return c.json({ items: items.map(describeRun), next }, 200);
  });

  app.openapi(readOne, async (c) => {
    return c.json(describeRun(await runAsked(service, c.var.tenant, c.req.valid('param'))), 200);
  });

  app.openapi(stopOne, async (c) => {
    const { id } = await runAsked(service, c.var.tenant, c.req.valid('param'));
    const stopping = await store.requestRunStop(id);
    await endWaitingRun(stopping, { store, clock: service.timers.clock });
    return c.json(describeRun((await store.readRun(id)) ?? stopping), 200);
  });
}

const readEvents = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/runs/{run}/events',
  operationId: 'followRun',
  summary: 'Follow the events of a run, from its beginning or from where a client left',
  description: 'The stream ends after `run-end`. One that ends before was cut: come back with the last number.',
  tags,
  request: {
    params: runPath,
    query: tenantQuery.extend({
      after: z.string().max(20).optional().openapi({ description: 'The number of the last event that is known.' }),
    }),
    headers: z.object({
      'Last-Event-ID': z.string().optional().openapi({
        description: 'The same, as a browser says it; it counts before the query.',
      }),
    }),
  },
  responses: { 200: { description: 'The events.', content: { [STREAM_TYPE]: { schema: frames } } } },
});

function mountEvents(app: App, service: HttpService): void {
  app.openapi(readEvents, async (c) => {
    const after = eventNumber(c.req.header('last-event-id') ?? c.req.valid('query').after);
    const { id: runId } = await runAsked(service, c.var.tenant, c.req.valid('param'));
    return runEventStream(service, { runId, after, signal: c.req.raw.signal });
  });
}

async function runAsked(
  service: HttpService,
  tenant: string,
  asked: { readonly session: string; readonly run: string },
): Promise<RunRecord> {
  return requireRun(service, await requireSession(service, tenant, asked.session), asked.run);
}

const MAX_WAIT_S = 60;

/** How long the client would wait for the end (RFC 7240, section 4.3), at most a minute; `undefined` unless it says so. */
function preferredWaitMs(prefer: string | undefined): number | undefined {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '') ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_S) * 1000;
}
