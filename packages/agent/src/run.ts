/**
 * A run: from one input to a stop condition.
 *
 * Owns: its start and its end, and why it ends.
 * Leaves to `turn-loop.ts`: everything between. To the session: whether the conversation is free.
 *
 * E1. However a run ends, it leaves the conversation before it says so.
 * E2. A message that the model refuses takes no conversation, neither its own run's nor, steered, another's.
 */

import { checkInput } from './context/check-sendable.ts';
import { hasCode } from './errors.ts';
import type { HeldConversation, RunEnd, RunOptions } from './run-options.ts';
import type { AgentState } from './state.ts';
import type { Steered } from './steering/steer-or-take.ts';
import type { Telling } from './told.ts';
import { TurnLoop } from './turn-loop.ts';

/** One run under way: listening to what it tells drives it. */
export class RunLoop {
  readonly #options: RunOptions;
  #start: AgentState;
  #turns: TurnLoop | undefined;

  /** `start` is the state until the run has the conversation. */
  constructor(start: AgentState, options: RunOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** As far as it is recorded, also after an early exit. */
  get state(): AgentState {
    return this.#turns?.state ?? this.#start;
  }

  async *tell(): Telling<void> {
    const { ports, input } = this.#options;
    yield { type: 'run-start', runId: ports.createId() };
    ports.onFaultPoint?.('agent/run-started');
    let end: RunEnd;
    try {
      if (input) checkInput(input, this.#options);
      const entered = await this.#options.enter();
      end = 'steered' in entered ? this.#endSteered(entered) : yield* this.#goOn(entered);
    } catch (error) {
      end = endOfFailure(error);
    }
    yield { type: 'run-end', state: this.state, ...end };
  }

  #endSteered({ steered }: Steered): RunEnd {
    this.#start = steered;
    return { reason: 'steered' };
  }

  async *#goOn(held: HeldConversation): Telling<RunEnd> {
    this.#turns = new TurnLoop(held, this.#options);
    try {
      return yield* this.#turns.run();
    } finally {
      await held.leave(this.state);
    }
  }
}

function endOfFailure(error: unknown): RunEnd {
  const failure = error instanceof Error ? error : new Error(String(error));
  return { reason: hasCode(failure, 'provider/aborted') ? 'aborted' : 'error', error: failure };
}
