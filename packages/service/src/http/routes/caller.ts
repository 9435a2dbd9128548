import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { callerSchema } from '../schemas/caller.ts';
import { jsonContent, tenantQuery } from './parameters.ts';

const read = createRoute({
  method: 'get',
  path: '/v1/caller',
  operationId: 'readCaller',
  summary: 'Who the token is, and what it may read',
  tags: ['Agents'],
  request: { query: tenantQuery },
  responses: { 200: { description: 'The caller.', content: jsonContent(callerSchema) } },
});

export function mountCaller(app: App): void {
  app.openapi(read, (c) => {
    const { tenant, isOperator = false, name = null } = c.var.caller;
    return c.json({ tenant, isOperator, name }, 200);
  });
}
