import { type AssistantTurn, messageText } from '@reprise/providers';
import type { AgentEvent, RunEndEvent, RunEndReason } from './agent-event.ts';
import { AgentError } from './errors.ts';
import type { RunLoop } from './run.ts';
import type { AgentState } from './state.ts';
import { listenTo, type Telling } from './told.ts';

/**
 * A run to be listened to or awaited. It starts with the first of these, and the listener sets its pace;
 * a listener that leaves early aborts it.
 */
export interface Run extends AsyncIterable<AgentEvent> {
  /** The whole run. Rejects with the error it ended with, or with `agent/run-abandoned` if a listener left early. */
  result(): Promise<RunResult>;
}

export interface RunResult {
  /** The text of the last turn. */
  readonly text: string;
  readonly turns: readonly AssistantTurn[];
  readonly state: AgentState;
  readonly reason: RunEndReason;
}

/** A run whose loop is made when it starts. `onEnd` is called once after that, however the run ends. */
export function createRun(start: () => RunLoop, onEnd: () => void = () => {}): Run {
  const outcome = Promise.withResolvers<RunResult>();
  // Whoever listens has learned of a failure from `run-end`; not asking for the result as well is no unhandled rejection.
  outcome.promise.catch(() => {});
  let isConsumed = false;
  let isSettled = false;

  function consume(): AsyncGenerator<AgentEvent, void, undefined> {
    if (isConsumed) {
      throw new AgentError('agent/run-consumed', 'A run can be iterated once; await its result as often as you like.');
    }
    isConsumed = true;
    return listen();
  }

  /** Starts the run with the first event that is asked for: an iterator that is given back before that has begun nothing. */
  function listen(): AsyncGenerator<AgentEvent, void, undefined> {
    const turns: AssistantTurn[] = [];
    let sequence = -1;
    return listenTo(begin, (event) => {
      if (event.type === 'turn-end') turns.push(event.turn);
      if (event.type === 'run-end') settle(event, turns);
      sequence += 1;
      return { ...event, sequence };
    });
  }

  async function* begin(): Telling<void> {
    const loop = startLoop();
    try {
      yield* loop.tell();
    } finally {
      if (!isSettled) outcome.reject(abandoned());
      onEnd();
    }
  }

  function startLoop(): RunLoop {
    try {
      return start();
    } catch (error) {
      outcome.reject(error);
      throw error;
    }
  }

  function settle({ error, reason, state }: RunEndEvent, turns: readonly AssistantTurn[]): void {
    isSettled = true;
    const last = turns.at(-1);
    if (error) outcome.reject(error);
    else outcome.resolve({ text: last ? messageText(last.message) : '', turns, state, reason });
  }

  return {
    [Symbol.asyncIterator]: consume,
    async result() {
      if (!isConsumed) for await (const _event of consume());
      return outcome.promise;
    },
  };
}

function abandoned(): AgentError {
  return new AgentError('agent/run-abandoned', 'The run was aborted, since its listener left before the end.');
}
