import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { CacheState } from '@reprise/providers';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Refusal } from './dialect.ts';
import { createExchange, type Exchange, type Incoming } from './exchange.ts';
import { checkFaultRules } from './faults/fault-rules.ts';
import { createFaultPicker, type FaultRule } from './faults/faults.ts';
import type { Delay } from './faults/faulty-stream.ts';
import { seededRandom } from './random.ts';
import type { LoggedRequest } from './request-log.ts';
import { refusalResponse, respond } from './respond.ts';
import { nearestDialect, ROUTES, type Route } from './routes.ts';
import { readScript, type ScriptSource } from './script/read-script.ts';
import { requireUsageProfile, type UsageProfile } from './usage-profile.ts';

export interface SimulatorOptions extends WorkspaceOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Address to listen on. Default `127.0.0.1`; another one opens the server to the network. */
  readonly host?: string;
  readonly script: ScriptSource;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** How large the bodies of a workspace's logged requests may be together; then the oldest are dropped. Default 64 MiB. */
  readonly maxLogBytes?: number;
  /** Waits between two events of a reply with `delayMs`; returns early once `signal` aborts. Default: real time. */
  readonly delay?: Delay;
  /** Told of each request once its status is known, with the name of its workspace; the main one's is empty. */
  readonly onRequest?: (request: LoggedRequest, workspace: string) => void;
}

/** What may differ from workspace to workspace. */
export interface WorkspaceOptions {
  /** What the assistant says. Default: the simulator's. */
  readonly script?: ScriptSource;
  /** What goes wrong. Default: nothing. */
  readonly faults?: readonly FaultRule[];
  /** Of the faults that strike by chance. Default 0. */
  readonly seed?: number;
  /** Whose way of counting Chat Completions answers with. Default: the simulator's, and that is `openai`. */
  readonly usageProfile?: UsageProfile;
}

/** Caches and a log of its own: what one workspace keeps, no other can read. */
export interface Workspace {
  /** Such as `http://127.0.0.1:40123`. OpenAI's SDK wants `/v1` after it, the others nothing. */
  readonly url: string;
  readonly requests: readonly LoggedRequest[];
  /** What each model's cache holds, by `family/model`, then by prefix hash. Dead entries stay until the model's next request. */
  readonly cache: ReadonlyMap<string, CacheState>;
  /** Forgets its requests and caches, and counts requests from 0 again. */
  reset(): void;
}

/** A running server, and its main workspace. */
export interface Simulator extends Workspace {
  /** Epoch milliseconds, advances included. */
  readonly clock: () => number;
  /** Moves its clock forward, so that cache entries expire. Throws a `RangeError` for a negative number. */
  advance(ms: number): void;
  /**
   * The workspace of that name; it begins with its first use, here or by a request to its address. Options count on that use only. Throws
   * a `TypeError` for what `startSimulator` rejects with one.
   */
  workspace(name: string, options?: WorkspaceOptions): Workspace;
  /** Ends every stream and every connection, then the server. */
  close(): Promise<void>;
}

/** What all vendors take at most, about. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

const MAX_LOG_BYTES = 64 * 1024 * 1024;

const TOO_LARGE: Refusal = { status: 413, message: 'Request exceeds the maximum allowed number of bytes.' };

/**
 * Starts a server that answers as the vendors do. Rejects with a `TypeError` for a script, faults or a usage profile that are none, and if
 * the port is taken.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', clock: baseClock = Date.now, delay = realDelay } = options;
  const mainScript = readScript(options.script);
  let advancedMs = 0;
  const clock = (): number => baseClock() + advancedMs;
  const exchanges = new Map<string, Exchange>();

  function exchangeOf(name: string, own: WorkspaceOptions = {}): Exchange {
    const existing = exchanges.get(name);
    if (existing) return existing;
    const { seed = 0, usageProfile = options.usageProfile ?? 'openai' } = own;
    const faults = checkFaultRules(own.faults ?? []);
    const pickerOf = () => createFaultPicker(faults, seededRandom(seed));
    const exchange = createExchange({
      script: name === MAIN || own.script === undefined ? mainScript : readScript(own.script),
      clock,
      usageProfile: requireUsageProfile(usageProfile),
      maxLogBytes: options.maxLogBytes ?? MAX_LOG_BYTES,
      createFaultPicker: pickerOf,
      onRequest: options.onRequest && ((request) => options.onRequest?.(request, name)),
    });
    exchanges.set(name, exchange);
    return exchange;
  }

  exchangeOf(MAIN, options);
  const app = createApp((name, route, incoming) => respond(exchangeOf(name), route, incoming, delay));
  // The global Request and Response belong to the process that embeds this.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await listen(server, port, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;

  function workspace(name: string, own?: WorkspaceOptions): Workspace {
    const { requests, cache, reset } = exchangeOf(name, own);
    return { url: name === MAIN ? url : `${url}/workspaces/${encodeURIComponent(name)}`, requests, cache, reset };
  }

  return {
    ...workspace(MAIN),
    clock,
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`advance(ms) was given ${ms}; expected 0 or more.`);
      advancedMs += ms;
    },
    workspace,
    close: () => shutDown(server),
  };
}

/** No request to a named workspace can name this one. */
const MAIN = '';

type Serve = (workspace: string, route: Route, incoming: Incoming) => Promise<Response>;

function createApp(serve: Serve): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  for (const route of ROUTES) {
    for (const path of [route.path, `/workspaces/:workspace${route.path}`]) {
      const serveText = (context: Context, bodyText: string, refusal?: Refusal) =>
        serve(context.req.param('workspace') ?? MAIN, route, {
          ...incomingOf(route, context),
          bodyText,
          ...(refusal && { refusal }),
        });
      app.post(
        path,
        bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (context) => serveText(context, '', TOO_LARGE) }),
        async (context) => serveText(context, await context.req.text()),
      );
    }
  }
  app.notFound(unknownRoute);
  app.onError((error, { req }) => refusalResponse(nearestDialect(req.path), { status: 500, message: error.message }));
  return app;
}

function incomingOf({ dialect }: Route, { req, env }: Context<{ Bindings: HttpBindings }>): Omit<Incoming, 'bodyText'> {
  const { headers, signal } = req.raw;
  // What was written before goes out.
  return { dialect, headers, signal, breakConnection: () => env.outgoing.socket?.destroySoon() };
}

function unknownRoute({ req }: Context): Response {
  const message = `Unknown request URL: ${req.method} ${req.path}`;
  return refusalResponse(nearestDialect(req.path), { status: 404, message });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The only error there is says that it was closed already.
    server.close(() => resolve());
    // A stream under way is cancelled with its connection.
    server.closeAllConnections();
  });
}

async function realDelay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
