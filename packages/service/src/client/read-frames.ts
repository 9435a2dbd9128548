import { createParser } from 'eventsource-parser';
import { ServiceProblem, unreachable } from './problem.ts';

export interface FrameTerms {
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/**
 * The data of each server-sent event of a response, and `undefined` for whatever else has come, such as a heartbeat. Throws a
 * `ServiceProblem` when the connection breaks or says nothing for `silenceMs`.
 */
export async function* readFrames(
  response: Response,
  { silenceMs, signal }: FrameTerms,
): AsyncGenerator<string | undefined, void, undefined> {
  const reader = bodyOf(response).pipeThrough(new TextDecoderStream()).getReader();
  const frames: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => frames.push(data) });
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), silenceMs, signal);
      if (done) return;
      parser.feed(value);
      if (frames.length === 0) yield undefined;
      yield* frames.splice(0);
    }
  } finally {
    // Not awaited: a connection that is dead may take for ever to be let go.
    reader.cancel().catch(() => {});
  }
}

function bodyOf({ body, headers }: Response): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (body && headers.get('content-type')?.startsWith('text/event-stream')) return body;
  throw new ServiceProblem('The service answered with something else than a stream of events.', {
    code: 'client/bad-answer',
  });
}

/** What comes next, unless the signal or the time is faster. */
async function inTime<Value>(next: Promise<Value>, silenceMs: number, signal: AbortSignal): Promise<Value> {
  const ended = Promise.withResolvers<never>();
  const timer = setTimeout(() => ended.reject(new Error(`nothing came for ${silenceMs} ms`)), silenceMs);
  const abort = (): void => ended.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    return await Promise.race([next, ended.promise]);
  } catch (error) {
    throw unreachable('The stream of a run broke', error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
