import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { sessionPrefix } from '../caller.ts';
import { createSession } from '../create-session.ts';
import { describeSession, describeSessions } from '../describe-sessions.ts';
import { decodeMetadata, encodeMetadata } from '../metadata.ts';
import {
  newSessionSchema,
  SESSION_STATES,
  sessionChangeSchema,
  sessionCountsSchema,
  sessionPageSchema,
  sessionSchema,
} from '../schemas/session.ts';
import type { HttpService } from '../service.ts';
import { countsBody, STANDING_TERMS, statesAsked } from '../session-state.ts';
import { requireSession, shownId } from '../sessions.ts';
import { idempotencyHeader, idempotencyKey, jsonContent, pageQuery, sessionPath, tenantQuery } from './parameters.ts';

const tags = ['Sessions'];
const session = { description: 'The session.', content: jsonContent(sessionSchema) };

export function mountSessions(app: App, service: HttpService): void {
  mountCreation(app, service);
  mountList(app, service);
  mountOne(app, service);
}

const createOne = createRoute({
  method: 'post',
  path: '/v1/sessions',
  operationId: 'createSession',
  summary: 'Create a session',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: jsonContent(newSessionSchema) },
  },
  responses: {
    201: { ...session, description: 'The new session.' },
    200: { ...session, description: 'The session that a request with this Idempotency-Key has made before.' },
  },
});

function mountCreation(app: App, service: HttpService): void {
  app.openapi(createOne, async (c) => {
    const key = idempotencyKey(c.req.header('idempotency-key'));
    const asked = { ...c.req.valid('json'), tenant: c.var.tenant, idempotencyKey: key };
    const { record, isNew } = await createSession(service, asked);
    c.header('Location', `${c.req.path}/${shownId(record)}`);
    return c.json(await describeSession(service, record), isNew ? 201 : 200);
  });
}

const list = createRoute({
  method: 'get',
  path: '/v1/sessions',
  operationId: 'listSessions',
  summary: 'List sessions, newest first',
  tags,
  request: {
    query: pageQuery.extend({
      state: z
        .string()
        .max(80)
        .optional()
        .openapi({
          description: `Only sessions in this state, or in one of several with commas between: ${SESSION_STATES.join(', ')}.`,
          example: 'running,waiting',
        }),
    }),
  },
  responses: { 200: { description: 'A page of sessions.', content: jsonContent(sessionPageSchema) } },
});

const countThem = createRoute({
  method: 'get',
  path: '/v1/session-counts',
  operationId: 'countSessions',
  summary: 'How many sessions are in each state',
  tags,
  request: { query: tenantQuery },
  responses: { 200: { description: 'By state.', content: jsonContent(sessionCountsSchema) } },
});

function mountList(app: App, service: HttpService): void {
  app.openapi(list, async (c) => {
    const { search, limit, after, state } = c.req.valid('query');
    const page = await service.store.listSessions({
      prefix: sessionPrefix(c.var.tenant),
      standing: state === undefined ? undefined : statesAsked(state),
      search,
      limit,
      after,
    });
    return c.json({ items: await describeSessions(service, page.items), next: page.next }, 200);
  });

  app.openapi(countThem, async (c) => {
    const counts = await service.store.countStandings({ ...STANDING_TERMS, prefix: sessionPrefix(c.var.tenant) });
    return c.json(countsBody(counts), 200);
  });
}

const readOne = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}',
  operationId: 'readSession',
  summary: 'Read a session',
  tags,
  request: { params: sessionPath, query: tenantQuery },
  responses: { 200: session },
});

const changeOne = createRoute({
  method: 'patch',
  path: '/v1/sessions/{session}',
  operationId: 'changeSession',
  summary: "Replace a session's metadata",
  tags,
  request: {
    params: sessionPath,
    body: { required: true, content: jsonContent(sessionChangeSchema) },
  },
  responses: { 200: session },
});

const deleteOne = createRoute({
  method: 'delete',
  path: '/v1/sessions/{session}',
  operationId: 'deleteSession',
  summary: 'Delete a session for good, with its runs; its forks keep what they have',
  tags,
  request: { params: sessionPath },
  responses: { 204: { description: 'It is gone.' } },
});

function mountOne(app: App, service: HttpService): void {
  const { store } = service;

  app.openapi(readOne, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    return c.json(await describeSession(service, record), 200);
  });

  app.openapi(changeOne, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const limits = await service.limitsOf(c.var.tenant);
    const metadata = encodeMetadata(c.req.valid('json').metadata, decodeMetadata(record).notes, limits);
    return c.json(await describeSession(service, await store.setMetadata({ sessionId: record.id, metadata })), 200);
  });

  app.openapi(deleteOne, async (c) => {
    const { id } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    await store.deleteSession({ sessionId: id });
    return c.body(null, 204);
  });
}
