import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { CacheState } from '@reprise/providers';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { anthropicMessages } from './anthropic.ts';
import type { Answer, Dialect, Refusal } from './dialect.ts';
import { createExchange, type Incoming, type LoggedRequest } from './exchange.ts';
import { createFaultPicker, type FaultRule, faultOf } from './faults.ts';
import { type Delay, type StreamPace, streamBytes, withoutCounters } from './faulty-stream.ts';
import { ollamaChat } from './ollama.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';
import { seededRandom } from './random.ts';
import type { Script } from './script.ts';

export interface SimulatorOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  readonly script: Script;
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: () => number;
  /** Waits between two events of a reply with `delayMs`; returns early once `signal` aborts. Default: real time. */
  readonly delay?: Delay;
  /** What goes wrong. Default: nothing. */
  readonly faults?: readonly FaultRule[];
  /** Of the faults that strike by chance. Default 0. */
  readonly seed?: number;
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

const DIALECTS: readonly Dialect[] = [anthropicMessages, openaiChat, openaiResponses, ollamaChat];

/** Starts a server on 127.0.0.1 that answers as the vendors do. Rejects if the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port = 0, script, clock = Date.now, delay = realDelay } = options;
  const pickFaults = createFaultPicker(options.faults ?? [], seededRandom(options.seed ?? 0));
  const exchange = createExchange({ script, clock, pickFaults });

  const serve = async (incoming: Incoming) => {
    const outcome = await exchange.serve(incoming);
    if (outcome.type === 'refused') return refusalResponse(incoming.dialect, outcome.refusal);
    const { answer, isStreaming, delayMs, faults: struck } = outcome;
    const lateMs = faultOf(struck, 'slow-start')?.delayMs ?? 0;
    if (lateMs > 0) await delay(lateMs, incoming.signal);
    if (isStreaming) {
      const { breakConnection } = incoming;
      return streamResponse(incoming.dialect, answer, { faults: struck, delayMs, delay, breakConnection });
    }
    const body = incoming.dialect.body(answer);
    return Response.json(faultOf(struck, 'usage')?.usage === 'missing' ? withoutCounters(body) : body);
  };

  const app = new Hono<{ Bindings: HttpBindings }>();
  for (const dialect of DIALECTS) {
    const tooLarge: Refusal = { status: 413, message: 'Request exceeds the maximum allowed number of bytes.' };
    app.post(
      dialect.path,
      bodyLimit({
        maxSize: MAX_BODY_BYTES,
        onError: ({ req, env }) => serve({ ...incomingOf(dialect, req.raw, env), bodyText: '', refusal: tooLarge }),
      }),
      async ({ req, env }) => serve({ ...incomingOf(dialect, req.raw, env), bodyText: await req.text() }),
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

function incomingOf(
  dialect: Dialect,
  { headers, signal }: Request,
  { outgoing }: HttpBindings,
): Omit<Incoming, 'bodyText'> {
  // What was written before goes out.
  return { dialect, headers, signal, breakConnection: () => outgoing.socket?.destroySoon() };
}

function refusalResponse(dialect: Dialect, refusal: Refusal): Response {
  const { status, retryAfterMs } = refusal;
  return Response.json(dialect.errorBody(refusal), {
    status,
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  });
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

async function realDelay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The answer as it is said, until its connection ends. */
function streamResponse(dialect: Dialect, answer: Answer, pace: Omit<StreamPace, 'signal'>): Response {
  const gone = new AbortController();
  const { signal } = gone;
  const bytes = streamBytes(dialect.events(answer), { ...pace, signal });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await bytes.next();
      if (signal.aborted) return;
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel() {
      gone.abort();
    },
  });
  return new Response(body, { headers: { 'content-type': dialect.streamType, 'cache-control': 'no-cache' } });
}
