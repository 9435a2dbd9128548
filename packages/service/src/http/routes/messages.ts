import { createRoute } from '@hono/zod-openapi';
import { readMessages } from '@reprise/agent';
import type { App } from '../app.ts';
import { describeMessages } from '../describe-messages.ts';
import { name, queryNumber } from '../schemas/fields.ts';
import { messagePageSchema } from '../schemas/message.ts';
import type { HttpService } from '../service.ts';
import { requireSession, requireSnapshot } from '../sessions.ts';
import { cutOf, jsonContent, placeQuery, sessionPath, tenantQuery } from './parameters.ts';

const listMessages = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/messages',
  operationId: 'listMessages',
  summary: "Read the messages of the session's branch, oldest first",
  tags: ['Sessions'],
  request: {
    params: sessionPath,
    query: tenantQuery.extend({
      snapshot: name.optional().openapi({
        description: 'Up to a snapshot that the session made or has on its branch. Default: up to where it is.',
      }),
      limit: queryNumber({ min: 1, max: 500 }),
      ...placeQuery,
    }),
  },
  responses: { 200: { description: 'A page of messages.', content: jsonContent(messagePageSchema) } },
});

export function mountMessages(app: App, service: HttpService): void {
  app.openapi(listMessages, async (c) => {
    const { store } = service;
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const { snapshot, ...place } = c.req.valid('query');
    const cut = cutOf({ ...place, limit: place.limit ?? 100 });
    if (snapshot !== undefined) await requireSnapshot(service, record, snapshot);
    const { items, start, ...page } = cut(await readMessages(store, record.id, snapshot));
    return c.json({ items: await describeMessages(store, record.id, items, start), ...page }, 200);
  });
}
