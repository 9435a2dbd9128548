import type { Answer, Dialect, Refusal } from './dialect.ts';
import type { Exchange, Incoming } from './exchange.ts';
import { faultOf } from './faults/faults.ts';
import { type Delay, type StreamPace, streamBytes, withoutCounters } from './faults/faulty-stream.ts';
import type { Route } from './routes.ts';

/** What a workspace answers, as an HTTP response. */
export async function respond(exchange: Exchange, route: Route, incoming: Incoming, delay: Delay): Promise<Response> {
  const { dialect, signal, breakConnection } = incoming;
  if (route.does === 'count') {
    const counted = exchange.countTokens(incoming);
    return 'refusal' in counted
      ? refusalResponse(dialect, counted.refusal)
      : Response.json(route.countBody(counted.tokens));
  }
  const outcome = await exchange.serve(incoming);
  const { requestId } = outcome;
  if (outcome.type === 'refused') return refusalResponse(dialect, outcome.refusal, requestId);
  const { answer, isStreaming, delayMs, faults } = outcome;
  const lateMs = faultOf(faults, 'slow-start')?.delayMs ?? 0;
  if (lateMs > 0) await delay(lateMs, signal);
  const headers = idHeader(dialect, requestId);
  if (isStreaming) return streamResponse(dialect, answer, { faults, delayMs, delay, breakConnection }, headers);
  const body = dialect.body(answer);
  return Response.json(faultOf(faults, 'usage')?.usage === 'missing' ? withoutCounters(body) : body, { headers });
}

/** An error as the vendor says it. A request that reached no workspace has no name. */
export function refusalResponse(dialect: Dialect, refusal: Refusal, requestId?: string): Response {
  const { status, retryAfterMs } = refusal;
  const named = requestId === undefined ? {} : idHeader(dialect, requestId);
  return Response.json(dialect.errorBody(refusal), { status, headers: { ...named, ...retryHeaders(retryAfterMs) } });
}

function idHeader({ requestIdHeader }: Dialect, requestId: string): Record<string, string> {
  return requestIdHeader === undefined ? {} : { [requestIdHeader]: requestId };
}

/** In whole seconds, as HTTP has it, and exactly, as the vendors' clients prefer it. */
function retryHeaders(retryAfterMs: number | undefined): Record<string, string> {
  if (retryAfterMs === undefined) return {};
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) };
}

/** The answer as it is said, until its connection ends. */
function streamResponse(
  dialect: Dialect,
  answer: Answer,
  pace: Omit<StreamPace, 'signal'>,
  headers: Readonly<Record<string, string>>,
): Response {
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
  return new Response(body, {
    headers: { ...headers, 'content-type': dialect.streamType, 'cache-control': 'no-cache' },
  });
}
