import { asObject } from '../json.ts';
import { readSse } from '../transport/read-sse.ts';

/**
 * The chunks of a Chat Completions response or the events of a Responses one, errors in their midst included. The SDK's own iterator
 * throws for a chunk that holds an error and drops the usage beside it, and makes an empty stream of a server that answers with plain
 * JSON: an error under HTTP 200 (OpenRouter), or a whole answer (openai 7.55).
 */
export async function* readChunks(response: Response): AsyncGenerator<Iterable<unknown>, void, undefined> {
  if (/\bjson\b/i.test(response.headers.get('content-type') ?? '')) {
    yield [await response.json()];
    return;
  }
  for await (const events of readSse(response, (each) => each)) {
    const end = events.findIndex(({ data }) => data.startsWith('[DONE]'));
    yield parseEach(end === -1 ? events : events.slice(0, end));
    if (end !== -1) return;
  }
}

/** One after the other, so that what comes before a malformed event is read all the same. */
function* parseEach(
  events: Iterable<{ readonly event?: string | undefined; readonly data: string }>,
): Iterable<unknown> {
  for (const { event, data } of events) {
    const chunk: unknown = JSON.parse(data);
    yield event === 'error' ? errorChunk(chunk) : chunk;
  }
}

/** An error may be named by the event alone. */
function errorChunk(chunk: unknown): unknown {
  return { error: asObject(chunk)?.['error'] ?? chunk };
}
