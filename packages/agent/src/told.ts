/**
 * What the parts of a run tell its listener.
 *
 * Owns: that the events of a model call come to the listener without passing through every part between the two.
 *
 * A part tells events, or a stream of events that is read for the listener directly: most of what is told are deltas, and each part that
 * passed one on would cost more than whatever is done with it.
 *
 * S1. A part goes on when its stream has been read to its end. What a stream throws is thrown where it was told.
 * S2. A listener that leaves a stream leaves the part that has told it, which deals with what is left of the stream.
 */

import type { StreamEvent } from '@reprise/providers';
import type { AgentEventBody } from './agent-event.ts';

/** Events that are still to come. */
export interface ToldStream {
  next(): Promise<IteratorResult<StreamEvent, unknown>>;
  /** Takes note of an event, as soon as it is read. Whether the listener is to have it. */
  note(event: StreamEvent): boolean;
}

/** A part of a run: what it tells, and what comes of it. */
export type Telling<Result> = AsyncGenerator<AgentEventBody | ToldStream, Result, undefined>;

/** Everything that a part tells, event by event, as the listener is to hear it. `begin` is called with the first `next`. */
export async function* listenTo<Heard>(
  begin: () => Telling<void>,
  hear: (event: AgentEventBody) => Heard,
): AsyncGenerator<Heard, void, undefined> {
  const telling = begin();
  try {
    for (let step = await telling.next(); !step.done; ) {
      const told = step.value;
      if ('type' in told) {
        yield hear(told);
        step = await telling.next();
        continue;
      }
      try {
        for (let read = await told.next(); !read.done; read = await told.next()) {
          if (told.note(read.value)) yield hear(read.value);
        }
      } catch (error) {
        step = await telling.throw(error);
        continue;
      }
      step = await telling.next();
    }
  } finally {
    await telling.return();
  }
}
