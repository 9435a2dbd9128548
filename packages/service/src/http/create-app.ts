/**
 * The routes, and what every request passes on its way to one.
 *
 * A1. Who asks is known before anything of the body is read.
 * A2. Every answer that is no success is a problem document.
 * A3. Nothing that is answered is kept by anybody on the way.
 */

import { type Hook, OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { matchedRoutes } from 'hono/route';
import { mountOperations, type OperationTerms } from '../operations/mount-operations.ts';
import { tellRequests } from '../operations/tell-requests.ts';
import { answerTypes } from './answer-types.ts';
import { type App, type HttpEnv, tenantAsked } from './app.ts';
import type { Auth, Authenticate } from './auth.ts';
import { refuseStranger } from './door.ts';
import { HttpProblem } from './http-problem.ts';
import { answerProblem } from './problems.ts';
import { readJsonText } from './read-body.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { mountOpenApi } from './routes/openapi.ts';
import { typeWanted } from './routes/parameters.ts';
import type { HttpService } from './service.ts';

export interface AppTerms extends OperationTerms {
  readonly auth: Auth;
  /** Before every path; empty, or such as `/api`. */
  readonly basePath: string;
  /** Origins whose pages may ask; none unless told. */
  readonly origins: readonly string[];
  /** Mounts further routes behind authentication, under `/v1/`. */
  readonly mountMore: (app: App, service: HttpService) => void;
}

export function createApp(service: HttpService, terms: AppTerms): App {
  const { basePath, origins } = terms;
  const root: App = new OpenAPIHono<HttpEnv>({ defaultHook });
  const app: App = basePath === '' ? root : root.basePath(basePath);
  app.onError((error, c) => problemResponse(service, error, c.var.tenant));
  app.notFound((c) => problemResponse(service, noSuchPath(c.req.path)));
  app.use(tellRequests(service));
  app.use(plainHeaders);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => refuseMethod(service, c.req.method, methods) }));
  if (origins.length > 0) app.use(corsFor(origins));
  if (terms.auth === 'none') app.use(refuseStrangers(origins));
  app.use('/v1/*', identify(terms.authenticate), refuseUnacceptable(app, basePath), takeBody(service));
  mountRoutes(app, service);
  terms.mountMore(app, service);
  mountOpenApi(app);
  mountOperations(app, service, terms);
  return app;
}

const plainHeaders: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  c.header('X-Content-Type-Options', 'nosniff');
  if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
};

function corsFor(origins: readonly string[]): MiddlewareHandler<HttpEnv> {
  return cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Prefer'],
    exposeHeaders: ['Location', 'Preference-Applied', 'Retry-After', 'WWW-Authenticate'],
    maxAge: 600,
  });
}

function refuseStrangers(origins: readonly string[]): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const detail = refuseStranger(c.req.raw, origins);
    if (detail !== undefined) throw new HttpProblem({ status: 403, code: 'service/foreign-origin', detail });
    await next();
  };
}

function identify(authenticate: Authenticate): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const caller = await authenticate(c.req.raw);
    if (!caller) throw unauthorized(c.req.header('authorization'));
    c.set('caller', caller);
    c.set('tenant', tenantAsked(c, caller));
    await next();
  };
}

function unauthorized(header: string | undefined): HttpProblem {
  const [detail, challenge] =
    header === undefined
      ? ['The request names nobody; send a token as `Authorization: Bearer …`.', 'Bearer realm="reprise"']
      : ['Nobody is known by that token.', 'Bearer realm="reprise", error="invalid_token"'];
  const headers = { 'WWW-Authenticate': challenge };
  return new HttpProblem({ status: 401, code: 'service/unauthorized', detail, headers });
}

/** Nothing is done for a client that would not take the answer. */
function refuseUnacceptable(app: App, basePath: string): MiddlewareHandler<HttpEnv> {
  let answers: ReadonlyMap<string, readonly string[]> | undefined;
  return async (c, next) => {
    answers ??= answerTypes(app, basePath);
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const types = matchedRoutes(c).flatMap(({ path }) => answers?.get(`${method} ${path}`) ?? []);
    if (types.length > 0) typeWanted(c, types);
    await next();
  };
}

/** Reads the body to its end, where there is a route that takes one; the route finds it as a text that is at hand. */
function takeBody(service: HttpService): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { method, raw } = c.req;
    const isTaken =
      ['POST', 'PUT', 'PATCH'].includes(method) && matchedRoutes(c).some((route) => route.method === method);
    if (isTaken) {
      const text = await readJsonText(raw, await service.limitsOf(c.var.tenant), service.timers);
      // As bytes: a text would get a type of its own.
      c.req.raw = new Request(raw, { body: new TextEncoder().encode(text) });
    }
    await next();
  };
}

/** What does not have the expected form. A name that can be none in a path is as unknown as one that nobody has. */
const defaultHook: Hook<unknown, HttpEnv, string, void> = (result) => {
  if (result.success) return;
  if (result.target === 'param') {
    const detail = 'The path names something that cannot be: names are letters, digits and ._~-, at most 128.';
    throw new HttpProblem({ status: 404, code: 'service/not-found', detail });
  }
  const issues = result.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message }));
  const where = result.target === 'json' ? 'body' : result.target;
  throw new HttpProblem({
    status: result.target === 'json' ? 422 : 400,
    code: 'service/invalid-request',
    detail: `The ${where} is not as expected: ${issues.map(({ path, message }) => `${path || where}: ${message}`).join('; ')}.`,
    issues,
  });
};

function noSuchPath(path: string): HttpProblem {
  const detail = `There is nothing at ${path.slice(0, 200)}; /openapi.json describes what there is.`;
  return new HttpProblem({ status: 404, code: 'service/not-found', detail });
}

function refuseMethod(service: HttpService, method: string, methods: readonly string[]): Response {
  const allow = methods.join(', ');
  const detail = `${method} is not for this; ${allow} are.`;
  const problem = new HttpProblem({
    status: method === 'OPTIONS' ? 204 : 405,
    code: 'service/method-not-allowed',
    detail,
    headers: { Allow: allow },
  });
  return method === 'OPTIONS'
    ? new Response(null, { status: 204, headers: { Allow: `${allow}, OPTIONS` } })
    : problemResponse(service, problem);
}

/** What a request is answered with that failed. */
export function problemResponse(
  { createId, onError }: Pick<HttpService, 'createId' | 'onError'>,
  error: unknown,
  tenant?: string,
): Response {
  const { body, headers, unexpected } = answerProblem(error, { createId, tenant });
  if (unexpected) onError(unexpected.error, unexpected.id);
  return Response.json(body, {
    status: body.status,
    headers: { ...headers, 'Content-Type': 'application/problem+json' },
  });
}
