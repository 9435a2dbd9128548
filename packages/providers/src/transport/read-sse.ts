import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** What `read` makes of the server-sent events of a response, of as many at a time as a piece of the network holds. */
export async function* readSse<Batch>(
  { body }: Response,
  read: (events: readonly EventSourceMessage[]) => Batch,
): AsyncGenerator<Batch, void, undefined> {
  if (!body) return;
  let events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  // Not a `TextDecoderStream`: its two streams and their locks would cost more than all that is done with a short response.
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    if (events.length === 0) continue;
    yield read(events);
    events = [];
  }
}

/** Whether a response is a stream of server-sent events. */
export function isSse(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
}
