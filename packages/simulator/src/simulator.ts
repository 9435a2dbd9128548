import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import type { CacheState } from '@reprise/providers';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { anthropicMessages } from './anthropic.ts';
import type { Answer, Dialect, Refusal } from './dialect.ts';
import { createExchange, type Incoming, type LoggedRequest } from './exchange.ts';
import { ollamaChat } from './ollama.ts';
import { openaiChat } from './openai-chat.ts';
import type { Script } from './script.ts';

export interface SimulatorOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  readonly script: Script;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** Waits between two events of a reply with `delayMs`; returns early once `signal` aborts. Default: real time. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A running server. */
export interface Simulator {
  /** Such as `http://127.0.0.1:40123`. OpenAI's SDK wants `/v1` after it, the others nothing. */
  readonly url: string;
  readonly requests: readonly LoggedRequest[];
  /** What each model's cache holds, by `family/model`, then by prefix hash. Dead entries stay until the model's next request. */
  readonly cache: ReadonlyMap<string, CacheState>;
  readonly clock: () => number;
  /** Ends every stream and every connection, then the server. */
  close(): Promise<void>;
}

/** What all three vendors take at most, about. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

const DIALECTS: readonly Dialect[] = [anthropicMessages, openaiChat, ollamaChat];

/** Starts a server on 127.0.0.1 that answers as the vendors do. Rejects if the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port = 0, script, clock = Date.now, delay = realDelay } = options;
  const exchange = createExchange(script, clock);

  const serve = async (incoming: Incoming) => {
    const outcome = await exchange.serve(incoming);
    if (outcome.type === 'refused') return refusalResponse(incoming.dialect, outcome.refusal);
    return outcome.isStreaming
      ? streamResponse(incoming.dialect, outcome.answer, outcome.delayMs, delay)
      : Response.json(incoming.dialect.body(outcome.answer));
  };

  const app = new Hono();
  for (const dialect of DIALECTS) {
    const tooLarge: Refusal = { status: 413, message: 'Request exceeds the maximum allowed number of bytes.' };
    app.post(
      dialect.path,
      bodyLimit({
        maxSize: MAX_BODY_BYTES,
        onError: ({ req }) => serve({ dialect, headers: req.raw.headers, bodyText: '', refusal: tooLarge }),
      }),
      async ({ req }) => serve({ dialect, headers: req.raw.headers, bodyText: await req.text() }),
    );
  }
  app.notFound(unknownRoute);
  app.onError((error, { req }) => refusalResponse(nearestDialect(req.path), { status: 500, message: error.message }));

  // The global Request and Response belong to the process that embeds this.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: exchange.requests,
    cache: exchange.cache,
    clock,
    close: () => shutDown(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
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

function refusalResponse(dialect: Dialect, refusal: Refusal): Response {
  return Response.json(dialect.errorBody(refusal), { status: refusal.status });
}

function unknownRoute({ req }: Context): Response {
  const message = `Unknown request URL: ${req.method} ${req.path}`;
  return refusalResponse(nearestDialect(req.path), { status: 404, message });
}

/** Whose error body a caller of an unknown path is likeliest to read. */
function nearestDialect(path: string): Dialect {
  if (path.startsWith('/api')) return ollamaChat;
  return path.startsWith('/v1/messages') ? anthropicMessages : openaiChat;
}

type Delay = NonNullable<SimulatorOptions['delay']>;

async function realDelay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The answer as it is said, until its connection ends. */
function streamResponse(dialect: Dialect, answer: Answer, delayMs: number, delay: Delay): Response {
  const gone = new AbortController();
  const { signal } = gone;
  const events = pacedEvents(dialect.events(answer), delayMs, delay, signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await events.next();
      if (signal.aborted) return;
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel() {
      gone.abort();
    },
  });
  return new Response(body, { headers: { 'content-type': dialect.streamType, 'cache-control': 'no-cache' } });
}

async function* pacedEvents(
  events: Iterable<string>,
  delayMs: number,
  delay: Delay,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let isFirst = true;
  for (const event of events) {
    if (delayMs > 0 && !isFirst) await delay(delayMs, signal);
    if (signal.aborted) return;
    isFirst = false;
    yield event;
  }
}
