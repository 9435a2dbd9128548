import type { CassetteRecord, Chunk } from '../file/record.ts';

export interface ReplayOptions {
  /** 0 gives every chunk at once, 1 at its recorded time, 2 twice as fast. */
  readonly speed: number;
  readonly signal: AbortSignal | undefined;
}

/** The recorded answer as `fetch` gives it: same status, headers and chunks. The signal ends it as it would end the original. */
export function replayResponse(record: CassetteRecord, { speed, signal }: ReplayOptions): Response {
  const { status } = record;
  const headers = new Headers(record.headers);
  const bytes = Buffer.from(record.response, record.binary ? 'base64' : 'utf8');
  if (!headers.has('content-type') && record.request === undefined) headers.set('content-type', contentType(record));
  return new Response(hasNoBody(status) ? null : streamChunks(bytes, record.chunks, { speed, signal }), {
    status,
    headers,
  });
}

/** Statuses whose response may not have a body, by the fetch standard. */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function streamChunks(
  bytes: Uint8Array,
  chunks: readonly Chunk[],
  { speed, signal }: ReplayOptions,
): ReadableStream<Uint8Array> {
  const pieces = sliceChunks(bytes, chunks);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal?.reason);
  let elapsedMs = 0;

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal?.addEventListener('abort', onAbort);
        // The body fails at once, whether or not somebody waits for its next chunk.
        stop.signal.addEventListener('abort', () => controller.error(stop.signal.reason), { once: true });
      },
      async pull(controller) {
        const piece = pieces.next();
        if (piece.done) {
          signal?.removeEventListener('abort', onAbort);
          controller.close();
          return;
        }
        const { data, atMs } = piece.value;
        if (speed > 0 && atMs > elapsedMs) {
          await wait((atMs - elapsedMs) / speed, stop.signal);
          elapsedMs = atMs;
        }
        if (!stop.signal.aborted) controller.enqueue(data);
      },
      cancel() {
        signal?.removeEventListener('abort', onAbort);
        stop.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Waits for some time, or until the signal says stop. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, LONGEST_TIMER_MS));
    signal.addEventListener('abort', end);
  });
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The body in its recorded pieces. What a file edited by hand has too much comes in one more. */
function* sliceChunks(
  bytes: Uint8Array,
  chunks: readonly Chunk[],
): Generator<{ readonly data: Uint8Array; readonly atMs: number }> {
  let start = 0;
  let lastMs = 0;
  for (const [length, atMs] of chunks) {
    if (start >= bytes.length) return;
    // A copy: a consumer may transfer the buffer of what it reads.
    yield { data: new Uint8Array(bytes.subarray(start, start + length)), atMs };
    start += length;
    lastMs = atMs;
  }
  if (start < bytes.length) yield { data: new Uint8Array(bytes.subarray(start)), atMs: lastMs };
}

/** cachy keeps no headers unless asked to, and the SDKs parse a body by its type. */
function contentType({ response, binary }: CassetteRecord): string {
  if (binary) return 'application/octet-stream';
  if (/^(event|data|:)/.test(response)) return 'text/event-stream';
  return /^\s*[[{]/.test(response) ? 'application/json' : 'text/plain';
}
