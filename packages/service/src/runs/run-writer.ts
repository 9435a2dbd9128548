import type { RunEventBody, RunOutcome } from '../wire/run-event.ts';

/** The events of one attempt at a run, on their way to the store. */
export interface RunWriter {
  /** A promise when the run has to wait: too much of it is not durable yet. It never rejects. */
  write(event: RunEventBody): Promise<void> | undefined;
  /**
   * Resolves when everything written so far is durable, or the run is not this writer's any more. Rejects with `service/unavailable` if
   * the store could not be written.
   */
  flush(): Promise<void>;
  /** Writes `run-end` and ends the run, in one transaction. Settles as `flush`. */
  end(outcome: RunOutcome): Promise<void>;
  /** Writes what there is, and lets go of the run, which stays going. Settles as `flush`. */
  leave(): Promise<void>;
  /** For whoever has found out otherwise that the run is not this writer's any more: what is not durable yet goes nowhere. */
  drop(why: Exclude<RunLetGo, 'stop-requested'>): void;
  /** Aborted when the run is to end or to be left; the reason is a `RunLetGo`. */
  readonly signal: AbortSignal;
  /** Why the run is not this writer's any more; `undefined` while it is. */
  readonly letGo: Exclude<RunLetGo, 'stop-requested'> | undefined;
}

/** Why a run is to end, or to be left to whoever takes it up next. */
export type RunLetGo =
  /** Somebody has asked for its end. */
  | 'stop-requested'
  /** Another attempt has it. */
  | 'taken-over'
  | 'missing'
  | 'ended'
  /** The store cannot be written. */
  | 'unavailable';
