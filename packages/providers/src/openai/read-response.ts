import { EventSourceParserStream } from 'eventsource-parser/stream';
import { asObject } from '../json.ts';

/**
 * The chunks of a Chat Completions response or the events of a Responses one, errors in its midst included. The SDK's own iterator throws for a chunk that holds an error
 * and drops the usage beside it, and makes an empty stream of a server that answers with plain JSON: an error under HTTP 200
 * (OpenRouter), or a whole answer (openai 7.55).
 */
export async function* readChunks(response: Response): AsyncGenerator<unknown, void, undefined> {
  if (/\bjson\b/i.test(response.headers.get('content-type') ?? '')) {
    yield await response.json();
    return;
  }
  if (!response.body) return;
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of events) {
    if (data.startsWith('[DONE]')) return;
    const chunk: unknown = JSON.parse(data);
    yield event === 'error' ? errorChunk(chunk) : chunk;
  }
}

/** An error may be named by the event alone. */
function errorChunk(chunk: unknown): unknown {
  return { error: asObject(chunk)?.['error'] ?? chunk };
}
