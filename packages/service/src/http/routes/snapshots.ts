import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { createSession } from '../create-session.ts';
import { describeSnapshot } from '../describe-run.ts';
import { describeSession } from '../describe-sessions.ts';
import { HttpProblem, snapshotMissing } from '../http-problem.ts';
import { decodeMetadata } from '../metadata.ts';
import { forkSchema, sessionSchema } from '../schemas/session.ts';
import { labelSchema, rewindSchema, rewoundSchema, snapshotPageSchema, snapshotSchema } from '../schemas/snapshot.ts';
import type { HttpService } from '../service.ts';
import { agentName, requireAgent, requireSession, requireSnapshot, shownId, withSession } from '../sessions.ts';
import {
  cutOf,
  idempotencyHeader,
  idempotencyKey,
  jsonContent,
  pageQuery,
  sessionPath,
  snapshotPath,
} from './parameters.ts';

const tags = ['Snapshots'];

const list = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/snapshots',
  operationId: 'listSnapshots',
  summary: 'List the points that the session can be taken back to',
  description:
    'Those that it made itself, newest first; or with `scope=branch` those of the branch it is on, oldest first.',
  tags,
  request: {
    params: sessionPath,
    query: pageQuery.extend({ scope: z.enum(['branch', 'made']).optional() }),
  },
  responses: { 200: { description: 'A page of snapshots.', content: jsonContent(snapshotPageSchema) } },
});

export function mountSnapshots(app: App, service: HttpService): void {
  const { store } = service;
  app.openapi(list, async (c) => {
    const { id } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { scope, search, limit, after } = c.req.valid('query');
    const { items, next } =
      scope === 'branch'
        ? cutOf({ after, limit })(await store.readSnapshots(id))
        : await store.listSnapshots(id, { search, limit, after });
    return c.json({ items: items.map(describeSnapshot), next }, 200);
  });
  mountLabels(app, service);
  mountFork(app, service);
  mountRewind(app, service);
}

const label = createRoute({
  method: 'patch',
  path: '/v1/sessions/{session}/snapshots/{snapshot}',
  operationId: 'labelSnapshot',
  summary: 'Give a snapshot that the session made a name, or take it away',
  tags,
  request: {
    params: snapshotPath,
    body: { required: true, content: jsonContent(labelSchema) },
  },
  responses: { 200: { description: 'The snapshot.', content: jsonContent(snapshotSchema) } },
});

function mountLabels(app: App, { store }: HttpService): void {
  app.openapi(label, async (c) => {
    const { session: id, snapshot: snapshotId } = c.req.valid('param');
    const { id: sessionId } = await requireSession({ store }, c.var.tenant, id);
    // One that a fork has inherited is its origin's to name.
    if ((await store.readSnapshot(snapshotId))?.sessionId !== sessionId) throw snapshotMissing(snapshotId);
    return c.json(describeSnapshot(await store.labelSnapshot({ snapshotId, ...c.req.valid('json') })), 200);
  });
}

const session = { content: jsonContent(sessionSchema) };

const fork = createRoute({
  method: 'post',
  path: '/v1/sessions/{session}/fork',
  operationId: 'forkSession',
  summary: 'Make a session that shares everything up to a snapshot with this one',
  tags,
  request: {
    params: sessionPath,
    headers: idempotencyHeader,
    body: { content: jsonContent(forkSchema) },
  },
  responses: {
    201: { ...session, description: 'The new session.' },
    200: { ...session, description: 'The session that a request with this Idempotency-Key has made before.' },
  },
});

function mountFork(app: App, service: HttpService): void {
  app.openapi(fork, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const asked = c.req.valid('json');
    const { metadata, notes } = decodeMetadata(record);
    const snapshotId = asked.snapshotId ?? (await service.store.readLastSnapshot(record.id))?.id;
    if (snapshotId === undefined) throw noTurnYet();
    await requireSnapshot(service, record, snapshotId);
    const { record: forked, isNew } = await createSession(service, {
      tenant: c.var.tenant,
      id: asked.id,
      agent: notes.agent,
      metadata: asked.metadata ?? metadata,
      snapshotId,
      idempotencyKey: idempotencyKey(c.req.header('idempotency-key')),
    });
    c.header('Location', c.req.path.replace(/[^/]+\/fork$/, shownId(forked)));
    return c.json(await describeSession(service, forked), isNew ? 201 : 200);
  });
}

const rewind = createRoute({
  method: 'post',
  path: '/v1/sessions/{session}/rewind',
  operationId: 'rewindSession',
  summary: 'Take the session back to a snapshot; what was spent stays spent, and nothing is lost',
  tags,
  request: {
    params: sessionPath,
    body: { required: true, content: jsonContent(rewindSchema) },
  },
  responses: { 200: { description: 'Where it is now.', content: jsonContent(rewoundSchema) } },
});

function mountRewind(app: App, service: HttpService): void {
  app.openapi(rewind, async (c) => {
    const { tenant } = c.var;
    const { session: id } = c.req.valid('param');
    const record = await requireSession(service, tenant, id);
    const { snapshotId, what = 'conversation' } = c.req.valid('json');
    await requireSnapshot(service, record, snapshotId);
    requireAgent(service, agentName(service, record));
    const { left, files = [] } = await withSession(service, record, (open) => open.rewind({ to: snapshotId, what }));
    const rewound = await describeSession(service, await requireSession(service, tenant, id));
    const reports = files.map(({ path, result }) => ({ path, result }));
    return c.json({ session: rewound, left: describeSnapshot(left), files: reports }, 200);
  });
}

function noTurnYet(): HttpProblem {
  const detail = 'The session has had no turn yet, so there is nothing to share.';
  return new HttpProblem({ status: 409, code: 'checkpoint/snapshot-missing', detail });
}
