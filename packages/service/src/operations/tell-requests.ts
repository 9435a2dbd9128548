import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { HttpEnv } from '../http/app.ts';
import type { HttpService } from '../http/service.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Names every request, and tells how it was answered. */
export function tellRequests({ timers, createId, observe }: HttpService): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const requestId = createId();
    const startedAt = timers.clock();
    await next();
    c.header('X-Request-Id', requestId);
    const { method } = c.req;
    observe({
      type: 'request-end',
      requestId,
      method: METHODS.has(method) ? method : 'OTHER',
      // What is for every method is on the way to a route, and none itself.
      route: matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? 'none',
      status: c.res.status,
      durationMs: timers.clock() - startedAt,
      tenant: c.var.tenant,
      caller: c.var.caller?.name,
    });
  };
}
