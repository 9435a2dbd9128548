import type { RunId } from '@reprise/checkpoint';
import { followRun } from '../runs/follow-run.ts';
import type { HttpService } from './service.ts';

/** How long a client waits before it comes back, in milliseconds. */
const RETRY_MS = 1000;

export interface FollowedFrom {
  readonly runId: RunId;
  /** The number of the last event that the client has. */
  readonly after: number;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** The run's events as a stream of server-sent events, from there to its end. */
export function runEventStream(
  service: HttpService,
  from: FollowedFrom,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const frames = (signal: AbortSignal) => runFrames(service, { ...from, signal });
  return streamText(service, from.signal, frames, { ...EVENT_STREAM, ...headers });
}

/** What a stream of events is answered with. */
export const EVENT_STREAM: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // Proxies would gather what is to be seen at once.
  'X-Accel-Buffering': 'no',
};

async function* runFrames(service: HttpService, { runId, after, signal }: FollowedFrom): AsyncGenerator<string> {
  const { store, timers } = service;
  yield `retry: ${RETRY_MS}\n\n`;
  const changes = await service.changes();
  for await (const followed of followRun({ store, changes, runId, after, signal, clock: timers.clock })) {
    yield 'isIdle' in followed ? ': heartbeat\n\n' : followed.events.map(frameOf).join('');
  }
}

/** JSON text has no line breaks, and begins with the number and the type. */
function frameOf({ number, json }: { readonly number: number; readonly json: string }): string {
  const [, type = 'message'] = /^\{"number":\d+,"type":"([^"]+)"/.exec(json) ?? [];
  return `id: ${number}\nevent: ${type}\ndata: ${json}\n\n`;
}

/**
 * An answer of pieces that are made as the client takes them: what it does not read is not made. `make` is given the signal that ends it: the
 * client's, the handler's, or that the answer is no longer wanted.
 */
export function streamText(
  service: Pick<HttpService, 'closing' | 'observe' | 'onError'>,
  client: AbortSignal,
  make: (signal: AbortSignal) => AsyncGenerator<string>,
  headers: Readonly<Record<string, string>>,
): Response {
  const left = new AbortController();
  const pieces = make(AbortSignal.any([client, left.signal, service.closing]));
  const encoder = new TextEncoder();
  const end = onceTold(service);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await pieces.next();
          if (!next.done) return controller.enqueue(encoder.encode(next.value));
          end();
          controller.close();
        } catch (error) {
          end();
          // The client has seen no end, and knows that there is more.
          if (!service.closing.aborted) service.onError(error);
          controller.error(error);
        }
      },
      async cancel() {
        end();
        left.abort();
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}

/** Tells that a stream has begun; what it returns tells that it has ended. */
function onceTold({ observe }: Pick<HttpService, 'observe'>): () => void {
  let isOpen = true;
  observe({ type: 'stream-start' });
  return () => {
    if (isOpen) observe({ type: 'stream-end' });
    isOpen = false;
  };
}
