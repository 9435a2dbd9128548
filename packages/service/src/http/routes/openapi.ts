import type { App } from '../app.ts';
import { problemSchema } from '../schemas/problem.ts';

/** The description of every route, made from the schemas that check what comes in. Anybody may read it. */
export function mountOpenApi(app: App): void {
  const { openAPIRegistry } = app;
  openAPIRegistry.register('Problem', problemSchema);
  openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  app.get('/openapi.json', (c) => c.json(describeApi(app)));
}

const PROBLEM = {
  description: 'Anything else is a problem document.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function describeApi(app: App): object {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Reprise',
      version: '1',
      description: 'Sessions of an agent: durable, streamed, resumable, and accounted for to the last token.',
    },
    security: [{ bearer: [] }],
  });
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) {
      if ('responses' in operation) operation.responses = { ...operation.responses, default: PROBLEM };
    }
  }
  return document;
}
