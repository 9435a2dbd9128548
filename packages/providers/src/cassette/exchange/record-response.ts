import type { CassetteRecord, Chunk, RecordedBody } from '../file/record.ts';
import { decodeUtf8, type KeyedRequest } from '../key/request-key.ts';
import { maskBytes, maskText } from '../redact/mask.ts';
import { isSecretHeader } from '../redact/secret-names.ts';
import { endsWithLastEvent } from './last-event.ts';
import { pruneBody } from './prune.ts';
import type { PruneStep } from './prune-steps.ts';

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

  const end = (how: Exclude<RecordingEnd, { type: 'complete' }> | 'complete'): void => {
    if (!isRecording) return;
    isRecording = false;
    const body = { bytes: Buffer.concat(pieces), chunks };
    const isWhole = how === 'complete' || (given === pieces.length && endsWithLastEvent(body.bytes));
    onEnd(isWhole ? { type: 'complete', body } : how);
  };
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
    end('complete');
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
    end: () => end(hasArrived ? 'complete' : { type: 'left' }),
  };
}

/** The record of an exchange, pruned and without a secret in it. Throws `cassette/count-pruned`, and what a step throws. */
export function toRecord(
  { key, summary, secrets }: KeyedRequest,
  { status, headers }: Response,
  { body, prune, recordedAt, attempt }: RecordParts,
): CassetteRecord {
  const masked = { ...body, bytes: maskBytes(body.bytes, secrets) };
  const pruned = pruneBody(masked, prune);
  // Again, as what an escape hid stands open in a text that was written anew.
  const bytes = pruned === masked ? masked.bytes : maskBytes(pruned.bytes, secrets);
  const text = decodeUtf8(bytes);
  const kept = [...withoutEncoding(headers)].filter(
    ([name]) => !isSecretHeader(name) && !(name === 'content-length' && pruned !== masked),
  );
  return {
    key,
    response: text ?? Buffer.from(bytes).toString('base64'),
    binary: text === undefined,
    status,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, maskText(value, secrets)])),
    chunks: pruned.chunks,
    request: summary,
    recordedAt,
    attempt,
  };
}

interface RecordParts {
  readonly body: RecordedBody;
  readonly prune: readonly PruneStep[];
  readonly recordedAt: string;
  readonly attempt: number;
}

/** `fetch` has decoded the body, so what the headers say of its encoded form is no longer true. */
function withoutEncoding(headers: Headers): Headers {
  const kept = new Headers(headers);
  if (kept.has('content-encoding')) kept.delete('content-length');
  for (const name of ['content-encoding', 'transfer-encoding', 'connection', 'keep-alive']) kept.delete(name);
  return kept;
}
