/**
 * The events of a run, over as many connections as it takes.
 *
 * Owns: that the caller gets each event once, in order, or an error.
 * Leaves to `read-frames.ts`: one connection. To `patience.ts`: how long to try.
 *
 * S1. A connection that is cut, or says nothing for too long, is made anew behind the last event that was handed out.
 * S2. What comes twice is dropped; a gap is never handed out: the stream is asked for again behind the last event.
 * S3. It ends after `run-end`, when the caller leaves, or when nothing was heard for too long.
 */

import type { RunEvent } from '../wire/run-event.ts';
import { type ClientPorts, type Patience, Tries } from './patience.ts';
import { ServiceProblem, unreachable } from './problem.ts';
import { readFrames } from './read-frames.ts';

export interface FollowTerms {
  /** Asks for the events behind that number. Rejects with a `ServiceProblem`. */
  readonly open: (after: number, signal: AbortSignal) => Promise<Response>;
  readonly after: number;
  readonly signal: AbortSignal;
  /** A connection that says nothing for so long, not even a heartbeat, is dead. */
  readonly silenceMs: number;
  readonly patience: Patience;
  readonly ports: ClientPorts;
}

/** Throws a `ServiceProblem`, or the reason of the signal. */
export async function* followEvents(terms: FollowTerms): AsyncGenerator<RunEvent, void, undefined> {
  const { signal, patience, ports } = terms;
  const tries = new Tries(patience, ports);
  let { after } = terms;
  for (;;) {
    let failure: unknown = unreachable('The stream of a run was cut', new Error('it ended before the run did'));
    try {
      for await (const event of eventsOf(terms, after, tries)) {
        after = event.number;
        yield event;
        if (event.type === 'run-end') return;
      }
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
    await tries.waitAfter(failure, signal);
  }
}

/** What one connection brings. */
async function* eventsOf(terms: FollowTerms, after: number, tries: Tries): AsyncGenerator<RunEvent, void, undefined> {
  const connection = new AbortController();
  const signal = AbortSignal.any([terms.signal, connection.signal]);
  let last = after;
  try {
    const response = await terms.open(after, signal);
    for await (const frame of readFrames(response, { silenceMs: terms.silenceMs, signal })) {
      tries.succeed();
      const event = frame === undefined ? undefined : eventOf(frame);
      if (!event || event.number <= last) continue;
      if (event.number > last + 1)
        throw unreachable('The stream of a run has a gap', new Error(`${event.number} came after ${last}`));
      last = event.number;
      yield event;
    }
  } finally {
    connection.abort();
  }
}

/** Wire: our own service's, which numbers what it sends. */
function eventOf(data: string): RunEvent {
  try {
    const event: RunEvent = JSON.parse(data);
    if (Number.isSafeInteger(event.number)) return event;
  } catch {
    // Told below.
  }
  throw new ServiceProblem('The stream of a run holds something else than its events.', { code: 'client/bad-answer' });
}
