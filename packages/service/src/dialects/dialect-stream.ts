/**
 * A run's events in another wire form, as server-sent events.
 *
 * Owns: that a client who comes back gets what it would have got.
 * Leaves to each dialect: what an event becomes there.
 *
 * D1. What goes out depends on the run's events alone: all of them are encoded, from the first, and those are sent that the client lacks.
 * D2. A stream that this process has to end before its run does breaks off, so that no client takes it for whole.
 */

import type { RunId } from '@reprise/checkpoint';
import { ServiceError } from '../errors.ts';
import { EVENT_STREAM, streamText } from '../http/event-stream.ts';
import type { HttpService } from '../http/service.ts';
import { followRun } from '../runs/follow-run.ts';
import type { RunEvent } from '../wire/run-event.ts';

export interface DialectStream {
  readonly runId: RunId;
  /** Runs that have ended and that this one carries on, oldest first. */
  readonly before: readonly RunId[];
  /** Whether the client has what the runs before said. */
  readonly hasBefore: boolean;
  /** The number of the last event of the run that the client has. */
  readonly after: number;
  /** What the next event becomes, as JSON values. */
  readonly encode: (event: RunEvent) => readonly object[];
  /** What the stream ends with, once the run has. */
  readonly last?: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

export function streamDialect(
  service: HttpService,
  stream: DialectStream,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const frames = (signal: AbortSignal) => framesOf(service, { ...stream, signal });
  return streamText(service, stream.signal, frames, { ...EVENT_STREAM, ...headers });
}

async function* framesOf(service: HttpService, stream: DialectStream): AsyncGenerator<string> {
  const { runId, before, hasBefore, after, encode, last = '', signal } = stream;
  for (const earlier of before) {
    for await (const event of endedEvents(service, earlier)) {
      const frames = encode(event)
        .map((value) => frameOf(value))
        .join('');
      if (!hasBefore && frames !== '') yield frames;
    }
  }
  const { store, timers } = service;
  const changes = await service.changes();
  let isEnded = false;
  for await (const followed of followRun({ store, changes, runId, signal, clock: timers.clock })) {
    if ('isIdle' in followed) {
      yield ': heartbeat\n\n';
      continue;
    }
    const events = followed.events.map(({ json }) => eventOf(json));
    isEnded ||= events.some(({ type }) => type === 'run-end');
    const frames = events.flatMap((event) => encodedFrames(event, encode(event), after)).join('');
    if (frames !== '') yield frames;
  }
  if (isEnded) yield last;
  else if (service.closing.aborted) throw new ServiceError('service/unavailable', 'The service is stopping.');
}

/** The last frame of an event is numbered: whoever has it has the event. */
function encodedFrames({ number }: RunEvent, values: readonly object[], after: number): readonly string[] {
  if (number <= after) return [];
  return values.map((value, index) => frameOf(value, index === values.length - 1 ? number : undefined));
}

function frameOf(value: object, number?: number): string {
  return `${number === undefined ? '' : `id: ${number}\n`}data: ${JSON.stringify(value)}\n\n`;
}

/** What a run said that another one carries on: all but its end. */
async function* endedEvents({ store }: HttpService, runId: RunId): AsyncGenerator<RunEvent> {
  const limit = 200;
  for (let after = 0; ; ) {
    const page = await store.readRunEvents(runId, { after, limit });
    for (const { number, event } of page) {
      const { type, ...rest } = JSON.parse(event);
      if (type !== 'run-end') yield { number, type, ...rest };
    }
    after = page.at(-1)?.number ?? after;
    if (page.length < limit) return;
  }
}

/** Only this service writes events. */
function eventOf(json: string): RunEvent {
  return JSON.parse(json);
}
