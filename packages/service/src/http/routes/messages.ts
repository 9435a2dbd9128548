import { createRoute, z } from '@hono/zod-openapi';
import type { Message } from '@reprise/providers';
import type { App } from '../app.ts';
import { invalidRequest } from '../http-problem.ts';
import { queryNumber } from '../schemas/fields.ts';
import { type MessagePageBody, messagePageSchema } from '../schemas/message.ts';
import type { HttpService } from '../service.ts';
import { requireSession, withSession } from '../sessions.ts';
import { placeIn, sessionPath, tenantQuery } from './parameters.ts';

const readMessages = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/messages',
  operationId: 'listMessages',
  summary: "Read the messages of the session's branch, oldest first",
  tags: ['Sessions'],
  request: {
    params: sessionPath,
    query: tenantQuery.extend({
      limit: queryNumber({ min: 1, max: 500 }),
      after: z.string().max(20).optional().openapi({ description: 'The `next` of the page before.' }),
      before: z.string().max(20).optional().openapi({
        description: 'The `previous` of the page behind, or `end` for the last messages.',
      }),
    }),
  },
  responses: {
    200: { description: 'A page of messages.', content: { 'application/json': { schema: messagePageSchema } } },
  },
});

export function mountMessages(app: App, service: HttpService): void {
  app.openapi(readMessages, async (c) => {
    const record = await requireSession(service, c.var.tenant, c.req.valid('param').session);
    const page = pageBounds(c.req.valid('query'));
    const messages = await withSession(service, record, async ({ state }) => state.messages);
    return c.json(messagePage(messages, page), 200);
  });
}

interface MessageBounds {
  readonly limit: number;
  /** Where the page begins; `undefined` where it is told by its end. */
  readonly start: number | undefined;
  /** Where the page ends. */
  readonly end: number;
}

function pageBounds({
  after,
  before,
  limit = 100,
}: {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
}): MessageBounds {
  if (after !== undefined && before !== undefined) {
    throw invalidRequest('The queries `after` and `before` exclude each other.');
  }
  const end = before === 'end' ? Number.POSITIVE_INFINITY : placeIn(before, 'before');
  if (end !== undefined) return { limit, start: undefined, end };
  const start = placeIn(after, 'after') ?? 0;
  return { limit, start, end: start + limit };
}

function messagePage(messages: readonly Message[], bounds: MessageBounds): MessagePageBody {
  const total = messages.length;
  const end = Math.min(bounds.end, total);
  const start = Math.min(bounds.start ?? Math.max(end - bounds.limit, 0), total);
  const items = messages.slice(start, end).map((message, index) => ({ index: start + index, message }));
  return {
    items,
    total,
    next: end < total ? `${end}` : null,
    previous: start > 0 ? `${start}` : null,
  };
}
