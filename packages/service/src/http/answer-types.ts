import type { App } from './app.ts';

/** What each route answers with when it succeeds, by its method and path as the router has them. */
export function answerTypes(app: App, basePath: string): ReadonlyMap<string, readonly string[]> {
  const types = new Map<string, readonly string[]>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { method, path, responses } = definition.route;
    const found = Object.entries(responses).flatMap(([status, response]) =>
      status.startsWith('2') && 'content' in response ? Object.keys(response.content ?? {}) : [],
    );
    types.set(`${method.toUpperCase()} ${basePath}${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`, [...new Set(found)]);
  }
  return types;
}
