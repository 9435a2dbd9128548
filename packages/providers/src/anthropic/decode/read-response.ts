import { asObject } from '../../json.ts';
import { isSse, readSse } from '../../transport/read-sse.ts';
import { singly } from '../../transport/read-stream.ts';
import { readAnthropicError } from './read-error.ts';

/** The SDK's promise of a stream, which can also give the response itself. */
export interface PendingResponse extends PromiseLike<AsyncIterable<unknown>> {
  withResponse?(): PromiseLike<{ readonly data: AsyncIterable<unknown>; readonly response: Response }>;
}

/**
 * The events of a Messages response, as many at a time as a piece of the network holds: one by one, waiting for each would cost more
 * than reading it (`bench/stream.ts`). What is no stream of server-sent events (Bedrock's own framing) is left to the SDK.
 */
export async function readEvents(pending: PendingResponse): Promise<AsyncIterable<Iterable<unknown>>> {
  if (!pending.withResponse) return singly(await pending);
  const { data, response } = await pending.withResponse();
  if (!isSse(response)) return singly(data);
  const requestID = response.headers.get('request-id') ?? undefined;
  return readSse(response, (events) => parseEach(events, requestID));
}

/** One after the other, so that what comes before an error or a malformed event is read all the same. */
function* parseEach(events: Iterable<{ readonly data: string }>, requestID: string | undefined): Iterable<unknown> {
  for (const { data } of events) {
    const event: unknown = JSON.parse(data);
    const { type, error } = asObject(event) ?? {};
    // The event does not name its request; the response does.
    if (type === 'error') throw readAnthropicError({ ...asObject(error), error: event, requestID }, 0);
    yield event;
  }
}
