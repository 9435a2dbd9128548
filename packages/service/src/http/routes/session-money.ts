import { createRoute, z } from '@hono/zod-openapi';
import { auditSession, explainSession } from '@reprise/audit';
import type { App } from '../app.ts';
import { plain } from '../plain.ts';
import { queryNumber } from '../schemas/fields.ts';
import { explanationSchema, sessionStatementSchema } from '../schemas/statement.ts';
import { warmUntilSchema } from '../schemas/warm-until.ts';
import type { HttpService } from '../service.ts';
import { requireSession, withSession } from '../sessions.ts';
import { jsonContent, sessionPath, tenantQuery } from './parameters.ts';

const tags = ['Money'];

const statement = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/statement',
  operationId: 'readSessionStatement',
  summary: 'What the session cost, turn by turn, and what its cache saved',
  tags,
  request: {
    params: sessionPath,
    query: tenantQuery.extend({
      scope: z.enum(['branch', 'lifetime']).optional().openapi({
        description: 'The branch it is on (default), or all turns that it has committed.',
      }),
    }),
  },
  responses: { 200: { description: 'The statement.', content: jsonContent(sessionStatementSchema) } },
});

const explanation = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/explanation',
  operationId: 'explainSession',
  summary: 'Which turns read less from the cache than they could have, and why',
  tags,
  request: { params: sessionPath, query: tenantQuery },
  responses: { 200: { description: 'The explanation.', content: jsonContent(explanationSchema) } },
});

const warmth = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/warm-until',
  operationId: 'readWarmUntil',
  summary: "Until when the vendor's cache holds what was sent, and what the next message costs before and after",
  tags,
  request: {
    params: sessionPath,
    query: tenantQuery.extend({
      addedTokens: queryNumber({ min: 0, max: 1e9 }),
      expectedGapMs: queryNumber({ min: 0, max: 1e12 }),
    }),
  },
  responses: { 200: { description: 'The clock.', content: jsonContent(warmUntilSchema) } },
});

export function mountSessionMoney(app: App, service: HttpService): void {
  const { store } = service;

  app.openapi(statement, async (c) => {
    const { id } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { scope = 'branch' } = c.req.valid('query');
    return c.json({ ...plain(await auditSession(store, id, { scope })), scope }, 200);
  });

  app.openapi(explanation, async (c) => {
    const { id } = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    return c.json(plain(await explainSession(store, id)), 200);
  });

  app.openapi(warmth, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { addedTokens, expectedGapMs } = c.req.valid('query');
    const options = {
      ...(addedTokens === undefined ? {} : { addedTokens }),
      ...(expectedGapMs === undefined ? {} : { expectedGapMs }),
    };
    return c.json(plain(await withSession(service, record, (session) => session.warmUntil(options))), 200);
  });
}
