import type { RunBody } from '../http/schemas/run.ts';
import type { RunEvent, RunOutcome } from '../wire/run-event.ts';
import { followEvents } from './follow-events.ts';
import type { ClientPorts, Patience } from './patience.ts';
import type { CallOptions, Transport } from './transport.ts';
import { applyRunEvent } from './view/fold-run.ts';
import { EMPTY_RUN, type RunView } from './view/run-view.ts';

/**
 * A run of the service's. It goes on whether or not anybody listens; a stream that is cut is taken up again where it was, as often as it
 * takes, from whichever process answers.
 */
export interface RunHandle extends AsyncIterable<RunEvent> {
  readonly id: string;
  readonly sessionId: string;
  /**
   * Its events, each once and in order, until `run-end`; from the first on, or from behind a number. Throws a `ServiceProblem` after the
   * service could not be reached for long enough, and the reason of the signal.
   */
  events(options?: EventsOptions): AsyncGenerator<RunEvent, void, undefined>;
  /** What there is to show after each event. */
  views(options?: ViewsOptions): AsyncGenerator<RunView, void, undefined>;
  /** How it ended, or will have. */
  outcome(options?: CallOptions): Promise<RunOutcome>;
  /** As the service knows it now. */
  read(options?: CallOptions): Promise<RunBody>;
  /** Asks for its end, which its events will tell. Harmless when it has ended. */
  stop(options?: CallOptions): Promise<RunBody>;
}

export interface EventsOptions extends CallOptions {
  /** The number of the last event that is known. Default 0. */
  readonly after?: number;
}

export interface ViewsOptions extends CallOptions {
  /** What was shown before, to go on from. Default: nothing. */
  readonly view?: RunView;
}

export interface RunTerms {
  readonly id: string;
  readonly sessionId: string;
  readonly transport: Transport;
  readonly silenceMs: number;
  readonly patience: Patience;
  readonly ports: ClientPorts;
}

export function createRunHandle(terms: RunTerms): RunHandle {
  const { id, sessionId, transport, silenceMs, patience, ports } = terms;
  const path = ['v1', 'sessions', sessionId, 'runs', id];

  function events({
    after = 0,
    signal = new AbortController().signal,
  }: EventsOptions = {}): AsyncGenerator<RunEvent, void, undefined> {
    const open = (behind: number, own: AbortSignal): Promise<Response> =>
      transport.stream({
        method: 'GET',
        path: [...path, 'events'],
        query: { after: behind },
        headers: { accept: 'text/event-stream' },
        signal: own,
      });
    return followEvents({ open, after, signal, silenceMs, patience, ports });
  }

  async function* views({ view = EMPTY_RUN, signal }: ViewsOptions = {}): AsyncGenerator<RunView, void, undefined> {
    let shown = view;
    for await (const event of events({ after: view.number, signal })) {
      shown = applyRunEvent(shown, event);
      yield shown;
    }
  }

  const read = (options?: CallOptions): Promise<RunBody> => transport.json({ method: 'GET', path, ...options });

  return {
    id,
    sessionId,
    events,
    views,
    read,
    async outcome(options) {
      const { outcome, lastEvent } = await read(options);
      if (outcome) return outcome;
      for await (const event of events({ after: lastEvent, ...options })) {
        if (event.type === 'run-end') return outcomeOf(event);
      }
      throw new RangeError(`The events of run ${id} ended without its end.`);
    },
    stop: (options) => transport.json({ method: 'POST', path: [...path, 'stop'], isRepeatable: true, ...options }),
    [Symbol.asyncIterator]: () => events(),
  };
}

function outcomeOf({
  type: _type,
  number: _number,
  ...outcome
}: Extract<RunEvent, { readonly type: 'run-end' }>): RunOutcome {
  return outcome;
}
