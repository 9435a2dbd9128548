import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The server-sent events of a response, as many at a time as a piece of the network holds. */
export async function* readSse(response: Response): AsyncGenerator<readonly EventSourceMessage[], void, undefined> {
  if (!response.body) return;
  let batch: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => batch.push(event) });
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    parser.feed(text);
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
}

/** Whether a response is a stream of server-sent events. */
export function isSse(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
}
