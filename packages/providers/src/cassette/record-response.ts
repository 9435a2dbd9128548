import { endsWithLastEvent } from './last-event.ts';
import type { CassetteRecord, Chunk } from './record.ts';
import { isSecretHeader, maskBytes, maskText } from './redact.ts';
import { decodeUtf8, type KeyedRequest } from './request-key.ts';

/** A body as it arrived. */
export interface RecordedBody {
  readonly bytes: Uint8Array;
  readonly chunks: readonly Chunk[];
}

/** How a recording ended. */
export type RecordingEnd =
  | { readonly type: 'complete'; readonly body: RecordedBody }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: unknown };

export interface RecordingOptions {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds since the request was sent. */
  readonly elapsedMs: () => number;
  /** Called once, before the caller sees the end. */
  readonly onEnd: (end: RecordingEnd) => void;
}

/** A response on its way to the caller. */
export interface Recording {
  readonly response: Response;
  /** Settles when no more will arrive. Never rejects. */
  readonly arrived: Promise<void>;
  /** Ends the recording, not the response: with the body if all of it arrived, read or not, else without. */
  end(): void;
}

/**
 * Keeps the body of a response while the caller reads it. The recording is complete when all has arrived and the caller has
 * taken the last chunk, or when it has taken the vendor's last event: some clients never ask for the end. It is lost if the
 * caller cancels, or its signal ends it, before.
 */
export function recordResponse(
  response: Response,
  source: ReadableStreamDefaultReader<Uint8Array>,
  { signal, elapsedMs, onEnd }: RecordingOptions,
): Recording {
  const pieces: Uint8Array[] = [];
  const chunks: Chunk[] = [];
  let given = 0;
  let isAsked = false;
  let hasArrived = false;
  let isRecording = true;
  let isOver = false;
  let controller: ReadableStreamDefaultController<Uint8Array>;

  const end = (how: RecordingEnd): void => {
    if (!isRecording) return;
    isRecording = false;
    const body = { bytes: Buffer.concat(pieces), chunks };
    const isWhole = given === pieces.length && endsWithLastEvent(body.bytes);
    onEnd(isWhole ? { type: 'complete', body } : how);
  };
  const complete = (): void => end({ type: 'complete', body: { bytes: Buffer.concat(pieces), chunks } });
  const stop = (): void => {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
  };
  const fail = (error: unknown): void => {
    if (isOver) return;
    stop();
    end({ type: 'failed', error });
    controller.error(error);
  };
  const onAbort = (): void => {
    fail(signal?.reason);
    void source.cancel(signal?.reason).catch(() => undefined);
  };
  const give = (): void => {
    const piece = pieces[given];
    if (isAsked && piece !== undefined) {
      isAsked = false;
      given += 1;
      // A copy: the caller may transfer the buffer of what it reads.
      controller.enqueue(new Uint8Array(piece));
    }
    if (!hasArrived || given < pieces.length || isOver) return;
    stop();
    complete();
    controller.close();
  };

  const stream = new ReadableStream<Uint8Array>(
    {
      start(itsController) {
        controller = itsController;
        signal?.addEventListener('abort', onAbort);
      },
      pull() {
        isAsked = true;
        give();
      },
      cancel(reason) {
        stop();
        end({ type: 'left' });
        return source.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  // Reads on even if the caller does not, as it may have seen all it needs.
  const readAll = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await source.read();
      if (isOver) return;
      if (done) break;
      if (value.length === 0) continue;
      pieces.push(value);
      chunks.push([value.length, Math.round(elapsedMs())]);
      give();
    }
    hasArrived = true;
    give();
  };

  const { status, statusText, headers } = response;
  return {
    response: new Response(stream, { status, statusText, headers: withoutEncoding(headers) }),
    arrived: readAll().catch(fail),
    end: () => (hasArrived ? complete() : end({ type: 'left' })),
  };
}

/** The record of an exchange, without a secret in it. */
export function toRecord(
  { key, summary, secrets }: KeyedRequest,
  { status, headers }: Response,
  { body, recordedAt }: { readonly body: RecordedBody; readonly recordedAt: string },
): CassetteRecord {
  const bytes = maskBytes(body.bytes, secrets);
  const text = decodeUtf8(bytes);
  const kept = [...withoutEncoding(headers)].filter(([name]) => !isSecretHeader(name));
  return {
    key,
    response: text ?? Buffer.from(bytes).toString('base64'),
    binary: text === undefined,
    status,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, maskText(value, secrets)])),
    chunks: body.chunks,
    request: summary,
    recordedAt,
  };
}

/** `fetch` has decoded the body, so what the headers say of its encoded form is no longer true. */
function withoutEncoding(headers: Headers): Headers {
  const kept = new Headers(headers);
  if (kept.has('content-encoding')) kept.delete('content-length');
  for (const name of ['content-encoding', 'transfer-encoding', 'connection', 'keep-alive']) kept.delete(name);
  return kept;
}
