import { createRoute } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { agentListSchema } from '../schemas/agents.ts';
import type { HttpService } from '../service.ts';
import { jsonContent } from './parameters.ts';

const list = createRoute({
  method: 'get',
  path: '/v1/agents',
  operationId: 'listAgents',
  summary: 'List the agents that a session can have',
  tags: ['Agents'],
  responses: { 200: { description: 'By name.', content: jsonContent(agentListSchema) } },
});

export function mountAgents(app: App, { agents }: HttpService): void {
  app.openapi(list, (c) => {
    const items = [...agents].map(([name, { model }], index) => ({ name, isDefault: index === 0, model: model.id }));
    return c.json({ items }, 200);
  });
}
