import { asObject } from '../json.ts';
import { readNdjson } from '../transport/read-ndjson.ts';
import { singly } from '../transport/read-stream.ts';
import { readOllamaError } from './read-error.ts';

/** What is needed of a client: the vendor's own. */
export interface OllamaClient {
  chat(body: { readonly model: string; readonly stream: true }): PromiseLike<OllamaStream>;
}

interface OllamaStream extends AsyncIterable<unknown> {
  abort?(): void;
}

type Send = (url: unknown, init?: { readonly signal?: AbortSignal | null }) => Promise<unknown>;

/**
 * The records of a chat response, as many at a time as a piece of the network holds.
 *
 * The client's own iterator leaves out a line that is no JSON, tells nobody but the console, takes no signal, and aborts nothing before
 * the response's headers came (0.6.4). So the request is the client's, errors by status included, and the response is read here.
 * A client without a `fetch` to listen at is used as it is.
 */
export async function readRecords(
  client: OllamaClient,
  body: { readonly model: string; readonly stream: true },
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: () => number },
): Promise<AsyncIterable<Iterable<unknown>>> {
  const send: unknown = Reflect.get(client, 'fetch');
  if (typeof send !== 'function') return readStream(await client.chat(body), signal, clock);
  let response: Response | undefined;
  const listening: OllamaClient = Object.create(client, {
    fetch: {
      value: listenTo(
        (url, init) => send(url, init),
        signal,
        (answered) => {
          response = answered;
        },
      ),
    },
  });
  const stream = await listening.chat(body);
  if (!response) return readStream(stream, signal, clock);
  // The client keeps a stream in its books until it was read to its end.
  for await (const _record of stream);
  return readNdjson(response);
}

/** A `fetch` that carries a signal, and hands the body of an answer to us and an empty one to the client. */
function listenTo(send: Send, signal: AbortSignal, onAnswer: (response: Response) => void): Send {
  return async (url, init) => {
    const answered = await send(url, {
      ...init,
      signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal,
    });
    if (!isOkResponse(answered)) return answered;
    onAnswer(answered);
    return new Response('{"done":true}\n', { status: answered.status, headers: answered.headers });
  };
}

/** Told by its shape: a server library may have put a class of its own in the place of the global one, and `fetch` answers with the first. */
function isOkResponse(answered: unknown): answered is Response {
  const { ok, headers, body } = asObject(answered) ?? {};
  return ok === true && headers !== undefined && body !== undefined;
}

function readStream(stream: OllamaStream, signal: AbortSignal, clock: () => number): AsyncIterable<readonly unknown[]> {
  // Leaving the stream does not close its socket; an exchange aborts its signal however it ends, and perhaps it has by now.
  if (signal.aborted) stream.abort?.();
  else signal.addEventListener('abort', () => stream.abort?.(), { once: true });
  return withOwnErrors(stream, clock);
}

/** A plain error in the midst of a stream holds the server's own words. */
async function* withOwnErrors(
  stream: OllamaStream,
  clock: () => number,
): AsyncGenerator<readonly unknown[], void, undefined> {
  try {
    yield* singly(stream);
  } catch (error) {
    throw readOllamaError(error, 'in-stream', clock());
  }
}
